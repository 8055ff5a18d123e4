"""What a cell prints comes in many small pieces; the log keeps one record per cell and stream, up to a size."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

CAP_CHARS = 256 * 1024
"""Per cell and stream. The first part is kept; the sandbox spools the whole elsewhere."""
_MARGIN_CHARS = 4096
"""Gathered beyond the cap and dropped after redaction: a secret that the cap would halve could not be recognised."""


class CellOutputs:
    """Gathers pieces until `drain`. How stdout and stderr interleave is not kept."""

    def __init__(self) -> None:
        self._pieces: dict[tuple[int, str], list[str]] = {}
        self._n_kept: dict[tuple[int, str], int] = {}
        self._n_dropped: dict[tuple[int, str], int] = {}

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
        """The gathered outputs as fields of `cell_output` records: cell, stream, text, cut_chars (0 where whole)."""
        pieces, self._pieces = self._pieces, {}
        n_dropped, self._n_dropped = self._n_dropped, {}
        self._n_kept = {}
        for (cell, stream), texts in pieces.items():
            text, cut_chars = redact("".join(texts)), n_dropped.get((cell, stream), 0)
            if cut_chars:
                text, cut_chars = text[:-_MARGIN_CHARS], cut_chars + _MARGIN_CHARS
            yield {"cell": cell, "stream": stream, "text": text, "cut_chars": cut_chars}
