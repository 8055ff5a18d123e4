"""Reading the catalogue's text sources: tab-separated files with a header, checked row by row.

A mistake stops the build with the file, the line and what is wrong.
"""

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

HEADERS: dict[str, tuple[str, ...]] = {
    "films": ("title", "release_date", "runtime_min", "genres", "directors", "cast", "company", "collection"),
    "directors": ("name", "complete_to"),
    "people": ("name", "birthday", "birthplace"),
    "series": ("title", "first_air_date", "last_air_date", "network", "genres", "creators", "cast", "company"),
    "seasons": ("series", "season", "n_episodes", "year"),
    "episodes": ("series", "season", "episode", "title", "air_date", "directors", "guest_stars"),
    "artists": ("name", "country", "formed_year", "genres", "complete_to"),
    "albums": ("artist", "title", "release_date", "kind"),
    "tracks": ("artist", "album", "number", "title", "duration_s"),
    "playlists": ("name", "tracks"),
}


class SourceError(Exception):
    """A text source is wrong. The message begins with ``file:line:``."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a source; its methods read a column or raise SourceError with the line."""

    file: Path
    line: int
    values: dict[str, str]

    def error(self, message: str) -> SourceError:
        return SourceError(f"{self.file.name}:{self.line}: {message}")

    def optional(self, column: str) -> str | None:
        return self.values[column] or None

    def text(self, column: str) -> str:
        if not self.values[column]:
            raise self.error(f"{column} is empty")
        return self.values[column]

    def number(self, column: str, least: int, most: int) -> int:
        try:
            value = int(self.text(column))
        except ValueError:
            raise self.error(f"{column} is no whole number: {self.values[column]!r}") from None
        if not least <= value <= most:
            raise self.error(f"{column} is not within {least} to {most}: {value}")
        return value

    def date(self, column: str) -> str:
        value = self.text(column)
        try:
            parsed = datetime.date.fromisoformat(value)
        except ValueError:
            raise self.error(f"{column} is no date YYYY-MM-DD: {value!r}") from None
        if parsed.isoformat() != value or parsed.year < 1800:
            raise self.error(f"{column} is no date YYYY-MM-DD: {value!r}")
        return value

    def optional_date(self, column: str) -> str | None:
        return self.date(column) if self.values[column] else None

    def listed(self, column: str, separator: str, least: int = 0) -> list[str]:
        """The parts of a column, none empty and none twice."""
        parts = [part.strip() for part in self.values[column].split(separator)] if self.values[column] else []
        if "" in parts:
            raise self.error(f"{column} has an empty part: {self.values[column]!r}")
        if len(set(parts)) < len(parts):
            raise self.error(f"{column} names something twice: {self.values[column]!r}")
        if len(parts) < least:
            raise self.error(f"{column} needs {least} or more parts")
        return parts

    def roles(self, column: str, least: int, most: int, named: bool = True) -> list[tuple[str, str]]:
        """(person, character) pairs of "Actor=Character; ..."; ``named=False`` allows an actor without character."""
        pairs: list[tuple[str, str]] = []
        for part in self.listed(column, ";"):
            person, equals, character = (piece.strip() for piece in part.partition("="))
            if not person or (named and not character) or (equals and not character):
                raise self.error(f"{column} is not Actor=Character: {part!r}")
            pairs.append((person, character))
        if not least <= len(pairs) <= most:
            raise self.error(f"{column} has {len(pairs)} parts, not {least} to {most}")
        if len({person for person, _ in pairs}) < len(pairs):
            raise self.error(f"{column} names a person twice")
        return pairs


def read(folder: Path, table: str, key: Sequence[str]) -> list[Row]:
    """The rows of ``folder/table.tsv``, none where the file does not exist; ``key`` columns must be unique."""
    file = folder / f"{table}.tsv"
    if not file.exists():
        return []
    rows = list(_rows(file, HEADERS[table]))
    seen: dict[tuple[str, ...], int] = {}
    for row in rows:
        values = tuple(row.values[column] for column in key)
        if values in seen:
            raise row.error(f"{' / '.join(values)} stands on line {seen[values]} already")
        seen[values] = row.line
    return rows


def _rows(file: Path, header: tuple[str, ...]) -> Iterator[Row]:
    lines = file.read_text(encoding="utf-8").split("\n")
    if tuple(lines[0].split("\t")) != header:
        raise SourceError(f"{file.name}:1: the header is not {' '.join(header)!r} (tab-separated)")
    for number, line in enumerate(lines[1:], start=2):
        if not line:
            continue
        cells = line.split("\t")
        if len(cells) != len(header):
            raise SourceError(f"{file.name}:{number}: {len(cells)} columns, not {len(header)}")
        row = Row(file, number, dict(zip(header, cells, strict=True)))
        for column, cell in row.values.items():
            if cell != cell.strip() or not cell.isprintable():
                raise row.error(f"{column} has stray white space: {cell!r}")
        yield row
