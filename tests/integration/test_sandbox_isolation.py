"""What code inside the container cannot do, tried from inside the real one."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.kernel import Kernel
from tests.contract.kernel_harness import Tools, opened, run

pytestmark = pytest.mark.docker


@pytest.fixture
async def kernel(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Kernel]:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-of-the-host")
    async with opened("docker", Tools()) as started:
        yield started


async def value(kernel: Kernel, code: str) -> Any:
    """The JSON value of a cell that must succeed."""
    cell = await run(kernel, code, wall_s=30)
    assert cell.end.status == "ok", cell.end
    assert cell.result is not None and cell.result.json is not None, cell
    return json.loads(cell.result.json)


async def exception(kernel: Kernel, code: str) -> str:
    """The exception and its message, of a cell that must fail."""
    error = (await run(kernel, code, wall_s=30)).end.error
    assert error is not None, code
    return f"{error.exception}: {error.message}"


async def test_there_is_no_network(kernel: Kernel) -> None:
    code = "import socket\nsocket.create_connection(('192.0.2.1', 80), timeout=2)"
    assert "Network is unreachable" in await exception(kernel, code)
    assert await value(kernel, "import os\nsorted(os.listdir('/sys/class/net'))") == ["lo"]
    assert "gaierror" in await exception(kernel, "socket.getaddrinfo('example.com', 80)")


async def test_nobody_special_without_capabilities(kernel: Kernel) -> None:
    status = await value(kernel, "dict(line.split(':\\t') for line in open('/proc/self/status').read().splitlines())")
    assert int(status["Uid"].split()[0]) == (os.geteuid() or 1000)
    assert {status[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")


async def test_only_sized_places_can_be_written(kernel: Kernel) -> None:
    for place in ("/x", "/opt/kernel/x", "/opt/toolcoder/x", "/etc/passwd", "/work/x", "/run/x", "/usr/bin/python3"):
        found = await exception(kernel, f"open({place!r}, 'a')")
        assert found.startswith(("OSError: [Errno 30]", "PermissionError: [Errno 13]")), place
    code = "with open('/tmp/fill', 'wb') as file:\n    for i in range(100):\n        file.write(b'x' * (1 << 20))"
    assert "No space left on device" in await exception(kernel, code)
    assert await value(kernel, "import os\nos.remove('/tmp/fill')\nopen('/tmp/again', 'w').write('ok')") == 2


async def test_the_brokers_folder_cannot_be_changed(kernel: Kernel) -> None:
    found = await exception(kernel, "import os\nos.unlink('/run/toolcoder/tools.sock')")
    assert "Read-only file system" in found
    assert "Read-only" in await exception(kernel, "open('/run/toolcoder/x', 'w')")
    assert await value(kernel, "search_films('some')[0].title") == "Somewhere"


@pytest.mark.skipif(os.geteuid() != 0, reason="the folder's owner can be another user only where the client is root")
async def test_the_sockets_folder_is_closed_after_the_start(kernel: Kernel) -> None:
    assert "PermissionError" in await exception(kernel, "open('/run/kernel/fill', 'w')")
    assert "PermissionError" in await exception(kernel, "import os\nos.chmod('/run/kernel', 0o777)")
    assert await value(kernel, "sorted(os.listdir('/run/kernel'))") == ["k-1", "k-2", "k-3", "k-4", "k-5"]


async def test_nothing_of_the_host_is_inside(kernel: Kernel) -> None:
    environment = await value(kernel, "import os\ndict(os.environ)")
    assert "sk-secret" not in json.dumps(environment)
    assert not [name for name in environment if "KEY" in name or "TOKEN" in name or "SECRET" in name]
    mounts = await value(kernel, "[line.split()[4] for line in open('/proc/self/mountinfo')]")
    ours = {"/run/toolcoder", "/run/kernel", "/out"}
    docker = {"/", "/etc/resolv.conf", "/etc/hostname", "/etc/hosts", "/sbin/docker-init", "/usr/sbin/docker-init"}
    virtual = {mount for mount in mounts if mount.startswith(("/proc", "/dev", "/sys", "/tmp"))}
    assert set(mounts) - virtual - docker == ours
    assert await value(kernel, "[os.path.exists(p + '/docker.sock') for p in ('/var/run', '/run')]") == [False, False]


async def test_a_fork_bomb_meets_its_limit_and_the_kernel_is_replaced(kernel: Kernel) -> None:
    code = "import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass"
    cell = await run(kernel, code, wall_s=2, interrupt_grace_s=0.5)
    assert cell.end.status in ("timeout", "died") and cell.end.died is not None
    assert cell.end.seconds < 60
    assert await value(kernel, "1 + 1") == 2


async def test_the_work_folder_is_there_to_read(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    tmp_path.joinpath("films.csv").write_text("title\nSomewhere\n")
    outside = tmp_path.parent / "outside.txt"
    outside.write_text("secret")
    tmp_path.joinpath("link").symlink_to(outside)
    async with opened("docker", files=str(tmp_path)) as kernel:
        assert await value(kernel, "import os\n[os.getcwd(), sorted(os.listdir())]") == ["/work", ["films.csv", "link"]]
        assert await value(kernel, "open('films.csv').read()") == "title\nSomewhere\n"
        assert "FileNotFoundError" in await exception(kernel, "open('link').read()")
        refused = await exception(kernel, "open('films.csv', 'a')")
        assert "Read-only" in refused or "Permission denied" in refused
        assert "Read-only" in await exception(kernel, "os.mkdir('new')") or os.geteuid() == 0
        assert await value(kernel, "import pandas\nlen(pandas.read_csv('films.csv'))") == 1


async def test_hostile_frames_to_the_broker_are_refused(kernel: Kernel) -> None:
    await run(
        kernel,
        """
import json, os, socket, struct
def send(data, size=None):
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(os.environ['TOOLCODER_BROKER'])
        s.sendall(struct.pack('>I', len(data) if size is None else size) + data)
        s.shutdown(socket.SHUT_WR)
        head = s.recv(4)
        return json.loads(s.recv(struct.unpack('>I', head)[0]))['kind'] if head else 'closed'
""",
    )
    assert await value(kernel, "send(b'', size=2**32 - 1)") == "BadRequest"
    assert await value(kernel, "send(b'[' * 1_000_000)") == "BadRequest"
    assert await value(kernel, "send(b'not json')") == "BadRequest"
    made_up = b'{"op": "call", "cell": "made up", "name": "echo", "args": {}}'
    assert await value(kernel, f"send({made_up!r})") == "CellEnded"
    assert await value(kernel, "send(b'half', size=100)") == "closed"
    assert await value(kernel, "search_films('some')[0].title") == "Somewhere"


async def test_made_up_messages_of_the_kernel_do_no_harm(kernel: Kernel) -> None:
    code = """
from ipykernel.kernelapp import IPKernelApp
app = IPKernelApp.instance()
socket, parent = app.iopub_socket, app.kernel.get_parent()
for content in ({'name': 5, 'text': ['x']}, {}, {'data': 'x', 'metadata': 3}, {'toolcoder': {'frames': 'x'}}):
    for kind in ('stream', 'display_data', 'execute_result', 'status'):
        app.session.send(socket, kind, content, parent=parent)
socket.send_multipart([b'garbage'])
socket.send_multipart([b'a', b'<IDS|MSG>', b'bad signature', b'{}', b'{}', b'{}', b'{}'])
print('still here')
"""
    cell = await run(kernel, code, wall_s=20)
    assert cell.end.status == "ok" and cell.stdout == "still here\n"
    assert await value(kernel, "1 + 1") == 2
