"""A session over the real container: a plot, a flood, a death by memory, and the state that comes back after it."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from agent.events import CellDisplayed, CellEnded, KernelRestored, StageEnded, ToolCalled
from agent.log.reader import read_session
from agent.log.writer import SessionLog
from sandbox import KernelOptions, open_kernel
from sandbox.engine import connect
from sandbox.errors import ImageMissing
from sandbox.events import CellLimits, ContainerLimits, SpoolOptions
from tests.contract.kernel_harness import run
from tests.unit.loop_script import PROGRAM, events_of, fenced, of, scripted, session
from tui.session_text import session_text

SESSION = "20261120-101500-bbbb"
PLOT = "import matplotlib.pyplot as plt\nplt.plot(table)\nfor i in range(50_000):\n    print('line', i)\nlen(table)"
GREEDY = "b = bytearray(2 << 30)\nb[::4096] = b'x' * len(b[::4096])"


@pytest.mark.docker
async def test_plot_flood_death_and_the_way_back(tmp_path: Path) -> None:
    first = "table = [1, 2, 3]\n" + PROGRAM
    model = scripted(
        implementation=[fenced(first), fenced(PLOT), fenced(GREEDY)],
        code_review=fenced("(len(table), 'b' in globals())"),
    )
    log = SessionLog(tmp_path, SESSION)
    spool = SpoolOptions(str(tmp_path / f"{SESSION}.d"))
    limits = ContainerLimits(memory_bytes=512 << 20, cpus=1.0, disk_bytes=64 << 20)
    options = {"kernel_kind": "docker", "container": limits, "cell": CellLimits(wall_s=60, output_bytes=10_000)}
    async with session(model, log=log, spool=spool, session_id=SESSION, **options) as talk:
        answered, _ = await events_of(talk, "first")
        assert (answered.status, answered.value_json) == ("answered", "8")

        answered, events = await events_of(talk, "plot it")
        (artifact,) = of(CellDisplayed, events)[0].artifacts
        assert artifact["mime"] == "image/png" and Path(artifact["path"]).read_bytes()[:4] == b"\x89PNG"
        (ended,) = of(CellEnded, events)
        assert ended.output_cut and ended.spooled["n_bytes"] == ended.n_stdout_bytes
        assert Path(ended.spooled["path"]).read_text() == "".join(f"line {i}\n" for i in range(50_000))

        answered, events = await events_of(talk, "use too much memory")
        assert of(CellEnded, events)[0].died["cause"] == "out_of_memory"
        (restored,) = of(KernelRestored, events)
        assert restored.lost == () and restored.stopped == "" and {"table", "count_films"} <= set(restored.restored)
        assert of(ToolCalled, events) == []
        review = next(e for e in of(StageEnded, events) if e.stage == "review").prompt[-1][1]
        assert "more memory than the limit of 512 MiB" in review and "were restored" in review
        assert (answered.status, answered.value_json) == ("answered", "[3, false]")
    text = session_text(read_session(log.path))
    assert artifact["path"] in text and "the kernel was replaced" in text and ended.spooled["path"] in text


@pytest.mark.docker
async def test_an_image_that_is_gone_is_named_when_the_next_kernel_needs_it() -> None:
    client = connect()
    tag = f"toolcoder-kernel:gone-test-{uuid.uuid4().hex[:8]}"
    try:
        client.images.get("toolcoder-kernel").tag(*tag.split(":"))
        async with open_kernel(KernelOptions(image=tag)) as kernel:
            client.images.remove(tag, force=True, noprune=True)
            assert (await run(kernel, "1")).end.status == "ok"
            assert (await run(kernel, "import os; os._exit(1)")).end.died is not None
            with pytest.raises(ImageMissing) as missing:
                await run(kernel, "1")
            assert tag in str(missing.value) and missing.value.hint
    finally:
        client.close()
