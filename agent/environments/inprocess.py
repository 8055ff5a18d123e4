"""Single calls without a kernel: parsed, bound and handed to the host's own side of the broker. Thousands a second.

Only literal arguments can be called so; what a kernel would do with an expression, it refuses like a failing call.
Messages are worded as Python words them, since a model that is trained here meets Python's later.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from agent.calls.spec import ToolSpec
from agent.calls.syntax import BadCall, Expression, ParsedCall, parse_call
from agent.environments.base import MadeCall, Reply, made_calls, shortened
from agent.events import Event
from agent.tools.base import Tool
from agent.tools.gate import Approve
from agent.tools.host import HostRules, ToolHost
from sandbox.kernel import BindFailure, ToolRequest


class InProcessTurns:
    """Fulfils `Turns`. `approve`: what happens to tools that change something; `no` refuses them, which is feedback."""

    def __init__(self, tools: Sequence[Tool], *, approve: Approve = "no", rules: HostRules | None = None) -> None:
        self._all = tuple(tools)
        self._approve, self._rules = approve, rules
        self._numbers = itertools.count(1)

    @property
    def tools(self) -> Sequence[ToolSpec]:
        return tuple(tool.spec for tool in self._all)

    async def act(self, sources: Sequence[str], seed: int) -> Reply:
        calls: list[MadeCall] = []
        feedback: list[str] = []
        for source in sources:
            events: list[Event] = []
            host = ToolHost(self._all, events.append, approve=self._approve, interactive=False, rules=self._rules)
            problem = await self._one(host, source)
            made = made_calls(events)
            calls += [call for call, _ in made]
            feedback.append(made[-1][1] if made else shortened(problem))
        return Reply(tuple(calls), tuple(feedback))

    async def close(self) -> None:
        """Nothing was started: the tools belong to whoever loaded them."""

    async def _one(self, host: ToolHost, source: str) -> str:
        """Make the call through the host; the text of what is wrong where it is none."""
        try:
            call = parse_call(source)
        except BadCall as error:
            return f"SyntaxError: {error.what}"
        number = f"call-{next(self._numbers)}"
        spec = next((tool.spec for tool in self._all if tool.spec.name == call.name), None)
        if spec is None:
            host.note_unknown(call.name, f"name '{call.name}' is not defined")
            return ""
        expressions = [v for v in (*call.args, *call.kwargs.values()) if isinstance(v, Expression)]
        message = bind_problem(call, spec) or (f"name '{expressions[0].source}' is not defined" if expressions else "")
        if message:
            plain = {key: _plain(value) for key, value in call.kwargs.items()}
            host.bind_failed(BindFailure(number, call.name, [_plain(v) for v in call.args], plain, message))
            return ""
        await host.call(ToolRequest(number, call.name, call.bound([p.name for p in spec.parameters])))
        return ""


def bind_problem(call: ParsedCall, spec: ToolSpec) -> str:
    """Python's message for a call that does not bind to the tool's signature; '' where it does."""
    names = [p.name for p in spec.parameters]
    for key in call.kwargs:
        if key not in names:
            return f"{call.name}() got an unexpected keyword argument '{key}'"
    if len(call.args) > len(names):
        return f"{call.name}() takes {len(names)} positional arguments but {len(call.args)} were given"
    given = {*names[: len(call.args)], *call.kwargs}
    if len(given) < len(call.args) + len(call.kwargs):
        twice = next(name for name in names[: len(call.args)] if name in call.kwargs)
        return f"{call.name}() got multiple values for argument '{twice}'"
    missing = [p.name for p in spec.parameters if p.required and p.name not in given]
    if missing:
        plural = "s" if len(missing) > 1 else ""
        listed = " and ".join(repr(name) for name in missing)
        return f"{call.name}() missing {len(missing)} required positional argument{plural}: {listed}"
    return ""


def _plain(value: Any) -> Any:
    return value.source if isinstance(value, Expression) else value
