"""Which turns of a long transcript have to be on the screen: arithmetic over their heights, in lines."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate

_N_MOST = 40
"""Never more cards than this at once: turns of one line on a screen of 200 lines are rare."""


class Heights:
    """The heights of turns that lie under each other, the first at line 0."""

    def __init__(self, heights: Iterable[int]) -> None:
        self._ends = list(accumulate(max(height, 1) for height in heights))

    def __len__(self) -> int:
        return len(self._ends)

    @property
    def total(self) -> int:
        """Of all of them."""
        return self._ends[-1] if self._ends else 0

    def top(self, number: int) -> int:
        """The line where a turn begins; for the number after the last one the line after all."""
        return self._ends[number - 1] if number else 0

    def at(self, line: float) -> int:
        """The turn that a line belongs to; the last one for a line after all."""
        return min(bisect_right(self._ends, max(line, 0)), max(len(self._ends) - 1, 0))

    def around(self, top: float, n_lines: int) -> range:
        """The turns to draw for the lines from `top`: those on them, and half a screen more on both sides."""
        if not self._ends or top >= self.total + n_lines:
            return range(len(self), len(self))
        first, last = self.at(top - n_lines // 2), self.at(top + n_lines + n_lines // 2)
        if last - first >= _N_MOST:
            first = max(self.at(top) - _N_MOST // 4, first)
            last = min(first + _N_MOST - 1, last)
        return range(first, last + 1)
