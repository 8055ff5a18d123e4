"""What is wrong with a file: told by file and line, and nothing else of the file is lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Problem:
    """One thing that could not be read. `line`: counted from 1; 0 for the file as a whole."""

    path: Path
    line: int
    why: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.why}" if self.line else f"{self.path}: {self.why}"


OnProblem = Callable[[Problem], None]


def no_matter(problem: Problem) -> None:
    """For callers that want what can be read and no more."""
    del problem
