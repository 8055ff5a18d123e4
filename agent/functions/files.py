"""Entries as files, one JSON per function: the truth, which any index is made from and people can read.

Safe under several processes: a change is read, made and written under one lock (`flock`), and files are replaced whole.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import secrets
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from agent.errors import RepositoryError
from agent.functions.base import FunctionEntry
from agent.functions.entries import from_json, to_json
from agent.home import private_folder, replace_file

_LOCK_TIMEOUT_S = 30.0
_A_DAY_NS = 86_400_000_000_000
_ID = re.compile(r"fn-[0-9a-f]{1,64}")


class Stamp(NamedTuple):
    """By which a file is known to be the one that was read."""

    mtime_ns: int
    size: int
    inode: int


class EntryFiles:
    """The folder of entries. Callers that share one object between threads bring their own lock."""

    def __init__(self, folder: Path) -> None:
        """Makes the folder, mode 0700. Raises `RepositoryError` where it cannot be made or written to."""
        self.folder = folder
        self._n_locks = 0
        with our_errors(folder):
            private_folder(folder)
            self._lock = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def own_name(self) -> str:
        """A name for this folder that no other has: made once, kept beside the entries."""
        file = self.folder / ".name"
        with self.locked(), our_errors(self.folder):
            if not file.exists():
                file.write_text(uuid.uuid4().hex[:12])
            return file.read_text().strip()

    def close(self) -> None:
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from changing entries (and the index beside them) meanwhile; may be nested."""
        if self._lock < 0:
            raise RepositoryError("the function repository is closed")
        if self._n_locks == 0:
            self._take_lock()
        self._n_locks += 1
        try:
            yield
        finally:
            self._n_locks -= 1
            if self._n_locks == 0:
                fcntl.flock(self._lock, fcntl.LOCK_UN)

    def _take_lock(self) -> None:
        deadline = time.monotonic() + _LOCK_TIMEOUT_S
        while True:
            try:
                with our_errors(self.folder):
                    return fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except RepositoryError as error:
                if not isinstance(error.__cause__, BlockingIOError):
                    raise
                if time.monotonic() > deadline:
                    raise RepositoryError(
                        f"another toolcoder holds the function repository for more than {_LOCK_TIMEOUT_S:.0f} s",
                        "Look for one that hangs; the agent works without the repository, but does not learn.",
                    ) from error
            time.sleep(0.01)

    def stamps(self) -> dict[str, Stamp]:
        """The folder, listed: of each file its stamp, by the entry's id."""
        found = {}
        with our_errors(self.folder), os.scandir(self.folder) as items:
            for item in items:
                entry_id = item.name.removesuffix(".json")
                if entry_id != item.name and _ID.fullmatch(entry_id):
                    state = item.stat(follow_symlinks=False)
                    found[entry_id] = Stamp(state.st_mtime_ns, state.st_size, state.st_ino)
        return found

    def stamp(self, entry_id: str) -> Stamp | None:
        """None where there is no such file."""
        try:
            state = self._file(entry_id).lstat()
        except OSError:
            return None
        return Stamp(state.st_mtime_ns, state.st_size, state.st_ino)

    def read(self, entry_id: str) -> FunctionEntry | None:
        """None where the file is gone or cannot be read; it is left where it is."""
        try:
            entry = from_json(json.loads(self._file(entry_id).read_bytes()))
        except (OSError, ValueError, RecursionError):
            return None
        return entry if entry.id == entry_id else None

    def write(self, entry: FunctionEntry) -> None:
        try:
            text = json.dumps(to_json(entry), ensure_ascii=True, indent=1, allow_nan=False)
        except (TypeError, ValueError, RecursionError) as error:
            raise RepositoryError(f"{entry.name} cannot be stored: a recorded value is no JSON ({error})") from error
        with our_errors(self.folder):
            replace_file(self._file(entry.id), text)

    def delete(self, entry_id: str) -> None:
        with our_errors(self.folder):
            self._file(entry_id).unlink(missing_ok=True)

    def changed_ns(self) -> int:
        """Another number than before where files came, went or were replaced. One written in place does not show."""
        with our_errors(self.folder):
            return self.folder.stat().st_mtime_ns

    def marked_ns(self) -> int:
        """The same number, after it was set to one that no change can give by chance: clocks tick too slowly for two
        changes to differ always, but they never give a time of yesterday."""
        try:
            os.utime(self.folder, ns=(time.time_ns(), time.time_ns() - _A_DAY_NS - secrets.randbelow(_A_DAY_NS)))
        except OSError:  # the folder is another user's: then it is listed anew each time
            return -1
        return self.changed_ns()

    def _file(self, entry_id: str) -> Path:
        return self.folder / f"{entry_id}.json"


@contextmanager
def our_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise RepositoryError(
            f"the function repository cannot be used: {error.strerror or error}",
            f"Look at {folder} (free space, permissions); the agent works without it, but does not learn.",
        ) from error
