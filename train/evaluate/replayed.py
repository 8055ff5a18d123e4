"""Programs of the code view run again: on what the tools returned then, in the sandbox, never on the tools themselves.

Each tool is a function that gives the recorded result of an equal call; a call that was not made then finds nothing and
fails. A program is right when it ends as the right one does: with an equal value and the same output. So a program may
be written otherwise, and may call less; one that asks the tools for something else cannot be judged right here.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from agent.prompts.base import Malformed, PromptContext, Stage
from agent.prompts.compact import CompactPrompts, parse
from agent.scoring.program import code_of
from train.evaluate.heldout import Record
from train.evaluate.programs import ProgramRunner
from train.rows import CodeRow

PROGRAM_STAGES = frozenset({"implement", "review"})
_MARK = "--- value: "
_HARNESS = """
def _play(_source, _returned, _tools):
    import ast, copy, json
    from toolcoder_runtime import ToolError
    def tool(name, parameters, defaults):
        def call(*args, **named):
            given = {**defaults, **dict(zip(parameters, args)), **named}
            key = json.dumps([name, given], sort_keys=True, default=repr)
            left = _returned.get(key)
            if not left:
                raise LookupError(f"nothing was recorded for {name}({given})")
            ok, value = left.pop(0) if len(left) > 1 else left[0]
            if not ok:
                raise ToolError(*value)
            return copy.deepcopy(value)
        call.__name__ = name
        return call
    def plain(value):
        return sorted(map(repr, value)) if isinstance(value, (set, frozenset)) else repr(value)
    names = {"__name__": "__main__", **{name: tool(name, *rest) for name, rest in _tools.items()}}
    tree = ast.parse(_source)
    last = None
    if tree.body and isinstance(tree.body[-1], ast.Expr):
        last = ast.Expression(tree.body.pop().value)
    elif tree.body and isinstance(tree.body[-1], ast.Assign) and isinstance(tree.body[-1].targets[0], ast.Name):
        last = ast.parse(tree.body[-1].targets[0].id, mode="eval")
    exec(compile(tree, "<program>", "exec"), names)
    value = eval(compile(last, "<program>", "eval"), names) if last is not None else None
    print()
    print("--- value: " + json.dumps(value, default=plain))
"""


@dataclass(frozen=True)
class Ended:
    """What a program that ran to its end printed, and its value as JSON has it."""

    said: str
    value: Any


@dataclass
class Replay:
    """`records`: by turn. Right programs are run once, whoever's answers are judged."""

    runner: ProgramRunner
    records: Mapping[str, Record]
    _right: dict[str, Ended | None] = field(default_factory=dict)

    def judge(self, row: CodeRow, turn: str, completion: str | None) -> bool | None:
        """Whether the completion ends as the right program does; None where the right one does not end on the record.

        Args:
            row: a stage whose completion is a whole program, or any other (None).
            turn: of the row, as in `records`.
            completion: the answer; None where there is none.

        Raises:
            SandboxError: the sandbox itself failed.
        """
        record = self.records.get(turn)
        if record is None or row.stage not in PROGRAM_STAGES:
            return None
        if row.id not in self._right:
            self._right[row.id] = self._ended(program_of(row, row.completion), record)
        right = self._right[row.id]
        if right is None:
            return None
        given = self._ended(program_of(row, completion), record) if completion is not None else None
        return given is not None and given.said == right.said and _equal(given.value, right.value)

    def _ended(self, program: str | None, record: Record) -> Ended | None:
        if program is None:
            return None
        returned: dict[str, list[Any]] = {}
        for one in sorted(record.returned, key=lambda one: not one.ok):  # what failed once and then went well went well
            given = {**record.defaults.get(one.name, {}), **one.args}
            key = json.dumps([one.name, given], sort_keys=True, default=repr)
            if one.ok or key not in returned:
                returned.setdefault(key, []).append([one.ok, one.value])
        tools = {name: [list(names), dict(record.defaults.get(name, {}))] for name, names in record.parameters.items()}
        ran = self.runner.run(f"{_HARNESS}\n_play({program!r}, {_literal(returned)}, {_literal(tools)})")
        said, found, value = ran.said.rpartition(f"\n{_MARK}")
        if not ran.ok or not found:
            return None
        try:
            return Ended(said.strip(), json.loads(value))
        except ValueError:
            return None


def program_of(row: CodeRow, completion: str) -> str | None:
    """The program that the agent would run; None where it could not read one.

    The compact prompts leave out the signature and the call at the end, which the scaffold in the prompt has.
    """
    sections = dict(parse(row.messages[-1][1])) if len(row.messages) == 1 else {}
    if not {"tools", "scaffold"} <= sections.keys():
        return code_of(completion)
    context = PromptContext(sections.get("question", ""), scaffold=sections["scaffold"])
    try:
        read = CompactPrompts().read(Stage(row.stage), completion, context)
    except (Malformed, ValueError):
        return None
    return read if isinstance(read, str) else None


def _literal(value: Any) -> str:
    """As Python source, in which JSON's null, true and false are no names."""
    return f"__import__('json').loads({json.dumps(value, default=repr)!r})"


def _equal(one: Any, other: Any) -> bool:
    """Equal, floats to a millionth: sums in another order differ in their last digits."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | float) and isinstance(other, int | float):
        both_nan = math.isnan(one) and math.isnan(other)
        return both_nan or math.isclose(one, other, rel_tol=1e-6, abs_tol=1e-9)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_equal, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_equal(one[key], other[key]) for key in one)
    return bool(one == other)
