"""What needs the person: an approval or a question of the program, inline between transcript and prompt."""

from __future__ import annotations

import json
import time

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from agent.events import ApprovalAsked, ApprovalReply, PersonAsked
from tui import approval_text
from tui.chat.messages import Decided, Replied
from tui.plain import plain_line

CALM_S = 0.7
"""A key decides only after a pause of this length."""


class Approval(Vertical, can_focus=True):
    """A call that needs a yes. It takes the focus from a line in which somebody may be typing: only its keys decide,
    and only after a pause, so that typing ahead allows nothing by accident."""

    def __init__(self, asked: ApprovalAsked) -> None:
        super().__init__(classes="inquiry")
        self._asked = asked
        self._last_key_at = time.monotonic()

    def compose(self) -> ComposeResult:
        asked = self._asked
        lines = [f"The program wants to call {approval_text.call_text(asked)}."]
        if asked.complaint:
            lines.insert(0, f"These arguments cannot be used: {plain_line(asked.complaint, 400)}")
        lines.append("Allow it?  " + "   ".join(f"{k}: {text}" for k, text in approval_text.choices(asked).items()))
        yield Static("\n".join(lines), markup=False)

    async def on_key(self, event: events.Key) -> None:
        if self.query(Input):  # arguments are being written
            if event.key == "escape":
                event.stop()
                await self.query_one(Input).remove()
                self.focus()
            return
        now = time.monotonic()
        is_calm, self._last_key_at = now - self._last_key_at >= CALM_S, now
        if not is_calm:
            return
        if reply := approval_text.reply_of(event.key, self._asked):
            event.stop()
            self.post_message(Decided(self._asked, reply))
        elif event.key == "v":
            event.stop()
            await self.mount(Static(approval_text.whole_arguments(self._asked), markup=False))
        elif event.key == "e":
            event.stop()
            line = Input(json.dumps(self._asked.args, ensure_ascii=False, default=str), id="arguments")
            await self.mount(line)
            line.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        try:
            args = approval_text.edited(event.value)
        except ValueError as error:
            self.notify(plain_line(str(error)), severity="warning", markup=False)
            return
        self.post_message(Decided(self._asked, ApprovalReply(True, "once", args)))


class Question(Vertical):
    """A question of the program: choices to pick from, or a line for a free reply."""

    def __init__(self, asked: PersonAsked) -> None:
        super().__init__(classes="inquiry")
        self._asked = asked

    def compose(self) -> ComposeResult:
        yield Static(plain_line(self._asked.question, 2000), markup=False)
        if self._asked.choices:
            yield OptionList(*(Option(Content(plain_line(choice))) for choice in self._asked.choices), markup=False)
        else:
            yield Input(placeholder="your reply", id="reply")

    def on_mount(self) -> None:
        self.query_one(OptionList if self._asked.choices else Input).focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.post_message(Replied(self._asked, self._asked.choices[event.option_index]))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if reply := event.value.strip():
            self.post_message(Replied(self._asked, reply))
