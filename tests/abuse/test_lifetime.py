"""Attempts to outlive the cell, the kernel or the client, or to keep any of them from ending."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.rundir import base_folder
from tests.abuse.arena import Arena, Attempt, died
from tests.contract.kernel_harness import Cell
from tests.on_pty import ROOT

pytestmark = [pytest.mark.docker, pytest.mark.asyncio(loop_scope="session")]

DAEMON = """
import os, signal, time
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        if os.fork(): os._exit(0)
        for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
            try: signal.signal(number, signal.SIG_IGN)
            except OSError: pass
        for fd in range(64):
            try: os.close(fd)
            except OSError: pass
        os.execv('/bin/sleep', ['sleep', '4321'])
time.sleep(0.3)
"""


async def _serves(arena: Arena, cell: Cell) -> None:
    await arena.still_serves()


async def _one_kernel(arena: Arena, cell: Cell) -> None:
    await arena.still_serves()
    await arena.settled(lambda: len(arena.containers()) == 1)


ATTEMPTS = (
    Attempt(
        "lifetime-stop-itself",
        "freeze by SIGSTOP: no interrupt is taken any more",
        "the cell ends by its time, the kernel is replaced",
        "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)",
        died("timeout"),
        ends=("timeout",),
        limits={"wall_s": 1.0, "interrupt_grace_s": 0.3},
    ),
    Attempt(
        "lifetime-exec",
        "replace the kernel by another program that says nothing",
        "the cell ends by its time, or the death is named; the kernel is replaced",
        "import os\nos.execv('/bin/sleep', ['sleep', '4321'])",
        died("timeout", "exit_code", "signal", "unknown"),
        ends=("timeout", "died"),
        limits={"wall_s": 1.0, "interrupt_grace_s": 0.3},
    ),
    Attempt(
        "lifetime-endless-ends",
        "code that runs when everything ends: atexit, __del__, finally, a handler that never returns",
        "stopped soon after the grace time",
        """
import atexit, signal, threading, time
def forever(*_):
    while True:
        try: time.sleep(1)
        except BaseException: pass
atexit.register(forever)
class Sticky:
    def __del__(self): forever()
kept = Sticky()
signal.signal(signal.SIGINT, forever)
signal.signal(signal.SIGTERM, forever)
threading.Thread(target=forever).start()
try:
    forever()
finally:
    forever()
""",
        died("timeout"),
        ends=("timeout",),
        limits={"wall_s": 1.0, "interrupt_grace_s": 0.3},
    ),
    Attempt(
        "lifetime-exit-loop",
        "end the kernel again and again while it starts",
        "each death is named; there is one container at the end",
        "import os\nos._exit(0)",
        _one_kernel,
        ends=("died",),
    ),
    Attempt(
        "lifetime-new-group",
        "leave the kernel's process group, session and parent",
        "the next interrupt reaches it, or it is replaced",
        "import os, time\nos.setpgid(0, 0) if os.getpgid(0) != os.getpid() else None\nwhile True: time.sleep(9)",
        _serves,
        ends=("timeout",),
        limits={"wall_s": 1.0, "interrupt_grace_s": 1.0},
    ),
    Attempt(
        "lifetime-daemons",
        "daemons that ignore every signal, in sessions of their own, with all descriptors closed",
        "they are in the container, and gone with it (see the next test)",
        DAEMON,
        _serves,
    ),
)


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=str)
async def test_attempt(arena: Arena, attempt: Attempt) -> None:
    await arena.attempt(attempt)  # which is not waited for for ever
    await arena.still_serves()


async def test_daemons_end_with_their_kernel(own_run_folder: Path) -> None:
    """`lifetime-close`: daemons when the session ends; their container is gone."""
    other = Arena()
    try:
        await other.attempt(ATTEMPTS[-1])
        assert any("sleep 4321" in command for command in other.processes())
    finally:
        await other.close()
    names = [container["Names"] for container in other.containers() if "Exited" in container["Status"]]
    assert not names


CLIENT = f"""
import asyncio
from tests.contract.kernel_harness import Tools, opened, run
async def main():
    kernel = opened("docker", Tools())
    await run(kernel, {DAEMON!r})
    print("up", flush=True)
    await run(kernel, "import time; time.sleep(60)")
asyncio.run(main())
"""


def _leave_daemons() -> tuple[set[str], int]:
    """A client killed while its daemons run: its folders, and how many containers there were before."""
    with subprocess.Popen(
        [sys.executable, "-c", CLIENT], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        folders = {path.name for path in base_folder().iterdir()}
        n = len(_names(folders))
        process.send_signal(signal.SIGKILL)
    return folders, n


def _names(folders: set[str]) -> list[str]:
    """Running containers of these run folders."""
    listed = subprocess.run(
        ["docker", "ps", "--filter", "label=app=toolcoder", "--format", "{{.Names}}"],
        capture_output=True,
        text=True,
        check=True,
    )
    return [name for name in listed.stdout.split() if any(folder in name for folder in folders)]


async def test_daemons_end_with_a_killed_client(arena: Arena) -> None:
    """`lifetime-killed-client`: daemons when the client is killed; the guard inside ends their container."""
    folders, n = await asyncio.to_thread(_leave_daemons)
    await arena.settled(lambda: len(_names(folders)) < n)
    assert len(_names(folders)) == n - 1
