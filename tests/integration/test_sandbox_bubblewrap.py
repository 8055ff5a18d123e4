"""What code under bubblewrap cannot do, tried from inside; and how it is chosen and named."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from sandbox import bubblewrap_kernel, open_kernel
from sandbox.errors import KernelStartFailed
from sandbox.events import KernelOptions
from sandbox.kernel import Kernel
from tests.cli_process import Cli
from tests.contract.kernel_harness import SMALL, STUBS, Tools, run


@pytest.fixture
async def kernel(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Kernel]:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-of-the-host")
    async with open_kernel(KernelOptions(limits=SMALL, stubs=STUBS), Tools(), "bubblewrap") as started:
        yield started


async def value(kernel: Kernel, code: str) -> Any:
    cell = await run(kernel, code, wall_s=30)
    assert cell.end.status == "ok", cell.end
    assert cell.result is not None and cell.result.json is not None, cell
    return json.loads(cell.result.json)


REFUSED = """
import ctypes, errno, os, socket

def refused(what):
    try:
        what()
    except OSError as error:
        return errno.errorcode.get(error.errno, type(error).__name__)
    return 'done'

libc = ctypes.CDLL(None, use_errno=True)

def call(number, *arguments):
    if libc.syscall(number, *arguments) < 0:
        raise OSError(ctypes.get_errno(), 'refused')
"""


async def test_rights_network_and_places(kernel: Kernel) -> None:
    status = await value(kernel, "dict(line.split(':\\t') for line in open('/proc/self/status').read().splitlines())")
    assert {status[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    assert int(status["Uid"].split()[0]) != 0
    await run(kernel, REFUSED)
    assert await value(kernel, "refused(lambda: socket.create_connection(('192.0.2.1', 80), 2))") == "ENETUNREACH"
    assert await value(kernel, "[line.split(':')[0].strip() for line in open('/proc/net/dev').readlines()[2:]]") == [
        "lo"
    ]
    places = ["/x", "/usr/x", "/dev/x", "/etc/passwd", "/opt/toolcoder/x", "/run/x", "/run/toolcoder/x", "/proc/sys/x"]
    found = await value(kernel, f"[refused(lambda: open(p, 'a')) for p in {places}]")
    assert set(found) <= {"EROFS", "EACCES", "ENOENT"}
    fill = "with open('/tmp/fill', 'wb') as file:\n    for i in range(100):\n        file.write(b'x' * (1 << 20))"
    error = (await run(kernel, fill)).end.error
    assert error is not None and "No space left" in error.message
    home = str(Path.home())
    seen = await value(
        kernel,
        f"import os\n[os.listdir('/home') if os.path.exists('/home') else [], os.path.exists({home + '/.bashrc'!r})]",
    )
    assert seen == [[], False]
    environment = await value(kernel, "dict(os.environ)")
    assert "sk-secret" not in json.dumps(environment) and environment["HOME"] == "/tmp/home"
    assert await value(kernel, "len([p for p in os.listdir('/proc') if p.isdigit()]) < 6")
    assert await value(kernel, "search_films('some')[0].title") == "Somewhere"


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the numbers of these calls are those of x86-64")
async def test_system_calls_that_a_kernel_has_no_use_for(kernel: Kernel) -> None:
    await run(kernel, REFUSED)
    calls = {
        "ptrace": "101, 0, 0, 0, 0", "keyctl": "250, 0, -3, 0", "mount": "165, 0, 0, 0, 0, 0", "bpf": "321, 0, 0, 0",
        "userfaultfd": "323, 0", "unshare": "272, 0x10000000", "clone": "56, 0x10000011, 0, 0, 0, 0",
        "setns": "308, -1, 0", "process_vm_readv": "310, 1, 0, 0, 0, 0, 0",
    }  # fmt: skip
    found = await value(kernel, "[" + ", ".join(f"refused(lambda: call({c}))" for c in calls.values()) + "]")
    assert dict(zip(calls, found, strict=True)) == dict.fromkeys(calls, "EPERM")
    assert await value(kernel, "refused(lambda: call(425, 1, 0))") == "ENOSYS"  # io_uring: programs do without
    assert await value(kernel, "refused(lambda: socket.socket(40, socket.SOCK_STREAM))") == "EAFNOSUPPORT"  # AF_VSOCK


async def test_a_fork_bomb_meets_its_limit_and_nothing_is_left_of_it(kernel: Kernel) -> None:
    code = "import os\nn = 0\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass"
    end = (await run(kernel, code, wall_s=2, interrupt_grace_s=0.5)).end
    assert end.status in ("timeout", "died") and end.died is not None
    assert await value(kernel, "1 + 1") == 2


async def test_memory_of_all_its_processes_counts(kernel: Kernel) -> None:
    code = """
import os, time
for _ in range(4):
    if os.fork() == 0:
        own = bytearray(os.urandom(1 << 20)) * 200
        time.sleep(60)
        os._exit(0)
time.sleep(60)
"""
    end = (await run(kernel, code, wall_s=50)).end
    assert end.died is not None and end.died.cause == "out_of_memory" and "512 MiB" in end.died.message


CLIENT = """
import asyncio
from sandbox import open_kernel, KernelOptions

LEFT = "import subprocess, time; subprocess.Popen(['sleep', 'SECONDS'], start_new_session=True); print('up')"

async def main():
    async with open_kernel(KernelOptions(), None, "bubblewrap") as kernel:
        async for event in kernel.run(LEFT + "; time.sleep(60)"):
            print("up", flush=True)

asyncio.run(main())
"""


def test_nothing_outlives_a_client_that_is_killed() -> None:
    seconds = f"{70_000_000 + os.getpid()}"  # nobody else sleeps that long
    left = f"sleep\x00{seconds}"
    script = CLIENT.replace("SECONDS", seconds)
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as client:
        assert client.stdout is not None and client.stdout.readline() == b"up\n"
        assert _running(left)
        client.kill()
    deadline = time.monotonic() + 60
    while _running(left):
        assert time.monotonic() < deadline, "a process of the kernel is still there"
        time.sleep(0.05)


def _running(words: str) -> bool:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if words in path.read_text():
                return True
        except OSError:
            continue
    return False


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None if name == "bwrap" else f"/usr/bin/{name}")
    with pytest.raises(KernelStartFailed, match="bwrap must be installed") as refused:
        bubblewrap_kernel._check_needed()
    assert "apt-get install bubblewrap" in refused.value.hint


def test_the_flag_the_setting_and_how_they_are_named(tmp_path: Path) -> None:
    cli = Cli(tmp_path)
    by_flag = cli.ask("--json", "--weaker-sandbox", "--model", cli.script(), variables={"DOCKER_HOST": "unix:///none"})
    by_flag.check(0)
    assert json.loads(by_flag.out)["sandbox"].startswith("WEAKER SANDBOX (bubblewrap")
    assert "WEAKER SANDBOX" in cli.log().records[0].fields["sandbox"]
    both = cli.ask("--weaker-sandbox", "--unsafe-local-kernel", "--model", cli.script())
    both.check(2, "exclude each other")
