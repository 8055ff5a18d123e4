"""What each question of the chat took, for the bill."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from tui.plain import plain_line

if TYPE_CHECKING:
    from agent.bill import Bill
    from agent.events import Event

ALL = "all questions"


def _bill() -> Bill:
    from agent.bill import Bill  # with the events' types; the first frame does without

    return Bill()


@dataclass
class Account:
    """One question's bill, or that of all. `seconds`: of the whole turn, waiting and overhead included."""

    title: str
    status: str = ""
    seconds: float = 0.0
    bill: Bill = field(default_factory=_bill)


class Accounts:
    """Kept by the chat: sees every event."""

    def __init__(self) -> None:
        self.turns: list[Account] = []

    @cached_property
    def all(self) -> Account:
        """Of all questions together."""
        return Account(ALL)

    @property
    def n_questions(self) -> int:
        """Asked since the chat, or its session, began."""
        return len(self.turns)

    def see(self, event: Event) -> None:
        """Count it."""
        from agent.events import Answered, QuestionAsked

        self.all.bill.see(event)
        match event:
            case QuestionAsked():
                self.turns.append(Account(plain_line(event.question, 200), "working"))
            case Answered() if self.turns:
                self.turns[-1].status, self.turns[-1].seconds = event.status, event.seconds
                self.all.seconds += event.seconds
        if self.turns:
            self.turns[-1].bill.see(event)
