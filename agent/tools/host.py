"""The host's side of every tool call: its record, its category, and what the program learns of it.

Fulfils `sandbox.kernel.ToolHandler`. The model's program learns what went wrong as an exception at the line of its
call; the log learns it as a category. Whether a call may be made is the gate's to say, how it is made the invoker's.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any, Protocol

from agent.calls.categories import Category
from agent.events import Event, PersonAsked, ToolCalled, ToolChange, ToolReturned
from agent.tools.approvals import Approvals
from agent.tools.ask_user import AskUser
from agent.tools.asking import Asker
from agent.tools.base import Tool, ToolOutcome
from agent.tools.checks import check_arguments
from agent.tools.feedback import (
    UnknownTool,
    category_of_bind,
    category_of_exception,
    category_of_value,
    kind_of,
)
from agent.tools.gate import Approve, Gate, NotApproved
from agent.tools.invoke import Invoker
from agent.tools.policy import HostLimits, Policy
from agent.tools.turn_record import CallRecord, Change, Changes, FailedCall, as_call, changes_text, is_empty
from agent.tools.worker import text_of
from sandbox.kernel import BindFailure, ToolFailure, ToolReply, ToolRequest, ToolValue
from sandbox.shelf import Shelf, loaded

_MESSAGE_CHARS = 4000


class Hiding(Protocol):
    """Takes secrets out of text; `agent.log.redact.Redactor` fulfils it."""

    def text(self, text: str) -> str:
        """Without known secrets and without what looks like one."""
        ...

    def known_in_json(self, text: str) -> str:
        """JSON text without known secrets."""
        ...


@dataclass(frozen=True)
class HostRules:
    """What the person decided about tools, and what hides their secrets."""

    policy: Policy = field(default_factory=Policy)
    limits: HostLimits = field(default_factory=HostLimits)
    approvals: Approvals = field(default_factory=Approvals)
    hiding: Hiding | None = None


class ToolHost:
    """Answers the broker. One per session; `begin_question` forgets the last one, `begin_cell` starts a new record.

    `approve`: what an `ask` means where no rule and no earlier approval answers it.
    """

    def __init__(
        self,
        tools: Sequence[Tool],
        emit: Callable[[Event], None],
        *,
        approve: Approve = "ask",
        interactive: bool = True,
        rules: HostRules | None = None,
        shelf: Shelf | None = None,
        n_before: int = 0,
    ) -> None:
        """`shelf` takes large values that the record keeps: a turn may see hundreds of them. `n_before`: numbers that
        a resumed session has given already."""
        rules = rules or HostRules()
        self._emit = emit
        self._hiding = rules.hiding
        self._asker = Asker(emit, interactive=interactive)
        all_tools = (*tools, AskUser(self._ask_person))
        self._tools: dict[str, Tool] = {tool.spec.name: tool for tool in all_tools}
        self._offered = tuple(t for t in all_tools if rules.policy.decide(t) != "deny")
        self._gate = Gate(rules.policy, rules.approvals, self._asker, emit, approve)
        self._invoke = Invoker(rules.policy, rules.limits, rules.hiding.known_in_json if rules.hiding else None)
        self._shelf = shelf
        self._policy = rules.policy
        self._changes = Changes()
        self._n_asked = self._n_unknown = n_before
        self._n_tried = 0
        self.cell: int | None = None
        self.record = CallRecord()

    @property
    def tools(self) -> tuple[Tool, ...]:
        """What a model may know of: not what the settings deny."""
        return self._offered

    def begin_question(self) -> None:
        """What was changed before, and how often tools were called, is another question's."""
        self._changes.begin_question()
        self._invoke.begin_question()
        self.record = CallRecord()

    def begin_cell(self, cell: int) -> None:
        """A new cell runs: later calls belong to it.

        A change that an earlier cell of this question made is not made again: the same call is answered with what it
        returned then.
        """
        self._changes.begin_cell()
        self.cell = cell
        self.record = CallRecord()

    @property
    def person_s(self) -> float:
        """See `sandbox.kernel.ToolHandler.person_s`."""
        return self._asker.person_s

    @property
    def changed(self) -> tuple[ToolChange, ...]:
        """What this question's programs changed so far, those that failed included; without secrets."""
        made = self._changes.so_far
        if self._hiding is None:
            return made
        return tuple(replace(c, args=json.loads(self._hiding.known_in_json(json.dumps(c.args)))) for c in made)

    @property
    def changes_made(self) -> str:
        """The same in words; '' where nothing was changed."""
        return self._hidden(changes_text(self.changed))

    def denies(self, name: str) -> bool:
        """Whether there is such a tool and the person's rules deny it."""
        tool = self._tools.get(name)
        return tool is not None and self._policy.decide(tool) == "deny"

    async def call(self, request: ToolRequest) -> ToolReply:
        """Answer one call of a stub; a tool's failure is a `ToolFailure`, never an exception."""
        self._emit(ToolCalled(request.call_id, request.name, request.args, self.cell))
        begun = time.monotonic()
        try:
            outcome, change = await self._answer(request)
        except Exception as error:  # noqa: BLE001  whatever a tool raises is data for the program that called it
            message = self._hidden(text_of(error))[:_MESSAGE_CHARS] or type(error).__name__
            self._returned(request, category_of_exception(error), begun, message=message, raised=kind_of(error))
            failed = FailedCall.of(request.name, request.args, error, message, self._tools.get(request.name))
            self.record.failures.append(replace(failed, is_denied=self.denies(request.name)))
            return ToolFailure(kind_of(error), message)
        category = category_of_value(outcome.value)
        if category is Category.ALL_RIGHT:
            kept = await self._shelf.keep(outcome.value) if self._shelf is not None else outcome.value
            self.record.calls.append((request.name, request.args, kept))
            if change is not None:
                change.value = kept
            elif is_empty(outcome.value) and not self._is_write(request.name):
                self.record.note_empty(request.name, request.args)
        elif change is not None:  # the tool says itself that it did not do it
            self._changes.withdraw(change)
        self.record.note(outcome.notice)
        self._returned(request, category, begun, value=outcome.value, notice=outcome.notice)
        return ToolValue(outcome.value)

    async def try_call(self, name: str, args: dict[str, Any]) -> ToolReply:
        """Call a tool for a person who wants to see what it gives: through the same checks, rules, approvals and
        limits as a program's call, but it is in no record of the agent's calls."""
        self._n_tried += 1
        request = ToolRequest(f"try-{self._n_tried}", name, args)
        try:
            if (tool := self._tools.get(name)) is None:
                raise UnknownTool(f"there is no tool {name!r}")
            check_arguments(tool.spec, args)
            outcome = await self._invoke(tool, await self._gate.admit(request, tool))
        except Exception as error:  # noqa: BLE001  whatever a tool raises is what the person wants to see
            return ToolFailure(kind_of(error), self._hidden(text_of(error))[:_MESSAGE_CHARS] or type(error).__name__)
        return ToolValue(outcome.value)

    def withdraw(self, name: str) -> bool:
        """Ask again before this tool: see `Gate.withdraw`."""
        return self._gate.withdraw(name)

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

    async def _answer(self, request: ToolRequest) -> tuple[ToolOutcome, Change | None]:
        """What the call gave, and what it changed where it changes something now."""
        tool = self._tools.get(request.name)
        if tool is None:
            near = get_close_matches(request.name, (t.spec.name for t in self._offered), n=3, cutoff=0.0)
            raise UnknownTool(f"there is no tool {request.name!r}; the most similar are {', '.join(near)}")
        check_arguments(tool.spec, request.args)
        if tool.spec.effect == "write" and (made := self._changes.take(request.name, request.args)):
            return ToolOutcome(await asyncio.to_thread(loaded, made.value)), None
        try:
            args = await self._gate.admit(request, tool)
        except NotApproved as refused:
            self.record.refused = str(refused)
            raise
        change = None
        if tool.spec.effect == "write":
            with self._changes.call(request.name, request.args, args) as change:
                outcome = await self._invoke(tool, args)
        else:
            outcome = await self._invoke(tool, args)
        if args != request.args:
            self.record.note(f"You changed the arguments of a call: it was {as_call(request.name, args)}.")
        return outcome, change

    def _is_write(self, name: str) -> bool:
        tool = self._tools.get(name)
        return tool is not None and tool.spec.effect == "write"

    def _hidden(self, text: str) -> str:
        return self._hiding.text(text) if self._hiding is not None else text

    async def _ask_person(self, question: str, choices: tuple[str, ...]) -> str | None:
        self._n_asked += 1
        asked = f"ask-{self._n_asked}"
        reply: str | None = None
        if self._asker.interactive:
            reply = await self._asker.ask(lambda future: PersonAsked(asked, question, choices, future))
        if reply is None:
            self.record.question = (question, choices)
            self.record.refused = "the task needs a person's reply"
        return reply

    def _returned(
        self,
        request: ToolRequest,
        category: Category,
        begun: float,
        *,
        value: Any = None,
        message: str = "",
        notice: str | None = None,
        raised: str = "",
    ) -> None:
        self._emit(
            ToolReturned(
                request.call_id,
                request.name,
                category,
                time.monotonic() - begun,
                value=value,
                message=message,
                notice=notice,
                raised=raised,
            )
        )
