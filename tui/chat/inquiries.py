"""What waits for the person: approvals, questions and decisions, one after the other, between transcript and prompt."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from textual.containers import Vertical

from tui.chat.messages import Decided, Replied

if TYPE_CHECKING:
    from agent.events import ApprovalAsked, PersonAsked
    from agent.file_events import DecisionAsked
    from tui.chat.decision import Decision, DecisionTaken
    from tui.chat.inquiry import Approval, Question

    Asked = ApprovalAsked | PersonAsked | DecisionAsked


class Inquiries(Vertical):
    """Shows the first of those that wait, and hands on what was decided. `reply(asked, value)` is told each reply,
    `all_done` that nothing is asked any more."""

    def __init__(self, reply: Callable[[Asked, Any], None], all_done: Callable[[], object]) -> None:
        super().__init__(id="inquiries")
        self._reply = reply
        self._all_done = all_done
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

    async def on_decided(self, message: Decided) -> None:
        await self._answered(message.asked, message.reply)

    async def on_replied(self, message: Replied) -> None:
        await self._answered(message.asked, message.reply)

    async def on_decision_taken(self, message: DecisionTaken) -> None:
        asked = message.asked
        await self._answered(asked, message.reply if "session" in asked.scopes else message.reply.allowed)

    async def _answered(self, asked: Asked, value: Any) -> None:
        self._reply(asked, value)
        await self._remove()
        await self._next()
        if not self.is_open:
            self._all_done()

    async def dismiss(self) -> None:
        """The turn is over: nobody needs a reply any more."""
        self._waiting.clear()
        await self._remove()

    async def _next(self) -> None:
        from tui.chat.inquiry import Question

        while self._shown is None and self._waiting:
            self._shown = _inquiry_of(self._waiting.popleft())
            await self.mount(self._shown)
            if not isinstance(self._shown, Question):  # that one has the focus in its field
                self._shown.focus()

    async def _remove(self) -> None:
        if self._shown is not None:
            shown, self._shown = self._shown, None
            await shown.remove()


def _inquiry_of(asked: Asked) -> Approval | Question | Decision:
    from agent.events import ApprovalAsked, PersonAsked
    from agent.file_events import DecisionAsked
    from tui.chat.decision import Decision
    from tui.chat.inquiry import Approval, Question

    match asked:
        case ApprovalAsked():
            return Approval(asked)
        case PersonAsked():
            return Question(asked)
        case DecisionAsked():
            return Decision(asked)
