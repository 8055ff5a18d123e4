"""What a person does with an open session besides asking: looking into its kernel, restarting it, trying a tool, naming
it. One thing at a time, and never beside a question: the kernel runs one cell at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar

from agent.errors import AgentError
from agent.events import Event
from agent.log.naming import named
from agent.loop.parts import Parts
from agent.tools.approvals import Approvals
from agent.tools.base import Tool
from agent.tools.policy import Decision, Policy
from sandbox.kernel import ToolFailure, ToolReply, ToolValue
from sandbox.memory_use import MemoryUse, memory_use
from sandbox.variables import Variable, variables


class SessionBusy(AgentError):
    """A question is being answered."""


@dataclass(frozen=True)
class ToolTried(Event):
    """A person called a tool by hand, through the gate. No call of the agent: training passes it over."""

    kind: ClassVar[str] = "tool_tried"
    name: str
    args: dict[str, Any]
    ok: bool
    message: str = ""


@dataclass(frozen=True)
class KernelView:
    """What the kernel holds (the newest first, without the tools) and uses. `life` 0: it was not started yet, and
    looking does not start it."""

    description: str
    life: int = 0
    variables: tuple[Variable, ...] = ()
    memory: MemoryUse = field(default_factory=MemoryUse)


@dataclass(frozen=True)
class ToolView:
    """A tool and what the person's rules say of it. `is_approved`: for good, by an earlier approval."""

    tool: Tool
    decision: Decision
    is_approved: bool


class Desk:
    """Of one session, which holds `quiet` while it answers."""

    def __init__(self, parts: Parts, log: Callable[[Event], list[Event]], drain: Callable[[], list[Event]]) -> None:
        """`log` writes an event; `drain` takes and logs what was emitted meanwhile."""
        self.quiet = asyncio.Lock()
        self._parts = parts
        self._log = log
        self._drain = drain

    async def look(self) -> KernelView:
        """
        Raises:
            SessionBusy: a question is being answered.
            SandboxError: the sandbox itself failed.
        """
        kernel, state = self._parts.kernel, self._parts.state
        async with self._alone():
            if not kernel.life:
                return KernelView(kernel.description)
            if not state.is_empty:
                await state.before()
            stubs = {tool.spec.name for tool in self._parts.host.tools} | {"annotations"}
            held = tuple(v for v in reversed(await variables(kernel)) if v.name not in stubs)
            view = KernelView(kernel.description, kernel.life, held, await memory_use(kernel))
            self._drain()
            return view

    async def restart(self, *, keep: bool) -> list[Event]:
        """A fresh kernel. `keep`: what earlier programs defined is had back, as after a death (their cells run again,
        with tool results from the record); else it starts empty. What there is to tell.

        Raises:
            SessionBusy: a question is being answered.
            SandboxError: the kernel does not start.
        """
        kernel, state = self._parts.kernel, self._parts.state
        async with self._alone():
            await kernel.restart()
            if not keep:
                state.forget()
            await state.before()
            return self._drain()

    async def tools(self) -> tuple[ToolView, ...]:
        """All tools of the session, by name."""
        rules = self._parts.options.rules
        return await asyncio.to_thread(_views, self._parts.host.tools, rules.policy, rules.approvals)

    async def try_tool(self, name: str, args: dict[str, Any], show: Callable[[Event], None]) -> ToolReply:
        """Call a tool by hand. `show` gets the approval that it may need.

        Raises:
            SessionBusy: a question is being answered.
        """
        async with self._alone():
            call = asyncio.ensure_future(self._parts.host.try_call(name, args))
            try:
                while not call.done():
                    await asyncio.wait({call}, timeout=0.05)
                    for event in self._drain():
                        show(event)
            finally:
                call.cancel()
            reply = call.result()
            for event in self._drain():
                show(event)
            failed = reply if isinstance(reply, ToolFailure) else None
            self._log(
                ToolTried(
                    name, args, isinstance(reply, ToolValue), f"{failed.kind}: {failed.message}" if failed else ""
                )
            )
            return reply

    async def withdraw(self, name: str) -> bool:
        """Ask again before a tool that was approved, for good or for the session; whether it was.

        Raises:
            ApprovalsProblem: the file of approvals cannot be read or written.
        """
        return self._parts.host.withdraw(name)

    def rename(self, name: str) -> None:
        """Name the session in its log.

        Raises:
            ValueError: the name is too long.
        """
        self._log(named(name))

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        if self.quiet.locked():
            raise SessionBusy("a question is being answered, or something else is being looked at", "wait, or stop it")
        async with self.quiet:
            yield


def _views(tools: tuple[Tool, ...], policy: Policy, approvals: Approvals) -> tuple[ToolView, ...]:
    views = []
    for tool in sorted(tools, key=lambda t: t.spec.name):
        try:
            is_approved = approvals.allows(tool)
        except AgentError:  # the file is damaged, which the gate says where it matters
            is_approved = False
        views.append(ToolView(tool, policy.decide(tool), is_approved))
    return tuple(views)
