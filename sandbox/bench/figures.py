"""What the benchmark found: values with their units in the names, and the object that `--json` prints."""

from __future__ import annotations

import math
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

EIGHT_GB = 8 << 30


@dataclass(frozen=True)
class Spread:
    """Of one kind of measurement, in milliseconds."""

    p50: float
    p95: float
    p99: float
    n: int


def spread(seconds: Sequence[float]) -> Spread:
    """Nearest-rank percentiles of measurements in seconds."""
    ordered = sorted(seconds)

    def at(share: float) -> float:
        return ordered[max(0, math.ceil(share * len(ordered)) - 1)] * 1e3

    return Spread(at(0.50), at(0.95), at(0.99), len(ordered))


def median(seconds: Sequence[float]) -> float:
    """The middle one, in seconds."""
    return spread(seconds).p50 / 1e3


@dataclass(frozen=True)
class Figures:
    """One run. None where a thing could not be measured here; `notes` says why."""

    cold_s: float
    spare_s: float | None
    cell: Spread
    local_cell: Spread | None
    tool_call: Spread
    interrupt_ms: float
    kill_to_fresh_s: float
    death_to_fresh_s: float
    kill_to_spare_s: float | None
    print_10mb_s: float
    print_100mb_s: float
    local_print_10mb_s: float | None
    lost_bytes_10mb: int
    lost_bytes_100mb: int
    idle_kernel_mb: float | None
    engine_per_kernel_mb: float | None
    memory_bytes: int
    load_before: float
    notes: tuple[str, ...] = ()

    @property
    def per_kernel_mb(self) -> float | None:
        """What one more idle kernel takes, with what the engine keeps for it."""
        return None if self.idle_kernel_mb is None else self.idle_kernel_mb + (self.engine_per_kernel_mb or 0.0)

    def fitting(self, n_bytes: int) -> int | None:
        """How many idle kernels fit into so much memory."""
        return None if not self.per_kernel_mb else int(n_bytes / (self.per_kernel_mb * 1e6))

    def as_object(self) -> dict[str, Any]:
        """The contract's keys first; what is not one of them explains them."""
        found = {
            "cold_s": self.cold_s,
            "spare_s": self.spare_s,
            "cell_p50_ms": self.cell.p50,
            "local_cell_p50_ms": self.local_cell.p50 if self.local_cell else None,
            "tool_call_p50_ms": self.tool_call.p50,
            "interrupt_ms": self.interrupt_ms,
            "kill_to_fresh_s": self.kill_to_fresh_s,
            "lost_bytes_100mb": self.lost_bytes_100mb,
            "idle_kernel_mb": self.idle_kernel_mb,
            "cell_p95_ms": self.cell.p95,
            "cell_p99_ms": self.cell.p99,
            "cell_ratio": self.cell.p50 / self.local_cell.p50 if self.local_cell else None,
            "local_cell_p95_ms": self.local_cell.p95 if self.local_cell else None,
            "local_cell_p99_ms": self.local_cell.p99 if self.local_cell else None,
            "tool_call_p95_ms": self.tool_call.p95,
            "kill_to_spare_s": self.kill_to_spare_s,
            "death_to_fresh_s": self.death_to_fresh_s,
            "print_10mb_s": self.print_10mb_s,
            "print_100mb_s": self.print_100mb_s,
            "local_print_10mb_s": self.local_print_10mb_s,
            "lost_bytes_10mb": self.lost_bytes_10mb,
            "engine_per_kernel_mb": self.engine_per_kernel_mb,
            "kernels_in_8gb": self.fitting(EIGHT_GB),
            "kernels_in_memory": self.fitting(self.memory_bytes),
            "n": asdict(self)["cell"]["n"],
            "machine": f"{os.cpu_count()} processors, {self.memory_bytes / 1e9:.0f} GB, Linux {platform.release()}"
            if platform.system() == "Linux"
            else platform.platform(),
            "load_before": self.load_before,
            "notes": list(self.notes),
        }
        return {name: round(value, 4) if isinstance(value, float) else value for name, value in found.items()}
