"""The folder on the host that a kernel's sockets live in, and how folders of dead processes are found.

    BASE/ID/owner.lock   locked (flock) as long as the owner lives; the system frees it however the owner dies
    BASE/ID/b/           the broker's socket and the kernel's connection file; mounted read-only
    BASE/ID/s/           the kernel's own sockets; mounted writable until the kernel is up
    BASE/ID/*.json       the connection for a client that comes back, the card (`lease.py`); not mounted

Paths of Unix sockets must stay under 107 bytes, so BASE is short.
"""

from __future__ import annotations

import contextlib
import fcntl
import io
import os
import re
import secrets
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from sandbox.errors import FileRefused, KernelStartFailed
from sandbox.files.beneath import Beneath

_LOCK = "owner.lock"
START_LOG = "error.txt"
_START_LOG_BYTES = 1 << 20
_LONGEST_SOCKET = "/12345678/s/k-5"
_SOCKET_PATH_BYTES = 106
_ID = re.compile("[0-9a-f]{8}")


@dataclass(frozen=True)
class RunDir:
    """One kernel's folder, owned by this process until `remove`."""

    path: Path
    lock: IO[bytes]

    @classmethod
    def create(cls) -> RunDir:
        """A new folder with its lock held.

        Raises:
            KernelStartFailed: no place that is short enough, private and writable.
        """
        base = base_folder()
        while True:
            path = base / secrets.token_hex(4)
            try:
                path.mkdir(mode=0o700)
                lock = _lock(path)
            except OSError as error:
                raise KernelStartFailed(f"No folder for the kernel's sockets in {base}: {error.strerror}.") from error
            if lock is not None:
                break
        path.joinpath("b").mkdir(mode=0o755)
        path.joinpath("s").mkdir(mode=0o755)
        return cls(path, lock)

    @classmethod
    def claim(cls, path: Path) -> RunDir | None:
        """The folder of a dead owner, owned by this process from now on; None where somebody holds it or it is gone.

        Also None for what is no such folder of this user: paths come from labels and files, and may be removed.
        """
        try:
            found = path.lstat()
            is_ours = _ID.fullmatch(path.name) and path.parent.name == _base_name() and found.st_uid == os.geteuid()
            if not is_ours or not stat.S_ISDIR(found.st_mode):
                return None
            lock = _lock(path)
        except OSError:
            return None
        return cls(path, lock) if lock is not None else None

    @property
    def id(self) -> str:
        return self.path.name

    @property
    def broker(self) -> Path:
        return self.path / "b"

    @property
    def sockets(self) -> Path:
        return self.path / "s"

    @property
    def start_log(self) -> Path:
        """What the kernel writes when it fails to start; only then, before any code of the session."""
        return self.sockets / START_LOG

    def read_start_log(self) -> str:
        """Its end; empty where there is none. The kernel's user may write to that folder: nothing there is followed."""
        with contextlib.suppress(OSError, FileRefused), Beneath(self.sockets) as folder:
            return folder.read(START_LOG, _START_LOG_BYTES, own=True).decode(errors="replace").strip()[-2000:]
        return ""

    def write_start_log(self, words: bytes) -> None:
        """Put there what the host itself heard, in place of whatever stands there. The folder may be gone."""
        with contextlib.suppress(OSError, FileRefused), Beneath(self.sockets) as folder:
            folder.write(START_LOG, io.BytesIO(words), mode=0o600, replace=True)

    def open_for(self, uid: int) -> None:
        """Let the kernel's user make its sockets."""
        self.sockets.chmod(0o755)
        if os.geteuid() == 0:
            os.chown(self.sockets, uid, -1)

    def close_for_all(self) -> None:
        """The sockets are there: nothing more may be made, so that code cannot fill the host's disk.

        Holds where the kernel's user is not the folder's owner (the client is root); else it is only a hint.
        """
        if os.geteuid() == 0:
            os.chown(self.sockets, 0, -1)
        self.sockets.chmod(0o555)

    def remove(self) -> None:
        """Delete the folder and free the lock; safe to call twice."""
        with contextlib.suppress(OSError):
            self.sockets.chmod(0o700)
        shutil.rmtree(self.path, ignore_errors=True)
        self.release()

    def release(self) -> None:
        """Free the lock and leave the folder as it is."""
        # A file object: closing it again does nothing. Closing a descriptor again would close someone else's.
        self.lock.close()


def base_folder() -> Path:
    """The private folder that holds all run folders of this user."""
    problems = []
    for parent in (os.environ.get("XDG_RUNTIME_DIR"), tempfile.gettempdir(), "/tmp"):
        if not parent or not Path(parent).is_dir():
            continue
        base = Path(parent).resolve() / _base_name()
        if len(os.fsencode(base)) + len(_LONGEST_SOCKET) > _SOCKET_PATH_BYTES:
            problems.append(f"{base} is too long")
            continue
        try:
            base.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            problems.append(f"{base}: {error.strerror}")
            continue
        found = base.lstat()
        if stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o077:
            return base
        problems.append(f"{base} is not a private folder of this user")
    raise KernelStartFailed("No place for the kernel's sockets: " + "; ".join(problems) + ".")


def is_held(path: Path) -> bool:
    """Whether a living process owns this folder. False also where it is gone."""
    try:
        with path.joinpath(_LOCK).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        pass
    return False


def _base_name() -> str:
    return f"toolcoder-{os.geteuid()}"


def _lock(path: Path) -> IO[bytes] | None:
    """The open lock file; None where another process holds it or the folder went away meanwhile."""
    lock = path.joinpath(_LOCK).open("ab")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        return None
    if not path.joinpath(_LOCK).exists():
        lock.close()
        return None
    return lock
