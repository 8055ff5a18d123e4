"""Small questions of the panels: yes or no, one line, a choice, a longer text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, TypeVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static, TextArea
from textual.widgets.option_list import Option

from tui.chat.screens.once import ClosesOnce
from tui.plain import plain

Reply = TypeVar("Reply")


class Dialog(ModalScreen[Reply | None], ClosesOnce[Reply | None]):
    """A box in the middle; Esc leaves it without a reply."""

    DEFAULT_CSS = """
    Dialog { align: center middle; }
    Dialog > Vertical { width: 80%; max-width: 90; height: auto; max-height: 90%; border: round $primary;
        background: $surface; padding: 0 1; }
    Dialog Static { height: auto; }
    Dialog .keys { color: $text-muted; }
    Dialog OptionList { height: auto; max-height: 14; }
    Dialog TextArea { height: 8; }
    """

    def escape(self) -> bool:
        """See `tui.chat.escape`."""
        self.dismiss(None)
        return True

    def key_escape(self) -> None:
        self.dismiss(None)


class Confirm(Dialog[bool]):
    """Only y says yes; everything else that decides is a no."""

    def __init__(self, question: str) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(plain(self._question), markup=False)
            yield Static("y: yes   n, Esc: no", markup=False, classes="keys")

    def on_key(self, event: events.Key) -> None:
        if event.key in ("y", "n"):
            event.stop()
            self.dismiss(event.key == "y")


class AskLine(Dialog[str]):
    """One line; None: the person left."""

    def __init__(self, question: str, value: str = "", placeholder: str = "") -> None:
        super().__init__()
        self._question, self._value, self._placeholder = question, value, placeholder

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(plain(self._question), markup=False)
            yield Input(plain(self._value), placeholder=self._placeholder)
            yield Static("Enter: done   Esc: leave it", markup=False, classes="keys")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.dismiss(event.value)


class Choose(Dialog[str]):
    """One of several, each with a line about it."""

    def __init__(self, question: str, choices: Sequence[tuple[str, str]], now: str = "") -> None:
        """`choices`: what comes back, and what is shown. `now`: the one that is marked at first."""
        super().__init__()
        self._now = now
        self._question, self._choices = question, tuple(choices)

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(plain(self._question), markup=False)
            options = OptionList(*(Option(Content(plain(shown))) for _, shown in self._choices), markup=False)
            options.highlighted = next((n for n, (name, _) in enumerate(self._choices) if name == self._now), 0)
            yield options
            yield Static("Enter: choose   Esc: leave it", markup=False, classes="keys")

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(self._choices[event.option_index][0])


class AskText(Dialog[str]):
    """A text of several lines, which may stay empty; None: the person left."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+s,f10", "done", "done", priority=True)]

    def __init__(self, question: str) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(plain(self._question), markup=False)
            yield TextArea(soft_wrap=True, tab_behavior="focus")
            yield Static("Ctrl-S: done   Esc: leave it", markup=False, classes="keys")

    def action_done(self) -> None:
        self.dismiss(self.query_one(TextArea).text)
