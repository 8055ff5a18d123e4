"""Which limit an error met: Python says "No space left on device", a reader needs to know how much space there was."""

from __future__ import annotations

import errno
import os
import resource
from contextlib import suppress
from pathlib import Path

_DISK = (errno.ENOSPC, errno.EDQUOT)
_FILES = (errno.EMFILE, errno.ENFILE)
_N_PIDS = (Path("/sys/fs/cgroup/pids.max"), Path("/sys/fs/cgroup/pids/pids.max"))  # version 2, version 1


def note(error: BaseException) -> str:
    """A line to put below the traceback of an error that met a limit of the sandbox, else ''."""
    with suppress(Exception):  # no room, no files: asking about the limit may meet it as well
        if isinstance(error, OSError) and error.errno in _DISK:
            return f"\nNote: {_disk()}"
        if isinstance(error, OSError) and error.errno in _FILES:
            most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
            return f"\nNote: at most {most} files can be open here; close them, for example by `with open(...)`."
        is_thread = isinstance(error, RuntimeError) and str(error).startswith("can't start new thread")
        if is_thread or (isinstance(error, OSError) and error.errno == errno.EAGAIN):
            files = [path for path in _N_PIDS if path.exists()]
            n_pids = files[0].read_text().strip() if files else ""
            return f"\nNote: at most {n_pids} processes and threads can run here at once." if n_pids.isdigit() else ""
    return ""


def _disk() -> str:
    folder = os.environ.get("TMPDIR", "/tmp")  # tempfile would try to write there
    size = os.statvfs(folder)
    total, free = size.f_blocks * size.f_frsize, size.f_bavail * size.f_frsize
    return (
        f"{folder} holds {total >> 20} MiB in all and has {free >> 20} MiB left. "
        "Delete files that are not needed any more, or write less."
    )
