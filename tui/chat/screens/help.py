"""Help over any screen: what it is for, its keys, and on the main screen every command."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.chat.screens.once import ClosesOnce


class HelpScreen(ClosesOnce[None], ModalScreen[None]):
    """Scrolls; Esc, F1, q and ? close it. All texts are ours."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f1,q,question_mark", "close", "back"),
        Binding("up,k", "scroll(-1)", show=False),
        Binding("down,j", "scroll(1)", show=False),
        Binding("pageup", "scroll(-15)", show=False),
        Binding("pagedown,space", "scroll(15)", show=False),
    ]
    DEFAULT_CSS = """
    HelpScreen { align: center middle; }
    HelpScreen > VerticalScroll { width: 90%; max-width: 100; height: auto; max-height: 90%; border: round $primary;
        background: $surface; padding: 0 1; }
    """

    def __init__(
        self, heading: str, about: str, keys: Sequence[tuple[str, str]], commands: Sequence[tuple[str, str]] = ()
    ) -> None:
        super().__init__()
        self._lines = [heading.upper(), "", *about.strip().split("\n")]
        for title, rows in (("Keys", keys), ("Commands", commands)):
            if rows:
                width = max(len(name) for name, _ in rows)
                self._lines += ["", title, *(f"  {name:<{width}}  {meaning}" for name, meaning in rows)]

    def compose(self) -> ComposeResult:
        with VerticalScroll(can_focus=False):
            yield Static("\n".join(self._lines), markup=False)

    def action_close(self) -> None:
        self.dismiss()

    def action_scroll(self, lines: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)
