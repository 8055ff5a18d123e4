"""What needs the person: an approval or a question of the program, inline between transcript and prompt."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, OptionList, Static, TextArea
from textual.widgets.option_list import Option

from agent.events import ApprovalAsked, ApprovalReply, PersonAsked
from tui import approval_text
from tui.chat.guard import Guard, pass_on
from tui.chat.messages import Decided, Replied
from tui.plain import plain_line

_SHARE, _TALL_SHARE = 0.6, 0.8
"""Of the screen's height."""
_STEPS = {"up": -1, "down": 1, "pageup": -8, "pagedown": 8, "home": -100_000, "end": 100_000}


def scroll_by_key(widget: Widget, key: str) -> bool:
    """Scroll `widget` by a key of the arrows' block; False for every other key."""
    if key in _STEPS:
        widget.scroll_relative(y=_STEPS[key], animate=False)
    return key in _STEPS


class Approval(Vertical, can_focus=True):
    """A call that needs a yes: every argument in full, scrollable. It takes the focus from a line in which somebody may
    be typing, so its `Guard` says which keys decide."""

    DEFAULT_CSS = """
    Approval { height: auto; }
    Approval > VerticalScroll { height: auto; min-height: 1; }
    Approval Static { height: auto; }
    Approval .complaint { color: $text-error; }
    Approval .keys { height: auto; color: $text-warning; }
    Approval TextArea { height: auto; min-height: 5; max-height: 16; border: none; }
    """

    def __init__(self, asked: ApprovalAsked) -> None:
        super().__init__(classes="inquiry")
        self._asked = asked
        self._guard = Guard()
        # Held, not looked up: a key or a change of size may be dealt with when the turn is over and this is taken down.
        self._complaint = Static("", markup=False, classes="complaint")
        self._keys = Static(approval_text.keys_line(asked), markup=False, classes="keys")
        arguments = Static(approval_text.whole_arguments(asked), markup=False, classes="arguments")
        self._scroll = VerticalScroll(arguments, can_focus=False)

    def compose(self) -> ComposeResult:
        asked = self._asked
        yield Static(f"The program wants to call {approval_text.heading(asked)}:", markup=False)
        yield self._complaint
        yield self._scroll
        yield self._keys

    async def on_mount(self) -> None:
        self.styles.max_height = "100vh"  # `_fit` bounds it, so that the keys always stand below what is to be read
        self._guard.watch(self)
        self.watch(self._scroll, "scroll_y", self._tell_rest, init=False)
        self.call_after_refresh(self._fit)
        self._complain(self._asked.complaint)
        if self._asked.complaint:  # what the person wrote did not fit: they go on writing
            await self._edit()

    def on_focus(self) -> None:
        for editor in self.query(ArgumentsEditor):
            editor.focus()

    async def on_key(self, event: events.Key) -> None:
        if self.query(ArgumentsEditor):
            return
        if scroll_by_key(self._scroll, event.key):
            event.stop()
            return
        match self._guard.judge(event):
            case "ahead":
                pass_on(self, event)
            case "decides":
                await self._decide(event)

    async def _decide(self, event: events.Key) -> None:
        if reply := approval_text.reply_of(event.key, self._asked):
            event.stop()
            self.post_message(Decided(self._asked, reply))
        elif event.key == "v":
            event.stop()
            self.toggle_class("tall")
            self.call_after_refresh(self._fit)
        elif event.key == "e":
            event.stop()
            event.prevent_default()  # else the editor would get the letter
            await self._edit()

    def on_resize(self) -> None:
        self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        """The arguments get what is left of the approval's share of the screen."""
        scroll = self._scroll
        others = sum(child.outer_size.height for child in self.children if child is not scroll and child.display)
        share = _TALL_SHARE if self.has_class("tall") else _SHARE
        scroll.styles.max_height = max(int(self.app.size.height * share) - others - 2, 3)
        self.call_after_refresh(self._tell_rest)

    def _tell_rest(self) -> None:
        """Nobody shall decide without knowing that there is more to read."""
        scroll = self._scroll
        n_below = round(scroll.max_scroll_y - scroll.scroll_y)
        if scroll.display:
            rest = f"↓ {n_below} more line{'s' * (n_below > 1)} below.  " if n_below > 0 else ""
            self._keys.update(rest + approval_text.keys_line(self._asked))

    def escape(self) -> bool:
        """Leave the editor; the call still waits."""
        if not self.query(ArgumentsEditor):
            return False
        self.query(ArgumentsEditor).remove()
        self._scroll.display = True
        self._keys.update(approval_text.keys_line(self._asked))
        self._complain("")
        self.focus()
        return True

    async def _edit(self) -> None:
        self._scroll.display = False
        self._keys.update("Ctrl-S: call it with these   Esc: back")
        editor = ArgumentsEditor(approval_text.whole_arguments(self._asked))
        await self.mount(editor, after=self._complaint)
        editor.focus()

    def on_arguments_editor_written(self, event: ArgumentsEditor.Written) -> None:
        event.stop()
        try:
            args = approval_text.edited(event.text)
        except ValueError as error:
            self._complain(str(error))
            return
        # The gate checks them against the tool's schema, and asks again with its complaint where they do not fit.
        self.post_message(Decided(self._asked, ApprovalReply(True, "once", args)))

    def _complain(self, text: str) -> None:
        self._complaint.update(f"These arguments cannot be used: {plain_line(text, 400)}" if text else "")
        self._complaint.display = bool(text)


class ArgumentsEditor(TextArea):
    """Arguments as JSON."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+s,f10", "written", "call", priority=True)]

    class Written(Message):
        """The person is done."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self, text: str) -> None:
        super().__init__(text, soft_wrap=True, show_line_numbers=False, tab_behavior="indent")

    def action_written(self) -> None:
        self.post_message(self.Written(self.text))


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
