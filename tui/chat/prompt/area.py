"""The field that is typed into: Enter sends, other keys make lines; the edges lead into the history."""

from __future__ import annotations

from typing import Protocol

from textual import events
from textual.binding import Binding
from textual.widgets import TextArea

from tui.chat.prompt.pasted import Pasted, chip_at
from tui.plain import plain

_NEWLINE_KEYS = frozenset({"shift+enter", "alt+enter", "ctrl+enter", "ctrl+j"})
"""Terminals without kitty's protocol send plain Enter for the first three: there it is Ctrl-J, or a backslash at the
end of the line and Enter."""

_EDITING = {
    key: binding.action
    for binding in TextArea.BINDINGS
    if isinstance(binding, Binding)
    for key in binding.key.split(",")
    if key not in ("pageup", "pagedown", "ctrl+c")
}
"""What other keys do in a text. A binding is looked up after the keys that were typed behind it have been inserted, so
that Ctrl-U would delete what somebody types fast after it: here they are done in their turn."""


_OWNERS_KEYS = frozenset({"enter", "ctrl+r", "ctrl+t", "up", "down", "tab"})


class KeyOwner(Protocol):
    """The prompt as a whole. It is called, not told by a message: what is typed behind an Enter would be in the text
    by the time that the message came, and be sent with it."""

    def catch_up(self) -> None:
        """Look at the text as it is now: what tells of its changes may be under way."""
        ...

    def take_key(self, key: str) -> None:
        """A key that means something beyond the text: enter, up, down, tab, ctrl+r, ctrl+t."""
        ...


class PromptArea(TextArea):
    """Text that is put here, however it comes, has no control characters: it is drawn as it is."""

    BINDINGS = [  # noqa: RUF012  # Textual's way
        Binding("pageup", "app.page(-1)", "up", show=False),
        Binding("pagedown", "app.page(1)", "down", show=False),
    ]

    def __init__(self, pasted: Pasted, owner: KeyOwner) -> None:
        super().__init__(
            id="question",
            soft_wrap=True,
            show_line_numbers=False,
            tab_behavior="focus",
            highlight_cursor_line=False,
            placeholder="Ask a question",
        )
        self._pasted = pasted
        self._owner = owner
        self.is_choosing = False
        """Whether a list is open: then the arrows and Tab belong to it."""

    @property
    def before_cursor(self) -> str:
        """The text up to the cursor."""
        row, column = self.cursor_location
        return "\n".join([*self.document.lines[:row], self.document.get_line(row)[:column]])

    def put(self, text: str) -> None:
        """Replace all of it; the cursor goes to the end. It can be undone."""
        self.clear()
        self.insert(plain(text))

    async def on_key(self, event: events.Key) -> None:
        key = event.key
        if key in _OWNERS_KEYS:
            self._owner.catch_up()
        if key in _NEWLINE_KEYS:
            self.insert("\n")
        elif key == "enter" and self._ends_with_backslash() and not self.is_choosing:
            self.action_delete_left()
            self.insert("\n")
        elif self._is_for_prompt(key):
            self._owner.take_key(key)
        elif key == "backspace" and self._delete_chip():
            pass
        elif key in _EDITING:
            await self.run_action(_EDITING[key])
        else:
            return
        event.stop()
        event.prevent_default()

    def _is_for_prompt(self, key: str) -> bool:
        match key:
            case "enter" | "ctrl+r" | "ctrl+t":
                return True
            case "up" | "down":
                return self.is_choosing or self._is_at_edge(key)
            case "tab":
                return self.is_choosing or bool(self.before_cursor[-1:].strip())
        return False

    async def _on_paste(self, event: events.Paste) -> None:
        """A large text becomes a chip; none brings control characters along."""
        event.stop()
        event.prevent_default()
        text = plain(event.text)
        self.replace(self._pasted.chip(text) or text, *self.selection)

    def _ends_with_backslash(self) -> bool:
        row, column = self.cursor_location
        line = self.document.get_line(row)
        return column == len(line) and line.endswith("\\")

    def _is_at_edge(self, key: str) -> bool:
        if not self.selection.is_empty:
            return False
        y = self.wrapped_document.location_to_offset(self.cursor_location).y
        return y == 0 if key == "up" else y >= self.wrapped_document.height - 1

    def _delete_chip(self) -> bool:
        row, column = self.cursor_location
        found = chip_at(self.document.get_line(row), column) if self.selection.is_empty else None
        if found is None:
            return False
        self.delete((row, found[0]), (row, found[1]))
        return True
