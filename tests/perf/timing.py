"""Medians of repeated measurements, and one row of the table."""

from __future__ import annotations

import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A figure beside its floor: `value` and `floor` in `unit`; the ratio is what carries over to other machines."""

    name: str
    value: float
    unit: str
    floor_name: str = ""
    floor: float | None = None

    @property
    def ratio(self) -> float | None:
        return None if not self.floor else self.value / self.floor

    def line(self) -> str:
        """As the table shows it."""
        beside = f"{self.ratio:8.2f} x {self.floor_name} ({self.floor:.3g} {self.unit})" if self.ratio else ""
        return f"{self.name:44} {self.value:10.3g} {self.unit:4} {beside}"


def median_s(action: Callable[[], object], n: int, *, warm_up: int = 1) -> float:
    """Median seconds of `n` runs after `warm_up` that do not count."""
    taken = []
    for i in range(n + warm_up):
        begun = time.perf_counter()
        action()
        if i >= warm_up:
            taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def command_s(command: Sequence[str], n: int, env: dict[str, str] | None = None) -> float:
    """Median seconds of a whole process."""

    def run() -> None:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env)

    return median_s(run, n)
