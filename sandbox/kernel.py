"""The seams of the sandbox: what a kernel does, and what it asks of whoever owns the tools."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol, Self, runtime_checkable

from sandbox.events import CellLimits, KernelEvent


@dataclass(frozen=True)
class ToolRequest:
    """A call whose arguments Python itself bound in the stub; `args` maps every given parameter to a JSON value."""

    call_id: str
    name: str
    args: dict[str, Any]


@dataclass(frozen=True)
class BindFailure:
    """A call that Python refused to bind: invented or missing parameters. `message` is Python's own `TypeError`."""

    call_id: str
    name: str
    args: list[Any]
    kwargs: dict[str, Any]
    message: str


@dataclass(frozen=True)
class ToolValue:
    """A good answer: any JSON value."""

    value: Any


@dataclass(frozen=True)
class ToolFailure:
    """A bad answer, raised at the line of the call as `ToolError`: `kind` names the exception (`LookupError`, ...)."""

    kind: str
    message: str


ToolReply = ToolValue | ToolFailure


class ToolHandler(Protocol):
    """Declared here, fulfilled by `agent.tools.host`: what the broker asks for. Runs on the host, with its credentials.

    Both are called only while a cell runs; several calls may be under way at once.
    """

    async def call(self, request: ToolRequest) -> ToolReply:
        """Answer one call; never raises for a tool's own failure."""
        ...

    def bind_failed(self, failure: BindFailure) -> None:
        """Take note of a call that never left the kernel."""
        ...

    @property
    def person_s(self) -> float:
        """Seconds in all that calls have waited for a person so far: a cell's clock stands still meanwhile."""
        ...


class Kernel(Protocol):
    """A stateful Python kernel. Used as `async with`; one cell at a time.

    Raises:
        sandbox.errors.SandboxError: the sandbox itself failed. What the code does is a value in the events.
    """

    @property
    def description(self) -> str:
        """One line for the session's header: the kind of isolation, the image, the limits."""
        ...

    came_back: bool
    """Whether the process was there before: its client died, and we are the session's next one. Variables are there."""
    life: int
    """How many times the kernel has started so far. Another number than before a cell: its variables are lost."""

    async def start(self) -> None:
        """Bring the kernel up (idempotent); `run` does it by itself."""
        ...

    def run(self, code: str, limits: CellLimits = CellLimits()) -> AsyncIterator[KernelEvent]:  # noqa: B008
        """Run one cell; the last event is always `CellEnd`. Closing the iterator early interrupts the cell."""
        ...

    async def interrupt(self) -> None:
        """Ask the running cell to stop; after `interrupt_grace_s`, or asked a second time, the kernel is killed."""
        ...

    async def restart(self) -> None:
        """End the process between two cells; the next `start` or `run` brings up a fresh one: `life` will tell."""
        ...

    async def close(self) -> None:
        """Remove the kernel and everything that belongs to it; safe to call twice."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


@runtime_checkable
class ImageKernel(Protocol):
    """A kernel that runs in an image, which can be exchanged: packages were added to it."""

    async def change_image(self, image: str) -> None:
        """Go on with another image. The present process ends, and its variables are lost: `Kernel.life` will tell."""
        ...
