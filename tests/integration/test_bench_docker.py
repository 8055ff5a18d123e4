"""The benchmark measures real kernels; how fast they are is no matter of tests, that nothing is lost is."""

from __future__ import annotations

import pytest

from sandbox.bench.measure import Effort, measure
from sandbox.events import KernelOptions
from tests.contract.kernel_harness import SMALL

pytestmark = pytest.mark.docker


async def test_each_figure_is_measured() -> None:
    steps: list[str] = []
    effort = Effort(n_starts=1, n_spares=1, n_cells=20, n_calls=50, n_interrupts=1, n_kills=1, n_idle=1)
    found = await measure(KernelOptions(limits=SMALL), steps.append, effort)
    made = found.as_object()
    assert not [name for name, value in made.items() if value is None], made
    assert made["lost_bytes_10mb"] == made["lost_bytes_100mb"] == 0
    assert 0 < made["cell_p50_ms"] <= made["cell_p95_ms"] <= made["cell_p99_ms"]
    assert 10 < made["idle_kernel_mb"] < 500
    assert made["notes"] == [] and len(steps) >= 7
