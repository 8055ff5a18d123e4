"""`python -m tests.perf.floods [NAME ...]`: how far our process grows while a kernel floods it, one flood per process.

`peak_grown_mb` is the process's highest resident memory less what it had before the flood; the promise is 200. A test
runs them over a kernel without a container, where no limit on memory helps.
"""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import time

FLOODS = {
    "print": "for _ in range(100):\n    print('x' * 1_000_000)",
    "one print": "print('x' * 100_000_000)",
    "pieces": "import sys\nfor i in range(20_000):\n    sys.stdout.write('a\\n')\n    sys.stderr.write('b')",
    "displays": "for i in range(150):\n    display(Shows({'text/plain': 'x', 'text/html': str(i) * 1_000_000}))",
    "huge display": "display(Shows({'text/html': 'x' * 40_000_000}))",
    "many values": "display(Shows({'application/json': [[] for _ in range(2_000_000)]}))",
    "repr": "'x' * 100_000_000",
    "traceback": "raise ValueError('x' * 50_000_000)",
    "frames": "def f(n):\n    '" + "x" * 3000 + "'\n    return f(n + 1)\nf(0)",
    "value": "[{'a': 'b' * 100}] * 200_000",
    "long lines": "import sys\nfor _ in range(200):\n    sys.stderr.write('\\x1b[31m' * 100_000)",
}
ENDS = {"traceback": "error", "frames": "error"}
"""How those end that do not end well."""
LIMIT_MB = 200


async def _flood(kind: str, name: str) -> dict[str, object]:
    from sandbox.events import SpoolOptions
    from tests.contract.kernel_harness import SHOWS, opened, run

    with tempfile.TemporaryDirectory() as folder:
        async with opened(kind, spool=SpoolOptions(folder)) as kernel:
            await run(kernel, SHOWS)
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            began = time.monotonic()
            cell = await run(kernel, FLOODS[name], wall_s=100)
            seconds = time.monotonic() - began
            grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    n_bytes = cell.end.n_stdout_bytes + cell.end.n_stderr_bytes
    return {
        "flood": name,
        "status": cell.end.status,
        "seconds": round(seconds, 2),
        "peak_grown_mb": grown >> 10,
        "n_bytes": n_bytes,
    }


def measure(name: str, kind: str = "local", timeout_s: float = 110.0) -> dict[str, object]:
    """One flood in a process of its own.

    Raises:
        subprocess.SubprocessError: it failed, or took longer than `timeout_s`.
    """
    command = [sys.executable, "-m", "tests.perf.floods", "--one", kind, name]
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, check=True)
    told: dict[str, object] = json.loads(done.stdout)
    return told


def main(arguments: list[str]) -> None:
    """The table, or with `--one KIND NAME` the figures of one flood as JSON."""
    if arguments[:1] == ["--one"]:
        sys.stdout.write(json.dumps(asyncio.run(_flood(arguments[1], arguments[2]))) + "\n")
        return
    for name in arguments or list(FLOODS):
        try:
            told = measure(name, "docker")
        except subprocess.SubprocessError as error:
            told = {"flood": name, "status": f"{error}"[-300:]}
        sys.stdout.write(" ".join(f"{key}={value}" for key, value in told.items()) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
