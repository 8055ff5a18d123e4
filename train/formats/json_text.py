"""The text of a file in pieces: what was used is let go, so a file of any size takes the memory of its largest item."""

from __future__ import annotations

import codecs
import re
from pathlib import Path
from types import TracebackType
from typing import Self

_PIECE_BYTES = 1 << 18
NOT_TEXT = re.compile("[\udc80-\udcff]")
"""What stands for bytes that are no UTF-8."""


class JsonText:
    """`text[at:]` is what was read and not used yet; `line` is that of `at`, from 1; `n_used` characters are behind it.

    Use as a context manager. Raises `OSError` where the file cannot be opened or read.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        # A byte order mark goes; bytes that are no UTF-8 spoil the item they are in and nothing else.
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("surrogateescape")
        self.text, self.at, self.line, self.n_used, self.ended = "", 0, 1, 0, False

    def more(self) -> bool:
        """Read on, as much again as is held (so that one long item is looked at but a few times); False at the end."""
        if self.ended:
            return False
        self.text, self.at = self.text[self.at :], 0
        piece = self._file.read(max(_PIECE_BYTES, len(self.text)))
        self.ended = not piece
        self.text += self._decoder.decode(piece, final=self.ended)
        return True

    def go(self, to: int) -> None:
        """What is before `to` was used."""
        self.line += self.text.count("\n", self.at, to)
        self.n_used += to - self.at
        self.at = to

    def skip(self, space: re.Pattern[str]) -> bool:
        """Pass over what the pattern matches, however long; False where nothing is behind it."""
        while True:
            self.go(space.match(self.text, self.at).end())  # type: ignore[union-attr]  # it matches everywhere
            if self.at < len(self.text):
                return True
            if not self.more():
                return False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
