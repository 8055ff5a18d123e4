"""Short pieces that a turn is drawn with. All text from outside passes `plain`, and none is read as markup."""

from __future__ import annotations

from textual import events
from textual.binding import Binding
from textual.message import Message
from textual.widgets import Static

from tui.plain import plain, plain_line


class Line(Static):
    """A short text: a note, a repair, an error."""

    def __init__(self, text: str, classes: str) -> None:
        super().__init__(plain(text), markup=False, classes=classes)


class QuestionTaken(Message):
    """The person wants to ask an earlier question again: as it was, or after an edit."""

    def __init__(self, question: str, *, is_edited: bool) -> None:
        super().__init__()
        self.question = question
        self.is_edited = is_edited


class QuestionLine(Static, can_focus=True):
    """What was asked. With the focus on it, `e` takes it back into the prompt and `r` asks it again."""

    BINDINGS = [  # noqa: RUF012  # Textual's way
        Binding("e,enter", "take(True)", "edit and ask again"),
        Binding("r", "take(False)", "ask again"),
        Binding("down,j", "app.focus_next", "next", show=False),
        Binding("up,k", "app.focus_previous", "previous", show=False),
    ]

    def __init__(self, question: str) -> None:
        super().__init__(plain(question), markup=False, classes="question")
        self._question = question

    def action_take(self, is_edited: bool) -> None:
        """Tell whoever asks."""
        self.post_message(QuestionTaken(self._question, is_edited=is_edited))


class FunctionOpened(Message):
    """The person wants to see a function of the repository."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


class FunctionLink(Static, can_focus=True):
    """A function that was reused or kept. Opened by a click or by Enter; the name is never part of an action."""

    BINDINGS = [Binding("enter,space", "open", "show the function")]  # noqa: RUF012  # Textual's way

    def __init__(self, said: str, name: str) -> None:
        super().__init__(f"{said} {plain_line(name)}", markup=False, classes="note link")
        self._name_of_function = name

    def on_click(self, event: events.Click) -> None:
        event.stop()
        self.action_open()

    def action_open(self) -> None:
        """Tell whoever shows functions."""
        self.post_message(FunctionOpened(self._name_of_function))
