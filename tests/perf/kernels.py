"""The container's kernel beside a bare local ipykernel: start, cells, tool calls, clean-up after a stuck cell."""

from __future__ import annotations

import statistics
import time
from typing import Literal

import sandbox
from sandbox.events import CellEnd, CellLimits, CellOutput, KernelOptions
from sandbox.kernel import BindFailure, Kernel, ToolReply, ToolRequest, ToolValue
from tests.perf.timing import Row

N_CELLS = 200
N_CALLS = 500
STUBS = "from toolcoder_runtime import tool\n@tool\ndef echo(x: int) -> int:\n    'Echo.'\n    ...\n"


class Echo:
    """The cheapest tool there is: what is measured is the way there and back."""

    async def call(self, request: ToolRequest) -> ToolReply:
        return ToolValue(request.args["x"])

    def bind_failed(self, failure: BindFailure) -> None:
        raise AssertionError(failure.message)

    @property
    def person_s(self) -> float:
        return 0.0


async def _run(kernel: Kernel, code: str, limits: CellLimits | None = None) -> tuple[CellEnd, int, str]:
    """The cell's end, how many bytes of output arrived, and the first of them."""
    n_bytes, head = 0, ""
    async for event in kernel.run(code, limits or CellLimits()):
        match event:
            case CellOutput(_, text):
                n_bytes += len(text.encode())
                head = head or text[:100]
            case CellEnd():
                end = event
    return end, n_bytes, head


async def measure(kind: Literal["docker", "local"]) -> dict[str, float]:
    """Seconds by name, for one kind of kernel."""
    found: dict[str, float] = {}
    starts = []
    for _ in range(3):
        begun = time.perf_counter()
        async with sandbox.open_kernel(KernelOptions(), None, kind) as kernel:
            await _run(kernel, "1")
            starts.append(time.perf_counter() - begun)
    found["start"] = statistics.median(starts)
    async with sandbox.open_kernel(KernelOptions(stubs=STUBS), Echo(), kind) as kernel:
        await _run(kernel, "import time")
        cells = []
        for _ in range(N_CELLS):
            begun = time.perf_counter()
            await _run(kernel, "1 + 1")
            cells.append(time.perf_counter() - begun)
        found["cell"] = statistics.median(cells)
        code = (
            "ts = []\n"
            f"for i in range({N_CALLS}):\n"
            "    b = time.perf_counter(); echo(i); ts.append(time.perf_counter() - b)\n"
            "print(sorted(ts)[len(ts) // 2])"
        )
        _, _, printed = await _run(kernel, code, CellLimits(n_tool_calls=N_CALLS))
        found["call"] = float(printed)
        begun = time.perf_counter()
        end, _, _ = await _run(kernel, "print('x' * 100_000_000)", CellLimits(output_bytes=1 << 20))
        found["print_100mb"] = time.perf_counter() - begun
        found["lost_bytes"] = 100_000_001 - end.n_stdout_bytes
        begun = time.perf_counter()
        stuck = "while True:\n    try:\n        time.sleep(0.01)\n    except BaseException:\n        pass"
        await _run(kernel, stuck, CellLimits(wall_s=0.5, interrupt_grace_s=0.5))
        await _run(kernel, "1")
        found["stuck_to_fresh"] = time.perf_counter() - begun - 1.0
    return found


async def rows() -> list[Row]:
    """The container beside the bare kernel, both measured in this run."""
    docker, local = await measure("docker"), await measure("local")
    floor = "bare ipykernel"
    return [
        Row("kernel: cold start to the first finished cell", docker["start"], "s", floor, local["start"]),
        Row("cell p50", docker["cell"] * 1e3, "ms", floor, local["cell"] * 1e3),
        Row("tool call p50, from inside the cell", docker["call"] * 1e3, "ms", floor, local["call"] * 1e3),
        Row("100 MB printed", docker["print_100mb"], "s", floor, local["print_100mb"]),
        Row("bytes lost of them", docker["lost_bytes"], "B"),
        Row("stuck cell killed to a fresh one (after the grace)", docker["stuck_to_fresh"], "s"),
    ]
