"""What waits for the person: approvals, questions and decisions, one after the other, between transcript and prompt."""

from __future__ import annotations

from collections import deque

from textual.containers import Vertical

from agent.events import ApprovalAsked, PersonAsked
from agent.file_events import DecisionAsked
from tui.chat.decision import Decision
from tui.chat.inquiry import Approval, Question

Asked = ApprovalAsked | PersonAsked | DecisionAsked


class Inquiries(Vertical):
    """Shows the first of those that wait. The messages with what was decided are the inquiries' own."""

    def __init__(self) -> None:
        super().__init__(id="inquiries")
        self._waiting: deque[Asked] = deque()
        self._shown: Approval | Question | Decision | None = None

    @property
    def is_open(self) -> bool:
        """Whether something is asked now."""
        return self._shown is not None

    async def ask(self, asked: Asked) -> None:
        """Put one more to the person."""
        self._waiting.append(asked)
        await self._next()

    async def done(self) -> None:
        """The one that is shown was answered: show the next."""
        await self._remove()
        await self._next()

    async def dismiss(self) -> None:
        """The turn is over: nobody needs a reply any more."""
        self._waiting.clear()
        await self._remove()

    async def _next(self) -> None:
        while self._shown is None and self._waiting:
            self._shown = _inquiry_of(self._waiting.popleft())
            await self.mount(self._shown)
            if isinstance(self._shown, Approval | Decision):
                self._shown.focus()

    async def _remove(self) -> None:
        if self._shown is not None:
            shown, self._shown = self._shown, None
            await shown.remove()


def _inquiry_of(asked: Asked) -> Approval | Question | Decision:
    match asked:
        case ApprovalAsked():
            return Approval(asked)
        case PersonAsked():
            return Question(asked)
        case DecisionAsked():
            return Decision(asked)
