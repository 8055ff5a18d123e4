"""Which checkpoint a run goes on from: the last that was written to its end.

The trainer writes a checkpoint's files one after the other; a kill in between leaves a folder that looks like one. So
a marker is put into each when it is whole, and what has none is removed before going on.
"""

from __future__ import annotations

import shutil
from pathlib import Path

_MARKER = "complete"
_PREFIX = "checkpoint-"


def mark_complete(folder: Path, step: int) -> None:
    (folder / f"{_PREFIX}{step}" / _MARKER).touch()


def last_complete(folder: Path) -> Path | None:
    """The checkpoint with the highest step; torn ones are removed."""
    best: Path | None = None
    for path in sorted(folder.glob(f"{_PREFIX}*"), key=_step) if folder.is_dir() else ():
        if (path / _MARKER).is_file():
            best = path
        else:
            shutil.rmtree(path)
    return best


def _step(path: Path) -> int:
    number = path.name.removeprefix(_PREFIX)
    return int(number) if number.isdigit() else -1
