"""Deleting sessions: one by hand, or all that nothing was added to for some days."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from pathlib import Path

from agent.log.blobs import blob_folder
from agent.log.ids import check_session_id
from agent.log.schema import SUFFIX


def delete(folder: Path, session_id: str) -> bool:
    """Remove a session's log and its large values; False where there was none.

    Raises:
        ValueError: no session id.
        OSError: the files cannot be removed.
    """
    path = folder / f"{check_session_id(session_id)}{SUFFIX}"
    existed = path.exists()
    shutil.rmtree(blob_folder(path), ignore_errors=not blob_folder(path).exists())
    path.unlink(missing_ok=True)
    return existed


def prune(folder: Path, max_age_days: float) -> tuple[str, ...]:
    """Delete sessions that were last written to more than `max_age_days` ago; those open now are left. Returns the ids.

    Raises:
        ValueError: a negative age.
    """
    if max_age_days < 0:
        raise ValueError("max_age_days is negative")
    oldest = time.time() - max_age_days * 86_400
    gone = []
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        if path.stat().st_mtime < oldest and not _is_open_elsewhere(path):
            delete(folder, path.stem)
            gone.append(path.stem)
    return tuple(gone)


def _is_open_elsewhere(path: Path) -> bool:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(handle)
