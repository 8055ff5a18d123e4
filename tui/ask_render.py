"""The narration of `ask` and of the chat of lines: a line per stage, and what a person must know."""

from __future__ import annotations

from collections.abc import Callable

from agent.events import (
    Answered,
    CellDisplayed,
    CellEnded,
    ErrorSeen,
    Event,
    FunctionReused,
    FunctionStored,
    KernelReattached,
    KernelRestored,
    RepairStarted,
    SessionStarted,
    StageEnded,
    StageStarted,
)
from agent.file_events import ChangesSettled, DecisionMade, FileMade
from tui.cell_notes import cell_notes
from tui.file_notes import notes
from tui.plain import plain_line


class Narrator:
    """One line per stage with its seconds.

    `live`: on a terminal the stage's name stands there while it runs. `quiet`: only what a person must know even in a
    pipe, that is warnings.
    """

    def __init__(self, write: Callable[[str], None], *, quiet: bool, live: bool) -> None:
        self._write = write
        self._quiet = quiet
        self._live = live
        self._is_line_open = False
        self._warning: ErrorSeen | None = None
        self._session: str | None = None

    def take(self, event: Event) -> None:
        """Say what there is to say about one event."""
        if isinstance(event, SessionStarted):
            self._session = event.session
        if isinstance(event, Answered) and self._warning and self._warning.message == event.error:
            self._warning = None  # the turn ended by it, and the error says the same
        self.give_warning()
        if isinstance(event, ErrorSeen):
            self._warning = event
        elif isinstance(event, KernelRestored) and event.resumed and event.is_whole and self._quiet:
            return  # as it should be
        elif isinstance(
            event, FileMade | ChangesSettled | DecisionMade | CellDisplayed | KernelRestored | KernelReattached
        ):
            self._note(event)  # where a file lies, what was not applied, what became of variables: also in a pipe
        elif not self._quiet:
            self._note(event)
            self._narrate(event)

    def _note(self, event: Event) -> None:
        for line in (*notes(event, self._session), *cell_notes(event)):
            self.line(line)

    def give_warning(self) -> None:
        """Say the warning that was held back: only the next event tells whether the turn ended by it."""
        event, self._warning = self._warning, None
        if event is not None:
            hint = f" ({plain_line(event.hint, 200)})" if event.hint else ""
            self.line(f"warning: {plain_line(event.message, 400)}{hint}")

    def warn(self, message: str) -> None:
        """Something went wrong that cost nobody the answer."""
        self.line(f"warning: {plain_line(message, 400)}")

    def line(self, text: str) -> None:
        """A line of its own, also in the middle of a stage."""
        self.end_open_line()
        self._write(text + "\n")

    def end_open_line(self) -> None:
        """Before anything else is written: leave the line of the running stage."""
        if self._is_line_open:
            self._write("\n")
            self._is_line_open = False

    def _narrate(self, event: Event) -> None:
        match event:
            case SessionStarted():
                session = f"session {event.session}" + (" resumed" if event.resumed_from else "")
                self.line(plain_line(f"model {event.model}, {event.sandbox}, {session}", 200))
            case StageStarted() if self._live:
                self.end_open_line()
                self._write(f"  {plain_line(event.stage):<10}")
                self._is_line_open = True
            case StageEnded():
                self._stage_ended(event)
            case CellEnded():
                died = f", {plain_line(event.died.get('message', ''))}" if event.died else ""
                self.line(f"  {'run':<10}{event.seconds:6.1f} s  {event.status}{died}")
            case RepairStarted():
                at = f" at line {event.line}" if event.line is not None else ""
                self.line(f"  repair {event.round}: {plain_line(f'{event.exception}: {event.message}')}{at}")
            case FunctionReused():
                self.line(f"  reused    {plain_line(event.name)}")
            case FunctionStored():
                self.line(f"  stored    {plain_line(event.name)}")

    def _stage_ended(self, event: StageEnded) -> None:
        start = "" if self._is_line_open else f"  {plain_line(event.stage):<10}"
        tokens = event.usage.completion_tokens
        complaint = f"  not usable: {plain_line(event.complaint, 80)}" if event.complaint else ""
        self._is_line_open = False
        self._write(f"{start}{event.seconds:6.1f} s  {tokens} tokens{complaint}\n")
