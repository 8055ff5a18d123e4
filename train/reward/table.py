"""The reward of a call against its gold call (PAPERS.md 2.3), and of an answer that may have several calls.

The order of the tests is the paper's: format, hallucinated tool, wrong tool, parameters (three penalties that add up),
values. Departures from the released code, whose parser reads single-quoted strings only: calls come parsed by `ast`,
and every value is compared, so that a wrong number or a wrong double-quoted string is no longer a perfect call.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from agent.scoring.gold import CallLike
from agent.scoring.same import same_value
from agent.scoring.single import bound_by_position
from train.rows import ToolDoc


class ErrorKind(StrEnum):
    """What was wrong with a call, in the order in which it is looked for."""

    FORMAT = "format"
    TOOL_HALLUCINATION = "tool_hallucination"
    WRONG_TOOL = "wrong_tool"
    PARAMETERS = "parameters"
    VALUE = "value"
    ALL_RIGHT = "all_right"


@dataclass(frozen=True)
class RewardTable:
    """The figures; the defaults are the paper's. The three of parameters add up."""

    format: float = -2.0
    tool_hallucination: float = -2.0
    wrong_tool: float = -1.5
    hallucinated: float = -0.8
    redundant: float = -0.5
    missing: float = -0.5
    value: float = -0.25
    all_right: float = 1.0


PAPER = RewardTable()


@dataclass(frozen=True)
class Rewarded:
    """A reward and its reason. `parts`: which parameter penalties were added (hallucinated, redundant, missing)."""

    value: float
    kind: ErrorKind
    parts: tuple[str, ...] = ()
    why: str = ""


def reward_of_call(
    call: CallLike | None, gold: CallLike, tools: Sequence[ToolDoc], table: RewardTable = PAPER
) -> Rewarded:
    """One call against its gold.

    Args:
        call: what was written; None where no call could be read. Positional arguments that a parser named `arg0`,
            `arg1` take the tool's parameters' names; what is left of them is a hallucinated parameter.
        gold: the right call.
        tools: the declared tools, with their JSON schemas.
    """
    if call is None:
        return Rewarded(table.format, ErrorKind.FORMAT, why="no parsable call")
    tool = next((tool for tool in tools if tool.name == call.name), None)
    if tool is None:
        return Rewarded(table.tool_hallucination, ErrorKind.TOOL_HALLUCINATION, why=f"there is no tool {call.name!r}")
    if call.name != gold.name:
        return Rewarded(table.wrong_tool, ErrorKind.WRONG_TOOL, why=f"{call.name} instead of {gold.name}")
    declared = tuple(tool.parameters.get("properties") or ())
    given = bound_by_position(call, declared).args
    # The gold's own parameters count as declared: data sets have gold calls that their documents do not cover.
    hallucinated = [key for key in given if key not in declared and key not in gold.args]
    redundant = [key for key in given if key in declared and key not in gold.args]
    missing = [key for key in gold.args if key not in given]
    found = (
        ("hallucinated", hallucinated, table.hallucinated),
        ("redundant", redundant, table.redundant),
        ("missing", missing, table.missing),
    )
    wrong = [(what, names, figure) for what, names, figure in found if names]
    if wrong:
        why = "; ".join(f"{what}: {', '.join(names)}" for what, names, _ in wrong)
        value = sum(figure for _, _, figure in wrong)
        return Rewarded(value, ErrorKind.PARAMETERS, tuple(what for what, _, _ in wrong), why)
    differing = [key for key in gold.args if not same_value(given[key], gold.args[key])]
    if differing:
        return Rewarded(table.value, ErrorKind.VALUE, why=f"another value: {', '.join(differing)}")
    return Rewarded(table.all_right, ErrorKind.ALL_RIGHT)


def reward_of_answer(
    calls: Sequence[CallLike] | None,
    alternatives: Iterable[Sequence[CallLike]],
    tools: Sequence[ToolDoc],
    table: RewardTable = PAPER,
) -> Rewarded:
    """An answer against the best of its right answers, each of which is one call or several in any order.

    Calls are paired with gold calls so that the pairs that fit best come first. A call too many, and a gold call too
    many, counts as a wrong tool, and the reward is the mean: writing every call there is does not pay. With one call
    and one gold call it is `reward_of_call`. The kind told is that of the worst pair.

    Args:
        calls: what was written; None or empty where no call could be read.
        alternatives: right answers; at least one, none of them empty.
    """
    return max((_paired(calls or (), gold, tools, table) for gold in alternatives), key=lambda r: r.value)


def _paired(
    calls: Sequence[CallLike], gold: Sequence[CallLike], tools: Sequence[ToolDoc], table: RewardTable
) -> Rewarded:
    if not calls:
        return reward_of_call(None, gold[0], tools, table)
    pairs = [
        (reward_of_call(call, right, tools, table), i, j)
        for i, call in enumerate(calls)
        for j, right in enumerate(gold)
    ]
    pairs.sort(key=lambda pair: -pair[0].value)
    rewards: list[Rewarded] = []
    used_calls: set[int] = set()
    used_gold: set[int] = set()
    for reward, i, j in pairs:
        if i not in used_calls and j not in used_gold:
            used_calls.add(i)
            used_gold.add(j)
            rewards.append(reward)
    names = {tool.name for tool in tools}
    for i, call in enumerate(calls):
        if i not in used_calls:
            extra = f"{call.name} is a call too many"
            rewards.append(
                Rewarded(table.wrong_tool, ErrorKind.WRONG_TOOL, why=extra)
                if call.name in names
                else Rewarded(table.tool_hallucination, ErrorKind.TOOL_HALLUCINATION, why=extra)
            )
    rewards += [
        Rewarded(table.wrong_tool, ErrorKind.WRONG_TOOL, why=f"{right.name} was not called")
        for j, right in enumerate(gold)
        if j not in used_gold
    ]
    worst = min(rewards, key=lambda r: r.value)
    return Rewarded(sum(r.value for r in rewards) / len(rewards), worst.kind, worst.parts, worst.why)
