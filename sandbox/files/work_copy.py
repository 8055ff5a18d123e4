"""The copy of a person's folder that a session's programs may change. Only the host writes it; a program changes its
own in the container's memory, and what it changed arrives here as pieces, at the end of each cell.

    HOME/SESSION/state.json       where the original is, what each file was when it was copied, what was left out
    HOME/SESSION/seed/base/       the files as they were
    HOME/SESSION/seed/now/        the files that programs changed or added
    HOME/SESSION/seed/deleted     the paths that programs deleted, one JSON list

`seed` is what a kernel sees, read-only, and makes its /work from: a fresh kernel after a death begins where the last
finished cell ended.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, cast

from sandbox.errors import FileRefused, WorkFolderRefused
from sandbox.files.beneath import Beneath
from sandbox.files.limits import FileLimits
from sandbox.files.selection import LeftOut, select

_STATE, _SEED, _BASE, _NOW, _DELETED = "state.json", "seed", "base", "now", "deleted"
_VERSION = 1
_STATE_BYTES = 64 << 20
_PIECE = 1 << 20


@dataclass(frozen=True)
class Original:
    """A file as it was in the person's folder."""

    n_bytes: int
    sha256: str
    mode: int


class WorkCopy:
    """One session's copy. `create` or `load` makes one; `discard` removes it."""

    def __init__(
        self, folder: Path, root: Path, created: float, files: dict[str, Original], left_out: tuple[LeftOut, ...]
    ) -> None:
        self.folder = folder
        self.root = root
        self.created = created
        self.files = files
        self.left_out = left_out
        self.deleted: set[str] = set()

    @classmethod
    def create(cls, root: Path, folder: Path, limits: FileLimits) -> WorkCopy:
        """Copy `root` into `folder`, which must not exist yet. Blocking.

        Raises:
            WorkFolderRefused: there is more than a copy may hold, or it changes while it is copied.
            OSError: a folder cannot be read or made.
        """
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700)
        try:
            for part in (_BASE, _NOW):
                (folder / _SEED / part).mkdir(parents=True)
            with Beneath(root) as original:
                files, left_out = _copy(original, folder / _SEED / _BASE, limits)
            copy = cls(folder, root, time.time(), files, left_out)
            copy.save()
            copy._save_deleted()
        except BaseException:  # also Ctrl-C: half a copy is none
            shutil.rmtree(folder, ignore_errors=True)
            raise
        for path, names, _ in os.walk(folder / _SEED):
            for name in (".", *names):
                os.chmod(os.path.join(path, name), 0o755)  # noqa: PTH101, PTH118  many files: this is the quick way
        return copy

    @classmethod
    def load(cls, folder: Path) -> WorkCopy:
        """A copy that was kept.

        Raises:
            WorkFolderRefused: there is none, or it is damaged.
        """
        try:
            state = json.loads(folder.joinpath(_STATE).read_bytes())
            if state["version"] != _VERSION:
                raise ValueError(f"version {state['version']}")
            files = {path: Original(*fields) for path, fields in state["files"].items()}
            left_out = tuple(LeftOut(*fields) for fields in state["left_out"])
            copy = cls(folder, Path(state["root"]), float(state["created"]), files, left_out)
            copy.deleted = set(json.loads((copy.seed / _DELETED).read_bytes()))
            return copy
        except FileNotFoundError:
            raise WorkFolderRefused(f"No changes of the session {folder.name} are kept.") from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise WorkFolderRefused(f"The kept changes in {folder} cannot be read: {error}.") from error

    @property
    def seed(self) -> Path:
        """What a kernel makes its /work from; mounted read-only."""
        return self.folder / _SEED

    def changed_paths(self) -> list[str]:
        """Files that programs changed, added or deleted, sorted; those that are as they were again are none."""
        with Beneath(self.seed / _NOW) as now:
            paths = [path for path in _files(now) if not self._is_as_before(now, path)]
        return sorted({*paths, *(path for path in self.deleted if path in self.files)})

    def open_now(self, path: str) -> BinaryIO | None:
        """The file as programs left it; None where they deleted it."""
        return self._open(_NOW, path)

    def open_before(self, path: str) -> BinaryIO | None:
        """The file as it was; None where it is new."""
        return self._open(_BASE, path) if path in self.files else None

    def put(self, path: str, content: BinaryIO, *, executable: bool = False) -> None:
        """Take a file as a program left it. Raises as `Beneath.write`."""
        with Beneath(self.seed / _NOW) as now:
            now.write(path, content, mode=0o755 if executable else 0o644, replace=True)
        _open_to_all(self.seed / _NOW, path, executable)
        self._undelete(path)

    def put_deleted(self, path: str) -> None:
        """Take note that a program deleted a file."""
        with Beneath(self.seed / _NOW) as now:
            if now.entry(path) is not None:
                now.remove(path, prune=True)
        if path in self.files:
            self.deleted.add(path)
            self._save_deleted()

    def settle(self, path: str) -> None:
        """The change of this path was applied: from now on it is how the file was. `save` follows."""
        with Beneath(self.seed / _BASE) as base, Beneath(self.seed / _NOW) as now:
            entry = now.entry(path)
            if entry is None:
                if base.entry(path) is not None:
                    base.remove(path)
                self.files.pop(path, None)
            else:
                with now.open(path) as content:
                    base.write(path, content, mode=entry.mode, replace=True)
                with now.open(path) as content:
                    n_bytes, digest = digest_of(content)
                mode = self.files[path].mode if path in self.files else entry.mode
                self.files[path] = Original(n_bytes, digest, mode)
                now.remove(path, prune=True)
        self._undelete(path)

    def save(self) -> None:
        """Write down how the files were."""
        state = {
            "version": _VERSION,
            "root": str(self.root),
            "created": self.created,
            "files": {path: [f.n_bytes, f.sha256, f.mode] for path, f in self.files.items()},
            "left_out": [[item.path, item.why] for item in self.left_out],
        }
        _replace(self.folder / _STATE, json.dumps(state).encode(), 0o600)

    def discard(self) -> None:
        """Remove the copy; nothing else points to it."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _open(self, part: str, path: str) -> BinaryIO | None:
        with Beneath(self.seed / part) as folder:
            try:
                return folder.open(path)
            except (FileNotFoundError, FileRefused):
                return None

    def _is_as_before(self, now: Beneath, path: str) -> bool:
        before = self.files.get(path)
        with now.open(path) as content:
            return before is not None and digest_of(content) == (before.n_bytes, before.sha256)

    def _undelete(self, path: str) -> None:
        if path in self.deleted:
            self.deleted.discard(path)
            self._save_deleted()

    def _save_deleted(self) -> None:
        _replace(self.seed / _DELETED, json.dumps(sorted(self.deleted)).encode(), 0o644)


def kept_copies(home: Path) -> Iterator[WorkCopy]:
    """All copies that can be read, oldest first."""
    found = []
    for folder in home.iterdir() if home.is_dir() else ():
        try:
            found.append(WorkCopy.load(folder))
        except WorkFolderRefused:
            continue
    yield from sorted(found, key=lambda copy: copy.created)


def digest_of(content: IO[bytes]) -> tuple[int, str]:
    """Size and sha256 of what is still to be read."""
    digest, n_bytes = hashlib.sha256(), 0
    while piece := content.read(_PIECE):
        digest.update(piece)
        n_bytes += len(piece)
    return n_bytes, digest.hexdigest()


def _copy(original: Beneath, target: Path, limits: FileLimits) -> tuple[dict[str, Original], tuple[LeftOut, ...]]:
    selection = select(original, limits)
    files: dict[str, Original] = {}
    left_out = list(selection.left_out)
    n_left = limits.copy_bytes
    for entry in selection.files:
        place = target / entry.path
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            with original.open(entry.path) as source, place.open("xb") as out:
                reader = _Hashing(source, n_left)
                shutil.copyfileobj(cast("BinaryIO", reader), out, _PIECE)
                state = os.fstat(source.fileno())
        except (OSError, FileRefused):
            place.unlink(missing_ok=True)
            left_out.append(LeftOut(entry.path, "unreadable"))
            continue
        n_left -= reader.n_bytes
        place.chmod(0o755 if entry.mode & 0o100 else 0o644)
        os.utime(place, ns=(state.st_mtime_ns, state.st_mtime_ns))
        files[entry.path] = Original(reader.n_bytes, reader.digest.hexdigest(), entry.mode)
    return files, tuple(left_out)


class _Hashing:
    """Reads on, hashing; ends with `WorkFolderRefused` where a file grows beyond what may be copied."""

    def __init__(self, source: BinaryIO, limit_bytes: int) -> None:
        self._source, self._limit = source, limit_bytes
        self.digest, self.n_bytes = hashlib.sha256(), 0

    def read(self, n: int = -1) -> bytes:
        piece = self._source.read(n)
        self.n_bytes += len(piece)
        if self.n_bytes > self._limit:
            raise WorkFolderRefused("The folder grew while it was copied.", "Try again when nothing writes there.")
        self.digest.update(piece)
        return piece


def _files(folder: Beneath) -> Iterator[str]:
    pending = [""]
    while pending:
        for entry in folder.entries(pending.pop()):
            if entry.kind == "folder":
                pending.append(entry.path)
            elif entry.kind == "file":
                yield entry.path


def _open_to_all(folder: Path, path: str, executable: bool) -> None:
    """The kernel's user is another one where we are root, and this user's umask may be strict."""
    place = folder / path
    place.chmod(0o755 if executable else 0o644)
    while (place := place.parent) != folder:
        place.chmod(0o755)


def _replace(path: Path, data: bytes, mode: int) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(name, mode)  # noqa: PTH101  beside mkstemp's own name
        Path(name).replace(path)
    except BaseException:  # also Ctrl-C: no half-written file stays
        Path(name).unlink(missing_ok=True)
        raise
