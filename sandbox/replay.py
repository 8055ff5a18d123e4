"""Cells run again in a fresh kernel, their tool calls answered from the record: tools are never called a second time.

handler = RecordingHandler(host, Shelf())       # what the kernel is opened with; it notes every call and its answer
...                                             # cells run; `handler.take_calls()` after each gives its calls
report = await replay(kernel, handler, cells)   # after a death: the state of the cells that are known to be good
"""

from __future__ import annotations

import ast
import asyncio
import contextlib
import json
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sandbox.events import CellEnd, CellLimits, CellResult
from sandbox.kernel import BindFailure, Kernel, ToolFailure, ToolHandler, ToolReply, ToolRequest, ToolValue
from sandbox.shelf import Shelf, loaded

REPLAY_S = 60.0
"""A replay that takes longer is given up: whoever waits would rather start again."""


@dataclass(frozen=True)
class RecordedCall:
    """A call and its answer. The value of an answer may have been put aside (`sandbox.shelf`)."""

    name: str
    args: dict[str, Any]
    answer: ToolReply

    @property
    def key(self) -> str:
        return _key(self.name, self.args)


@dataclass(frozen=True)
class RecordedCell:
    """A cell that ran to its end without an error, with all that it asked of tools."""

    code: str
    calls: tuple[RecordedCall, ...] = ()
    result: str | None = None
    """The repr of its value; None where it is not known or had none, and then it is not compared."""


@dataclass(frozen=True)
class Difference:
    """What a replayed cell did differently; the replay went on. `cell` counts from 0."""

    cell: int
    what: str


@dataclass(frozen=True)
class ReplayReport:
    """What became of a session's state.

    `restored` and `lost` are the names that cells had defined and that are there or missing now. `stopped_at` is the
    cell (from 0) that could not be replayed, and `reason` why; None where all were.
    """

    n_replayed: int
    restored: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    differences: tuple[Difference, ...] = ()
    stopped_at: int | None = None
    reason: str = ""


class RecordingHandler:
    """Fulfils `ToolHandler`: passes calls on and keeps what came back, or answers from a record instead."""

    def __init__(self, inner: ToolHandler, shelf: Shelf) -> None:
        self._inner = inner
        self._shelf = shelf
        self._calls: list[RecordedCall] = []
        self._served: _Served | None = None

    async def call(self, request: ToolRequest) -> ToolReply:
        if self._served is not None:
            return await self._served.answer(request)
        reply = await self._inner.call(request)
        kept: ToolReply = reply
        if isinstance(reply, ToolValue):
            kept = ToolValue(await self._shelf.keep(reply.value))
        self._calls.append(RecordedCall(request.name, request.args, kept))
        return reply

    def bind_failed(self, failure: BindFailure) -> None:
        if self._served is None:  # it was noted when it happened
            self._inner.bind_failed(failure)

    @property
    def person_s(self) -> float:
        return self._inner.person_s

    def take_calls(self) -> tuple[RecordedCall, ...]:
        """The calls since it was asked last."""
        calls, self._calls = tuple(self._calls), []
        return calls

    @contextlib.contextmanager
    def serving(self, served: _Served) -> Iterator[None]:
        """Answer from this record meanwhile."""
        self._served = served
        try:
            yield
        finally:
            self._served = None


class _Served:
    """The recorded calls of one cell. Threads may ask in another order than they did then."""

    def __init__(self, kernel: Kernel, calls: Iterable[RecordedCall]) -> None:
        self._kernel = kernel
        self._left: dict[str, list[RecordedCall]] = {}
        for call in calls:
            self._left.setdefault(call.key, []).append(call)
        self.missing = ""

    @property
    def not_made(self) -> list[str]:
        return [call.name for calls in self._left.values() for call in calls]

    async def answer(self, request: ToolRequest) -> ToolReply:
        calls = self._left.get(_key(request.name, request.args))
        if not calls:
            return self._stop(f"{request.name}() is called with arguments that are not in the record")
        match calls.pop(0).answer:
            case ToolValue(value):
                try:
                    return ToolValue(await asyncio.to_thread(loaded, value))
                except (OSError, ValueError) as error:
                    return self._stop(f"the recorded result of {request.name}() cannot be read: {error}")
            case failure:
                return failure

    def _stop(self, why: str) -> ToolFailure:
        self.missing = self.missing or why
        self._stopping = asyncio.ensure_future(self._kernel.interrupt())  # code may catch the error and go on
        return ToolFailure("ReplayStopped", self.missing)


async def replay(
    kernel: Kernel,
    handler: RecordingHandler,
    cells: Sequence[RecordedCell],
    *,
    unverified: Iterable[str] = (),
    limits: CellLimits = CellLimits(),  # noqa: B008
    max_s: float = REPLAY_S,
) -> ReplayReport:
    """Run `cells` in this (fresh) kernel, in order, until one does not do what it did.

    Args:
        unverified: the code of cells that are not run again (they failed, or killed the kernel); what they defined and
            no good cell did is lost.

    Raises:
        sandbox.errors.SandboxError: the sandbox itself failed.
    """
    deadline = time.monotonic() + max_s
    differences: list[Difference] = []
    n_replayed, reason = 0, ""
    for number, cell in enumerate(cells):
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            reason = f"replaying took longer than {max_s:g} s"
            break
        reason, found = await _again(kernel, handler, cell, replace(limits, wall_s=min(limits.wall_s, left_s)))
        if reason:
            break
        differences += [Difference(number, what) for what in found]
        n_replayed += 1
    wanted = sorted({name for code in (*(cell.code for cell in cells), *unverified) for name in defined_names(code)})
    there = await _present(kernel, wanted)
    return ReplayReport(
        n_replayed,
        tuple(name for name in wanted if name in there),
        tuple(name for name in wanted if name not in there),
        tuple(differences),
        n_replayed if reason else None,
        reason,
    )


def defined_names(code: str) -> frozenset[str]:
    """Names that a cell defines at its top level: variables, functions, classes, imports. Empty for broken code."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError):
        return frozenset()
    names: set[str] = set()
    waiting: list[ast.AST] = [tree]
    while waiting:
        for node in ast.iter_child_nodes(waiting.pop()):
            match node:
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                    names.add(name)
                case ast.Lambda() | ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                    continue
                case ast.alias(name=name, asname=asname):
                    names.add(asname or name.partition(".")[0])
                case ast.Name(id=name, ctx=ast.Store()):
                    names.add(name)
                case _:
                    waiting.append(node)
    return frozenset(names - {"*", "_"})


async def _again(
    kernel: Kernel, handler: RecordingHandler, cell: RecordedCell, limits: CellLimits
) -> tuple[str, list[str]]:
    """Why the replay cannot go on ('' where it can), and what was different."""
    served = _Served(kernel, cell.calls)
    end, result = CellEnd("died", 0.0), None
    with handler.serving(served):
        async for event in kernel.run(cell.code, limits):
            match event:
                case CellResult(text):
                    result = text
                case CellEnd():
                    end = event
    if served.missing:
        return served.missing, []
    if end.status != "ok":
        why = (
            f"{end.error.exception}: {end.error.message[:200]}" if end.error else (end.died.message if end.died else "")
        )
        return f"it ended with status {end.status} ({why})", []
    found = [f"{name}() was not called again" for name in served.not_made]
    if cell.result is not None and _without_addresses(result or "") != _without_addresses(cell.result):
        found.append(f"its result was {cell.result[:80]!r}, now it is {(result or 'nothing')[:80]!r}")
    return "", found


async def _present(kernel: Kernel, names: Sequence[str]) -> frozenset[str]:
    """Those of the names that the kernel knows."""
    if not names:
        return frozenset()
    code = f"(lambda space: [name for name in {list(names)!r} if name in space])(globals())"
    found: list[str] = []
    async for event in kernel.run(code):
        if isinstance(event, CellResult) and event.json is not None:
            found = [name for name in json.loads(event.json) if isinstance(name, str)]
    return frozenset(found)


def _without_addresses(text: str) -> str:
    """`<function f at 0x7f12>` is the same function in another process."""
    return re.sub(r" at 0x[0-9a-fA-F]+", "", text)


def _key(name: str, args: dict[str, Any]) -> str:
    return f"{name} {json.dumps(args, sort_keys=True)}"
