"""What goes on at this moment of a turn, in words: for the status line, and to say what an interrupt stopped."""

from __future__ import annotations

import time

from agent.events import (
    Answered,
    AnswerReady,
    ApprovalAsked,
    ApprovalGiven,
    CellEnded,
    CellStarted,
    Event,
    ModelDelta,
    PersonAsked,
    QuestionAsked,
    StageEnded,
    StageStarted,
    ToolCalled,
    ToolReturned,
)
from agent.file_events import DecisionAsked, DecisionMade
from tui.plain import plain_line

_N_NAMED = 3


class Activity:
    """Takes a session's events in order; knows what is under way."""

    def __init__(self) -> None:
        self._cell: int | None = None
        self._tools: dict[str, str] = {}
        self._begin()

    def take(self, event: Event) -> None:
        """One more event."""
        match event:
            case QuestionAsked() | Answered():
                self._begin()
            case StageStarted():
                self._stage, self._since, self._n_characters = event.stage, time.monotonic(), 0
            case ModelDelta():
                self._n_characters += len(event.text)
            case StageEnded():
                self._stage = ""
            case AnswerReady():
                self._is_answered, self._since = True, time.monotonic()
            case CellStarted():
                self._cell, self._since, self._tools = event.cell, time.monotonic(), {}
            case CellEnded():
                self._cell, self._tools = None, {}
            case ToolCalled() if event.cell is not None:
                self._tools[event.id] = event.name
            case ToolReturned():
                self._tools.pop(event.id, None)
                self._asked = ""
            case ApprovalAsked():
                self._asked = f"whether {plain_line(event.tool, 60)}() may be called"
            case PersonAsked():
                self._asked = "for a reply"
            case DecisionAsked():
                self._asked = {"code": "whether the program may run", "packages": "about packages"}.get(
                    event.what, "whether changes are applied"
                )
            case ApprovalGiven() | DecisionMade():
                self._asked = ""

    @property
    def brief(self) -> str:
        """A word or two, for a line that has little room."""
        if self._asked:
            return "asks you"
        if self._cell is not None:
            return f"program {self._cell}: {self._named_tools}" if self._tools else f"program {self._cell} runs"
        if self._is_answered:
            return "looks what to keep"
        return plain_line(self._stage, 40) or "working"

    @property
    def sentence(self) -> str:
        """What an interrupt at this moment stops: `program 2, which waited for search_films()`."""
        seconds = f"{time.monotonic() - self._since:.1f} s"
        program = f"program {self._cell} ({seconds})"
        if self._asked:
            during = f" of program {self._cell}" if self._cell is not None else ""
            return f"the question to you{during}, {self._asked}"
        if self._tools:
            return f"{program}, which waited for {self._named_tools}"
        if self._cell is not None:
            return program
        if self._is_answered:
            return f"the proof of what could be kept ({seconds}); the answer stands"
        if self._stage:
            written = f", {self._n_characters:,} characters were written" if self._n_characters else ""
            return f"the stage {plain_line(self._stage, 40)} ({seconds}{written})"
        return "the turn, between two steps"

    def _begin(self) -> None:
        self._stage = self._asked = ""
        self._is_answered = False
        self._cell, self._tools = None, {}
        self._since, self._n_characters = time.monotonic(), 0

    @property
    def _named_tools(self) -> str:
        names = [f"{plain_line(name, 40)}()" for name in dict.fromkeys(self._tools.values())]
        more = f" and {len(names) - _N_NAMED} more" if len(names) > _N_NAMED else ""
        return ", ".join(names[:_N_NAMED]) + more
