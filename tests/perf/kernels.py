"""The sandbox's own benchmark as rows of the table of `make bench`: one implementation, in `sandbox.bench`."""

from __future__ import annotations

from sandbox.bench.figures import EIGHT_GB, Figures
from sandbox.bench.measure import Effort, measure
from sandbox.events import KernelOptions
from tests.perf.timing import Row

_FLOOR = "bare ipykernel"


async def rows(effort: Effort = Effort()) -> list[Row]:  # noqa: B008  (frozen)
    """Kernels beside a bare one, measured in this run."""
    return as_rows(await measure(KernelOptions(), lambda step: None, effort))


def as_rows(figures: Figures) -> list[Row]:
    """Every figure that there is."""
    local = figures.local_cell
    found = [
        Row("kernel: cold start to the first finished cell", figures.cold_s, "s"),
        Row("cell p50", figures.cell.p50, "ms", _FLOOR, local.p50 if local else None),
        Row("cell p99", figures.cell.p99, "ms", _FLOOR, local.p99 if local else None),
        Row("tool call p50, from inside the cell", figures.tool_call.p50, "ms"),
        Row("interrupt to the end of the cell", figures.interrupt_ms, "ms"),
        Row("killed to a fresh one that ran a cell", figures.kill_to_fresh_s, "s"),
        Row("10 MB printed", figures.print_10mb_s, "s", _FLOOR, figures.local_print_10mb_s),
        Row("100 MB printed", figures.print_100mb_s, "s"),
        Row("bytes lost of them", figures.lost_bytes_100mb, "B"),
    ]
    if figures.spare_s is not None:
        found.append(Row("start from a spare to a finished cell", figures.spare_s * 1e3, "ms"))
    if figures.idle_kernel_mb is not None:
        found.append(Row("memory of an idle kernel", figures.idle_kernel_mb, "MB"))
        found.append(Row("idle kernels in 8 GB", figures.fitting(EIGHT_GB) or 0, ""))
    return found
