"""Containers from their start to their end: none is left behind, however the client ends, and failures have names."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Any

import docker
import pytest

from sandbox import open_kernel
from sandbox.container import OWNER_LABEL
from sandbox.errors import EngineGone, EngineMissing, ImageMissing
from sandbox.events import KernelOptions
from sandbox.reaper import reap
from sandbox.rundir import RunDir, base_folder
from sandbox.watch import watch_events
from tests.contract.kernel_harness import Tools, opened, run
from tests.perf.kill_storm import STAGES, storm
from tui import cli

pytestmark = pytest.mark.docker
CHECKOUT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def own_folder(private_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run folders of these tests only, so that those of other processes are neither counted nor reaped."""
    folder = private_home / "run"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    monkeypatch.setenv("TOOLCODER_MACHINE", str(folder))  # no other test's reaper sees what is left here
    return base_folder()


def containers(folder: Path) -> list[str]:
    """Names of the containers whose run folder is below this one."""
    with closing(docker.from_env()) as client:
        found = client.api.containers(all=True, filters={"label": OWNER_LABEL})
        return [c["Names"][0] for c in found if Path(c["Labels"][OWNER_LABEL]).is_relative_to(folder)]


def wait_until_none(folder: Path, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while containers(folder):
        assert time.monotonic() < deadline, f"still there after {seconds} s: {containers(folder)}"
        time.sleep(0.05)


async def test_close_leaves_neither_container_nor_folder(own_folder: Path) -> None:
    async with opened("docker", Tools()) as kernel:
        await run(kernel, "1")
        assert len(containers(own_folder)) == 1
    assert containers(own_folder) == []
    assert list(own_folder.iterdir()) == []


@pytest.mark.parametrize("delay_s", [0.0, 0.05, 0.15, 0.3, 0.5])
async def test_a_cancelled_start_leaves_nothing(own_folder: Path, delay_s: float) -> None:
    kernel = opened("docker", Tools())
    starting = asyncio.create_task(kernel.start())
    await asyncio.sleep(delay_s)
    starting.cancel()
    with suppress(asyncio.CancelledError):
        await starting
    await kernel.close()
    assert containers(own_folder) == []
    assert list(own_folder.iterdir()) == []


async def test_a_cancelled_cell_and_close_leave_nothing(own_folder: Path) -> None:
    begun = asyncio.Event()

    async def session() -> None:
        async with opened("docker") as kernel:
            async for _ in kernel.run("print('on', flush=True); import time; time.sleep(60)"):
                begun.set()

    task = asyncio.create_task(session())
    await asyncio.wait_for(begun.wait(), 60)
    assert len(containers(own_folder)) == 1
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert containers(own_folder) == []
    assert list(own_folder.iterdir()) == []


CLIENT = """
import asyncio, sys
from tests.contract.kernel_harness import Tools, opened, run

async def main():
    kernel = opened("docker", Tools() if "tools" in sys.argv else None)
    await run(kernel, "1")
    print("up", flush=True)
    if "return" not in sys.argv:
        await run(kernel, "import time; time.sleep(60)")

asyncio.run(main())
"""


@contextmanager
def client(*words: str) -> Iterator[subprocess.Popen[str]]:
    """Another process with a running kernel."""
    with subprocess.Popen(
        [sys.executable, "-c", CLIENT, *words], cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n", process.stderr.read() if process.stderr else ""
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize(("words", "number"), [(("tools",), signal.SIGKILL), ((), signal.SIGTERM)])
def test_a_killed_clients_container_ends_by_itself(own_folder: Path, words: tuple[str, ...], number: int) -> None:
    with client(*words) as process:
        assert len(containers(own_folder)) == 1
        process.send_signal(number)
        process.wait()
        wait_until_none(own_folder, 60)


def test_what_a_killed_client_left_is_reaped_at_the_next_start(own_folder: Path) -> None:
    with client() as process:
        (name,) = containers(own_folder)
        with closing(docker.from_env()) as engine:
            engine.api.pause(name.lstrip("/"))  # it cannot end by itself
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert len(containers(own_folder)) == 1
        removed = reap()
        assert len([name for name in removed if name.startswith("toolcoder-")]) >= 1
        assert containers(own_folder) == []
        assert list(own_folder.iterdir()) == []


def test_a_living_clients_container_is_never_reaped(own_folder: Path) -> None:
    with client("tools") as process:
        reap()
        assert len(containers(own_folder)) == 1
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)
        assert containers(own_folder) == []


def test_a_client_that_returns_without_closing_leaves_nothing(own_folder: Path) -> None:
    with client("return") as process:
        assert process.wait(timeout=60) == 0
        assert containers(own_folder) == []
        assert list(own_folder.iterdir()) == []


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_nothing_is_left_after_kills_at_random_moments() -> None:
    """A round of `python -m tests.perf.kill_storm` for each stage, with other moments each day."""
    result = storm(len(STAGES), seed=date.today().toordinal(), check_every=len(STAGES))  # noqa: DTZ011
    assert set(result.n_rounds) == set(STAGES)
    assert result.left == [], result.line()


def test_reapers_disturb_neither_each_other_nor_those_who_start(own_folder: Path) -> None:
    code = "from sandbox.reaper import reap; print(*reap())"
    for _ in range(5):
        left = RunDir.create()
        left.path.joinpath("b", "tools.sock").touch()
        left.release()
    with client("tools") as process:
        reapers = [
            subprocess.Popen([sys.executable, "-c", code], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True)
            for _ in range(3)
        ]
        with client() as starting:
            removed = [word for reaper in reapers for word in reaper.communicate()[0].split()]
            ours = [word for word in removed if Path(word).is_relative_to(own_folder)]
            # The clients reap at their start as well: no folder is removed twice, none of the living.
            assert len(ours) == len(set(ours))
            assert len(containers(own_folder)) == len(list(own_folder.iterdir())) == 2
            starting.send_signal(signal.SIGKILL)
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)


def test_a_folder_that_was_tidied_away_costs_nobody_their_kernel(own_folder: Path) -> None:
    with client() as process:
        (folder,) = own_folder.iterdir()
        name = f"toolcoder-{folder.name}"
        shutil.rmtree(folder)
        assert name not in reap() and containers(own_folder) == [f"/{name}"]
        with closing(docker.from_env()) as engine:
            engine.api.pause(name)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert name in reap() and containers(own_folder) == []


def test_list_and_prune_tell_what_is_there(own_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def told(*words: str) -> dict[str, Any]:
        assert cli.run(["sandbox", *words, "--json"]) == 0
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return found

    with client() as process:
        (name,) = (name.lstrip("/") for name in containers(own_folder))
        (kernel,) = (kernel for kernel in told("list")["kernels"] if kernel["name"] == name)
        assert (kernel["state"], kernel["session"], kernel["lease_left_s"]) == ("living", "", None)
        assert 0 < kernel["age_s"] < 120 and 10 << 20 < kernel["memory_bytes"] < 512 << 20
        assert kernel["image"].startswith("toolcoder-kernel")
        assert name not in told("prune", "--all")["removed"]
        with closing(docker.from_env()) as engine:
            engine.api.pause(name)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert [kernel["state"] for kernel in told("list")["kernels"] if kernel["name"] == name] == ["orphan"]
        assert cli.run(["sandbox", "list"]) == 0
        shown = capsys.readouterr()
        assert name in shown.out and "sandbox prune" in shown.err
        assert name in told("prune")["removed"]
        assert name not in [kernel["name"] for kernel in told("list")["kernels"]]


async def test_a_start_that_is_cancelled_leaves_no_connection_to_the_collector(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a warning it met whichever test ran when the collector did."""
    opened_streams: list[Any] = []

    def noted(*args: Any) -> Any:
        opened_streams.append(watch_events(*args))
        starting.get_loop().call_soon_threadsafe(starting.cancel)
        return opened_streams[-1]

    monkeypatch.setattr("sandbox.engine_side.watch_events", noted)
    kernel = open_kernel(KernelOptions())
    starting = asyncio.create_task(kernel.start())
    with pytest.raises(asyncio.CancelledError):
        await starting
    await kernel.close()
    (stream,) = opened_streams
    assert stream._response.raw.closed and stream._response.raw._fp.isclosed()


async def test_a_missing_image_is_named() -> None:
    with pytest.raises(ImageMissing) as caught:
        async with open_kernel(KernelOptions(image="toolcoder-no-such-image")):
            pass
    assert "not built" in str(caught.value) and "toolcoder sandbox build" in caught.value.hint


async def test_no_engine_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nothing.sock")
    with pytest.raises(EngineMissing) as caught:
        async with opened("docker"):
            pass
    assert "nothing.sock" in str(caught.value)


class Relay:
    """The engine's socket at another place, which can be cut like a daemon that stops."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_unix_server(self._serve, self.path)

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        self.path.unlink()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        engine_reader, engine_writer = await asyncio.open_unix_connection("/var/run/docker.sock")
        try:
            await asyncio.gather(_copy(reader, engine_writer), _copy(engine_reader, writer))
        except (asyncio.CancelledError, ConnectionError):
            pass
        finally:
            writer.close()
            engine_writer.close()
            self._tasks.discard(task)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.write_eof()


@pytest.mark.skipif(not Path("/var/run/docker.sock").exists(), reason="the engine is not at its usual place")
async def test_an_engine_that_stops_during_a_cell_is_named_at_once(
    monkeypatch: pytest.MonkeyPatch, private_home: Path, own_folder: Path
) -> None:
    relay = Relay(private_home / "engine.sock")
    await relay.start()
    monkeypatch.setenv("DOCKER_HOST", f"unix://{relay.path}")
    kernel = opened("docker", Tools())
    await run(kernel, "1")
    running = kernel.run("print('on', flush=True); import time; time.sleep(60)")
    await anext(running)
    await relay.stop()
    started = time.monotonic()
    with pytest.raises(EngineGone):
        async for _ in running:
            pass
    assert time.monotonic() - started < 55
    with pytest.raises(EngineMissing):
        await run(kernel, "1")
    await kernel.close()
    # The broker's end told the kernel to go, although no engine could be asked to remove it.
    monkeypatch.delenv("DOCKER_HOST")
    await asyncio.to_thread(wait_until_none, own_folder, 60)
