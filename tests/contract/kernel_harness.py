"""What the kernel's contract tests share: tools that remember, cells collected into one value, the kinds of kernels."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from sandbox import KernelOptions, open_kernel
from sandbox.events import (
    CellDisplay,
    CellEnd,
    CellLimits,
    CellOutput,
    CellOutputGap,
    CellResult,
    ContainerLimits,
    KernelEvent,
    SpoolOptions,
)
from sandbox.kernel import BindFailure, Kernel, ToolFailure, ToolHandler, ToolReply, ToolRequest, ToolValue

DOCKER = pytest.param("docker", marks=pytest.mark.docker)
RELAY = pytest.param("docker-relay", marks=pytest.mark.docker)
"""Nothing of the host is mounted; channels and tool calls go through one exec."""
REAL = [DOCKER, RELAY, "bubblewrap", "local"]
ALL = [DOCKER, RELAY, "bubblewrap", "local", "fake"]
SMALL = ContainerLimits(memory_bytes=512 << 20, cpus=1.0, n_pids=96, disk_bytes=64 << 20)

STUBS = '''
from toolcoder_runtime import tool, ToolError

@tool
def search_films(title: str, limit: int = 10) -> list[dict]:
    """Films whose title contains the text."""

@tool
def echo(value: object) -> object:
    """Whatever was given."""

@tool
def slow(seconds: float) -> str:
    """Answers after a while."""

@tool
def person(seconds: float) -> str:
    """Answers like a person who takes their time."""

@tool
def big(n_bytes: int) -> str:
    """A text of that length."""

@tool
def broken() -> None:
    """Fails on the host, outside of any tool."""
'''
SHOWS = """
class Shows:
    def __init__(self, data):
        self.data = data

    def _repr_mimebundle_(self, **_):
        return self.data
"""
FILMS: list[dict[str, Any]] = [
    {"id": 1, "title": "Somewhere", "year": 2010},
    {"id": 2, "title": "Marie Antoinette", "year": 2006},
]


class HostFailed(Exception):
    """What a handler raises when its own machinery fails."""


@dataclass
class Tools:
    """A handler that remembers what it was asked."""

    calls: list[ToolRequest] = field(default_factory=list)
    bind_failures: list[BindFailure] = field(default_factory=list)
    n_at_once: int = 0
    most_at_once: int = 0
    cancelled: list[str] = field(default_factory=list)
    asked_at: float | None = None

    async def call(self, request: ToolRequest) -> ToolReply:
        self.calls.append(request)
        match request.name, request.args:
            case "search_films", {"title": title}:
                found = [film for film in FILMS if title.lower() in film["title"].lower()]
                return ToolValue(found) if found else ToolFailure("LookupError", f"no film called {title!r}")
            case "echo", {"value": value}:
                return ToolValue(value)
            case "slow", {"seconds": seconds}:
                return await self._slow(request, seconds)
            case "person", {"seconds": seconds}:
                self.asked_at = time.monotonic()
                await asyncio.sleep(seconds)
                return ToolValue("yes")
            case "big", {"n_bytes": n_bytes}:
                return ToolValue("x" * n_bytes)
        raise HostFailed(request.name)

    async def _slow(self, request: ToolRequest, seconds: float) -> ToolReply:
        self.n_at_once += 1
        self.most_at_once = max(self.most_at_once, self.n_at_once)
        try:
            await asyncio.sleep(seconds)
        except asyncio.CancelledError:
            self.cancelled.append(request.call_id)
            raise
        finally:
            self.n_at_once -= 1
        return ToolValue("done")

    def bind_failed(self, failure: BindFailure) -> None:
        self.bind_failures.append(failure)

    def forget(self) -> None:
        """As if nothing had been asked so far, for the next test with the same kernel."""
        for remembered in (self.calls, self.bind_failures, self.cancelled):
            remembered.clear()
        self.most_at_once = 0
        self.asked_at = None

    @property
    def person_s(self) -> float:
        return time.monotonic() - self.asked_at if self.asked_at is not None else 0.0


@dataclass(frozen=True)
class Cell:
    """All that one cell said."""

    events: tuple[KernelEvent, ...]

    @property
    def end(self) -> CellEnd:
        last = self.events[-1]
        assert isinstance(last, CellEnd)
        assert not any(isinstance(event, CellEnd) for event in self.events[:-1])
        return last

    @property
    def result(self) -> CellResult | None:
        return next((event for event in self.events if isinstance(event, CellResult)), None)

    @property
    def displays(self) -> list[CellDisplay]:
        return [event for event in self.events if isinstance(event, CellDisplay)]

    @property
    def gaps(self) -> list[CellOutputGap]:
        return [event for event in self.events if isinstance(event, CellOutputGap)]

    @property
    def outputs(self) -> list[tuple[str, str]]:
        """Stream and text in order, neighbours of the same stream joined."""
        joined: list[tuple[str, str]] = []
        for event in self.events:
            if isinstance(event, CellOutput):
                if joined and joined[-1][0] == event.stream:
                    joined[-1] = (event.stream, joined[-1][1] + event.text)
                else:
                    joined.append((event.stream, event.text))
        return joined

    @property
    def kinds(self) -> list[str]:
        """The events' names in order. Text in a row counts as one: nobody promises where it is cut."""
        names = [type(event).__name__ for event in self.events]
        return [name for n, name in enumerate(names) if name != "CellOutput" or names[n - 1 : n] != ["CellOutput"]]

    @property
    def stdout(self) -> str:
        return "".join(text for stream, text in self.outputs if stream == "stdout")


@contextmanager
def case(name: str) -> Iterator[None]:
    """One of several that a test goes through: a failure says which (failed `subtests` outlive a second try)."""
    try:
        yield
    except Exception as failure:
        failure.add_note(f"in the case {name!r}")
        raise


async def run(kernel: Kernel, code: str, **limits: Any) -> Cell:
    """Run one cell to its end."""
    return Cell(tuple([event async for event in kernel.run(code, CellLimits(**limits))]))


def opened(
    kind: Any,
    tools: ToolHandler | None = None,
    limits: ContainerLimits = SMALL,
    files: str | None = None,
    spool: SpoolOptions | None = None,
) -> Kernel:
    """A kernel of this kind, with the stubs of `Tools` when there are tools."""
    stubs = STUBS if tools is not None else ""
    return made(kind, KernelOptions(limits=limits, stubs=stubs, files=files, spool=spool), tools)


def made(kind: Any, options: KernelOptions, tools: ToolHandler | None = None) -> Kernel:
    """A kernel of this kind from options of the test's own."""
    if kind == "docker-relay":
        return open_kernel(replace(options, transport="relay"), tools)
    return open_kernel(options, tools, kind)
