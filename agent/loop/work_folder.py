"""The work folder as a prompt shows it: names, sizes, and how text files begin.

A program is written before it runs: without a table's first line its columns would have to be guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from sandbox.errors import FileRefused
from sandbox.files.beneath import Beneath, Entry
from sandbox.files.work_copy import WorkCopy

N_FILES, N_PREVIEWS = 100, 20
_N_LINES, _LINE_CHARS = 2, 200
_TEXT = frozenset({".csv", ".tsv", ".json", ".jsonl", ".txt", ".md", ".log"})
_N_LEVELS = 2

Open = Callable[[str], BinaryIO | None]


def listing(folder: Path | None) -> tuple[str, ...]:
    """An entry per regular file, in two levels: `sales.csv (171 bytes)` and below it its first two lines, indented.

    Hidden files and folders are left out and links are not followed. A file that cannot be read has no preview.
    """
    if folder is None:
        return ()
    try:
        with Beneath(folder) as opened:
            return _described({entry.path: entry.n_bytes for entry in _files(opened, "", _N_LEVELS)}, opened.open)
    except OSError:
        return ()


def copy_listing(copy: WorkCopy) -> tuple[str, ...]:
    """The same of a copy, as its programs see it now."""
    sizes = {path: file.n_bytes for path, file in copy.files.items() if path not in copy.deleted}
    for path in copy.changed_paths():
        opened = copy.open_now(path)
        if opened is not None:
            with opened:
                sizes[path] = opened.seek(0, 2)
    shown = {path: size for path, size in sizes.items() if not _is_hidden(path) and path.count("/") < _N_LEVELS}
    return _described(shown, lambda path: copy.open_now(path) or copy.open_before(path))


def _described(sizes: dict[str, int], open_file: Open) -> tuple[str, ...]:
    found = sorted(sizes, key=lambda path: PurePosixPath(path).parts)
    entries: list[str] = []
    n_previews = 0
    for path in found[:N_FILES]:
        is_text = PurePosixPath(path).suffix.lower() in _TEXT
        lines = _beginning(path, open_file) if n_previews < N_PREVIEWS and is_text else []
        n_previews += bool(lines)
        entries.append("\n    ".join([f"{_printable(path)} ({sizes[path]:,} bytes)", *lines]))
    if len(found) > N_FILES:
        entries.append(f"... and {len(found) - N_FILES} more")
    return tuple(entries)


def _files(folder: Beneath, path: str, n_levels: int) -> Iterator[Entry]:
    try:
        entries = folder.entries(path)
    except (OSError, FileRefused):
        return
    for entry in entries:
        if _is_hidden(entry.path):
            continue
        if entry.kind == "file":
            yield entry
        elif n_levels > 1 and entry.kind == "folder":
            yield from _files(folder, entry.path, n_levels - 1)


def _is_hidden(path: str) -> bool:
    return any(part.startswith(".") for part in path.split("/"))


def _beginning(path: str, open_file: Open) -> list[str]:
    try:
        file = open_file(path)
        if file is None:
            return []
        with file:
            text = file.read(4 * _N_LINES * _LINE_CHARS).decode("utf-8-sig", errors="replace")
    except (OSError, FileRefused):
        return []
    return [_printable(line[:_LINE_CHARS]) for line in text.splitlines()[:_N_LINES]]


def _printable(text: str) -> str:
    """On one line; tabs stay, since they separate columns."""
    return "".join(c if c.isprintable() or c == "\t" else "?" for c in text)
