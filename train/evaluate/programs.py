"""Running programs that a model wrote: declared here, fulfilled by the sandbox, wired by the command."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Ran:
    """`ok`: it ran to its end without an exception. `said`: what it printed; `error`: the exception in a line."""

    ok: bool
    said: str = ""
    error: str = ""


class ProgramRunner(Protocol):
    """Who calls it: HumanEval's check, BFCL's executable categories. Programs never run in our own process."""

    def run(self, program: str) -> Ran:
        """One program in a namespace of its own; a time-out or a death is not ok."""
