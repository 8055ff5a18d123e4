"""What the session's thread and the screen tell each other, and what the inquiries on the screen decide."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from tui.session_request import SessionLike

if TYPE_CHECKING:
    from agent.events import ApprovalAsked, ApprovalReply, Event, PersonAsked
    from agent.loop.budget import Budget  # loads prompts and models; the first frame does without
    from tui.chat.attaching import Attaching


@dataclass(frozen=True)
class Opened:
    """A session, and what the screen shows of it: its model, its id ('' without a log), a question's limits."""

    session: SessionLike
    model: str
    session_id: str = ""
    budget: Budget | None = None
    """None: no limits."""
    turns: tuple[tuple[str, list[Event]], ...] = ()
    """Of a session that is taken up again: each earlier question with its events."""
    files: Attaching | None = None
    """What attaches files to a question; None: they stay words."""


@dataclass(frozen=True)
class Reopen:
    """What the screen tells the session's thread: close the session and open another one."""

    open_session: Callable[[], Opened]


class SessionOpened(Message):
    """The session is built; its kernel starts with the first question."""

    def __init__(self, opened: Opened) -> None:
        super().__init__()
        self.opened = opened


class SessionNotOpened(Message):
    """It could not be built; the next question tries again."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__()
        self.message = message
        self.hint = hint


class Noted(Message):
    """Something to tell about the question that is being asked: a file goes along with it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class EventArrived(Message):
    """One event of the running turn, in order; the last one of a turn is `Answered`."""

    def __init__(self, event: Event) -> None:
        super().__init__()
        self.event = event


class Decided(Message):
    """The person allowed or refused a call."""

    def __init__(self, asked: ApprovalAsked, reply: ApprovalReply) -> None:
        super().__init__()
        self.asked = asked
        self.reply = reply


class Replied(Message):
    """The person replied to the program's question; None: they would not."""

    def __init__(self, asked: PersonAsked, reply: str | None) -> None:
        super().__init__()
        self.asked = asked
        self.reply = reply


class SessionChosen(Message):
    """The person wants to go on with this session."""

    def __init__(self, session: str) -> None:
        super().__init__()
        self.session = session
