"""Cells and kernels that end in other ways: time-outs, interrupts, deaths. Each is named, and the next cell works."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from sandbox.events import CellEnd, CellLimits
from tests.contract.kernel_harness import ALL, DOCKER, REAL, opened, run

STUBBORN = "import time\nwhile True:\n    try:\n        time.sleep(0.05)\n    except BaseException:\n        pass"


@pytest.mark.parametrize("kind", ALL)
async def test_a_cell_that_takes_too_long_is_interrupted_and_its_state_kept(kind: Any) -> None:
    async with opened(kind) as kernel:
        await run(kernel, "kept = 7")
        cell = await run(
            kernel, "import time\nprint('before')\nfor _ in range(2000):\n    time.sleep(0.01)", wall_s=0.5
        )
        assert (cell.end.status, cell.end.died) == ("timeout", None)
        assert cell.stdout == "before\n"
        assert 0.5 <= cell.end.seconds < 2
        assert cell.end.error is not None and cell.end.error.exception == "KeyboardInterrupt"
        assert cell.end.error.frames[0].line in (3, 4)
        after = await run(kernel, "kept")
        assert after.result is not None and after.result.text == "7"


@pytest.mark.parametrize("kind", REAL)
@pytest.mark.parametrize(
    "code",
    [
        STUBBORN,
        "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\ntime.sleep(60)",
        "sum(range(10**12))",  # one C call that looks at no signals
        "import os\nos.closerange(0, 1000)\nwhile True: pass",
        "import os\nos.execvp('sleep', ['sleep', '60'])",
    ],
    ids=["catches", "ignores", "one-c-call", "closes-files", "replaces-itself"],
)
async def test_code_that_ignores_interrupts_is_replaced(kind: Any, code: str) -> None:
    async with opened(kind) as kernel:
        cell = await run(kernel, code, wall_s=0.5, interrupt_grace_s=0.4)
        # Some of these end by themselves when they are interrupted or lose their files; none may hang.
        assert cell.end.status in ("timeout", "died"), cell.end
        assert cell.end.died is not None and cell.end.died.message
        assert cell.end.seconds < 4
        fresh = await run(kernel, "'fresh' if 'os' not in globals() else 'old'")
        assert fresh.result is not None and fresh.result.text == "'fresh'"


@pytest.mark.parametrize("kind", REAL)
async def test_a_time_out_says_why_the_kernel_was_killed(kind: Any) -> None:
    async with opened(kind) as kernel:
        end = (await run(kernel, STUBBORN, wall_s=0.3, interrupt_grace_s=0.3)).end
        assert end.status == "timeout" and end.died is not None
        assert end.died.cause == "timeout" and "0.3 s" in end.died.message


@pytest.mark.parametrize("kind", ALL)
async def test_an_interrupt_by_the_person(kind: Any) -> None:
    async with opened(kind) as kernel:
        started = time.monotonic()
        asyncio.get_running_loop().call_later(0.4, lambda: asyncio.ensure_future(kernel.interrupt()))
        end = (await run(kernel, "import time\nwhile True:\n    time.sleep(0.01)")).end
        assert end.status == "interrupted" and end.died is None
        assert time.monotonic() - started < 3
        await kernel.interrupt()  # nothing runs: nothing happens
        assert (await run(kernel, "1")).end.status == "ok"


@pytest.mark.parametrize("kind", REAL)
async def test_an_interrupt_that_is_ignored_ends_in_a_kill(kind: Any) -> None:
    async with opened(kind) as kernel:
        asyncio.get_running_loop().call_later(0.4, lambda: asyncio.ensure_future(kernel.interrupt()))
        end = (await run(kernel, STUBBORN, interrupt_grace_s=0.3)).end
        assert end.status == "interrupted" and end.died is not None
        assert end.died.cause == "interrupted"


@pytest.mark.parametrize("kind", REAL)
async def test_a_slow_reader_does_not_make_an_ended_cell_look_stuck(kind: Any) -> None:
    async with opened(kind) as kernel:
        await run(kernel, "kept = 1")
        code = "import time\nwhile True:\n    print('x' * 100_000)\n    time.sleep(0.001)"
        running = kernel.run(code, CellLimits(wall_s=0.5, interrupt_grace_s=0.5))
        await anext(running)
        await asyncio.sleep(2.0)
        end = [event async for event in running][-1]
        assert isinstance(end, CellEnd) and (end.status, end.died) == ("timeout", None)
        assert (await run(kernel, "kept")).end.status == "ok"


@pytest.mark.parametrize("kind", REAL)
@pytest.mark.parametrize(
    ("code", "cause", "word"),
    [
        ("import os; os._exit(3)", "exit_code", "exit code 3"),
        ("import os; os._exit(0)", "exit_code", "exit code 0"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "signal", "SIGKILL"),
        ("import ctypes; ctypes.string_at(0)", "signal", "SIGSEGV"),
    ],
    ids=["exit-3", "exit-0", "kill", "crash"],
)
async def test_a_death_is_named_at_once(kind: Any, code: str, cause: str, word: str) -> None:
    async with opened(kind) as kernel:
        await run(kernel, "x = 1")
        end = (await run(kernel, code)).end
        assert end.status == "died" and end.died is not None
        assert end.died.cause == cause and word in end.died.message
        assert end.seconds < 2
        error = (await run(kernel, "x")).end.error
        assert error is not None and error.exception == "NameError"  # a fresh kernel


@pytest.mark.parametrize("kind", [DOCKER])
async def test_running_out_of_memory_is_named(kind: Any) -> None:
    async with opened(kind) as kernel:
        end = (await run(kernel, "b = bytearray(2 << 30)\nb[::4096] = b'x' * len(b[::4096])")).end
        assert end.status == "died" and end.died is not None
        assert end.died.cause == "out_of_memory" and "512 MiB" in end.died.message
        assert (await run(kernel, "1")).end.status == "ok"


@pytest.mark.parametrize("kind", REAL)
async def test_leaving_a_cell_early_interrupts_it(kind: Any) -> None:
    async with opened(kind) as kernel:
        running = kernel.run("import time\nkept = 1\nprint('x', flush=True)\ntime.sleep(60)")
        await anext(running)
        started = time.monotonic()
        await running.aclose()  # type: ignore[attr-defined]
        assert time.monotonic() - started < 2
        after = await run(kernel, "kept")
        assert after.result is not None and after.result.text == "1"


@pytest.mark.parametrize("kind", REAL)
async def test_cancelling_the_task_interrupts_the_cell(kind: Any) -> None:
    async with opened(kind) as kernel:
        task = asyncio.create_task(run(kernel, "import time\nkept = 1\ntime.sleep(60)"))
        await asyncio.sleep(0.5)
        started = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert time.monotonic() - started < 2
        after = await run(kernel, "kept")
        assert after.result is not None and after.result.text == "1"
