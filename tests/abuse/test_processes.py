"""Attempts against processes: those of the sandbox's own machinery, and more rights or more processes than allowed."""

from __future__ import annotations

import pytest

from tests.abuse.arena import Arena, Attempt, died, says
from tests.contract.kernel_harness import Cell

pytestmark = [pytest.mark.docker, pytest.mark.asyncio(loop_scope="session")]


async def _one_container_with_few_processes(arena: Arena, cell: Cell) -> None:
    """What a bomb started is gone with the kernel that it was part of."""
    assert cell.end.died is not None or cell.end.status == "ok", cell.end
    await arena.still_serves()
    await arena.settled(lambda: len(arena.processes()) <= 5)
    assert len(arena.containers()) == 1


async def _one_container(arena: Arena, cell: Cell) -> None:
    await arena.still_serves()
    assert len([c for c in arena.containers() if c["State"] == "running"]) == 1
    arena.secret_is_kept(cell)


ATTEMPTS = (
    Attempt(
        "processes-fork-bomb",
        "fork for ever, and ignore that it fails",
        "the limit on processes holds, the kernel is replaced, nothing of the bomb is left",
        """
import os
while True:
    try:
        os.fork()
    except OSError:
        pass
""",
        _one_container_with_few_processes,
        ends=("timeout", "died"),
        limits={"wall_s": 1.0, "interrupt_grace_s": 0.3},
    ),
    Attempt(
        "processes-threads",
        "start threads for ever: they count as processes",
        "the limit is met as an error of the code, the kernel lives",
        """
import threading
stop = threading.Event()
n = 0
try:
    while n < 5000:
        threading.Thread(target=stop.wait, daemon=True).start()
        n += 1
except RuntimeError:
    print(n < 96)
stop.set()
""",
        says("True"),
    ),
    Attempt(
        "processes-guard-memory",
        "trace process 1, read or write its memory, environment and descriptors, and take its sockets",
        "all refused; it goes on guarding",
        """
import ctypes, glob, os
libc = ctypes.CDLL(None)
done = []
for request in (16, 0x4206):
    if libc.ptrace(request, 1, 0, 0) == 0: done.append('traced')
for path in ('/proc/1/mem', '/proc/1/environ', '/proc/1/maps', '/proc/1/auxv', '/proc/1/stack'):
    for mode in ('rb', 'r+b'):
        try:
            with open(path, mode) as file:
                if file.read(1): done.append(path)
        except OSError:
            pass
try:
    done += os.listdir('/proc/1/fd')
except OSError:
    pass
pidfd = libc.syscall(434, 1, 0)
for fd in range(16):
    if libc.syscall(438, pidfd, fd, 0) >= 0: done.append('descriptor')
buffer = ctypes.create_string_buffer(8)
vector = (ctypes.c_ulong * 2)(ctypes.addressof(buffer), 8)
if libc.syscall(310, 1, vector, 1, vector, 1, 0) > 0: done.append('read')
print(done)
""",
        says("[]"),
    ),
    Attempt(
        "processes-signals-to-1",
        "stop, kill and interrupt process 1 with every signal",
        "it lives: one running container, and the kernel serves or is replaced",
        """
import os, signal
for number in sorted(signal.valid_signals() - {signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT}):
    os.kill(1, number)
print('still here')
""",
        _one_container,
        ends=("ok", "died"),
    ),
    Attempt(
        "processes-kill-all",
        "kill every process that can be killed",
        "the death is named, a fresh kernel serves",
        "import os, subprocess\nsubprocess.Popen(['sleep', '99'])\nos.kill(-1, 9)\nos.kill(os.getpid(), 9)",
        died("signal"),
        ends=("died",),
    ),
    Attempt(
        "processes-setuid",
        "run setuid programs, and make one of our own",
        "there is none in the image, and one of our own gives no rights",
        """
import os, shutil, subprocess
found = []
for folder, _, names in os.walk('/'):
    if folder.startswith(('/proc', '/sys')): continue
    for name in names:
        try:
            status = os.lstat(os.path.join(folder, name))
        except OSError:
            continue
        if status.st_mode & 0o6000: found.append(name)
print(found)
for folder in ('/tmp', '/dev/shm', '/out'):
    shutil.copy('/usr/bin/id', folder + '/id')
    os.chmod(folder + '/id', 0o6755)
    try:
        print(subprocess.run([folder + '/id', '-u'], capture_output=True, text=True).stdout.strip() == str(os.getuid()))
    except PermissionError:
        print(True)  # no programs there
    os.remove(folder + '/id')
""",
        says("[]", "True", "True", "True"),
    ),
    Attempt(
        "processes-user-namespace",
        "become root of a namespace of one's own: by unshare, clone and clone3",
        "none is made",
        """
import ctypes, os
libc = ctypes.CDLL(None)
print(libc.unshare(0x10000000), libc.syscall(56, 0x10000000 | 17, 0, 0, 0, 0), libc.syscall(435, b'\\0' * 88, 88))
print(os.getuid() != 0, open('/proc/self/uid_map').read().split()[0] == '0')
""",
        says("-1 -1 -1", "True True"),
    ),
    Attempt(
        "processes-terminal",
        "type into a terminal with TIOCSTI",
        "refused, and there is no terminal",
        """
import fcntl, os, pty
ours, theirs = os.openpty()
for fd in (0, ours, theirs):
    for request in (0x5412, 0x541C):
        try:
            fcntl.ioctl(fd, request, b'x')
            print('typed')
        except OSError:
            pass
print(os.isatty(0), os.path.exists('/dev/console'))
""",
        says("False False"),
    ),
    Attempt(
        "processes-descriptors",
        "use up all descriptors and leave them open",
        "the limit is met as an error; the kernel serves, or is replaced with a named death",
        """
import os
kept = []
try:
    while True:
        kept.append(os.open('/dev/null', os.O_RDONLY))
except OSError as error:
    pass
n = len(kept)
for fd in kept[-40:]: os.close(fd)
print(n < 1024)
for fd in kept[:-40]: os.close(fd)
""",
        says("True"),
        ends=("ok",),
    ),
    Attempt(
        "processes-core",
        "crash in native code, for a core dump of gigabytes on the host",
        "the signal is named, there is no dump",
        "import ctypes, resource\nprint(resource.getrlimit(resource.RLIMIT_CORE), flush=True)\nctypes.string_at(0)",
        died("signal"),
        ends=("died",),
    ),
    Attempt(
        "processes-other-numbers",
        "signal every process number there is, also those of the host",
        "nothing but the own processes is there",
        """
import os
seen = []
for pid in range(2, 40000):
    try:
        os.kill(pid, 0)
        seen.append(pid)
    except ProcessLookupError:
        pass
    except PermissionError:
        print('foreign', pid)
print(len(seen) < 30)
""",
        says("True"),
    ),
)


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=str)
async def test_attempt(arena: Arena, attempt: Attempt) -> None:
    await arena.attempt(attempt)
    await arena.still_serves()
