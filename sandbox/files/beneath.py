"""A folder of the host, held open: reading and writing beneath it and nowhere else.

Every read of something that a sandbox could have written goes through here, and every write into a person's folder.
No link is followed, only regular files are opened, a pipe cannot make us wait, and sizes are capped.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from sandbox.errors import FileRefused
from sandbox.files.openat2 import open_beneath

_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY
_MOST_PARTS, _PART_BYTES = 40, 255


@dataclass(frozen=True)
class Entry:
    """What stands under a name: `kind` is `file`, `folder`, `link` or `other` (a pipe, a socket, a device)."""

    path: str
    kind: str
    n_bytes: int = 0
    mode: int = 0
    n_links: int = 1


class Beneath:
    """Used as `with`; holds one descriptor. Paths are relative, with slashes."""

    def __init__(self, root: Path) -> None:
        """Raises: OSError: there is no such folder. (The root itself is the person's word: it may be a link.)"""
        self.root = root
        self._folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._folder)

    def open(self, path: str, *, own: bool = False) -> BinaryIO:
        """A regular file, open for reading. `own`: the sandbox wrote it, and a file with a second name is refused.

        A second name (a hard link) may be that of a file elsewhere on the same file system; in a person's own folder
        such files are common and fine to read.

        Raises:
            FileRefused: it is a link, no regular file, or its path leads out of the folder.
            OSError: it cannot be opened.
        """
        with _refusals(path):
            descriptor = open_beneath(self._folder, parts_of(path), _READ)
        try:
            state = os.fstat(descriptor)
            if not stat.S_ISREG(state.st_mode):
                raise FileRefused(f"{path} is {_kind_in_words(state.st_mode)}, not a regular file.")
            if own and state.st_nlink != 1:
                raise FileRefused(f"{path} has a second name (a hard link), which may be that of another file.")
            return os.fdopen(descriptor, "rb")
        except BaseException:  # whatever ends it, the descriptor is given back
            os.close(descriptor)
            raise

    def read(self, path: str, limit_bytes: int, *, own: bool = False) -> bytes:
        """The file's bytes. Raises as `open`, and `FileRefused` where there are more than `limit_bytes`."""
        with self.open(path, own=own) as file:
            data = file.read(limit_bytes + 1)
        if len(data) > limit_bytes:
            raise FileRefused(f"{path} is larger than {limit_bytes:,} bytes.")
        return data

    def entry(self, path: str) -> Entry | None:
        """What stands there, links not followed; None: nothing, or a parent is no folder."""
        parts = parts_of(path)
        try:
            with self._opened_folder(parts[:-1]) as folder:
                return _entry(path, os.stat(parts[-1], dir_fd=folder, follow_symlinks=False))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            if error.errno == errno.ELOOP:
                return Entry(path, "link")
            raise

    def entries(self, path: str = "") -> list[Entry]:
        """What stands in a folder, sorted by name. Names that are no Unicode are left out."""
        with self._opened_folder(parts_of(path) if path else ()) as folder, os.scandir(folder) as found:
            listed = []
            for item in found:
                with contextlib.suppress(OSError, UnicodeEncodeError):  # gone meanwhile; a name that is no text
                    item.name.encode()
                    state = os.stat(item.name, dir_fd=folder, follow_symlinks=False)
                    listed.append(_entry(f"{path}/{item.name}" if path else item.name, state))
        return sorted(listed, key=lambda entry: entry.path)

    def write(self, path: str, content: BinaryIO, *, mode: int = 0o644, replace: bool = False) -> None:
        """Write a whole file or nothing; missing folders are made. A file that exists is replaced by name, so that no
        other name of it changes.

        Raises:
            FileRefused: the path leads through a link or out of the folder.
            FileExistsError: `replace` is false and something stands there.
            OSError: it cannot be written.
        """
        parts = parts_of(path)
        with self._made_folder(path, parts[:-1]) as folder:
            name = f".toolcoder-{secrets.token_hex(6)}"
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            descriptor = os.open(name, flags, mode & 0o777, dir_fd=folder)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    while piece := content.read(1 << 20):
                        file.write(piece)
                    file.flush()
                    os.fsync(file.fileno())
                if replace:
                    os.rename(name, parts[-1], src_dir_fd=folder, dst_dir_fd=folder)
                else:  # unlike a rename, a link never replaces what somebody made meanwhile
                    _link(name, parts[-1], folder, mode)
            finally:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(name, dir_fd=folder)

    def remove(self, path: str, *, prune: bool = False) -> None:
        """Remove a file, and (`prune`) the folders that are empty then. Raises as `open`."""
        parts = parts_of(path)
        with _refusals(path), self._opened_folder(parts[:-1]) as folder:
            os.unlink(parts[-1], dir_fd=folder)
        for n in range(len(parts) - 1, 0, -1) if prune else ():
            with self._opened_folder(parts[: n - 1]) as parent:
                try:
                    os.rmdir(parts[n - 1], dir_fd=parent)
                except OSError:  # not empty
                    return

    @contextlib.contextmanager
    def _opened_folder(self, parts: tuple[str, ...]) -> Iterator[int]:
        folder = open_beneath(self._folder, parts, os.O_RDONLY | os.O_DIRECTORY)
        try:
            yield folder
        finally:
            os.close(folder)

    @contextlib.contextmanager
    def _made_folder(self, path: str, parts: tuple[str, ...]) -> Iterator[int]:
        with _refusals(path):
            for n in range(1, len(parts) + 1):
                with self._opened_folder(parts[: n - 1]) as parent, contextlib.suppress(FileExistsError):
                    os.mkdir(parts[n - 1], 0o755, dir_fd=parent)
            folder = open_beneath(self._folder, parts, os.O_RDONLY | os.O_DIRECTORY)
        try:
            yield folder
        finally:
            os.close(folder)


def _link(name: str, target: str, folder: int, mode: int) -> None:
    """Give the file `target` as its name too, or (on file systems without links) instead, if nothing has that."""
    try:
        os.link(name, target, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS):
            raise
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode & 0o777, dir_fd=folder))
        os.rename(name, target, src_dir_fd=folder, dst_dir_fd=folder)


def parts_of(path: str) -> tuple[str, ...]:
    """The components of a relative path.

    Raises:
        FileRefused: the path is absolute, leads upwards, or is no name that a file system of ours takes.
    """
    parts = tuple(path.split("/"))
    try:
        sizes = [len(part.encode()) for part in parts]
    except UnicodeEncodeError:
        raise FileRefused(f"{path!a} is no name in Unicode.") from None
    if any(part in ("", ".", "..") or "\0" in part for part in parts):
        raise FileRefused(f"{path!r} is no path beneath a folder.")
    if len(parts) > _MOST_PARTS or max(sizes) > _PART_BYTES:
        raise FileRefused(f"{path[:80]!r}... is too long a path.")
    return parts


def _entry(path: str, state: os.stat_result) -> Entry:
    kinds = ((stat.S_ISREG, "file"), (stat.S_ISDIR, "folder"), (stat.S_ISLNK, "link"))
    kind = next((name for test, name in kinds if test(state.st_mode)), "other")
    return Entry(path, kind, state.st_size, stat.S_IMODE(state.st_mode), state.st_nlink)


def _kind_in_words(mode: int) -> str:
    tests = ((stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a pipe"), (stat.S_ISSOCK, "a socket"))
    return next((words for test, words in tests if test(mode)), "a device")


@contextlib.contextmanager
def _refusals(path: str) -> Iterator[None]:
    """The errors with which the system says that a path would lead elsewhere, in words."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EXDEV, errno.EMLINK, errno.ENOTDIR):
            raise FileRefused(f"{path} is a link, or lies behind one; links are not followed.") from error
        if error.errno == errno.ENXIO:  # a socket, or a pipe that nobody reads
            raise FileRefused(f"{path} is a pipe or a socket, not a regular file.") from error
        raise
