"""Kernels reached through the relay: nothing of the host inside, an engine over TCP, and what ends the relay."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import docker
import pytest

from sandbox import creation, open_kernel
from sandbox.engine import connect
from sandbox.errors import KernelStartFailed
from sandbox.events import KernelOptions
from sandbox.kernel import Kernel
from sandbox.relay import RELAY_UID
from sandbox.transport import lacks_our_files
from tests.contract.kernel_harness import SMALL, STUBS, Cell, Tools, run
from tests.integration.test_bad_input_engine import engine_socket

pytestmark = pytest.mark.docker


TRIED = f"""
import os, signal

def refused(what):
    try:
        what()
    except OSError as error:
        return type(error).__name__

others = [int(pid) for pid in os.listdir('/proc') if pid.isdigit() and os.stat(f'/proc/{{pid}}').st_uid == {RELAY_UID}]
[
    refused(lambda: open('/work/new', 'w')),
    refused(lambda: open('/work/deep/films.csv', 'a')),
    refused(lambda: os.remove('/run/toolcoder/tools.sock')),
    [refused(lambda: os.kill(pid, signal.SIGTERM)) for pid in others],
]
"""


def relayed(tools: Tools | None = None, **options: Any) -> Kernel:
    stubs = STUBS if tools is not None else ""
    return open_kernel(KernelOptions(limits=SMALL, stubs=stubs, transport="relay", **options), tools)


async def value(kernel: Kernel, code: str) -> Any:
    cell = await run(kernel, code, wall_s=30)
    assert cell.end.status == "ok", cell.end
    assert cell.result is not None and cell.result.json is not None, cell
    return json.loads(cell.result.json)


async def container_of(kernel: Kernel) -> Any:
    """The engine's object of this kernel's container; its name is the host name's beginning inside."""
    name = await value(kernel, "import socket\nsocket.gethostname()")
    with contextlib.closing(docker.from_env()) as client:
        return client.containers.get(name)


async def test_nothing_of_the_host_is_mounted_and_files_are_copies(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "films.csv").write_text("title\nSomewhere\n")
    (tmp_path / "outside").symlink_to("/etc/hostname")
    (tmp_path / "secret").mkdir(mode=0o700)
    tools = Tools()
    async with relayed(tools, files=str(tmp_path)) as kernel:
        assert "relay" in kernel.description and "its files are copies" in kernel.description
        mounts = (await container_of(kernel)).attrs["Mounts"]
        assert [(mount["Type"], mount["Destination"]) for mount in mounts] == [("volume", "/work")]
        assert await value(kernel, "open('/work/deep/films.csv').read()") == "title\nSomewhere\n"
        assert await value(kernel, TRIED) == ["PermissionError"] * 3 + [["PermissionError"]]
        assert await value(kernel, "search_films('some')[0].title") == "Somewhere"
        volume = mounts[0]["Name"]
    with contextlib.closing(docker.from_env()) as client, pytest.raises(docker.errors.NotFound):
        client.volumes.get(volume)


async def test_a_relay_that_ends_is_named_and_the_kernel_replaced() -> None:
    tools = Tools()
    async with relayed(tools) as kernel:
        container = await container_of(kernel)
        running = kernel.run("print('on', flush=True); import time; time.sleep(60)")
        await anext(running)
        all_of_its_user = ["python", "-S", "-c", "import os; os.kill(-1, 9)"]
        await asyncio.to_thread(container.exec_run, all_of_its_user, user=f"{RELAY_UID}")
        async with asyncio.timeout(60):
            end = Cell(tuple([event async for event in running])).end
        assert end.status == "died" and end.died is not None and end.died.cause == "connection_lost"
        assert await value(kernel, "search_films('some')[0].title") == "Somewhere"


async def test_a_folder_too_large_to_be_copied_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(creation, "_MOST_BYTES", 1000)
    (tmp_path / "large").write_bytes(b"x" * 2000)
    with pytest.raises(KernelStartFailed, match="too large to be copied"):
        async with relayed(files=str(tmp_path)):
            pass


@pytest.fixture
async def engine_over_tcp(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """This machine's engine at a port of the loopback, as one of another machine would be."""
    path = engine_socket()
    served: set[asyncio.Task[None]] = set()

    async def copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await source.read(1 << 16):
                target.write(data)
                await target.drain()
            target.write_eof()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        served.add(task)
        theirs, to_them = await asyncio.open_unix_connection(path)
        try:
            await asyncio.gather(copy(reader, to_them), copy(theirs, writer))
        except asyncio.CancelledError:
            return  # by the fixture: the test is over
        finally:
            for end in (writer, to_them):
                end.close()
                with contextlib.suppress(ConnectionError):
                    await end.wait_closed()
            served.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    address = f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    monkeypatch.setenv("DOCKER_HOST", address)
    yield address
    server.close()
    for task in list(served):
        task.cancel()
    await asyncio.gather(*served)


async def test_an_engine_over_tcp_is_reached_by_itself(engine_over_tcp: str) -> None:
    tools = Tools()
    async with open_kernel(KernelOptions(limits=SMALL, stubs=STUBS), tools) as kernel:
        assert f"through a relay (the engine at {engine_over_tcp} is another machine)" in kernel.description
        assert await value(kernel, "search_films('some')[0].title") == "Somewhere"
        cell = await run(kernel, "print('x' * 20_000_000)", output_bytes=1000)
        assert cell.end.n_stdout_bytes == 20_000_001


async def test_a_runtime_that_the_engine_does_not_have() -> None:
    with pytest.raises(KernelStartFailed, match="no runtime called runsc-of-nobody") as refused:
        async with open_kernel(KernelOptions(runtime="runsc-of-nobody", transport="socket")):
            pass
    assert "runc" in refused.value.hint


def test_an_engine_with_other_files_is_known_by_its_refusal() -> None:
    mount = docker.types.Mount("/x", "/no/such/folder/of/the/engine", type="bind")
    with contextlib.closing(connect()) as client, pytest.raises(docker.errors.APIError) as refused:
        client.containers.create("toolcoder-kernel", mounts=[mount], labels={"app": "toolcoder"})
    assert lacks_our_files(refused.value.explanation)
