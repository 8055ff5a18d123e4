"""The entries of one home: their files, and the table of what those say, kept at one."""

from __future__ import annotations

import re
import sqlite3
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from agent.errors import RepositoryError
from agent.functions.base import FunctionEntry, Summary
from agent.functions.entries import begun, is_bindable, is_described, is_offered, merged
from agent.functions.files import EntryFiles, Stamp
from agent.functions.table import EntryTable

T = TypeVar("T")
_N_KEPT = 500
"""Entries that were read and are kept in memory."""
_N_LISTED_AT_START = 5000
"""So many files are looked at by each process that starts (20 ms), so that one written in place by hand is seen then;
of more only where the folder changed."""
_N_LISTINGS = 5
_NOT_DAMAGE = re.compile(r"locked|disk is full|no space|readonly|read-only|permission|unable to open", re.IGNORECASE)


class Catalogue:
    """Callers that share one between threads bring their own lock; several processes take turns by that of the files.

    Every method raises `RepositoryError` where the disk fails, and `KeyError` for an unknown id.
    """

    def __init__(self, home: Path) -> None:
        self.files = EntryFiles(home / "functions")
        self.table_file = home / "functions-table" / "table.sqlite3"
        self._table: EntryTable | None = None
        self._read: OrderedDict[str, tuple[Stamp, FunctionEntry]] = OrderedDict()
        self._has_looked = False
        self._confirmed: tuple[int, list[Summary]] = (-1, [])

    def close(self) -> None:
        self._close_table()
        self.files.close()

    def add(self, entry: FunctionEntry) -> FunctionEntry:
        """The entry as it is now stored: new, or merged with the same function."""
        try:
            new = begun(entry)
        except ValueError as error:
            raise RepositoryError(f"{entry.name} cannot be stored: {error}") from error
        with self.files.locked():
            self.seen(lambda _: None)
            old = self.files.read(new.id)
            stored = merged(old, new) if old else new
            self._store(stored)
            return stored

    def change(self, entry_id: str, how: Callable[[FunctionEntry], FunctionEntry]) -> FunctionEntry:
        with self.files.locked():
            changed = replace(how(self.get(entry_id)), id=entry_id)
            self._store(changed)
            return changed

    def delete(self, entry_id: str) -> None:
        with self.files.locked():
            self.get(entry_id)
            self.files.delete(entry_id)
            self._noted(lambda table: table.remove(entry_id))

    def get(self, entry_id: str) -> FunctionEntry:
        return self.seen(lambda table: self.read(table, entry_id))

    def all(self) -> tuple[list[FunctionEntry], list[str]]:
        """All entries, read whole, and the names of the files that cannot be read. The folder is listed for it, so that
        what was written in place is seen too."""

        def work(table: EntryTable) -> tuple[list[FunctionEntry], list[str]]:
            self._take_in(table)
            entries = [e for i, stamp in table.stamps().items() if (e := self._entry(table, i, stamp)) is not None]
            return entries, sorted(f"{i}.json" for i in table.ids("damaged"))

        return self.seen(work)

    def summaries(self) -> list[Summary]:
        return self.seen(lambda table: table.summaries())

    def confirmed(self, tools: Mapping[str, str]) -> list[Summary]:
        def work(table: EntryTable) -> list[Summary]:
            n_changes = table.number("changes")
            if self._confirmed[0] != n_changes:
                self._confirmed = n_changes, table.summaries("confirmed")
            return self._confirmed[1]

        return [summary for summary in self.seen(work) if is_bindable(summary, tools)]

    def described(self, signature: str, docstring: str, tools: Mapping[str, str]) -> list[Summary]:
        found = self.seen(lambda table: table.of_signature(signature))
        return [e for e in found if is_offered(e, tools) and is_described(e, signature, docstring)]

    def seen(self, action: Callable[[EntryTable], T]) -> T:
        """What `action` gives on a table that knows all files. A damaged table is made again, once: `action` must not
        change files."""
        with self.files.locked():
            for is_last in (False, True):
                try:
                    return action(self._current())
                except sqlite3.Error as error:
                    if is_last or _NOT_DAMAGE.search(str(error)):
                        raise self._error(error) from error
                    self._forget_table()
            raise AssertionError("the second attempt returned or raised")

    def read(self, table: EntryTable, entry_id: str, known: Stamp | None = None) -> FunctionEntry:
        """For actions of `seen`. `known`: the stamp that the table has, where that was asked already."""
        known = known or table.stamp(entry_id)
        entry = self._entry(table, entry_id, known) if known is not None else None
        if entry is not None:
            return entry
        raise KeyError(f"no stored function has the id {entry_id}")

    def _entry(self, table: EntryTable, entry_id: str, known: Stamp) -> FunctionEntry | None:
        """From memory, where its file is still the one that was read."""
        stamp = self.files.stamp(entry_id)
        kept = self._read.get(entry_id)
        if kept is not None and kept[0] == stamp:
            self._read.move_to_end(entry_id)
            return kept[1]
        entry = self.files.read(entry_id) if stamp is not None else None
        if stamp is not None and known != stamp:  # it was written in place
            with table.writing():
                table.put(entry_id, stamp, entry)
        if stamp is not None and entry is not None:
            self._read[entry_id] = stamp, entry
            while len(self._read) > _N_KEPT:
                self._read.popitem(last=False)
        return entry

    def _store(self, entry: FunctionEntry) -> None:
        self.files.write(entry)
        stamp = self.files.stamp(entry.id)
        if stamp is not None:
            self._noted(lambda table: table.put(entry.id, stamp, entry))

    def _noted(self, change: Callable[[EntryTable], None]) -> None:
        """The files were changed; where the table cannot be told, it is made again from them at the next look."""
        try:
            table = self._opened()
            table.look()
            with table.writing():
                change(table)
                table.set_number("folder_ns", self.files.marked_ns())
        except sqlite3.Error:
            self._forget_table()

    def _current(self) -> EntryTable:
        table = self._opened()
        table.look()
        is_changed = table.number("folder_ns") != self.files.changed_ns()
        if is_changed or (not self._has_looked and table.n_entries <= _N_LISTED_AT_START):
            self._take_in(table)
        self._has_looked = True
        return table

    def _take_in(self, table: EntryTable) -> None:
        """Read what is new or changed. Others may put files there meanwhile, who know of no lock: look once more."""
        for _ in range(_N_LISTINGS):
            before = self.files.changed_ns()
            known, there = table.stamps(), self.files.stamps()
            with table.writing():
                for entry_id in known.keys() - there.keys():
                    table.remove(entry_id)
                for entry_id, stamp in there.items():
                    if known.get(entry_id) != stamp:
                        table.put(entry_id, stamp, self.files.read(entry_id))
                if self.files.changed_ns() == before:
                    table.set_number("folder_ns", self.files.marked_ns())
                    return

    def _opened(self) -> EntryTable:
        if self._table is None:
            with _as_ours(self):
                self._table = EntryTable(self.table_file)
        return self._table

    def _close_table(self) -> None:
        table, self._table = self._table, None
        if table is not None:
            table.close()

    def _forget_table(self) -> None:
        self._close_table()
        self._confirmed = (-1, [])
        for file in self.table_file.parent.glob(f"{self.table_file.name}*"):
            with suppress(OSError):
                file.unlink()

    def _error(self, error: Exception) -> RepositoryError:
        return RepositoryError(
            f"the table of stored functions cannot be used: {error}",
            f"Look at {self.table_file} (space, permissions); it may be deleted: it is made from the files.",
        )


@contextmanager
def _as_ours(catalogue: Catalogue) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise catalogue._error(error) from error
