"""What every panel over the chat shares: a title, a line that says what happened, the keys, help on F1 and ?."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Static

from tui.chat.screens.key_names import key_name
from tui.chat.screens.once import ClosesOnce
from tui.plain import plain_line


class Panel(ClosesOnce[None]):
    """`heading` is its title; `about` what one does here, as lines for the help; keys are its `BINDINGS`."""

    heading: ClassVar[str] = ""
    about: ClassVar[str] = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "back"),
        Binding("f1,question_mark", "explain", "help"),
    ]
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]  # noqa: RUF012  # Textual's way
    DEFAULT_CSS = """
    Panel { background: $background; }
    Panel > .heading { height: 1; background: $primary; color: $text; padding: 0 1; text-style: bold; }
    Panel > .said { height: auto; max-height: 4; padding: 0 1; color: $text-muted; }
    Panel > .said.error { color: $text-error; }
    Panel > .keys { height: 1; padding: 0 1; color: $text-muted; dock: bottom; }
    """

    def __init__(self) -> None:
        super().__init__()
        # Held, not looked up: what was read in the background may arrive while the panel is being closed.
        self._title_line = Static(self.heading, markup=False, classes="heading")
        self._said_line = Static("", markup=False, classes="said")
        self._keys_line = Static("", markup=False, classes="keys")

    def compose(self) -> ComposeResult:
        yield self._title_line
        yield from self.body()
        yield self._said_line
        yield self._keys_line

    def body(self) -> ComposeResult:
        """The widgets between title and keys."""
        yield from ()

    def on_mount(self) -> None:
        self._keys_line.update(keys_text(self.keys()))

    def keys(self) -> Sequence[tuple[str, str]]:
        """Key and meaning, in the order of the table."""
        return [(display, binding.description) for display, binding in _shown(self)]

    def say(self, text: str, *, is_error: bool = False) -> None:
        """One line about what was done, or could not be."""
        self._said_line.set_class(is_error, "error")
        self._said_line.update(plain_line(text, 500))

    def entitle(self, more: str) -> None:
        """Add to the title: how many there are, which one is shown."""
        self._title_line.update(plain_line(f"{self.heading}  {more}".rstrip(), 300))

    def action_close(self) -> None:
        self.dismiss()

    def action_explain(self) -> None:
        from tui.chat.screens.help import HelpScreen

        self.app.push_screen(HelpScreen(self.heading, self.about, self.keys()))


def keys_text(keys: Sequence[tuple[str, str]]) -> str:
    """`r: rename   d: delete`, on one line."""
    return "   ".join(f"{key}: {meaning}" for key, meaning in keys)


def cell(text: str, limit: int = 80) -> Text:
    """Text for a table: never read as markup, one line."""
    return Text(plain_line(text, limit))


def _shown(screen: Screen[None]) -> list[tuple[str, Binding]]:
    seen: dict[str, tuple[str, Binding]] = {}
    for _, binding in screen._bindings:
        if binding.show and binding.description:
            seen.setdefault(binding.description, (key_name(binding.key.split(",")[0]), binding))
    own = [pair for name, pair in seen.items() if name not in ("back", "help")]
    return [*own, *(seen[name] for name in ("back", "help") if name in seen)]
