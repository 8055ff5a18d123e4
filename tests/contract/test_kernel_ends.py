"""Cells and kernels that end in other ways: time-outs, interrupts, deaths. Each is named, and the next cell works."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from sandbox import KernelOptions, open_kernel
from sandbox.errors import LimitTooLow
from sandbox.events import CellEnd, CellLimits, ContainerLimits
from sandbox.kernel import Kernel
from tests.contract.kernel_harness import ALL, DOCKER, REAL, RELAY, Cell, case, opened, run
from tests.contract.lent_kernels import is_thinned, over

pytestmark = pytest.mark.asyncio(loop_scope="module")

STUBBORN = "import time\nwhile True:\n    try:\n        time.sleep(0.05)\n    except BaseException:\n        pass"
SAYS_SO = "said = False\n" + STUBBORN.replace("time.", "said = said or not print('here', flush=True)\n        time.")
"""Whoever hears it knows that an interrupt will be caught."""


@over(ALL)
async def test_a_cell_that_takes_too_long_is_interrupted_and_its_state_kept(kernel: Kernel) -> None:
    await run(kernel, "kept = 7")
    cell = await run(kernel, "import time\nprint('before')\nfor _ in range(2000):\n    time.sleep(0.01)", wall_s=1.0)
    assert (cell.end.status, cell.end.died) == ("timeout", None)
    assert cell.stdout == "before\n"
    assert 1.0 <= cell.end.seconds < 15  # alone it would take 20
    assert cell.end.error is not None and cell.end.error.exception == "KeyboardInterrupt"
    assert cell.end.error.frames[0].line in (3, 4)
    after = await run(kernel, "kept")
    assert after.result is not None and after.result.text == "7"


IGNORES = {
    "catches": STUBBORN,
    "ignores": "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\ntime.sleep(60)",
    "one C call that looks at no signals": "sum(range(10**12))",
    "closes files": "import os\nos.closerange(0, 1000)\nwhile True: pass",
    "replaces itself": "import os\nos.execvp('sleep', ['sleep', '60'])",
    "blocked in C": "import ctypes\nlock = (ctypes.c_char * 64)()\n"
    "for _ in range(2): ctypes.CDLL(None).pthread_mutex_lock(lock)",
    "no switches": "import gc, sys\ngc.disable()\nsys.setswitchinterval(60)\n" + STUBBORN,
    "traces": "import sys\ndef again(*_):\n    return again\nsys.settrace(again)\n" + STUBBORN,
    "faulthandler": "import faulthandler, signal\n"
    "faulthandler.register(signal.SIGINT, all_threads=True, chain=False)\n" + STUBBORN,
    "destructor": f"class Sticky:\n    def __del__(self):\n        exec({STUBBORN!r})\nsticky = Sticky()\ndel sticky",
    "stops itself": "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)",
    "a thread prints": "import threading\n"
    "threading.Thread(target=lambda: [print('x' * 1000) for _ in iter(int, 1)]).start()\n" + STUBBORN,
    "at exit": "import atexit, sys\ndef hang():\n    while True: pass\natexit.register(hang)\n" + STUBBORN,
}


@pytest.mark.timeout(300)
@over(REAL)
async def test_code_that_ignores_interrupts_is_replaced(kind: Any, kernel: Kernel) -> None:
    """One after the other: each begins in the fresh kernel that took the place of the one before."""
    for name in ("catches", "closes files", "stops itself") if is_thinned(kind) else IGNORES:
        with case(name):
            life = kernel.life
            for wall_s in (0.5, 2.0, 8.0):
                cell = await run(kernel, IGNORES[name], wall_s=wall_s, interrupt_grace_s=0.4)
                # Some of these end by themselves when they are interrupted or lose their files; none may hang.
                assert cell.end.status in ("timeout", "died"), cell.end
                if cell.end.died is not None:
                    break  # else a busy machine had not come to where it ignores interrupts
            assert cell.end.died is not None and cell.end.died.message
            fresh = await run(kernel, "'fresh' if 'os' not in globals() else 'old'")
            assert kernel.life == life + 1
            assert fresh.result is not None and fresh.result.text == "'fresh'"


@over(REAL)
async def test_a_time_out_says_why_the_kernel_was_killed(kernel: Kernel) -> None:
    end = (await run(kernel, STUBBORN, wall_s=0.7, interrupt_grace_s=0.3)).end
    assert end.status == "timeout" and end.died is not None
    assert end.died.cause == "timeout" and "0.7 s" in end.died.message


@over(ALL)
async def test_an_interrupt_by_the_person(kernel: Kernel) -> None:
    started = time.monotonic()
    running = kernel.run("import time\nprint('on', flush=True)\nwhile True:\n    time.sleep(0.01)")
    await anext(running)
    await kernel.interrupt()
    end = Cell(tuple([event async for event in running])).end
    assert end.status == "interrupted" and end.died is None
    assert time.monotonic() - started < 30
    await kernel.interrupt()  # nothing runs: nothing happens
    assert (await run(kernel, "1")).end.status == "ok"


@over(REAL)
async def test_an_interrupt_that_is_ignored_ends_in_a_kill(kernel: Kernel) -> None:
    running = kernel.run(SAYS_SO, CellLimits(interrupt_grace_s=0.3))
    await anext(running)
    await kernel.interrupt()
    end = Cell(tuple([event async for event in running])).end
    assert end.status == "interrupted" and end.died is not None
    assert end.died.cause == "interrupted"


@over(ALL)
async def test_a_second_interrupt_kills_at_once(kernel: Kernel) -> None:
    running = kernel.run(SAYS_SO, CellLimits(interrupt_grace_s=100))
    await anext(running)
    await kernel.interrupt()
    await asyncio.sleep(0.1)
    await kernel.interrupt()
    async with asyncio.timeout(60):
        end = Cell(tuple([event async for event in running])).end
    assert end.status == "interrupted"
    assert end.died is not None and end.died.cause == "interrupted"
    assert (await run(kernel, "1")).end.status == "ok"


@over(REAL)
async def test_threads_that_go_on_printing_hold_up_nobody(kernel: Kernel) -> None:
    code = (
        "import threading\nstop = threading.Event()\ndef flood():\n    while not stop.is_set(): print('x' * 10_000)\n"
    )
    code += "thread = threading.Thread(target=flood, daemon=True)\nthread.start()"
    assert (await run(kernel, code)).end.status == "ok"
    later = await run(kernel, "import time\ntime.sleep(0.3)\nstop.set()\n'here'")
    assert later.end.status == "ok" and later.result is not None and later.end.n_stdout_bytes > 0
    assert (await run(kernel, "thread.join()")).end.died is None


@over(REAL)
async def test_a_child_that_was_killed_for_memory_is_not_the_kernels_death(kernel: Kernel) -> None:
    code = "import os, subprocess, sys\nsubprocess.run([sys.executable, '-c', 'import os; os.kill(os.getpid(), 9)'])"
    assert (await run(kernel, code)).end.status == "ok"
    end = (await run(kernel, "os._exit(4)")).end
    assert end.died is not None and end.died.cause == "exit_code"


@over([DOCKER, "bubblewrap", "local"])  # nothing is shared with the host over the relay
async def test_what_was_written_just_before_a_sudden_death_is_not_lost(kernel: Kernel) -> None:
    code = "import os, sys, signal\nprint('é' * 2_000_000)\nprint('last', file=sys.stderr)\nos.kill(os.getpid(), 9)"
    await run(kernel, "import os\nprint('before')\nos.system('echo child')")
    cell = await run(kernel, code, output_bytes=10 << 20)
    assert cell.end.died is not None and cell.end.died.cause == "signal"
    assert cell.stdout == "é" * 2_000_000 + "\n"
    assert [text for stream, text in cell.outputs if stream == "stderr"] == ["last\n"]


@over(REAL)
async def test_a_slow_reader_does_not_make_an_ended_cell_look_stuck(kernel: Kernel) -> None:
    await run(kernel, "kept = 1")
    code = "import time\nwhile True:\n    print('x' * 100_000)\n    time.sleep(0.001)"
    running = kernel.run(code, CellLimits(wall_s=0.5, interrupt_grace_s=1.5))
    await anext(running)
    await asyncio.sleep(3.0)
    end = [event async for event in running][-1]
    assert isinstance(end, CellEnd) and (end.status, end.died) == ("timeout", None)
    assert (await run(kernel, "kept")).end.status == "ok"


DEATHS = (
    ("import os; os._exit(3)", "exit_code", "exit code 3"),
    ("import os; os._exit(0)", "exit_code", "exit code 0"),
    ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "signal", "SIGKILL"),
    ("import ctypes; ctypes.string_at(0)", "signal", "SIGSEGV"),
)


@over(REAL)
async def test_a_death_is_named_at_once(kind: Any, kernel: Kernel) -> None:
    for code, cause, word in DEATHS[::3] if is_thinned(kind) else DEATHS:
        with case(word):
            await run(kernel, "x = 1")
            end = (await run(kernel, code)).end
            assert end.status == "died" and end.died is not None
            assert end.died.cause == cause and word in end.died.message
            assert end.seconds < 20
            error = (await run(kernel, "x")).end.error
            assert error is not None and error.exception == "NameError"  # a fresh kernel


@over([DOCKER])
async def test_a_full_disk_is_an_error_that_says_how_much_there_was(kernel: Kernel) -> None:
    end = (await run(kernel, "with open('/tmp/big', 'wb') as file:\n    file.write(b'x' * (100 << 20))")).end
    assert end.status == "error" and end.died is None and end.error is not None
    assert (end.error.exception, end.error.message) == ("OSError", "[Errno 28] No space left on device")
    assert "/tmp holds 64 MiB" in end.error.text
    mapped = "import mmap, os\nos.remove('/tmp/big')\nfile = open('/tmp/map', 'w+b')\nfile.truncate(100 << 20)\n"
    end = (await run(kernel, mapped + "mmap.mmap(file.fileno(), 0)[:] = b'x' * (100 << 20)")).end
    assert end.died is not None and end.died.cause == "disk_full" and "64 MiB" in end.died.message


@pytest.mark.parametrize("kind", [DOCKER])
async def test_a_fork_bomb_and_too_many_files_meet_their_limits(kind: Any) -> None:
    limits = ContainerLimits(memory_bytes=512 << 20, n_pids=64, open_files=128, disk_bytes=32 << 20)
    async with opened(kind, limits=limits) as kernel:
        end = (await run(kernel, "files = [open('/dev/null') for _ in range(1000)]")).end
        assert end.error is not None and end.error.exception == "OSError" and "at most 128 files" in end.error.text
        await run(kernel, "del files")
        bomb = (
            "import threading, time\nfor _ in range(1000):\n    threading.Thread(target=time.sleep, args=(5,)).start()"
        )
        end = (await run(kernel, bomb)).end
        assert end.error is not None and end.error.exception == "RuntimeError" and "at most 64" in end.error.text
        end = (await run(kernel, "import os\nwhile True:\n    os.fork()", wall_s=1, interrupt_grace_s=0.3)).end
        assert end.status in ("error", "timeout", "died")
        assert (await run(kernel, "1")).end.status == "ok"


@pytest.mark.parametrize("kind", ["docker", "bubblewrap", "local", "fake"])
@pytest.mark.parametrize(
    "limits", [ContainerLimits(open_files=24), ContainerLimits(n_pids=4), ContainerLimits(memory_bytes=1)]
)
async def test_limits_below_what_a_kernel_needs_are_refused(kind: Any, limits: ContainerLimits) -> None:
    with pytest.raises(LimitTooLow, match="at least"):
        open_kernel(KernelOptions(limits=limits), None, kind)


@over([DOCKER, RELAY, "bubblewrap"])
async def test_running_out_of_memory_is_named(kernel: Kernel) -> None:
    end = (await run(kernel, "b = bytearray(2 << 30)\nb[::4096] = b'x' * len(b[::4096])")).end
    assert end.status == "died" and end.died is not None
    assert end.died.cause == "out_of_memory" and "512 MiB" in end.died.message
    assert (await run(kernel, "1")).end.status == "ok"


@over(REAL)
async def test_leaving_a_cell_early_interrupts_it(kernel: Kernel) -> None:
    running = kernel.run("import time\nkept = 1\nprint('x', flush=True)\ntime.sleep(60)")
    await anext(running)
    started = time.monotonic()
    await running.aclose()  # type: ignore[attr-defined]
    assert time.monotonic() - started < 30
    after = await run(kernel, "kept")
    assert after.result is not None and after.result.text == "1"


@over(REAL)
async def test_cancelling_the_task_interrupts_the_cell(kernel: Kernel) -> None:
    task = asyncio.create_task(run(kernel, "import time\nkept = 1\ntime.sleep(60)"))
    await asyncio.sleep(0.5)
    started = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert time.monotonic() - started < 30
    after = await run(kernel, "kept")
    assert after.result is not None and after.result.text == "1"
