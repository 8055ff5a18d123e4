"""Looking into a kernel, and restarting it between two cells."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.memory_use import memory_use
from sandbox.variables import variables
from tests.contract.kernel_harness import DOCKER, opened, run


@pytest.mark.parametrize("kind", [DOCKER, "fake"])
async def test_a_look_and_a_restart(kind: Any) -> None:
    async with opened(kind) as kernel:
        await run(kernel, "kept = [1, 2, 3]")
        assert [(v.name, v.kind) for v in await variables(kernel, ["kept"])] == [("kept", "list")]
        used = await memory_use(kernel)
        if kind != "fake":
            assert used.process_bytes > 1 << 20
        if kind == "docker":
            assert used.container_bytes >= used.process_bytes // 2 and used.limit_bytes >= 128 << 20
        await kernel.restart()
        await kernel.restart()
        assert (await run(kernel, "kept")).end.status == "error"
        assert kernel.life == 2
