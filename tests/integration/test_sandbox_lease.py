"""A kernel whose client died: its session comes back to it, nobody else does, and it ends when nobody came."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import docker
import pytest
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager

from sandbox import KernelOptions, lease, open_kernel
from sandbox.events import Lease
from sandbox.jupyter_kernel import JupyterKernel
from sandbox.lease import Card, lease_left_s, read_card, recall, write_card
from sandbox.listing import list_kernels
from sandbox.provisioner import DockerProvisioner
from sandbox.reaper import reap
from sandbox.rundir import RunDir, base_folder
from tests.contract.kernel_harness import SMALL, STUBS, Tools, run

CHECKOUT = Path(__file__).parents[2]
CLIENT = """
import asyncio, sys
from pathlib import Path
from sandbox import KernelOptions, open_kernel
from sandbox.events import CellOutput, Lease
from tests.contract.kernel_harness import SMALL, STUBS, Tools, run

async def main():
    lease = Lease(Path(sys.argv[1]), sys.argv[2], float(sys.argv[3]))
    kernel = open_kernel(KernelOptions(stubs=STUBS, lease=lease, limits=SMALL), Tools())
    await run(kernel, "x = echo(41)")
    print("up", flush=True)
    async for event in kernel.run(sys.argv[4]):
        if isinstance(event, CellOutput):
            print("heard", flush=True)
    print("done", flush=True)
    if len(sys.argv) > 5:
        await kernel.close()
    await asyncio.sleep(60)

asyncio.run(main())
"""


@pytest.fixture(autouse=True)
def own_folder(private_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run folders of these tests only."""
    folder = private_home / "run"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    monkeypatch.setenv("TOOLCODER_MACHINE", str(folder))  # no other test's reaper sees what is left here
    return base_folder()


@pytest.fixture
def note(private_home: Path) -> Path:
    return private_home / "session.d" / "kernel.json"


@contextmanager
def client(note: Path, session: str, seconds: float, code: str, *words: str) -> Iterator[subprocess.Popen[str]]:
    """Another process with a kernel that has run its first cell."""
    arguments = [sys.executable, "-c", CLIENT, str(note), session, str(seconds), code, *words]
    with subprocess.Popen(
        arguments, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n", process.stderr.read() if process.stderr else ""
        try:
            yield process
        finally:
            process.kill()


def left(note: Path, session: str = "s", seconds: float = 30, code: str = "1", after: str = "done") -> Path:
    """The folder of the kernel that a client left behind which was killed when its cell was done, or `heard`."""
    with client(note, session, seconds, code) as process:
        assert process.stdout is not None and process.stdout.readline() == f"{after}\n"
        process.send_signal(signal.SIGKILL)
    return Path(json.loads(note.read_text())["kernel"])


def is_there(folder: Path) -> bool:
    with closing(docker.from_env()) as engine:
        return bool(engine.api.containers(all=True, filters={"name": f"toolcoder-{folder.name}"}))


def states(folder: Path) -> list[tuple[str, str]]:
    """Session and state as they are listed."""
    return [(k.session, k.state) for k in list_kernels() if k.name == f"toolcoder-{folder.name}"]


def wait_until_gone(folder: Path, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while is_there(folder):
        assert time.monotonic() < deadline, f"still there after {seconds} s"
        time.sleep(0.05)


def kernel_of(note: Path, session: str = "s", **options: Any) -> tuple[JupyterKernel, Tools]:
    tools = Tools()
    made = KernelOptions(**{"stubs": STUBS, "limits": SMALL, "lease": Lease(note, session, 30.0), **options})
    kernel = open_kernel(made, tools)
    assert isinstance(kernel, JupyterKernel)
    return kernel, tools


@pytest.mark.docker
async def test_a_session_comes_back_to_its_variables_and_tools(note: Path) -> None:
    folder = await asyncio.to_thread(left, note)
    assert oct(note.stat().st_mode & 0o777) == "0o600" and note.parent.stat().st_mode & 0o077 == 0
    assert states(folder) == [("s", "leased")]
    assert reap() == [] and is_there(folder)
    kernel, tools = kernel_of(note)
    async with kernel:
        assert kernel.came_back
        cell = await run(kernel, "x += echo(1); x")
        assert cell.result is not None and cell.result.text == "42"
        assert [call.name for call in tools.calls] == ["echo"]
        assert states(folder) == [("s", "living")]
        # Everything works as before, the interrupt and the death among it.
        assert (await run(kernel, "import time; time.sleep(30)", wall_s=0.3)).end.status == "timeout"
        assert (await run(kernel, "import os; os._exit(3)")).end.died is not None
        assert (await run(kernel, "x")).end.status == "error"
        assert not kernel.came_back
        fresh = recall(Lease(note, "s", 30.0), kernel._supply.launcher.key)
        assert fresh is not None and fresh != folder
    assert not note.exists() and list(folder.parent.iterdir()) == []


@pytest.mark.docker
async def test_a_cell_that_the_client_left_running_is_interrupted(note: Path) -> None:
    code = "import time\ntry:\n    print('on')\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    x = 'stopped'"
    await asyncio.to_thread(left, note, code=code, after="heard")
    kernel, _ = kernel_of(note)
    async with kernel:
        assert kernel.came_back
        cell = await run(kernel, "x")
        assert cell.result is not None and cell.result.text == "'stopped'"


@pytest.mark.docker
async def test_a_cell_that_ignores_its_interrupt_costs_the_kernel(note: Path) -> None:
    code = "import time\nwhile True:\n    try:\n        print('on')\n        time.sleep(9)\n"
    code += "    except BaseException:\n        pass"
    folder = await asyncio.to_thread(left, note, code=code, after="heard")
    kernel, _ = kernel_of(note)
    async with kernel:
        assert not kernel.came_back and not is_there(folder)
        assert (await run(kernel, "x")).end.status == "error"


@pytest.mark.docker
@pytest.mark.parametrize("words", [{"session": "another"}, {"limits": None}])
async def test_another_session_or_other_limits_get_a_kernel_of_their_own(note: Path, words: dict[str, Any]) -> None:
    folder = await asyncio.to_thread(left, note)
    options = {"limits": KernelOptions().limits} if "limits" in words else {}
    kernel, _ = kernel_of(note, words.get("session", "s"), **options)
    async with kernel:
        assert not kernel.came_back
        assert (await run(kernel, "x")).end.status == "error"
        assert is_there(folder)  # it is not ours to remove before its time
    assert len(reap(also_leased=True)) == 1 and not is_there(folder)


@pytest.mark.docker
def test_the_container_ends_by_itself_when_its_lease_is_over(note: Path) -> None:
    folder = left(note, seconds=5)
    assert is_there(folder)
    wait_until_gone(folder, 60)
    assert reap() == [str(folder)] and not folder.exists()


@pytest.mark.docker
def test_code_cannot_make_its_lease_longer(note: Path) -> None:
    code = """
import os, signal, socket
for number in (signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM, signal.SIGSEGV):
    try:
        os.kill(1, number)
    except PermissionError:
        pass
for path in ('/proc/1/mem', '/proc/1/environ', '/run/toolcoder/tools.sock.new'):
    try:
        open(path, 'wb').write(b'x')
    except OSError:
        pass
try:
    os.unlink('/run/toolcoder/tools.sock')
except OSError:
    pass
if os.fork() == 0:
    os.setsid()
    import time
    time.sleep(600)
"""
    wait_until_gone(left(note, seconds=1.5, code=code), 60)


@pytest.mark.docker
def test_a_clean_end_leaves_nothing_to_come_back_to(note: Path, own_folder: Path) -> None:
    with client(note, "s", 30, "1", "close") as process:
        assert process.stdout is not None and process.stdout.readline() == "done\n"
        deadline = time.monotonic() + 60
        while note.exists() or list(own_folder.iterdir()):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)


@pytest.mark.docker
async def test_jupyters_own_way_back(own_folder: Path) -> None:
    code = f"""
import asyncio, json
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from sandbox.provisioner import DockerProvisioner

async def main():
    manager = AsyncKernelManager(connection_file={str(own_folder.parent / "connection.json")!r})
    manager.kernel_id = "k"
    manager._kernel_spec = KernelSpec(language="python", interrupt_mode="signal")
    manager.provisioner = DockerProvisioner(
        parent=manager, kernel_id="k", kernel_spec=manager._kernel_spec, lease_s=30.0, memory_bytes=400 << 20
    )
    await manager.start_kernel()
    client = manager.client()
    client.start_channels()
    await client.wait_for_ready(timeout=60)
    await client.execute_interactive("x = 41", timeout=60)
    print(json.dumps(await manager.provisioner.get_provisioner_info()), flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, cwd=CHECKOUT, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    info = json.loads(await process.stdout.readline())
    folder = Path(info["rundir"])
    with pytest.raises(Exception, match="another process"):
        await DockerProvisioner(kernel_id="k", kernel_spec=KernelSpec()).load_provisioner_info(info)
    process.send_signal(signal.SIGKILL)
    await process.wait()
    assert reap() == []
    manager = AsyncKernelManager()
    manager.kernel_id, manager._kernel_spec = "k", KernelSpec(language="python", interrupt_mode="signal")
    manager.provisioner = DockerProvisioner(parent=manager, kernel_id="k", kernel_spec=manager._kernel_spec)
    await manager.provisioner.load_provisioner_info(info)
    manager.load_connection_info(info["connection_info"])
    assert await manager.is_alive()
    client = manager.client()
    client.start_channels()
    await client.wait_for_ready(timeout=60)
    reply = await client.execute_interactive("assert x == 41", timeout=60)
    assert reply["content"]["status"] == "ok"
    client.stop_channels()
    await manager.shutdown_kernel(now=True)
    manager.context.destroy()
    assert not is_there(folder) and list(own_folder.iterdir()) == []


def test_leases_neither_end_early_nor_late_by_the_clocks(own_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rundir = RunDir.create()
    assert lease_left_s(rundir.path) == 0.0  # nobody may come back
    write_card(rundir.path, Card("s", 100.0, key="k"))
    assert read_card(rundir.path) == Card("s", 100.0, key="k")
    now = 5000.0
    monkeypatch.setattr(lease, "boottime_s", lambda: now)
    assert lease_left_s(rundir.path) == 100.0
    monkeypatch.setattr(time, "time", lambda: 0.0)  # somebody sets the clock: nothing here looks at it
    now = 5040.0
    assert lease_left_s(rundir.path) == 60.0
    now = 5100.5
    assert lease_left_s(rundir.path) == 0.0
    now = 40.0  # the machine was started again
    assert lease_left_s(rundir.path) == 0.0
    now = 6000.0
    monkeypatch.setattr(lease, "boot_id", lambda: "another start of the machine")
    assert lease_left_s(rundir.path) == 0.0
    lease.is_held_again(rundir.path)
    assert lease_left_s(rundir.path) == 100.0
    rundir.path.joinpath("card.json").write_text('{"session": 3')
    assert lease_left_s(rundir.path) == 0.0 and read_card(rundir.path) == Card()
    rundir.remove()


def test_nothing_else_is_ever_claimed(own_folder: Path, private_home: Path) -> None:
    """Labels and files name the folders that are removed; a wrong name must not cost anybody their files."""
    precious = private_home / "precious"
    precious.mkdir()
    (own_folder / "0123abcd").symlink_to(precious)
    (own_folder / "not-one-of-ours").mkdir()
    for path in (precious, own_folder / "0123abcd", own_folder / "not-one-of-ours", Path("/"), Path(os.devnull)):
        assert RunDir.claim(path) is None
    assert precious.is_dir() and list(precious.iterdir()) == []
