"""How a kernel's process comes to be: what launchers fulfil, in a container, in bubblewrap, or bare."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from sandbox.rundir import RunDir
from sandbox.watch import Exit
from sandbox.wire import log


class Launched(Protocol):
    """A process that a launcher has started."""

    manager: Any
    """jupyter_client's KernelManager, whose connection is set."""
    exited: asyncio.Future[Exit]

    async def is_current(self) -> bool:
        """Whether what it was made from is still what the launcher would start."""
        ...

    async def interrupt(self) -> None: ...

    async def kill(self) -> None: ...

    async def remove(self) -> None: ...

    def remove_now(self) -> None: ...


class Launcher(Protocol):
    """How a kernel's process comes to be: in a container, or bare."""

    @property
    def description(self) -> str: ...

    memory_bytes: int | None

    key: str
    """What a process is made from; processes of different keys never stand in for one another."""

    async def launch(self, rundir: RunDir) -> Launched:
        """Start the process; it need not answer yet. A failed or cancelled launch leaves nothing behind."""
        ...

    async def attach(self, rundir: RunDir) -> Launched:
        """Go on with the process of a client that died; `rundir` was that client's.

        Raises:
            SandboxError: it is gone, or such processes never outlive their client.
        """
        ...


def quiet_manager(kernel_class: Callable[..., Any], **settings: Any) -> Any:
    """A KernelManager that logs to us instead of to the terminal."""
    manager = kernel_class(**settings)
    manager.log = log
    return manager
