"""A panel with a list on one side and the chosen one's details on the other; filled by a thread, filtered by words."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import ClassVar, Generic, TypeVar

from rich.cells import cell_len
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, VerticalScroll
from textual.content import Content
from textual.widgets import DataTable, Input, Static

from tui.chat.screens.panel import Panel, cell
from tui.failures import explain

Item = TypeVar("Item")


class ListPanel(Panel, Generic[Item]):
    """Subclasses say what the items are (`fetch`, `row`, `detail`: called in a thread, they may read files)."""

    columns: ClassVar[tuple[str, ...]] = ()
    nothing: ClassVar[str] = "there is nothing here yet"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "filter"),
        Binding("f5,ctrl+r", "reload", "again"),
        Binding("tab", "app.focus_next", "other side", show=False),
    ]
    DEFAULT_CSS = """
    ListPanel > Container { height: 1fr; }
    ListPanel.-wide > Container { layout: horizontal; }
    ListPanel DataTable { height: 45%; }
    ListPanel.-wide DataTable { width: 55%; height: 100%; }
    ListPanel .side { height: 1fr; padding: 0 1; border-top: solid $primary; }
    ListPanel.-wide .side { border-top: none; border-left: solid $primary; height: 100%; }
    ListPanel .side Static { height: auto; }
    ListPanel > Input { display: none; }
    ListPanel > Input.open { display: block; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.items: list[Item] = []
        self._visible: list[Item] = []
        self._words = ""
        self.filter_line = Input(placeholder="words to filter by", classes="filter")
        self.table: DataTable[object] = DataTable(cursor_type="row", zebra_stripes=True)
        self._details = Static("", markup=False)
        self.side = VerticalScroll(self._details, classes="side")

    # -- what a subclass says

    async def fetch(self) -> Sequence[Item]:
        """All items, in order."""
        raise NotImplementedError

    def row(self, item: Item) -> Sequence[str]:
        """One text per column."""
        raise NotImplementedError

    def name_of(self, item: Item) -> str:
        """What stays the same when the list is read again."""
        return str(self.row(item)[0])

    async def detail(self, item: Item) -> str | Content:
        """What is shown of the chosen one. Text must be plain already."""
        raise NotImplementedError

    # -- the rest

    @property
    def current(self) -> Item | None:
        """The chosen one."""
        at = self.table.cursor_row
        return self._visible[at] if 0 <= at < len(self._visible) else None

    def body(self) -> ComposeResult:
        yield self.filter_line
        yield Container(self.table, self.side)

    def on_mount(self) -> None:
        self.table.add_columns(*self.columns)
        self.table.focus()
        self.reload()

    @work(exclusive=True, group="list")
    async def reload(self) -> None:
        """Read the items again; the chosen one stays chosen."""
        try:
            self.items = list(await self.fetch())
        except Exception as error:  # noqa: BLE001  # whatever it reads may be broken: the panel says so and stays
            self.failed(error)
            return
        self.fill()
        if not self.items and self.nothing:
            self.say(self.nothing)

    def failed(self, error: Exception) -> None:
        """Say what went wrong, and what to do."""
        failure = explain(error)
        self.say(f"{failure.message}; {failure.hint}" if failure.hint else failure.message, is_error=True)

    def fill(self) -> None:
        """Show the items that pass the filter."""
        chosen = self.current
        table = self.table
        words = self._words.casefold().split()
        self._visible = [i for i in self.items if all(w in " ".join(self.row(i)).casefold() for w in words)]
        rows = [[cell(text) for text in self.row(item)] for item in self._visible]
        table.clear(columns=True)
        # Measured here: Textual measures after it may have drawn, and keeps what it drew, names cut to their heading.
        for number, label in enumerate(self.columns):
            table.add_column(label, width=max(cell_len(label), *(row[number].cell_len for row in rows), 0))
        for row in rows:
            table.add_row(*row)
        names = [self.name_of(item) for item in self._visible]
        if chosen is not None and (name := self.name_of(chosen)) in names:
            table.move_cursor(row=names.index(name))
        n_all = len(self.items)
        self.entitle(f"{len(names):,} of {n_all:,}" if words else f"{n_all:,}")
        self.describe()

    @work(exclusive=True, group="detail")
    async def describe(self) -> None:
        """Show the details of the chosen one; a moment later, for who only moves past it."""
        await asyncio.sleep(0.03)
        side = self._details
        if (item := self.current) is None:
            side.update("")
            return
        try:
            side.update(await self.detail(item))
        except Exception as error:  # noqa: BLE001  # as above
            side.update("")
            self.failed(error)
        self.side.scroll_home(animate=False)

    def on_resize(self) -> None:
        self.describe()  # some details are drawn for a width

    def on_data_table_row_highlighted(self) -> None:
        self.describe()

    def action_reload(self) -> None:
        self.reload()

    def action_filter(self) -> None:
        line = self.filter_line
        line.add_class("open")
        line.focus()

    # Textual calls the handlers of every class in the line: subclasses override what these call.

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.words_changed(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.table.focus()
        self.words_entered(event.value.strip())

    def words_changed(self, words: str) -> None:
        """The filter holds as one types."""
        self._words = words
        self.fill()

    def words_entered(self, words: str) -> None:
        """Enter after the filter's words."""

    def escape(self) -> bool:
        """Esc leaves the filter first; see `tui.chat.escape`."""
        line = self.filter_line
        if not line.has_class("open"):
            return False
        line.remove_class("open")
        line.value = ""
        self.table.focus()
        return True

    def action_close(self) -> None:
        if not self.escape():
            super().action_close()
