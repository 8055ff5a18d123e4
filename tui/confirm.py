"""A yes or no before something is deleted."""

from __future__ import annotations

import sys

from tui.failures import PersonNeeded
from tui.standard_streams import has_person, narrate


def confirm(question: str) -> None:
    """Return where the person says yes.

    Raises:
        PersonNeeded: they said no, or there is no terminal to ask at.
    """
    if not has_person():
        raise PersonNeeded(f"{question} nobody can be asked, there is no terminal", "give --yes")
    narrate(f"{question} [y/N] ")
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise PersonNeeded("not confirmed, nothing was changed")
