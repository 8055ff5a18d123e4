"""Measures kernels as a session uses them, through the seam, and a bare ipykernel beside them in the same run.

Blocks of cells of both kinds alternate, so that a machine that gets busier slows both.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from sandbox import open_kernel
from sandbox.bench import bare, memory
from sandbox.bench.figures import Figures, Spread, median, spread
from sandbox.events import CellEnd, CellLimits, CellOutput, KernelOptions
from sandbox.kernel import BindFailure, Kernel, ToolReply, ToolRequest, ToolValue
from sandbox.pool import Pool

STUBS = "from toolcoder_runtime import tool\n@tool\ndef echo(x: int) -> int:\n    'Echo.'\n    ...\n"
Say = Callable[[str], None]
_BLOCK = 20
_TEN_MB = "for _ in range(100):\n    print('x' * 99_999)"
_HUNDRED_MB = "for _ in range(1000):\n    print('x' * 99_999)"


@dataclass(frozen=True)
class Effort:
    """How often each thing is measured."""

    n_starts: int = 5
    n_spares: int = 9
    n_cells: int = 200
    n_calls: int = 1000
    n_interrupts: int = 7
    n_kills: int = 5
    n_idle: int = 5


QUICK = Effort(n_starts=1, n_spares=2, n_cells=40, n_calls=100, n_interrupts=2, n_kills=1, n_idle=2)


class Echo:
    """The cheapest tool there is: what is measured is the way there and back."""

    async def call(self, request: ToolRequest) -> ToolReply:
        return ToolValue(request.args["x"])

    def bind_failed(self, failure: BindFailure) -> None:
        raise AssertionError(failure.message)

    @property
    def person_s(self) -> float:
        return 0.0


async def measure(options: KernelOptions, say: Say, effort: Effort = Effort()) -> Figures:
    """Everything, in one to two minutes on an idle machine. `say` is told of each step.

    Raises:
        SandboxError: no kernel could be had.
    """
    options = replace(options, stubs=STUBS)
    notes: list[str] = []
    load = os.getloadavg()[0]
    say("start without a spare")
    cold = [await _cold(options) for _ in range(effort.n_starts)]
    async with AsyncExitStack() as stack:
        kernel = await stack.enter_async_context(open_kernel(options, Echo()))
        local = None
        if bare.is_here():
            local = await stack.enter_async_context(bare.BareKernel())
        else:
            notes.append("no bare kernel to compare with: pip install ipykernel")
        say("cells")
        cell, local_cell = await _cells(kernel, local, effort.n_cells)
        say("tool calls")
        calls = await _calls(kernel, effort.n_calls)
        say("printing 10 MB and 100 MB")
        print_10mb_s, lost_10mb = await _print(kernel, _TEN_MB, 10_000_000)
        print_100mb_s, lost_100mb = await _print(kernel, _HUNDRED_MB, 100_000_000)
        local_print = await local.timed(_TEN_MB) if local is not None else None
        say("interrupts")
        interrupts = [await _interrupt(kernel) for _ in range(effort.n_interrupts)]
        say("kernels killed and replaced")
        kills = [await kill_stuck(kernel) for _ in range(effort.n_kills)]
        deaths = [await _death(kernel) for _ in range(effort.n_kills)]
    say("start from a spare")
    spares, spare_kills = await _with_spares(options, effort, notes)
    say(f"memory of {effort.n_idle} idle kernels")
    idle, engine = await _idle(options, effort.n_idle)
    return Figures(
        cold_s=median(cold),
        spare_s=median(spares) if spares else None,
        cell=cell,
        local_cell=local_cell,
        tool_call=calls,
        interrupt_ms=spread(interrupts).p50,
        kill_to_fresh_s=median(kills),
        death_to_fresh_s=median(deaths),
        kill_to_spare_s=median(spare_kills) if spare_kills else None,
        print_10mb_s=print_10mb_s,
        print_100mb_s=print_100mb_s,
        local_print_10mb_s=local_print,
        lost_bytes_10mb=lost_10mb,
        lost_bytes_100mb=lost_100mb,
        idle_kernel_mb=statistics.median(idle) if idle else None,
        engine_per_kernel_mb=statistics.median(engine) if engine else None,
        memory_bytes=_memory_bytes(),
        load_before=load,
        notes=tuple(notes),
    )


async def run_cell(kernel: Kernel, code: str, limits: CellLimits | None = None) -> tuple[CellEnd, str]:
    """The cell's end, and the first of what it printed."""
    head = ""
    async for event in kernel.run(code, limits or CellLimits()):
        match event:
            case CellOutput(_, text):
                head = head or text[:200]
            case CellEnd():
                end = event
    return end, head


async def _timed(kernel: Kernel, code: str) -> float:
    begun = time.perf_counter()
    await run_cell(kernel, code)
    return time.perf_counter() - begun


async def _cold(options: KernelOptions) -> float:
    """From nothing to a finished cell."""
    begun = time.perf_counter()
    async with open_kernel(options, Echo()) as kernel:
        await run_cell(kernel, "1 + 1")
        return time.perf_counter() - begun


async def _cells(kernel: Kernel, local: bare.BareKernel | None, n: int) -> tuple[Spread, Spread | None]:
    ours: list[float] = []
    theirs: list[float] = []
    for begun in range(-_BLOCK, n, _BLOCK):  # the first block warms up
        taken = [await _timed(kernel, "1 + 1") for _ in range(_BLOCK)]
        beside = [await local.timed("1 + 1") for _ in range(_BLOCK)] if local is not None else []
        if begun >= 0:
            ours += taken
            theirs += beside
    return spread(ours), spread(theirs) if theirs else None


async def _calls(kernel: Kernel, n: int) -> Spread:
    """As the code inside sees them."""
    code = (
        "import time\nts = []\n"
        f"for i in range({n}):\n"
        "    b = time.perf_counter(); echo(i); ts.append(time.perf_counter() - b)\n"
        "ts.sort()\nprint(ts[len(ts) // 2], ts[int(len(ts) * .95)], ts[int(len(ts) * .99)])"
    )
    _, printed = await run_cell(kernel, code, CellLimits(n_tool_calls=n))
    p50, p95, p99 = (float(word) * 1e3 for word in printed.split())
    return Spread(p50, p95, p99, n)


async def _print(kernel: Kernel, code: str, n_bytes: int) -> tuple[float, int]:
    """Seconds, and how many bytes the cell's end does not know of."""
    begun = time.perf_counter()
    end, _ = await run_cell(kernel, code)
    return time.perf_counter() - begun, n_bytes - end.n_stdout_bytes


async def _interrupt(kernel: Kernel) -> float:
    """From asking to the cell's end."""
    cell = asyncio.create_task(run_cell(kernel, "import time\nwhile True:\n    time.sleep(60)"))
    await asyncio.sleep(0.3)
    begun = time.perf_counter()
    await kernel.interrupt()
    await cell
    return time.perf_counter() - begun


async def kill_stuck(kernel: Kernel) -> float:
    """From killing a cell that ignores interrupts to a finished cell in a fresh kernel."""
    stuck = "import time\nwhile True:\n    try:\n        time.sleep(60)\n    except BaseException:\n        pass"
    cell = asyncio.create_task(run_cell(kernel, stuck))
    await asyncio.sleep(0.3)
    await kernel.interrupt()
    begun = time.perf_counter()
    await kernel.interrupt()  # for the second time: killed at once
    await cell
    await run_cell(kernel, "1 + 1")
    return time.perf_counter() - begun


async def _death(kernel: Kernel) -> float:
    """The same from the moment at which the process kills itself: its name needs a look at the memory limit first."""
    begun = time.perf_counter()
    await run_cell(kernel, "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
    await run_cell(kernel, "1 + 1")
    return time.perf_counter() - begun


async def _with_spares(options: KernelOptions, effort: Effort, notes: list[str]) -> tuple[list[float], list[float]]:
    """Starts from a spare; and kills of a kernel for which one is waiting."""
    starts, kills = [], []
    async with Pool(1) as pool:
        for _ in range(effort.n_spares):
            kernel = open_kernel(options, Echo(), pool=pool)
            if not await pool.filled():
                notes.append("no spare kernel could be made: is the memory short?")
                return [], []
            begun = time.perf_counter()
            async with kernel:
                await run_cell(kernel, "1 + 1")
                starts.append(time.perf_counter() - begun)
        async with open_kernel(options, Echo(), pool=pool) as kernel:
            for _ in range(effort.n_kills):
                await run_cell(kernel, "1 + 1")
                await pool.filled()
                kills.append(await kill_stuck(kernel))
    return starts, kills


async def _idle(options: KernelOptions, n: int) -> tuple[list[float], list[float]]:
    async with AsyncExitStack() as stack:
        for _ in range(n):
            kernel = await stack.enter_async_context(open_kernel(options, Echo()))
            await run_cell(kernel, "1 + 1")
        return await asyncio.to_thread(memory.own_containers_mb)


def _memory_bytes() -> int:
    for line in Path("/proc/meminfo").read_text().splitlines() if Path("/proc/meminfo").exists() else ():
        if line.startswith("MemTotal:"):
            return int(line.split()[1]) << 10
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
