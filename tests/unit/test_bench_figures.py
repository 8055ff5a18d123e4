"""The benchmark's figures: percentiles, the contract's keys, what fits into the memory, the table."""

from __future__ import annotations

from dataclasses import replace

from sandbox.bench.figures import EIGHT_GB, Figures, Spread, spread
from tests.perf.kernels import as_rows
from tui.commands.sandbox_bench import table

CONTRACT = [
    "cold_s", "spare_s", "cell_p50_ms", "local_cell_p50_ms", "tool_call_p50_ms", "interrupt_ms", "kill_to_fresh_s",
    "lost_bytes_100mb", "idle_kernel_mb",
]  # fmt: skip
FIGURES = Figures(
    cold_s=0.61, spare_s=0.02, cell=Spread(3.0, 5.0, 9.0, 200), local_cell=Spread(2.5, 4.0, 8.0, 200),
    tool_call=Spread(0.2, 0.3, 0.5, 1000), interrupt_ms=40.0, kill_to_fresh_s=0.8, death_to_fresh_s=1.2,
    kill_to_spare_s=0.1, print_10mb_s=0.14, print_100mb_s=1.1, local_print_10mb_s=0.2,
    lost_bytes_10mb=0, lost_bytes_100mb=0,
    idle_kernel_mb=50.0, engine_per_kernel_mb=10.0, memory_bytes=16 << 30, load_before=0.1,
)  # fmt: skip


def test_percentiles_are_of_the_nearest_rank() -> None:
    found = spread([n / 1000 for n in range(1, 101)])
    assert (round(found.p50), round(found.p95), round(found.p99), found.n) == (50, 95, 99, 100)
    assert spread([0.007]) == Spread(7.0, 7.0, 7.0, 1)


def test_the_object_has_the_keys_of_the_contract_first() -> None:
    made = FIGURES.as_object()
    assert list(made)[: len(CONTRACT)] == CONTRACT
    assert made["cell_ratio"] == 1.2 and made["n"] == 200
    assert made["kernels_in_8gb"] == int(EIGHT_GB / 60e6) == 143
    assert made["kernels_in_memory"] == 286


def test_what_was_not_measured_is_null_and_not_zero() -> None:
    bare = replace(FIGURES, spare_s=None, local_cell=None, idle_kernel_mb=None, engine_per_kernel_mb=None)
    made = bare.as_object()
    assert made["spare_s"] is made["local_cell_p50_ms"] is made["cell_ratio"] is None
    assert made["idle_kernel_mb"] is made["kernels_in_8gb"] is None
    assert "0.61 s" in table(bare) and "bare kernel" not in table(bare)
    assert len(as_rows(bare)) < len(as_rows(FIGURES))


def test_the_table_has_each_figure() -> None:
    text = table(FIGURES)
    for word in ("0.61 s", "20 ms", "3.00 ms", "bare kernel 2.50 ms", "0.200 ms", "40 ms", "0.80 s", "143", "50 MB"):
        assert word in text, word
