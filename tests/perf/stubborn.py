"""`python -m tests.perf.stubborn`: from the end of the grace time to a fresh kernel that ran a cell, for each kind of
code that ignores interrupts. The promise is a second; without a spare it includes a whole start."""

from __future__ import annotations

import asyncio
import statistics
import sys
import time

WALL_S, GRACE_S = 0.5, 0.4
LOOP = "while True:\n    try:\n        while True:\n            pass\n    except BaseException:\n        pass"
STUBBORN = {
    "catches": LOOP,
    "big integers": "n = 7\nwhile True:\n    n = n ** 3 if n.bit_length() < 1 << 24 else 7",
    "one C call": "sum(range(10**12))",
    "ignores the signal": "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\ntime.sleep(60)",
    "blocked in C": (
        "import ctypes\nlock = (ctypes.c_char * 64)()\nfor _ in range(2): ctypes.CDLL(None).pthread_mutex_lock(lock)"
    ),
    "fork bomb": "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
    "closes its files": "import os\nos.closerange(0, 1000)\nwhile True: pass",
    "kills itself": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
    "replaces itself": "import os\nos.execvp('sleep', ['sleep', '60'])",
}


async def _after_grace_s(code: str, n_spares: int) -> float:
    from sandbox import KernelOptions, open_kernel
    from sandbox.events import CellEnd, CellLimits
    from sandbox.pool import Pool
    from tests.contract.kernel_harness import SMALL, Tools, run

    pool = Pool(n_spares)
    kernel = open_kernel(KernelOptions(limits=SMALL), Tools(), pool=pool)
    try:
        await run(kernel, "1")
        await pool.filled()
        began = time.monotonic()
        end = [event async for event in kernel.run(code, CellLimits(wall_s=WALL_S, interrupt_grace_s=GRACE_S))][-1]
        assert isinstance(end, CellEnd) and end.status in ("timeout", "died"), end
        graced = WALL_S + GRACE_S if end.status == "timeout" and end.seconds >= WALL_S + GRACE_S else end.seconds
        fresh = await run(kernel, "1 + 1")
        assert fresh.end.status == "ok", fresh.end
        return time.monotonic() - began - graced
    finally:
        await kernel.close()
        await pool.close()


def main() -> None:
    """The table, medians of three."""
    for name, code in STUBBORN.items():
        told = [statistics.median(asyncio.run(_after_grace_s(code, n_spares)) for _ in range(3)) for n_spares in (0, 1)]
        sys.stdout.write(f"{name:20} {told[0]:.2f} s without, {told[1]:.2f} s with a spare\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
