"""What `--resume` goes on from: written to a scratch name and renamed, so that a kill leaves the one before it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import torch

_FILE = "state.pt"
_KEPT = 2


def save_checkpoint(folder: Path, step: int, state: dict[str, Any]) -> None:
    """`step` steps are done. The last two checkpoints stay."""
    folder.mkdir(parents=True, exist_ok=True)
    scratch = folder / f".{step}.part"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    torch.save(state, scratch / _FILE)
    target = folder / f"step-{step:07d}"
    shutil.rmtree(target, ignore_errors=True)
    scratch.rename(target)
    for old in _all(folder)[:-_KEPT]:
        shutil.rmtree(old, ignore_errors=True)


def last_checkpoint(folder: Path) -> dict[str, Any] | None:
    """The newest state, tensors only (nothing in the file can run); None where there is none."""
    found = _all(folder)
    return dict(torch.load(found[-1] / _FILE, map_location="cpu", weights_only=True)) if found else None


def _all(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("step-*") if (path / _FILE).is_file())
