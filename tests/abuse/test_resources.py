"""Attempts to use up what the machine has: memory, disk, names of files, output, limits that users share."""

from __future__ import annotations

import asyncio
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.abuse.arena import Arena, Attempt, died, says
from tests.contract.kernel_harness import Cell

pytestmark = [pytest.mark.docker, pytest.mark.asyncio(loop_scope="session")]

_GROWTH_BYTES = 200 << 20


async def _host_is_as_it_was(arena: Arena, cell: Cell) -> None:
    """The cell's end is the truth about it; nothing of it is on the host's disk or in this process."""
    await arena.still_serves()
    arena.secret_is_kept(cell)


async def _output_is_counted(arena: Arena, cell: Cell) -> None:
    assert cell.end.n_stdout_bytes + cell.end.n_stderr_bytes == 16_000, cell.end
    await arena.still_serves()


async def _kernel_lives(arena: Arena, cell: Cell) -> None:
    assert cell.end.died is None, cell.end
    await arena.still_serves()


async def _users_share_no_limit(arena: Arena, cell: Cell) -> None:
    """The user inside may be the caller's own number: what it uses up there must not be missing here."""
    uid = os.geteuid() or 1000
    become = f"os.setuid({uid}) if os.getuid() == 0 else None"
    code = f"import ctypes, os\n{become}\nprint(ctypes.CDLL(None).inotify_init1(0) >= 0)"
    told = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert told.stdout == "True\n", "nobody of this user can watch files any more"
    assert cell.stdout == "0\n"
    await arena.still_serves()


ATTEMPTS = (
    Attempt(
        "resources-memory",
        "take more memory than allowed",
        "the death is named out of memory",
        "held = []\nwhile True:\n    held.append(bytearray(50 << 20))",
        died("out_of_memory"),
        ends=("died",),
    ),
    Attempt(
        "resources-memory-of-children",
        "take it in many processes, each a little",
        "the sum counts: the kernel or its children are ended, the container never holds more than its limit",
        """
import os, time
for _ in range(12):
    if os.fork() == 0:
        held = bytearray(os.urandom(1 << 20)) * 80
        time.sleep(2)
        os._exit(0)
n = 0
try:
    while True:
        os.wait()
        n += 1
except ChildProcessError:
    print(n)
""",
        _host_is_as_it_was,
        ends=("ok", "died"),
    ),
    Attempt(
        "resources-disk",
        "fill every place that can be written",
        "each has its size, and the memory limit holds for all of them together",
        """
import os
for place in ('/tmp', '/dev/shm', '/out'):
    n = 0
    try:
        with open(place + '/fill', 'wb', buffering=0) as file:
            while n < 1 << 31:
                n += file.write(b'x' * (1 << 20))
    except OSError as error:
        pass
    os.remove(place + '/fill')
    print(n <= 64 << 20)
""",
        says("True", "True", "True"),
    ),
    Attempt(
        "resources-shared-memory",
        "keep memory where it outlives the process: shared memory, message queues, anonymous files",
        "it counts as the kernel's memory, which ends it by name; queues and secret memory there are none",
        """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
print(libc.syscall(447, 0), libc.mq_open(b'/x', os.O_CREAT | os.O_RDWR, 0o600, None), flush=True)
for i in range(20):
    fd = os.memfd_create(f'm{i}')
    for _ in range(64):
        os.write(fd, b'x' * (1 << 20))
""",
        died("out_of_memory"),
        ends=("died",),
    ),
    Attempt(
        "resources-inodes",
        "make empty files until there is no name left",
        "an error of the code, and soon: names have a limit of their own",
        """
import os, time
begun = time.monotonic()
n = 0
os.mkdir('/tmp/many')
try:
    while n < 300_000:
        os.close(os.open(f'/tmp/many/{n}', os.O_CREAT | os.O_WRONLY))
        n += 1
except OSError as error:
    print(error.errno, n < 100_000)
import shutil
shutil.rmtree('/tmp/many')
""",
        says("28 True"),
        limits={"wall_s": 60.0},
    ),
    Attempt(
        "resources-sparse-file",
        "make a file of a terabyte that takes no room, and map it",
        "it takes no room on the host either",
        """
import mmap, os
with open('/tmp/huge', 'wb') as file:
    try:
        file.truncate(1 << 40)
    except OSError:
        pass
print(os.stat('/tmp/huge').st_blocks == 0)
os.remove('/tmp/huge')
""",
        says("True"),
    ),
    Attempt(
        "resources-pipes",
        "fill pipes, whose buffers are the system's memory",
        "they count as the kernel's own memory or meet a limit; the kernel serves or is replaced",
        """
import fcntl, os
kept = []
try:
    for _ in range(400):
        r, w = os.pipe()
        kept += [r, w]
        try:
            fcntl.fcntl(w, 1031, 1 << 20)
        except PermissionError:
            pass
        os.set_blocking(w, False)
        try:
            while True:
                os.write(w, b'x' * 65536)
        except BlockingIOError:
            pass
finally:
    for fd in kept:
        os.close(fd)
""",
        _host_is_as_it_was,
        ends=("ok", "died"),
    ),
    Attempt(
        "resources-of-the-user",
        "use up what the system counts per user, all containers together: file watches",
        "none can be had inside; the same user on the host still has its own",
        """
import ctypes
libc = ctypes.CDLL(None)
print(sum(libc.inotify_init1(0) >= 0 for _ in range(600)))
""",
        _users_share_no_limit,
    ),
    Attempt(
        "resources-small-outputs",
        "print a byte or two at a time, alternating between the streams",
        "every byte is counted, in the order it came",
        """
import sys
for _ in range(4_000):
    sys.stdout.write('ab')
    sys.stderr.write('cd')
""",
        _output_is_counted,
        limits={"wall_s": 60.0, "output_bytes": 1 << 16},
    ),
    Attempt(
        "resources-endless-output",
        "the same for ever: what waits to be sent fills the kernel's memory or the reader's",
        "the code waits; the cell ends by its time, the kernel lives",
        """
import sys
while True:
    sys.stdout.write('ab')
    sys.stderr.write('cd')
""",
        _kernel_lives,
        ends=("timeout",),
        limits={"wall_s": 2.0, "output_bytes": 1 << 16, "interrupt_grace_s": 10.0},
    ),
    Attempt(
        "resources-displays",
        "show hundreds of megabytes in displays",
        "they are capped, the cell says so, this process does not grow with them",
        """
from IPython.display import display
for _ in range(40):
    display({'text/html': 'x' * 10_000_000}, raw=True)
""",
        _host_is_as_it_was,
        limits={"wall_s": 60.0},
    ),
    Attempt(
        "resources-result",
        "return a value whose repr has hundreds of megabytes",
        "it is cut, and said to be",
        "class Huge:\n    def __repr__(self):\n        return 'x' * 150_000_000\nHuge()",
        _host_is_as_it_was,
        ends=("ok", "died"),
    ),
    Attempt(
        "resources-huge-numbers",
        "return and send integers of more digits than a parser takes at once",
        "no failure of the host; the text is capped",
        "n = 10 ** 100_000\ntry:\n    echo(n)\nexcept Exception as error:\n    print(type(error).__name__)\nn",
        _host_is_as_it_was,
        ends=("ok", "error"),
    ),
    Attempt(
        "resources-interrupts",
        "ignore every signal and block in native code",
        "stopped and replaced soon after the grace time",
        """
import ctypes, signal
for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
    try: signal.signal(number, signal.SIG_IGN)
    except OSError: pass
ctypes.PyDLL(None).sleep(600)
""",
        died("timeout"),
        ends=("timeout",),
        limits={"wall_s": 1.0, "interrupt_grace_s": 0.3},
    ),
)


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=str)
async def test_attempt(arena: Arena, attempt: Attempt) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
    await arena.attempt(attempt)
    await arena.still_serves()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10 < before + _GROWTH_BYTES
    assert await asyncio.to_thread(arena.disk_bytes) < 4 << 20
    assert not list(Path(arena.words["{folder}"]).glob("*.txt.*"))
