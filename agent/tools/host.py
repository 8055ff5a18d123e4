"""The host's side of every tool call: checks, approval, time-out, result, category, and the events that record it.

Fulfils `sandbox.kernel.ToolHandler`. The model's program learns what went wrong as an exception at the line of its
call; the log learns it as a category.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any, Literal

from agent.calls.categories import Category
from agent.events import ApprovalAsked, ApprovalGiven, Event, PersonAsked, ToolCalled, ToolReturned
from agent.tools.ask_user import AskUser, NobodyThere
from agent.tools.base import Tool, ToolOutcome
from agent.tools.checks import as_json, check_arguments
from agent.tools.feedback import (
    ArgumentsRefused,
    CallRefused,
    ResultRefused,
    UnknownTool,
    category_of_bind,
    category_of_exception,
    category_of_value,
)
from agent.tools.worker import text_of
from sandbox.kernel import BindFailure, ToolFailure, ToolReply, ToolRequest, ToolValue

Approve = Literal["ask", "yes", "no"]


@dataclass(frozen=True)
class HostLimits:
    """Per call: the longest time and the largest result as JSON text."""

    call_s: float = 60.0
    result_bytes: int = 32 << 20


@dataclass
class CallRecord:
    """What happened in the current turn; the loop reads it after a cell."""

    notices: list[str] = field(default_factory=list)
    calls: list[tuple[str, dict[str, Any], Any]] = field(default_factory=list)
    """Calls rated All Right: name, arguments, value."""
    refused: str | None = None
    """Why the turn cannot go on without a person, or None."""
    question: tuple[str, tuple[str, ...]] | None = None


class ToolHost:
    """Answers the broker. One per session; `begin_cell` starts a new record."""

    def __init__(
        self,
        tools: Sequence[Tool],
        emit: Callable[[Event], None],
        *,
        approve: Approve = "ask",
        interactive: bool = True,
        limits: HostLimits | None = None,
    ) -> None:
        self._emit = emit
        self._approve = approve
        self._interactive = interactive
        self._limits = limits or HostLimits()
        self._tools: dict[str, Tool] = {tool.spec.name: tool for tool in (*tools, AskUser(self._ask_person))}
        self._n_asked = self._n_unknown = 0
        self._made: list[tuple[str, dict[str, Any], Any]] = []
        self._asking = asyncio.Lock()
        self._waited_s = 0.0
        self._waiting_since: float | None = None
        self.cell: int | None = None
        self.record = CallRecord()

    @property
    def tools(self) -> tuple[Tool, ...]:
        return tuple(self._tools.values())

    def begin_cell(self, cell: int, *, repair: bool = False) -> None:
        """A new cell runs: later calls belong to it.

        `repair`: it corrects a failed attempt. A change that was made there is not made again; the same call is
        answered with what it returned then.
        """
        made = [*self._made, *(c for c in self.record.calls if c not in self._made and self._changes(c[0]))]
        self._made = made if repair else []
        self.cell = cell
        self.record = CallRecord()

    @property
    def person_s(self) -> float:
        """See `sandbox.kernel.ToolHandler.person_s`; one question is asked at a time."""
        return self._waited_s + (time.monotonic() - self._waiting_since if self._waiting_since is not None else 0.0)

    @property
    def changes_made(self) -> tuple[str, ...]:
        """The changes of the failed attempts so far, as calls: `create_playlist(name='X')`."""
        made = [*self._made, *(c for c in self.record.calls if self._changes(c[0]))]
        return tuple(f"{n}({', '.join(f'{k}={v!r}' for k, v in args.items())})" for n, args, _ in made)

    def _changes(self, name: str) -> bool:
        tool = self._tools.get(name)
        return tool is not None and tool.spec.effect == "write"

    async def call(self, request: ToolRequest) -> ToolReply:
        """Answer one call of a stub; a tool's failure is a `ToolFailure`, never an exception."""
        self._emit(ToolCalled(request.call_id, request.name, request.args, self.cell))
        begun = time.monotonic()
        try:
            outcome = await self._answer(request)
        except Exception as error:  # noqa: BLE001  whatever a tool raises is data for the program that called it
            category = category_of_exception(error)
            kind, message = _explain(error)
            self._returned(request, category, begun, message=message)
            return ToolFailure(kind, message)
        category = category_of_value(outcome.value)
        if category is Category.ALL_RIGHT:
            self.record.calls.append((request.name, request.args, outcome.value))
        if outcome.notice and outcome.notice not in self.record.notices:
            self.record.notices.append(outcome.notice)
        self._returned(request, category, begun, value=outcome.value, notice=outcome.notice)
        return ToolValue(outcome.value)

    def bind_failed(self, failure: BindFailure) -> None:
        """A call that Python refused in the kernel: it never came here, but training must know of it."""
        args = {**{f"[{i}]": a for i, a in enumerate(failure.args)}, **failure.kwargs}
        self._emit(ToolCalled(failure.call_id, failure.name, args, self.cell))
        category = category_of_bind(failure.name, failure.message)
        self._emit(ToolReturned(failure.call_id, failure.name, category, message=failure.message))

    def note_unknown(self, name: str, message: str, cell: int | None = None) -> None:
        """Record a call to a tool that does not exist, seen in a plan or by a `NameError`: it never came here."""
        self._n_unknown += 1
        call = f"unknown-{self._n_unknown}"
        self._emit(ToolCalled(call, name, {}, cell))
        self._emit(ToolReturned(call, name, Category.TOOL_HALLUCINATION, message=message))

    async def _answer(self, request: ToolRequest) -> ToolOutcome:
        tool = self._tools.get(request.name)
        if tool is None:
            near = get_close_matches(request.name, self._tools, n=3, cutoff=0.0)
            raise UnknownTool(f"there is no tool {request.name!r}; the most similar are {', '.join(near)}")
        check_arguments(tool.spec, request.args)
        if tool.spec.effect == "write":
            for made in self._made:
                if made[:2] == (request.name, request.args):
                    self._made.remove(made)
                    return ToolOutcome(made[2])
            await self._approved(request)
        # A person may take their time; a tool may not.
        limit = asyncio.timeout(None if request.name == "ask_user" else self._limits.call_s)
        try:
            async with limit:
                outcome = await tool.call(request.args)
        except TimeoutError as error:
            if not limit.expired():  # the tool's own, which says something else
                raise
            raise TimeoutError(f"{request.name}() did not answer within {self._limits.call_s:g} s") from error
        value = await asyncio.to_thread(as_json, request.name, outcome.value, self._limits.result_bytes)
        return replace(outcome, value=value)

    async def _approved(self, request: ToolRequest) -> None:
        if self._approve == "yes":
            self._emit(ApprovalGiven(request.call_id, request.name, True, "policy"))
            return
        if self._approve == "no" or not self._interactive:
            self._emit(ApprovalGiven(request.call_id, request.name, False, "nobody"))
            self.record.refused = f"{request.name}() changes something and nobody is there to approve it"
            raise CallRefused(f"{self.record.refused}")
        async with self._asking:  # one question at a time, however many threads call
            allowed = await self._future(lambda f: ApprovalAsked(request.call_id, request.name, request.args, f))
        self._emit(ApprovalGiven(request.call_id, request.name, bool(allowed), "person"))
        if not allowed:
            self.record.refused = f"{request.name}() was not approved"
            raise CallRefused(f"the person did not approve {request.name}()")

    async def _ask_person(self, question: str, choices: tuple[str, ...]) -> str | None:
        self._n_asked += 1
        asked = f"ask-{self._n_asked}"
        reply: str | None = None
        if self._interactive:
            async with self._asking:
                reply = await self._future(lambda f: PersonAsked(asked, question, choices, f))
        if reply is None:
            self.record.question = (question, choices)
            self.record.refused = "the task needs a person's reply"
        return reply

    async def _future(self, event: Callable[[asyncio.Future[Any]], Event]) -> Any:
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._emit(event(future))
        self._waiting_since = time.monotonic()
        try:
            return await future
        finally:
            self._waited_s, self._waiting_since = self.person_s, None

    def _returned(
        self,
        request: ToolRequest,
        category: Category,
        begun: float,
        *,
        value: Any = None,
        message: str = "",
        notice: str | None = None,
    ) -> None:
        seconds = time.monotonic() - begun
        self._emit(
            ToolReturned(request.call_id, request.name, category, seconds, value=value, message=message, notice=notice)
        )


def _explain(error: Exception) -> tuple[str, str]:
    """The kind and the message that the program gets."""
    kind = type(error).__name__
    match error:
        case ArgumentsRefused() | UnknownTool():
            kind = "ValueError"
        case ResultRefused():
            kind = "ResultError"
        case CallRefused() | NobodyThere():
            kind = "PermissionError"
    return kind, text_of(error)[:4000] or type(error).__name__
