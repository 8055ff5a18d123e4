"""What a turn shows besides words: tables and pictures, always in sight. Pages and drawings are files with a path."""

from __future__ import annotations

from agent.events import Answered, CellDisplayed
from tui.cell_notes import cell_notes
from tui.chat.transcript.blocks import Line
from tui.chat.transcript.growing import Growing
from tui.chat.transcript.picture import PictureBlock, picture_of
from tui.chat.transcript.table import Table, TableBlock, from_frame, from_records

_N_SHOWN = 12


class Results(Growing):
    """Who calls this: the turn."""

    def __init__(self) -> None:
        super().__init__("results")
        self._n_shown = 0
        self._n_left_out = 0
        self._texts: set[str] = set()

    def take(self, event: CellDisplayed) -> None:
        """A display of the program."""
        from sandbox.artifacts import TABLE_MIME  # with it comes the kernel's side; the first frame needs neither

        if self._n_shown >= _N_SHOWN:
            self._n_left_out += 1
        elif (encoded := event.data.get(TABLE_MIME)) and (table := from_frame(encoded)):
            from agent.loop.shown import table_text  # brings the loop's neighbours along

            self._texts.add(table_text(encoded).strip())
            self._add_table(table)
        elif (source := picture_of(event)) is not None:
            self._n_shown += 1
            self.add(PictureBlock(source))
        for note in cell_notes(event):
            self.add(Line(note, "note"))

    def forget(self) -> None:
        """The cell failed and is run again: what it showed will be shown again."""
        self._n_shown = self._n_left_out = 0
        self._texts.clear()
        self.clear()

    def says(self, answer: str) -> bool:
        """Whether the answer's text is the very table that stands here already."""
        return answer.strip() in self._texts

    def finish(self, answered: Answered) -> None:
        """The turn ended: what was left out, and a table where the result is a list of records."""
        if self._n_left_out:
            self.add(Line(f"{self._n_left_out:,} more tables and pictures are files of the session", "note"))
        if not self._texts and answered.value_json and (table := from_records(answered.value_json)):
            self._add_table(table)

    def _add_table(self, table: Table) -> None:
        self._n_shown += 1
        self.add(TableBlock(table))
        if table.left_out:
            self.add(Line(table.left_out, "note"))
