"""No flood makes the process that reads a kernel grow by 200 MB; the figures are `tests.perf.floods`'s."""

from __future__ import annotations

import asyncio

import pytest

from tests.perf.floods import ENDS, FLOODS, LIMIT_MB, measure

CHOSEN = ("one print", "displays", "many values", "repr", "traceback", "frames")


@pytest.mark.slow
@pytest.mark.parametrize("name", CHOSEN)
async def test_our_process_stays_small(name: str) -> None:
    assert name in FLOODS
    told = await asyncio.to_thread(measure, name)
    assert told["status"] == ENDS.get(name, "ok"), told
    assert isinstance(told["peak_grown_mb"], int) and told["peak_grown_mb"] < LIMIT_MB
