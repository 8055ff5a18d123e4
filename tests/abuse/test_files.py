"""Attempts to read, change or link to files that are not the session's."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.abuse.arena import Arena, Attempt, nothing_changed, says
from tests.contract.kernel_harness import Cell

pytestmark = [pytest.mark.docker, pytest.mark.asyncio(loop_scope="session")]


async def _hosts_settings_stand(arena: Arena, cell: Cell) -> None:
    """The paths that the attempt wrote to, looked at on the host."""
    arena.secret_is_kept(cell)
    assert "abuse" not in Path("/proc/sys/kernel/core_pattern").read_text()
    assert "wrote" not in cell.stdout, cell.stdout
    for path in Path("/sys/fs/cgroup").glob("**/release_agent"):
        assert "abuse" not in path.read_text()


async def _tools_answer(arena: Arena, cell: Cell) -> None:
    n_calls = len(arena.tools.calls)
    await arena.still_serves()
    assert len(arena.tools.calls) == n_calls + 1
    assert set(cell.stdout.split()) == {"refused"}, cell.stdout


async def _no_folder_of_a_session(arena: Arena, cell: Cell) -> None:
    arena.secret_is_kept(cell)
    names = [path.name for path in Path(arena.words["{run_folders}"]).iterdir()]
    assert names
    assert cell.stdout.strip() == "[]"


_TRY = """
import os
def attempt(action):
    try:
        action()
        print('done')
    except OSError as error:
        print('refused')
"""

ATTEMPTS = (
    Attempt(
        "files-host-path",
        "read a file of the host by its path, through the roots and folders of every process",
        "its content does not come out",
        """
import glob, os
path = '{secret_file}'
for prefix in ['', *glob.glob('/proc/*/root'), *glob.glob('/proc/*/cwd'), '/proc/1/root', '/mnt', '/host', '/work',
               '/proc/self/fd/0/..', '/run/kernel/../../../..', *glob.glob('/proc/*/fd/*')]:
    try:
        print(open(prefix + path).read())
    except OSError:
        pass
print(os.path.exists(path))
""",
        says("False"),
    ),
    Attempt(
        "files-other-sessions",
        "list the folders of this and other sessions by the paths in /proc/self/mountinfo",
        "none of them is visible",
        """
import os
found = []
for line in open('/proc/self/mountinfo'):
    words = line.split()
    for path in (words[3], words[3] + '/..', '{run_folders}', '/tmp/toolcoder-0', '/run/kernel/..'):
        try:
            names = os.listdir(path)
        except OSError:
            continue
        if path != '/run/kernel/..' and any(len(name) == 8 and set(name) <= set('0123456789abcdef') for name in names):
            found.append(path)
print(found)
""",
        _no_folder_of_a_session,
    ),
    Attempt(
        "files-runtime",
        "replace the runtime, the interpreter and the connection file for the next cells",
        "all of it is read-only; tools answer afterwards",
        _TRY
        + """
import toolcoder_runtime, sys, shutil
for path in (toolcoder_runtime.__file__, sys.executable, '/run/toolcoder/kernel.json', '/etc/passwd', '/bin/sh'):
    attempt(lambda: open(path, 'r+b'))
    attempt(lambda: os.unlink(path))
    attempt(lambda: os.rename('/tmp/x', path))
    attempt(lambda: os.chmod(path, 0o777))
""",
        _tools_answer,
    ),
    Attempt(
        "files-broker-socket",
        "delete, move or hide the broker's and the kernel's sockets, and put others in their place",
        "all refused; tools answer afterwards",
        _TRY
        + """
import socket
for path in ('/run/toolcoder/tools.sock', '/run/kernel/k-1', '/run/kernel/k-2'):
    attempt(lambda: os.unlink(path))
    attempt(lambda: os.rename(path, path + 'x'))
    attempt(lambda: os.symlink('/tmp/x', path + 'y'))
    attempt(lambda: os.link(path, path + 'z'))
    attempt(lambda: socket.socket(socket.AF_UNIX).bind(path + 'w'))
    attempt(lambda: os.chmod(os.path.dirname(path), 0o777))
""",
        _tools_answer,
    ),
    Attempt(
        "files-handles",
        "open files by handle, across mounts (the shocker exploit), and remount the root to write",
        "every call is refused, the root stays read-only",
        """
import ctypes
libc = ctypes.CDLL(None)
handle = (ctypes.c_char * 32)(*(b'\\x08\\0\\0\\0\\x01\\0\\0\\0\\x02' + b'\\0' * 23))
for fd in range(3, 12):
    if libc.syscall(304, fd, handle, 0) >= 0:
        print('opened')
for target in (b'/', b'/run/toolcoder', b'/run/kernel', b'/proc/sys'):
    for flags in (32, 32 | 4096, 4096):
        if libc.mount(target, target, None, flags, None) == 0:
            print('mounted')
print(libc.pivot_root(b'/', b'/tmp') if hasattr(libc, 'pivot_root') else libc.syscall(155, b'/', b'/tmp'))
try:
    open('/x', 'w')
except OSError as error:
    print(error.errno)
""",
        says("-1", "30"),
    ),
    Attempt(
        "files-kernel-settings",
        "write to the machine's settings: core_pattern, sysrq, modprobe, control groups, their release agent",
        "nothing can be written, the host's files say what they said",
        """
import glob, os
for path in ['/proc/sysrq-trigger', '/proc/sys/kernel/core_pattern', '/proc/sys/kernel/modprobe', '/sys/power/state',
             '/proc/sys/vm/swappiness', '/proc/self/attr/current', '/sys/kernel/uevent_helper', '/proc/bus/pci/00/00.0',
             *glob.glob('/sys/fs/cgroup/**/*', recursive=True), *glob.glob('/proc/irq/*/smp_affinity')]:
    try:
        fd = os.open(path, os.O_WRONLY)
        os.write(fd, b'|/tmp/abuse')
        print('wrote', path)
    except OSError:
        pass
""",
        _hosts_settings_stand,
    ),
    Attempt(
        "files-devices",
        "read the machine's memory and disk through /proc/kcore and devices made here",
        "nothing can be opened or made",
        """
import glob, os, stat
for path in ('/proc/kcore', '/dev/mem', '/dev/kmsg', '/proc/kmsg', *glob.glob('/dev/vd*'), *glob.glob('/dev/sd*')):
    try:
        if open(path, 'rb').read(16): print('read', path)
    except OSError:
        pass
for folder in ('/tmp', '/dev/shm', '/out', '/run/kernel'):
    for kind, major, minor in ((stat.S_IFBLK, 254, 0), (stat.S_IFBLK, 8, 0), (stat.S_IFCHR, 1, 1)):
        try:
            os.mknod(folder + '/device', kind | 0o666, os.makedev(major, minor))
            print('made', folder)
        except OSError:
            pass
print('nothing')
""",
        says("nothing"),
    ),
    Attempt(
        "files-environment",
        "read the environment and command line of every process, and the host's own by its process number",
        "nothing of the host's environment is in them",
        """
import glob, os
for path in glob.glob('/proc/[0-9]*/environ') + glob.glob('/proc/[0-9]*/cmdline'):
    try:
        print(open(path).read())
    except OSError:
        pass
try:
    print(open('/proc/{host_pid}/environ').read())
except OSError:
    pass
""",
        nothing_changed,
    ),
)


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=str)
async def test_attempt(arena: Arena, attempt: Attempt) -> None:
    await arena.attempt(attempt)


async def test_the_secret_of_the_hosts_environment_stays_out(own_run_folder: Path) -> None:
    """`files-client-environment`: the same with a secret in the client's environment; it does not come out."""
    made = Arena()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_API_KEY", f"sk-{made.secret}")
        patch.setenv("PASSWORD", made.secret)
        try:
            attempt = next(a for a in ATTEMPTS if a.id == "files-environment")
            cell = await made.attempt(attempt)
            assert "TOOLCODER_BROKER" in cell.stdout  # something was read
        finally:
            await made.close()
