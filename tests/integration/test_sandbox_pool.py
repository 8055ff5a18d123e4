"""Spare kernels: at rest until taken, used once, of the kind that was asked for, gone with their owner."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import docker
import pytest

from sandbox import KernelOptions, open_kernel
from sandbox import pool as pool_module
from sandbox.container import OWNER_LABEL
from sandbox.errors import KernelStartFailed
from sandbox.events import ContainerLimits
from sandbox.jupyter_kernel import JupyterKernel
from sandbox.kernel import ToolHandler
from sandbox.launching import Launched
from sandbox.listing import list_kernels
from sandbox.pool import Pool, available_bytes
from sandbox.rundir import RunDir, base_folder
from tests.contract.kernel_harness import SMALL, STUBS, Tools, run

CHECKOUT = Path(__file__).parents[2]
OPTIONS = KernelOptions(limits=SMALL)


@pytest.fixture(autouse=True)
def own_folder(private_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run folders of these tests only; a taken spare is replaced at once."""
    folder = private_home / "run"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    monkeypatch.setenv("TOOLCODER_MACHINE", str(folder))  # no other test's reaper sees what is left here
    monkeypatch.setattr(pool_module, "_PAUSE_S", 0.0)
    return base_folder()


@pytest.fixture
async def pool() -> AsyncIterator[Pool]:
    async with Pool(1) as opened:
        yield opened


def kernel_of(pool: Pool, options: KernelOptions = OPTIONS, handler: ToolHandler | None = None) -> JupyterKernel:
    made = open_kernel(options, handler, pool=pool)
    assert isinstance(made, JupyterKernel)
    return made


def name_of(kernel: JupyterKernel) -> str:
    """The run folder of the kernel's present process."""
    assert kernel._process is not None
    return kernel._process._rundir.id


def states(folder: Path) -> list[str]:
    """Of the kernels whose folder is below this one, sorted."""
    ours = {f"toolcoder-{path.name}" for path in folder.iterdir()}
    return sorted(kernel.state for kernel in list_kernels() if kernel.name in ours)


def processes_in(container: str) -> list[tuple[str, float]]:
    """State and CPU seconds of each process in a container."""
    with closing(docker.from_env()) as engine:
        top = engine.api.top(f"toolcoder-{container}", ps_args="-o pid,stat,cputimes")
    return [(row[1], float(row[2])) for row in top["Processes"]]


@pytest.mark.docker
async def test_a_spare_is_at_rest_then_a_sessions_and_used_once(pool: Pool, own_folder: Path) -> None:
    tools = Tools()
    kernel = kernel_of(pool, replace(OPTIONS, stubs=STUBS), tools)
    assert await pool.filled() == 1
    (spare,) = (path.name for path in own_folder.iterdir())
    deadline = time.monotonic() + 60
    while sorted(state[0] for state, _ in processes_in(spare)) != ["S", "T"]:  # the guard waits, the kernel is stopped
        assert time.monotonic() < deadline, processes_in(spare)
        await asyncio.sleep(0.05)
    assert states(own_folder) == ["spare"]
    async with kernel:
        assert name_of(kernel) == spare
        cell = await run(kernel, "x = echo(41); x + 1")
        assert cell.result is not None and cell.result.text == "42"
        assert [call.call_id for call in tools.calls] == ["call-1"]
        assert await pool.filled() == 1 and len(list(own_folder.iterdir())) == 2
        # After a death the next one is there already, and goes on counting the calls.
        assert (await run(kernel, "import os; os._exit(1)")).end.died is not None
        (other,) = (process._rundir.id for _, process in pool._spares)
        assert (await run(kernel, "echo(1)")).end.status == "ok"
        assert name_of(kernel) == other and (await run(kernel, "x")).end.status == "error"
        assert tools.calls[-1].call_id == "call-2"
    assert not (own_folder / spare).exists() and not (own_folder / other).exists()


@pytest.mark.docker
async def test_spares_are_of_one_kind_and_never_shared(pool: Pool, own_folder: Path) -> None:
    first, second = kernel_of(pool), kernel_of(pool)
    await pool.filled()
    smaller = kernel_of(pool, replace(OPTIONS, limits=replace(SMALL, memory_bytes=300 << 20)))
    async with first, second, smaller:
        names = {name_of(kernel) for kernel in (first, second, smaller)}
        assert len(names) == 3
        for kernel, value in zip((first, second, smaller), range(3), strict=True):
            await run(kernel, f"x = {value}")
        limits = "open([p for p in ('/sys/fs/cgroup/memory/memory.limit_in_bytes', '/sys/fs/cgroup/memory.max')"
        limits += " if __import__('os').path.exists(p)][0]).read().strip(), x"
        found = [(await run(kernel, limits)).result for kernel in (first, second, smaller)]
        expected = [(SMALL.memory_bytes, 0), (SMALL.memory_bytes, 1), (300 << 20, 2)]
        assert [result.text for result in found if result] == [f"({str(n)!r}, {x})" for n, x in expected]
        await pool.filled()
    await pool.close()
    assert list(own_folder.iterdir()) == []


@pytest.mark.docker
async def test_a_spare_of_a_former_image_or_one_that_died_is_not_given_out(pool: Pool, own_folder: Path) -> None:
    name = f"toolcoder-test-pool-{uuid.uuid4().hex[:8]}"
    with closing(docker.from_env()) as engine:
        image = engine.images.get(OPTIONS.image)
        image.tag(name)
        options = replace(OPTIONS, image=name)
        kernel = kernel_of(pool, options)
        try:
            await pool.filled()
            former = {path.name for path in own_folder.iterdir()}
            changed = engine.containers.create(image, labels={"app": "toolcoder"})
            changed.commit(name)
            changed.remove()
            async with kernel:
                assert name_of(kernel) not in former
                await pool.filled()
                (spare,) = (process._rundir.id for _, process in pool._spares)
                engine.api.kill(f"toolcoder-{spare}")
                other = kernel_of(pool, options)
                async with other:
                    assert name_of(other) != spare
                    assert (await run(other, "1")).end.status == "ok"
        finally:
            await pool.close()
            engine.images.remove(name, force=True, noprune=True)


@pytest.mark.docker
@pytest.mark.parametrize("ending", ["kill", "return"])
def test_spares_end_with_their_owner(own_folder: Path, ending: str) -> None:
    code = """
import asyncio, sys
from sandbox import KernelOptions, open_kernel
from sandbox.pool import Pool
from tests.contract.kernel_harness import SMALL

async def main():
    pool = Pool(2)
    kernel = open_kernel(KernelOptions(limits=SMALL), pool=pool)
    print(await pool.filled(), flush=True)
    if "kill" in sys.argv:
        await asyncio.sleep(60)

asyncio.run(main())
"""
    with subprocess.Popen(
        [sys.executable, "-c", code, ending], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None and process.stdout.readline() == "2\n"
        if ending == "kill":
            assert states(own_folder) == ["spare", "spare"]
            process.send_signal(signal.SIGKILL)
        process.wait(timeout=60)
    deadline = time.monotonic() + 60
    while containers_below(own_folder):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def containers_below(folder: Path) -> int:
    with closing(docker.from_env()) as engine:
        found = engine.api.containers(all=True, filters={"label": OWNER_LABEL})
    return sum(Path(c["Labels"][OWNER_LABEL]).is_relative_to(folder) for c in found)


class Refusing:
    """A launcher whose engine is gone."""

    description = "none"
    memory_bytes = None
    key = "refusing"
    n_asked = 0

    async def launch(self, rundir: RunDir) -> Launched:
        self.n_asked += 1
        raise KernelStartFailed("no")

    attach = launch


async def test_a_pool_that_cannot_be_filled_fails_nobody(pool: Pool, own_folder: Path) -> None:
    launcher: Any = Refusing()
    pool.fill(launcher)
    assert await pool.filled() == 0
    assert await pool.take(launcher) is None
    await pool.filled()
    assert launcher.n_asked == 2 and list(own_folder.iterdir()) == []
    await pool.close()
    assert await pool.take(launcher) is None and launcher.n_asked == 2


async def test_memory_that_is_short_is_not_spent_on_spares(
    pool: Pool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert 0 < available_bytes() < 1 << 60
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal: 8000000 kB\nMemAvailable: 400000 kB\n")
    monkeypatch.setattr(pool_module, "_MEMINFO", meminfo)
    launcher: Any = Refusing()
    pool.fill(launcher)
    assert await pool.filled() == 0 and launcher.n_asked == 0
    meminfo.unlink()
    assert available_bytes() > 1 << 60  # a system that does not say


async def test_spares_make_room_when_memory_gets_short(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, own_folder: Path
) -> None:
    monkeypatch.setattr(pool_module, "_LOOK_S", 0.05)
    async with Pool(2) as pool:
        kernel = open_kernel(KernelOptions(limits=ContainerLimits()), None, "local", pool)
        assert await pool.filled() == 2
        meminfo = tmp_path / "meminfo"
        meminfo.write_text("MemAvailable: 100000 kB\n")
        monkeypatch.setattr(pool_module, "_MEMINFO", meminfo)
        deadline = time.monotonic() + 60
        while list(own_folder.iterdir()):
            assert time.monotonic() < deadline
            await asyncio.sleep(0.02)
        async with kernel:  # it starts all the same
            assert (await run(kernel, "1")).end.status == "ok"
