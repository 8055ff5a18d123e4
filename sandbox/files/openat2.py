"""Opening a path so that it cannot lead out of a folder: Linux's `openat2`, and a way for systems without it.

`openat2` resolves the whole path in one step in which the kernel follows no link and never leaves the folder, so no
exchange of a folder by a link in the middle can help. Without it each component is opened by itself, none of them
through a link: the same result, with one system call per component.
"""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from functools import cache

_NUMBER = 437
"""The same on every architecture."""
_NO_MAGICLINKS, _NO_SYMLINKS, _BENEATH = 0x02, 0x04, 0x08
_N_TRIES = 16
_ABSENT = frozenset({errno.ENOSYS, errno.EPERM, errno.EINVAL, errno.E2BIG})
"""What kernels without it answer, and filters of system calls that do not know it."""
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class _How(ctypes.Structure):
    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


def open_beneath(folder: int, parts: tuple[str, ...], flags: int, mode: int = 0) -> int:
    """A descriptor of `parts`, beneath the open `folder`; no link is followed, not even as the last part.

    `parts` have been checked: none is empty, `.`, `..` or has a slash. No parts: the folder itself.

    Raises:
        OSError: as `open` does; ELOOP or ENOTDIR where a part is a link.
    """
    flags |= os.O_CLOEXEC | os.O_NOFOLLOW
    if not parts:
        return os.open(".", _FOLDER, dir_fd=folder)
    if has_openat2():
        return _openat2(folder, "/".join(parts), flags, mode)
    return open_stepwise(folder, parts, flags, mode)


def open_stepwise(folder: int, parts: tuple[str, ...], flags: int, mode: int = 0) -> int:
    """The way for systems without `openat2`."""
    opened: list[int] = []
    try:
        for part in parts[:-1]:
            folder = os.open(part, _FOLDER, dir_fd=folder)
            opened.append(folder)
        return os.open(parts[-1], flags | os.O_NOFOLLOW | os.O_CLOEXEC, mode, dir_fd=folder)
    finally:
        for descriptor in opened:
            os.close(descriptor)


@cache
def has_openat2() -> bool:
    """Whether this machine's kernel has it (Linux 5.6), asked once by using it."""
    if not sys.platform.startswith("linux"):
        return False
    folder = os.open("/", _FOLDER)
    try:
        os.close(_openat2(folder, ".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, 0))
    except OSError as error:
        if error.errno in _ABSENT:
            return False
        raise
    finally:
        os.close(folder)
    return True


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _openat2(folder: int, path: str, flags: int, mode: int) -> int:
    how = _How(flags, mode if flags & os.O_CREAT else 0, _BENEATH | _NO_SYMLINKS | _NO_MAGICLINKS)
    # Somebody who renames folders meanwhile makes the kernel ask for another try; only so often.
    for _ in range(_N_TRIES):
        found = _libc().syscall(_NUMBER, folder, os.fsencode(path), ctypes.byref(how), ctypes.sizeof(how))
        number = ctypes.get_errno()
        if found >= 0:
            return int(found)
        if number not in (errno.EAGAIN, errno.EINTR):
            break
    raise OSError(number, os.strerror(number), path)
