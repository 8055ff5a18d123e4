"""Proof by running: in a clean process of a kernel, with tool results from a record, a function does again what it did.

Nothing here calls a tool. What a function claims is compared with what was recorded, so that an entry can be verified
again at any time, offline.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Any

from agent.functions.annotations import fits
from agent.functions.base import FunctionEntry, RecordedCall
from sandbox.events import CellEnd, CellLimits, CellResult
from sandbox.kernel import BindFailure, Kernel, ToolFailure, ToolHandler, ToolReply, ToolRequest, ToolValue

LIMITS = CellLimits(wall_s=20.0, output_bytes=1 << 16)
"""Of one verification: what took longer when it ran for the first time waited for tools, which now answer at once."""

MAX_RECORD_CHARS = 1_000_000
"""Recorded tool results of one entry, as JSON text."""

LiveCall = Callable[[ToolRequest], Awaitable[ToolReply]]
"""Answers what a record does not have; it must change nothing."""

KernelOpener = Callable[[ToolHandler], Kernel]
"""A kernel that no program ran in, whose stubs ask the given handler."""


@dataclass(frozen=True)
class Verdict:
    """`ok`, or why not. `contradicted`: it ran and returned something else than recorded; it is wrong or unstable."""

    ok: bool
    reason: str = ""
    contradicted: bool = False


class Recorded:
    """Answers tool calls from a record; each recorded call once, and in any order. Fulfils `ToolHandler`."""

    person_s = 0.0

    def __init__(self, live: LiveCall | None = None) -> None:
        self._live = live
        self._left: list[RecordedCall] = []
        self.made: list[RecordedCall] = []
        self.missing = ""

    def serve(self, calls: Iterable[RecordedCall]) -> None:
        """From now on these, all of them unused."""
        self._left, self.made, self.missing = list(calls), [], ""

    async def call(self, request: ToolRequest) -> ToolReply:
        for index, known in enumerate(self._left):
            if known.name == request.name and dict(known.args) == request.args:
                self.made.append(self._left.pop(index))
                return ToolValue(known.value)
        if self._live is not None:
            reply = await self._live(request)
            if isinstance(reply, ToolValue):
                self.made.append(RecordedCall(request.name, request.args, reply.value))
            return reply
        text = f"{request.name}({', '.join(f'{k}={v!r}' for k, v in request.args.items())})"
        self.missing = self.missing or text
        return ToolFailure("NotRecorded", f"{text} is not in the record of the run")

    def bind_failed(self, failure: BindFailure) -> None:
        """A wrong call fails at its line, here as in the run."""


class Prover:
    """One kernel, in which each program and each entry is tried in a process of its own. Use as `async with`."""

    def __init__(self, open_kernel: KernelOpener, tools: Sequence[str], live: LiveCall | None = None) -> None:
        """`tools` are the names that the kernel's stubs define. `live`: see `take_in`."""
        self._recorded = Recorded(live)
        self._kernel = open_kernel(self._recorded)
        self._tools = list(tools)
        self._begun = False

    async def __aenter__(self) -> Prover:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Remove its kernel; safe to call twice."""
        await self._kernel.close()

    async def start(self) -> None:
        """Bring the kernel up ahead of time (idempotent).

        Raises:
            sandbox.errors.SandboxError: it did not come up. So do the other methods.
        """
        await self._kernel.start()

    async def prove(
        self,
        program: str,
        entries: Sequence[FunctionEntry],
        calls: Sequence[RecordedCall],
        clean: Callable[[Any], Any] | None = None,
    ) -> list[tuple[FunctionEntry, Verdict]]:
        """Run a program again and give each entry the proof seen there: its call, its value, its own tool calls.

        `calls` are those of the program's run, in order. `clean` removes secrets from a JSON value: the proof is
        cleaned before the function is tried alone. An entry whose verdict is not ok must not be kept.
        """
        self._recorded.serve(calls)
        names = [entry.name for entry in entries]
        seen, why = await self._value(f"toolcoder_prove({program!r}, {names!r}, {self._tools!r})")
        if not isinstance(seen, dict):
            return [(entry, Verdict(False, f"the program did not run again: {why}")) for entry in entries]
        made = tuple(self._recorded.made)
        return [await self._proved(entry, seen.get(entry.name), made, clean) for entry in entries]

    async def _proved(
        self,
        entry: FunctionEntry,
        note: Mapping[str, Any] | None,
        made: tuple[RecordedCall, ...],
        clean: Callable[[Any], Any] | None,
    ) -> tuple[FunctionEntry, Verdict]:
        if note is None:
            return entry, Verdict(False, "its arguments or its value are no JSON values")
        scrub = clean or (lambda value: value)
        args = ", ".join(f"{name}={value!r}" for name, value in scrub(note["args"]).items())
        calls = (RecordedCall(c.name, scrub(dict(c.args)), scrub(c.value)) for c in made[note["first"] : note["end"]])
        proved = replace(
            entry,
            verifying_call=f"{entry.name}({args})",
            result_json=json.dumps(scrub(note["value"])),
            calls=tuple(calls),
        )
        if len(json.dumps([[dict(c.args), c.value] for c in proved.calls])) > MAX_RECORD_CHARS:
            return entry, Verdict(False, "what its tools returned is too much to be kept as a test")
        return proved, await self.check(proved)

    async def check(self, entry: FunctionEntry) -> Verdict:
        """Whether the entry's recorded test passes: alone in a fresh namespace, the recorded value comes back."""
        if not entry.verifying_call or entry.result_json is None:
            return Verdict(False, "it carries no test")
        value, why = await self.value_of(entry)
        if value is None:
            return Verdict(False, why)
        expected = json.loads(entry.result_json)
        if value[0] != expected:
            return Verdict(False, f"it returned {_short(value[0])}, recorded was {_short(expected)}", contradicted=True)
        promised = entry.signature.rpartition(" -> ")[2] if " -> " in entry.signature else ""
        if not fits(promised, expected):
            return Verdict(False, f"it promises {promised} and returned {_short(expected)}")
        return Verdict(True)

    async def take_in(self, entry: FunctionEntry) -> tuple[FunctionEntry, Verdict]:
        """Check an entry whose record may be missing; what `live` answered meanwhile becomes its record."""
        verdict = await self.check(entry)
        return (replace(entry, calls=tuple(self._recorded.made)) if verdict.ok else entry), verdict

    async def value_of(self, entry: FunctionEntry) -> tuple[Any, str]:
        """What the entry's verifying call gives now, in a list of one; or None and why there is no value."""
        self._recorded.serve(entry.calls)
        value, why = await self._value(f"toolcoder_check({entry.source!r}, {entry.verifying_call!r}, {self._tools!r})")
        if self._recorded.missing:
            return None, f"it calls {self._recorded.missing}, which its record does not have"
        return value, "" if value is not None else f"it fails: {why}"

    async def _value(self, code: str) -> tuple[Any, str]:
        """The JSON value of a cell, or None and why there is none."""
        if not self._begun:
            text = files("agent.functions").joinpath("proving.py").read_text(encoding="utf-8")
            await self._run(text)
            self._begun = True
        result, end = await self._run(code)
        if end.died is not None:
            self._begun = False  # the next cell meets a fresh kernel
            return None, end.died.message
        if end.error is not None:
            return None, f"{end.error.exception}: {end.error.message}"
        if end.status != "ok" or result is None or result.json is None:
            return None, f"the cell ended with {end.status}" if end.status != "ok" else "its value is too large"
        outcome = json.loads(result.json)
        return outcome.get("value"), outcome.get("error", "")

    async def _run(self, code: str) -> tuple[CellResult | None, CellEnd]:
        result: CellResult | None = None
        end: CellEnd | None = None
        async for event in self._kernel.run(code, LIMITS):
            match event:
                case CellResult():
                    result = event
                case CellEnd():
                    end = event
        if end is None:
            raise RuntimeError("the kernel ended a run without CellEnd")
        return result, end


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 120 else f"{text[:120]}..."
