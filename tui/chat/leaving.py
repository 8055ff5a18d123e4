"""What Ctrl-C does: it never throws away more than one thing, and never leaves by one press.

The first of these that there is: copy what is selected; clear what is typed (Up brings it back); stop what runs; say
how to leave, and leave at the next press soon after.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widgets import Input, TextArea
from textual.widgets.input import Selection as InputSelection
from textual.widgets.text_area import Selection

from tui.exit_codes import ExitCode
from tui.plain import plain

if TYPE_CHECKING:
    from tui.chat.app import ChatApp

AGAIN_S = 2.0
"""A second press within this time leaves."""


class Leaving:
    """Of one app."""

    def __init__(self, app: ChatApp) -> None:
        self._app = app
        self._said_at: float | None = None

    def ctrl_c(self) -> None:
        """The key was pressed, at `app.typed_at`."""
        said_at, self._said_at = self._said_at, None
        if self._copy() or self._clear():
            return
        app = self._app
        if app.transcript.is_busy and app.status.state != "stopping":
            app.action_interrupt()
        elif said_at is not None and app.typed_at - said_at <= AGAIN_S:
            self.leave()
        else:
            self._said_at = app.typed_at
            app.notify("Press Ctrl-C again to leave.", timeout=AGAIN_S, markup=False)

    def leave(self) -> None:
        """What is typed or waits is kept for the next chat."""
        self._app.exit(int(ExitCode.DONE))

    def _copy(self) -> bool:
        """What is selected on the screen or in the field that has the focus, to the clipboard; whether there is any."""
        screen, field = self._app.screen, self._app.focused
        if selected := screen.get_selected_text():
            screen.clear_selection()
        elif isinstance(field, TextArea) and (selected := field.selected_text):
            field.selection = Selection.cursor(field.cursor_location)
        elif isinstance(field, Input) and not field.password and (selected := field.selected_text):
            field.selection = InputSelection.cursor(field.cursor_position)
        else:
            return False
        self._app.copy_to_clipboard(plain(selected))
        self._app.notify("copied", markup=False, timeout=2)
        return True

    def _clear(self) -> bool:
        """What is typed into the line that has the focus (a reply, a panel's filter), else into the prompt."""
        field = self._app.focused
        if isinstance(field, Input) and field.value:
            field.clear()
            return True
        return len(self._app.screen_stack) == 1 and self._app.prompt.set_aside()
