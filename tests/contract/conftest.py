"""A real Chroma server and kernels that tests share; fewer variants of a test for two kinds of kernels."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from sandbox.kernel import Kernel
from tests.contract.kernel_harness import Tools
from tests.contract.lent_kernels import FAILED, LentKernel, is_thinned


@pytest.fixture(scope="session")
def chroma_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Its address."""
    folder = tmp_path_factory.mktemp("chroma-server")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(Path(sys.executable).with_name("chroma")), "run", "--path", str(folder), "--port", str(port)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([*command, "--host", "127.0.0.1"], stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"{url}/api/v2/heartbeat", timeout=2).close()
                break
            except OSError:
                assert process.poll() is None and time.monotonic() < deadline, (folder / "log").read_text()
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(60)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if call.when == "call":
        item.stash[FAILED] = report.failed
    return report


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lent(kind: Any) -> AsyncIterator[LentKernel]:
    lent = LentKernel(kind)
    yield lent
    await lent.give_up()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lent_with_tools(kind: Any) -> AsyncIterator[LentKernel]:
    lent = LentKernel(kind, Tools())
    yield lent
    await lent.give_up()


@pytest_asyncio.fixture(loop_scope="module")
async def kernel(lent: LentKernel, request: pytest.FixtureRequest) -> AsyncIterator[Kernel]:
    """The module's kernel of this kind, as if it were new (`over` says which kinds)."""
    yield await lent.as_new()
    if request.node.stash.get(FAILED, False):
        await lent.give_up()


@pytest_asyncio.fixture(loop_scope="module")
async def equipped(lent_with_tools: LentKernel, request: pytest.FixtureRequest) -> AsyncIterator[Kernel]:
    """The same with the stubs of `Tools`."""
    yield await lent_with_tools.as_new()
    if request.node.stash.get(FAILED, False):
        await lent_with_tools.give_up()


@pytest.fixture
def tools(equipped: Kernel, lent_with_tools: LentKernel) -> Tools:
    """What the tools of `equipped` were asked in this test."""
    assert lent_with_tools.tools is not None
    return lent_with_tools.tools


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Of a test with many variants the first, middle and last for the kinds that are thinned."""
    variants: dict[tuple[str, str], list[pytest.Item]] = {}
    for item in items:
        kind = getattr(getattr(item, "callspec", None), "params", {}).get("kind")
        if is_thinned(kind) and item.path.is_relative_to(Path(__file__).parent):
            variants.setdefault((item.nodeid.partition("[")[0], kind), []).append(item)
    left_out = set()
    for same in variants.values():
        kept = {id(same[i]) for i in (0, len(same) // 2, -1)}
        left_out |= {id(item) for item in same if id(item) not in kept}
    config.hook.pytest_deselected(items=[item for item in items if id(item) in left_out])
    items[:] = [item for item in items if id(item) not in left_out]
