"""Whose Esc it is: what has the focus may take it, else what lies over the chat is closed, else the turn stops."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from tui.chat.app import ChatApp


@runtime_checkable
class Escapable(Protocol):
    """A widget (or screen) with something to leave: a list of completions, an editor, a filter."""

    def escape(self) -> bool:
        """Esc was pressed while the focus is here or below: True where it was meant for this and is dealt with."""
        ...


def escape(app: ChatApp) -> None:
    """What the Esc key does."""
    focused = app.screen.focused
    for widget in [app.screen] if focused is None else focused.ancestors_with_self:
        if isinstance(widget, Escapable) and widget.escape():
            return
    if len(app.screen_stack) > 1:
        app.screen.dismiss()
    else:
        app.action_interrupt()
