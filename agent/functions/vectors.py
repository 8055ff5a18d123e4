"""Vectors in memory, compared one by one: what finds the nearest while no index is open, and what the index lacks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Vectors:
    """Rows of length 1 in one space, by id. 100,000 of them take 15 ms to compare with."""

    def __init__(self, dim: int, room: int = 64) -> None:
        """`room`: rows that are expected; memory is used as they come."""
        import numpy as np

        self._dim = dim
        self._ids: list[str] = []
        self._row: dict[str, int] = {}
        self._dead: list[int] = []
        self._matrix = np.empty((room, dim), np.float32)
        self.seq = -1
        """The number of the newest change that was taken in."""

    def __len__(self) -> int:
        return len(self._row)

    def __contains__(self, entry_id: object) -> bool:
        return entry_id in self._row

    def take_in(self, rows: Iterable[tuple[str, int, bytes | None]]) -> None:
        """Changes as the table gives them: id, number, vector; without one it is gone."""
        import numpy as np

        width = self._dim * 4
        view = self._matrix.data.cast("B")
        for entry_id, seq, data in rows:
            self.seq = max(self.seq, seq)
            row = self._row.get(entry_id)
            if data is None:
                if row is not None:
                    del self._row[entry_id]
                    self._dead.append(row)  # it stays, as nobody's
                continue
            if row is None:
                row = self._row[entry_id] = len(self._ids)
                self._ids.append(entry_id)
                if row == len(self._matrix):
                    larger = np.empty((2 * row, self._dim), np.float32)
                    larger[:row] = self._matrix
                    self._matrix = larger
                    view = self._matrix.data.cast("B")
            view[row * width : (row + 1) * width] = data

    def nearest(self, vector: NDArray[np.float32], n: int) -> list[tuple[str, float]]:
        """The `n` most similar ones, best first, with their cosines."""
        import numpy as np

        n = min(n, len(self))
        if n == 0:
            return []
        cosines = self._matrix[: len(self._ids)] @ vector
        cosines[self._dead] = -np.inf
        best = np.argpartition(cosines, len(cosines) - n)[-n:] if n < len(cosines) else np.arange(len(cosines))
        best = best[np.argsort(-cosines[best], kind="stable")]
        return [(self._ids[i], float(cosines[i])) for i in best]
