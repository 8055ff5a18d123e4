"""A bare ipykernel on the host, by jupyter_client alone: what a kernel costs that has no sandbox around it.

Over Unix sockets like ours, though Jupyter's default is TCP: the comparison shall not be made easy.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from importlib.util import find_spec
from types import TracebackType
from typing import Any, Self

_START_S = 60.0


def is_here() -> bool:
    """Whether there is an ipykernel beside this program (the extra `local-kernel`)."""
    return find_spec("ipykernel") is not None


class BareKernel:
    """`async with`; then `run` as often as wanted."""

    async def __aenter__(self) -> Self:
        from jupyter_client.manager import AsyncKernelManager

        self._folder = tempfile.TemporaryDirectory(prefix="tc-bare-")
        manager: Any = AsyncKernelManager(
            transport="ipc", ip=f"{self._folder.name}/k", connection_file=f"{self._folder.name}/connection.json"
        )
        self._manager = manager
        await manager.start_kernel()
        self._client: Any = manager.client()
        self._client.start_channels()
        async with asyncio.timeout(_START_S):
            await self._client.wait_for_ready(timeout=_START_S)
        return self

    async def run(self, code: str) -> int:
        """Run a cell to its idle status; how many characters it printed."""
        asked = self._client.execute(code, store_history=False)
        n = 0
        while True:
            message = await self._client.get_iopub_msg()
            if message["parent_header"].get("msg_id") != asked:
                continue
            if message["msg_type"] == "stream":
                n += len(message["content"]["text"])
            elif message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                break
        await self._client.get_shell_msg()
        return n

    async def timed(self, code: str) -> float:
        """Seconds that a cell took."""
        begun = time.perf_counter()
        await self.run(code)
        return time.perf_counter() - begun

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.stop_channels()
        await self._manager.shutdown_kernel(now=True)
        self._folder.cleanup()
