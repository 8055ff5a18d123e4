"""The output folder: whole or not at all. It is made beside its place and moved there when everything is in it."""

from __future__ import annotations

import glob
import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from train.data.split import SPLITS, Split
from train.errors import DataError

CARD = "card.json"
_ABANDONED_S = 86_400.0
TIES = "splits.json"
"""Where each tie was put, so that the next dataset of this folder does the same."""


@contextmanager
def replaced(out: Path) -> Iterator[Path]:
    """A new folder to write into; at the end it takes the place of `out`. With an exception `out` stays as it was.

    Raises:
        DataError: `out` holds something else than a dataset.
    """
    recover(out)
    check(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=f".{out.name}.new-", dir=out.parent))
    try:
        yield new
        old = _old(out)
        if out.exists():
            out.rename(old)
        new.rename(out)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def check(out: Path) -> None:
    """
    Raises:
        DataError: `out` holds something else than a dataset.
    """
    is_ours = not out.exists() or (out.is_dir() and ((out / CARD).is_file() or not any(out.iterdir())))
    if not is_ours:
        raise DataError(f"{out} exists and is no dataset of train data", "Choose another --out; nothing was changed.")


def recover(out: Path) -> None:
    """After a kill between the two renames the earlier dataset lies beside its place: it is put back. What a kill left
    half made is removed once nobody can be working on it any more."""
    if not out.exists() and _old(out).is_dir():
        _old(out).rename(out)
    for left in out.parent.glob(f".{glob.escape(out.name)}.new-*"):
        with suppress(OSError):
            if left.stat().st_mtime < time.time() - _ABANDONED_S:
                shutil.rmtree(left)


def earlier_splits(out: Path) -> dict[int, Split]:
    """Where the ties of the folder's earlier dataset were put; empty where there is none, or it cannot be read."""
    with suppress(OSError, ValueError, AttributeError):
        found = json.loads((out / TIES).read_text("utf-8"))
        return {int(tie, 16): split for split in SPLITS for tie in found.get(split, ())}
    return {}


def write_splits(folder: Path, ties: Callable[[], Iterable[tuple[int, Split]]]) -> None:
    """For `earlier_splits`. `ties`: each tie and where it went, in order; read once for each split."""
    with (folder / TIES).open("w", encoding="utf-8") as file:
        for number, split in enumerate(SPLITS):
            file.write(f'{"," if number else "{"}\n"{split}": [')
            own = (tie for tie, at in ties() if at == split)
            file.writelines(f'{"," if n else ""}\n"{tie:016x}"' for n, tie in enumerate(own))
            file.write("\n]")
        file.write("\n}\n")


def _old(out: Path) -> Path:
    return out.with_name(f".{out.name}.old")
