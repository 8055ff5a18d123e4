"""What needs the person: an approval (y or n) or a question of the program, inline between transcript and prompt."""

from __future__ import annotations

import time

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from agent.events import ApprovalAsked, PersonAsked
from tui.chat.messages import Decided, Replied
from tui.plain import plain_line, plain_value

CALM_S = 0.7
"""A key decides only after a pause of this length."""


class Approval(Static, can_focus=True):
    """A change that a tool wants to make. It takes the focus from a line in which somebody may be typing: only y or n
    decide, and only after a pause, so that typing ahead allows nothing by accident."""

    def __init__(self, asked: ApprovalAsked) -> None:
        self._asked = asked
        self._last_key_at = time.monotonic()
        arguments = ", ".join(f"{plain_line(name)}={plain_value(value)}" for name, value in asked.args.items())
        text = f"The program wants to call {plain_line(asked.tool)}({arguments}), which changes something."
        super().__init__(f"{text}\nAllow it?  y: yes   n: no", markup=False, classes="inquiry")

    def on_key(self, event: events.Key) -> None:
        now = time.monotonic()
        is_calm, self._last_key_at = now - self._last_key_at >= CALM_S, now
        if is_calm and event.key in ("y", "n"):
            event.stop()
            self.post_message(Decided(self._asked, event.key == "y"))


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
