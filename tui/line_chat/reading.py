"""A line of the person: edited, with older ones under the arrows; and what Ctrl-C at it means."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable

from tui.plain import plain_line

AGAIN_S = 2.0
"""A second Ctrl-C within this time leaves."""


class LineCleared(KeyboardInterrupt):
    """Ctrl-C where something was typed: that is gone from the line, and comes back with the arrow up."""


class Leaves(Exception):
    """A second Ctrl-C, soon after the first: no error, the person wants to go."""


class Twice:
    """Tells the second Ctrl-C from the first."""

    def __init__(self) -> None:
        self._said_at: float | None = None

    def pressed(self, say: Callable[[str], None]) -> None:
        """There was nothing that it could stop or clear.

        Raises:
            Leaves: for the second time.
        """
        said_at, self._said_at = self._said_at, None
        now = time.monotonic()
        if said_at is not None and now - said_at <= AGAIN_S:
            raise Leaves
        say("Press Ctrl-C again to leave.")
        self._said_at = time.monotonic()

    def forget(self) -> None:
        """It did something else."""
        self._said_at = None


def look_at_terminal() -> str:
    """Find out how it shows pictures; what was typed meanwhile."""
    from tui.chat.manners import manners
    from tui.chat.transcript import graphics
    from tui.places import config_file

    question = graphics.TerminalQuestion()
    question.ask()
    found, typed = question.answer()
    graphics.use(found.chosen(manners(config_file()).pictures))
    return plain_line(typed.decode("utf-8", "replace"))


def read_line(prompt: str, typed: list[str]) -> str:
    """`typed`: what stands in the first line already; it is taken out.

    Raises:
        EOFError: Ctrl-D.
        LineCleared: Ctrl-C, and something was typed.
        KeyboardInterrupt: Ctrl-C in an empty line, or in one that we cannot see (without readline).
    """
    try:
        import readline  # lines are edited, and older ones come back with the arrows
    except ImportError:
        sys.stdout.flush()
        return input(prompt)
    said = typed.pop() if typed else ""
    readline.set_startup_hook((lambda: readline.insert_text(said)) if said else None)
    sys.stdout.flush()
    try:
        return input(prompt)
    except KeyboardInterrupt:
        # At a terminal readline keeps what was in the line until the next one is begun.
        line = readline.get_line_buffer()
        if not line.strip():
            raise
        with contextlib.suppress(ValueError):  # a null byte
            readline.add_history(line)
        raise LineCleared from None
