"""The status line: what goes on, the model, the sandbox, what this turn and the session have used, of what limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events
from textual.widgets import Static

from agent.events import Answered, Event, QuestionAsked, SessionStarted, StageEnded, TokenUsage
from tui.activity import Activity
from tui.plain import plain_line

if TYPE_CHECKING:
    from agent.loop.budget import Budget

_SEPARATOR = "  |  "
_BUSY = "working"
_STOPPING = "stopping"


class StatusLine(Static):
    """Always one line: what has no room is left out, the least needed first."""

    def __init__(self) -> None:
        super().__init__("", markup=False, id="status")
        self._model = ""
        self._sandbox = ""
        self._state = "loading"
        self._budget: Budget | None = None
        self._activity = Activity()
        self._stopped = ""
        self._turn = TokenUsage()
        self._session = TokenUsage()
        self._seconds = 0.0

    def on_mount(self) -> None:
        self._draw()

    def on_resize(self, _: events.Resize) -> None:
        self._draw()

    def opened(self, model: str, budget: Budget | None = None) -> None:
        """The session is there; its limits hold for each question."""
        self._model = model
        self._budget = budget
        self.be("ready")

    def be(self, state: str) -> None:
        """What goes on: ready, working, stopping, not ready."""
        if state == _STOPPING != self._state:
            self._stopped = self._activity.sentence
        self._state = state
        self._draw()

    @property
    def state(self) -> str:
        """What was last said to be going on."""
        return self._state

    @property
    def stopped(self) -> str:
        """What the last interrupt stopped, in words."""
        return self._stopped

    def take(self, event: Event) -> None:
        """Count."""
        before = self._activity.brief
        self._activity.take(event)
        match event:
            case SessionStarted():
                self._model, self._sandbox = event.model, event.sandbox
            case QuestionAsked():
                self._turn = TokenUsage()
            case StageEnded():
                self._turn = _sum(self._turn, event.usage)
            case Answered():
                self._turn = event.usage
                self._session = _sum(self._session, event.usage)
                self._seconds += event.seconds
            case _ if self._activity.brief == before:
                return
        self._draw()

    def _draw(self) -> None:
        state = plain_line(self._activity.brief if self._state == _BUSY else self._state, 60)
        sandbox = plain_line(self._sandbox.partition(":")[0], 50)
        # In the order of the line, with how soon each part gives way.
        parts = [
            (0, state),
            (2, plain_line(self._model, 40)),
            (5, sandbox),
            (1, self._limits()),
            (3, self._used()),
            (4, "Esc stop  F1 help  Ctrl-Q quit"),
        ]
        parts = [part for part in parts if part[1]]
        width = self.size.width or 80
        while len(parts) > 1 and len(_SEPARATOR.join(text for _, text in parts)) > width:
            parts.remove(max(parts))
        self.update(_SEPARATOR.join(text for _, text in parts)[:width], layout=False)

    def _limits(self) -> str:
        """This turn against its budgets; '' where there are none."""
        turn, budget = self._turn, self._budget
        if budget is None:
            return ""
        texts = []
        if budget.max_tokens is not None:
            texts.append(f"{turn.prompt_tokens + turn.completion_tokens:,}/{budget.max_tokens:,} tokens")
        if budget.max_cost is not None:
            texts.append(f"{turn.cost or 0.0:.4f}/{budget.max_cost:g} money")
        if budget.max_seconds is not None:
            texts.append(f"at most {budget.max_seconds:g} s")
        return ", ".join(texts)

    def _used(self) -> str:
        """The whole session so far."""
        total = self._session if self._state != _BUSY else _sum(self._session, self._turn)
        n_tokens = total.prompt_tokens + total.completion_tokens
        if not n_tokens and not self._seconds:
            return ""
        cost = "" if total.cost is None else f"  {total.cost:.4f}"
        return f"{n_tokens:,} tokens  {self._seconds:.1f} s{cost}"


def _sum(a: TokenUsage, b: TokenUsage) -> TokenUsage:
    cost = None if a.cost is None and b.cost is None else (a.cost or 0.0) + (b.cost or 0.0)
    return TokenUsage(
        a.prompt_tokens + b.prompt_tokens, a.completion_tokens + b.completion_tokens, cost, a.estimated or b.estimated
    )
