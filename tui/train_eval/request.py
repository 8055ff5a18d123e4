"""What was asked for on the command line, whole."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class EvalRequest:
    """`model` or `predictions` is set, or neither and `compare` is. Everything else has a default."""

    benchmark: str = ""
    data: Path | None = None
    split: str | None = None
    model: str | None = None
    predictions: str | None = None
    compare: tuple[Path, Path] | None = None
    template: str | None = None
    wire: str = "tools"
    batch_size: int = 8
    concurrency: int = 4
    n_new: int = 512
    dtype: str = "auto"
    limit: int | None = None
    out: Path | None = None
    multi: bool = False
    observations: Path | None = None
    tools: str | None = None
    yes: bool = False
    functions: Path | None = None
    run: bool = True
    as_json: bool = False
