"""Help over any screen: what it is for, its keys, and on the main screen every command."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.chat.screens.once import ClosesOnce
from tui.chat.transcript.rows import TextBlock


class HelpScreen(ModalScreen[None], ClosesOnce[None]):
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
        paragraphs = [" ".join(lines.split()) for lines in about.strip().split("\n\n")]
        blocks = [TextBlock(Content(heading.upper())), *(TextBlock(Content(f"\n{text}")) for text in paragraphs)]
        for title, rows in (("Keys", keys), ("Commands", commands)):
            width = max((len(name) for name, _ in rows), default=0) + 4
            if rows:
                blocks.append(TextBlock(Content(f"\n{title}")))
            for name, meaning in rows:
                blocks.append(TextBlock(Content(meaning), Content(f"  {name}".ljust(width)), Content(" " * width)))
        self._blocks = blocks

    def compose(self) -> ComposeResult:
        with VerticalScroll(can_focus=False):
            yield _Laid(self._blocks)

    def action_close(self) -> None:
        self.dismiss()

    def action_scroll(self, lines: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)


class _Laid(Static):
    """Blocks as rows of its width, so that what is beside a name stays beside it."""

    def __init__(self, blocks: Sequence[TextBlock]) -> None:
        super().__init__(markup=False)
        self._blocks = blocks

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._rows(width))

    def render(self) -> Content:
        return Content("\n").join(self._rows(self.content_size.width))

    def _rows(self, width: int) -> list[Content]:
        return [row.lead + row.content for block in self._blocks for row in block.rows(width)]
