"""One arena for all attempts of a run: a kernel takes half a second to start, and a dead one replaces itself."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.abuse.arena import Arena


@pytest.fixture(scope="session")
def own_run_folder() -> AsyncIterator[Path]:
    """Run folders of these tests only: what other processes leave or remove is not looked at."""
    with tempfile.TemporaryDirectory(prefix="tc-") as name, pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", name)
        Path(name).chmod(0o700)
        yield Path(name)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def arena(own_run_folder: Path) -> AsyncIterator[Arena]:
    made = Arena()
    await made.kernel.start()
    try:
        yield made
    finally:
        await made.close()
