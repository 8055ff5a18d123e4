"""The work folder as a prompt shows it: names, sizes, and how text files begin.

A program is written before it runs: without a table's first line its columns would have to be guessed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

N_FILES, N_PREVIEWS = 100, 20
_N_LINES, _LINE_CHARS = 2, 200
_TEXT = frozenset({".csv", ".tsv", ".json", ".jsonl", ".txt", ".md", ".log"})


def listing(folder: Path | None) -> tuple[str, ...]:
    """An entry per regular file, in two levels: `sales.csv (171 bytes)` and below it its first two lines, indented.

    Hidden files and folders are left out and links are not followed. A file that cannot be read has no preview.
    """
    if folder is None:
        return ()
    found = sorted(_files(folder, 2), key=lambda p: p.relative_to(folder).parts)
    entries: list[str] = []
    n_previews = 0
    for path in found[:N_FILES]:
        lines = _beginning(path) if n_previews < N_PREVIEWS and path.suffix.lower() in _TEXT else []
        n_previews += bool(lines)
        head = f"{_printable(str(path.relative_to(folder)))} ({_size(path)})"
        entries.append("\n    ".join([head, *lines]))
    if len(found) > N_FILES:
        entries.append(f"... and {len(found) - N_FILES} more")
    return tuple(entries)


def _files(folder: Path, n_levels: int) -> Iterator[Path]:
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_file(follow_symlinks=False):
            yield Path(entry.path)
        elif n_levels > 1 and entry.is_dir(follow_symlinks=False):
            yield from _files(Path(entry.path), n_levels - 1)


def _beginning(path: Path) -> list[str]:
    try:
        with path.open("rb") as file:
            text = file.read(4 * _N_LINES * _LINE_CHARS).decode("utf-8-sig", errors="replace")
    except OSError:
        return []
    return [_printable(line[:_LINE_CHARS]) for line in text.splitlines()[:_N_LINES]]


def _size(path: Path) -> str:
    try:
        return f"{path.stat().st_size:,} bytes"
    except OSError:
        return "size unknown"


def _printable(text: str) -> str:
    """On one line; tabs stay, since they separate columns."""
    return "".join(c if c.isprintable() or c == "\t" else "?" for c in text)
