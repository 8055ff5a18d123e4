"""What a cell prints comes in many small pieces; the log keeps one record per cell and stream, up to a size."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

CAP_CHARS = 256 * 1024
"""Per cell and stream; more than the sandbox passes on by default. The whole is in the spooled output."""
_MARGIN_CHARS = 4096
"""Gathered beyond the cap and dropped after redaction: a secret that the cap would halve could not be recognised."""


class CellOutputs:
    """Gathers pieces until `drain`. How stdout and stderr interleave is not kept."""

    def __init__(self) -> None:
        self._pieces: dict[tuple[int, str], list[str]] = {}
        self._n_kept: dict[tuple[int, str], int] = {}
        self._n_dropped: dict[tuple[int, str], int] = {}
        self._n_gap_bytes: dict[tuple[int, str], int] = {}

    def gap(self, cell: int, stream: str, n_bytes: int, n_lines: int) -> None:
        """Here text is missing that the sandbox did not pass on."""
        self._n_gap_bytes[cell, stream] = self._n_gap_bytes.get((cell, stream), 0) + n_bytes
        self.add(cell, stream, f"\n[... {n_bytes:,} bytes ({n_lines:,} lines) left out ...]\n")

    def add(self, cell: int, stream: str, text: str) -> None:
        key = (cell, stream)
        room = CAP_CHARS + _MARGIN_CHARS - self._n_kept.get(key, 0)
        kept = text[:room]
        if kept:
            self._pieces.setdefault(key, []).append(kept)
            self._n_kept[key] = self._n_kept.get(key, 0) + len(kept)
        if len(text) > len(kept):
            self._n_dropped[key] = self._n_dropped.get(key, 0) + len(text) - len(kept)

    def drain(self, redact: Callable[[str], str]) -> Iterator[dict[str, Any]]:
        """The gathered outputs as fields of `cell_output` records: cell, stream, text, cut_chars (0 where whole, else
        how much more was passed on), cut_bytes (of the gap that the text names, 0 where there is none)."""
        pieces, self._pieces = self._pieces, {}
        n_dropped, self._n_dropped = self._n_dropped, {}
        self._n_kept = {}
        n_gap_bytes, self._n_gap_bytes = self._n_gap_bytes, {}
        for (cell, stream), texts in pieces.items():
            text, cut_chars = redact("".join(texts)), n_dropped.get((cell, stream), 0)
            if cut_chars:
                text, cut_chars = text[:-_MARGIN_CHARS], cut_chars + _MARGIN_CHARS
            cut_bytes = n_gap_bytes.get((cell, stream), 0)
            yield {"cell": cell, "stream": stream, "text": text, "cut_chars": cut_chars, "cut_bytes": cut_bytes}
