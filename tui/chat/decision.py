"""A decision in the chat: a program before it runs, the changes of a copied folder, packages to be added; with what
must be seen first."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.message import Message
from textual.widgets import Static

from agent.events import ApprovalReply, Scope
from agent.file_events import DecisionAsked
from tui.chat.guard import Guard, pass_on
from tui.chat.inquiry import scroll_by_key
from tui.file_notes import details
from tui.plain import plain_line


class DecisionTaken(Message):
    """The person said yes or no; to a program also for the rest of the session."""

    def __init__(self, asked: DecisionAsked, reply: ApprovalReply) -> None:
        super().__init__()
        self.asked = asked
        self.reply = reply


class Decision(Vertical, can_focus=True):
    """Only its few keys decide, as the `Guard` says; arrows scroll what is to be read."""

    def __init__(self, asked: DecisionAsked) -> None:
        super().__init__(classes="inquiry")
        self._asked = asked
        self._guard = Guard()
        # Held, not looked up: a key may be dealt with when the turn is over and this is taken down.
        self._scroll = VerticalScroll(Static(details(asked.details), markup=False), can_focus=False)
        self._choices = {"y": "yes", **({"s": "all of this session"} if "session" in asked.scopes else {}), "n": "no"}

    def compose(self) -> ComposeResult:
        question = plain_line(self._asked.question, 300)
        offered = "   ".join(f"{key}: {text}" for key, text in self._choices.items())
        yield Static(f"{question[:1].upper()}{question[1:]}  {offered}   ↑↓: read", markup=False)
        yield self._scroll

    def on_mount(self) -> None:
        self._guard.watch(self)
        self.styles.max_height = "60vh"  # more than other inquiries: a diff is to be read
        self._scroll.styles.height = "auto"

    def on_key(self, event: events.Key) -> None:
        if scroll_by_key(self._scroll, event.key):
            event.stop()
            return
        match self._guard.judge(event):
            case "ahead":
                pass_on(self, event)
            case "decides" if event.key in self._choices:
                event.stop()
                allowed = event.key != "n"
                scope: Scope = "session" if event.key == "s" else "once"
                self.post_message(DecisionTaken(self._asked, ApprovalReply(allowed, scope)))
