"""The reward of a program: -2 if it does not parse, else the mean of its calls' rewards, capped where it was rejected.

Computed from the broker's record alone (`tool_call` and `tool_return` of the session log): what the kernel printed is
the sandbox's claim. Gold of a logged step are the calls rated All Right in a session whose answer was not rejected.
"""

from __future__ import annotations

import ast
import json
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agent.calls.categories import Category
from agent.log.schema import LogRecord
from train.reward.live import live_reward
from train.reward.table import PAPER, ErrorKind, Rewarded, RewardTable, reward_of_call
from train.rows import ToolDoc

REJECTED_CAP = -0.25
"""Most that a program gets whose result was rejected, or that failed."""


@dataclass(frozen=True)
class RecordedCall:
    """A call as the broker saw it, also one that never left the kernel. `cell`: in which program it was made."""

    name: str
    args: Mapping[str, Any]
    category: Category
    cell: int | None = None


def recorded_calls(records: Iterable[LogRecord]) -> tuple[RecordedCall, ...]:
    """The calls of a log's records in the order in which they were made; one that never returned is left out.

    A failed bind's positional arguments stand in the log as `[0]`, `[1]`; here they are `arg0`, `arg1`, as parsed.
    """
    made: dict[str, LogRecord] = {}
    back: dict[str, Category] = {}
    for record in records:
        match record.kind:
            case "tool_call":
                made[str(record.fields.get("id"))] = record
            case "tool_return":
                back[str(record.fields.get("id"))] = Category(record.fields["category"])
    calls = []
    for key, record in made.items():
        if key in back:
            args = {_unbracketed(name): value for name, value in dict(record.fields.get("args") or {}).items()}
            calls.append(RecordedCall(str(record.fields["name"]), args, back[key], record.fields.get("cell")))
    return tuple(calls)


def gold_calls(calls: Iterable[RecordedCall], *, rejected: bool) -> tuple[RecordedCall, ...]:
    """What later programs are measured by: the calls rated All Right, unless the answer was rejected."""
    return () if rejected else tuple(call for call in calls if call.category is Category.ALL_RIGHT)


def reward_of_program(
    source: str,
    calls: Sequence[RecordedCall],
    gold: Sequence[RecordedCall],
    tools: Sequence[ToolDoc],
    *,
    rejected: bool,
    table: RewardTable = PAPER,
    rejected_cap: float = REJECTED_CAP,
) -> Rewarded:
    """The reward of one program.

    A call is measured by the gold call that it fits best; without gold by its feedback's category. Calling the same
    again with the same arguments counts once, so that repeating a good call does not outweigh a bad one. A program
    without any call: where gold calls exist it called none of them, a wrong tool; else only its result speaks.

    Args:
        source: what the model wrote.
        calls: the broker's record of this program.
        gold: the calls of a session that answered the same question; may be empty.
        rejected: the person, or a check, rejected the result, or the program failed. None of its rewards then
            exceeds `rejected_cap`.
    """
    if not _parses(source):
        return Rewarded(table.format, ErrorKind.FORMAT, why="the program does not parse")
    rewards = [r for call in _once(calls) if (r := _of_call(call, gold, tools, table)) is not None]
    if not rewards and gold:
        rewards = [Rewarded(table.wrong_tool, ErrorKind.WRONG_TOOL, why="it called no tool")]
    if not rewards:
        rewards = [Rewarded(table.all_right, ErrorKind.ALL_RIGHT)]
    mean = sum(r.value for r in rewards) / len(rewards)
    worst = min(rewards, key=lambda r: r.value)
    if rejected and mean > rejected_cap:
        kind = ErrorKind.VALUE if worst.kind is ErrorKind.ALL_RIGHT else worst.kind
        return Rewarded(rejected_cap, kind, worst.parts, "its result was rejected")
    return Rewarded(mean, worst.kind, worst.parts, worst.why)


def _of_call(
    call: RecordedCall, gold: Sequence[RecordedCall], tools: Sequence[ToolDoc], table: RewardTable
) -> Rewarded | None:
    if not gold:
        return live_reward(call.category, table)
    return max((reward_of_call(call, right, tools, table) for right in gold), key=lambda r: r.value)


def _once(calls: Iterable[RecordedCall]) -> tuple[RecordedCall, ...]:
    # The category belongs to the key: a read that failed once and then worked are two experiences.
    keyed = {(call.name, json.dumps(call.args, sort_keys=True, default=repr), call.category): call for call in calls}
    return tuple(keyed.values())


def _parses(source: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return bool(ast.parse(source).body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False


def _unbracketed(name: str) -> str:
    inside = name.removeprefix("[").removesuffix("]")
    return f"arg{inside}" if name == f"[{inside}]" and inside.isdigit() else name
