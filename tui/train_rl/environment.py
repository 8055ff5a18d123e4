"""The agent's turns as the environment that `train` declares: calls become Python, specs become tool documents."""

from __future__ import annotations

from collections.abc import Sequence

from agent.calls.spec import ToolSpec
from agent.calls.syntax import write_call
from agent.environments.base import Turns
from agent.environments.programs import Programs
from train.rl.environment import Acting, RanProgram, Reaction, SeenCall, Task
from train.rows import Call, Called, Said, ToolDoc


class LiveEnvironment:
    """Fulfils `train.rl.environment.Environment`."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns

    async def begin(self, task: Task, seed: int) -> Acting:
        return _LiveActing(self._turns, seed)

    def tools(self) -> Sequence[ToolDoc]:
        return tuple(tool_doc(spec) for spec in self._turns.tools)

    async def close(self) -> None:
        await self._turns.close()


class _LiveActing:
    def __init__(self, turns: Turns, seed: int) -> None:
        self._turns, self._seed, self._n_turns = turns, seed, 0

    async def act(self, turn: Called | Said) -> Reaction:
        """An answer in words ends the roll-out; nobody here can judge it."""
        if isinstance(turn, Said):
            return Reaction(is_over=True)
        self._n_turns += 1
        reply = await self._turns.act([_source(call) for call in turn.calls], self._seed * 31 + self._n_turns)
        calls = tuple(SeenCall(call.name, call.args, call.category) for call in reply.calls)
        return Reaction(calls, reply.feedback)

    async def close(self) -> None:
        """A roll-out holds nothing between its turns."""


class LivePrograms:
    """Fulfils `train.rl.environment.ProgramEnvironment`."""

    def __init__(self, programs: Programs) -> None:
        self._programs = programs

    def tools(self) -> Sequence[ToolDoc]:
        return tuple(tool_doc(spec) for spec in self._programs.tools)

    async def run(self, program: str, seed: int) -> RanProgram:
        ended = await self._programs.run(program, seed)
        return RanProgram(ended.ok, tuple(SeenCall(call.name, call.args, call.category) for call in ended.calls))

    async def close(self) -> None:
        await self._programs.close()


def tool_doc(spec: ToolSpec) -> ToolDoc:
    """What a row says of a tool. Where a source gives no schema, the parameters' names stand for it."""
    schema = spec.schema or {
        "type": "object",
        "properties": {p.name: {"description": p.description} for p in spec.parameters},
        "required": [p.name for p in spec.parameters if p.required],
    }
    return ToolDoc(spec.name, spec.purpose, schema)


def _source(call: Call) -> str:
    """The call as Python; what was no literal is written as it was, so that it fails where it would fail."""
    pieces = {k: v for k, v in call.args.items() if not _is_expression(v)}
    text = write_call(call.name, pieces)
    odd = [f"{k}={v['expression']}" for k, v in call.args.items() if _is_expression(v)]
    return text if not odd else f"{text[:-1]}{', ' if pieces else ''}{', '.join(odd)})"


def _is_expression(value: object) -> bool:
    return isinstance(value, dict) and value.keys() == {"expression"}
