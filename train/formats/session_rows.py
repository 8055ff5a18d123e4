"""The rows of one answered turn of a session, in both views."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agent.calls.categories import Category
from agent.prompts.compact import tight_program
from train.formats.correction import is_told_by, program_of
from train.formats.logged_turn import LoggedCall, LoggedTurn, Stage
from train.formats.session_tools import named_arguments
from train.formats.task import Task
from train.mae.mask import masked
from train.rows import Call, Called, CallsRow, CodeRow, Said, ToolDoc

_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Verdict:
    """What a person said of an answer: `rating` is up, down or ''; `correction` is '' where there is none."""

    rating: str = ""
    correction: str = ""


@dataclass(frozen=True)
class Exchange:
    """An earlier question of the session and its answer."""

    question: str
    answer: str


def calls_row(
    task: Task, turn: LoggedTurn, tools: Sequence[ToolDoc], history: Sequence[Exchange], verdict: Verdict
) -> CallsRow | None:
    """The trajectory; None where a person rejected it and the correction cannot end it."""
    answer = turn.answer
    calls = list(_without_repetitions(turn.calls))
    if verdict.correction:
        told = "\n".join(call.feedback for call in calls if call.category is Category.ALL_RIGHT)
        if program_of(verdict.correction) or (calls and not is_told_by(verdict.correction, told)):
            return None
        answer = verdict.correction
    elif verdict.rating == "down":
        return None
    turns: list[Said | Called] = []
    for exchange in history:
        turns += [Said("user", exchange.question), Said("assistant", exchange.answer, is_target=False)]
    turns.append(Said("user", turn.question))
    by_name = {tool.name: tool for tool in tools}
    for call in calls:
        args = named_arguments(call.args, by_name.get(call.name))
        turns.append(Called((Call(call.name, args, call.category or Category.OTHERS),)))
        turns.append(Said("tool", call.feedback, name=call.name))
    turns.append(Said("assistant", answer))
    return masked(CallsRow(f"{task.id}/calls", "", tuple(tools), tuple(turns), task.source))


def _without_repetitions(calls: Sequence[LoggedCall]) -> Iterator[LoggedCall]:
    """A repaired program makes the calls of the failed one again; a trajectory has each of them once.

    Calls that never returned (the program was stopped) are left out.
    """
    done: dict[str, int | None] = {}
    for call in calls:
        if call.category is None:
            continue
        key = f"{call.name}{sorted(call.args.items(), key=lambda item: item[0])!r}"
        if call.category is Category.ALL_RIGHT:
            if key in done and done[key] != call.cell:
                continue
            done[key] = call.cell
        yield call


def code_rows(task: Task, turn: LoggedTurn, tools: Sequence[ToolDoc], verdict: Verdict) -> list[CodeRow]:
    """The completions of the stages; with a program as correction, that in the place of the last one written."""
    program = program_of(verdict.correction) if verdict.correction else ""
    if verdict.rating == "down" and not verdict.correction:
        return []
    names = {tool.name for tool in tools}
    if verdict.correction:
        corrected = _corrected(turn, verdict.correction, program)
        if corrected is None:
            return []
        stage, completion = corrected
        return [_row(task, len(turn.stages) + 1, stage, completion, names, is_target=True)]
    return [
        _row(task, n, stage, stage.completion, names, is_target=not stage.failed)
        for n, stage in enumerate(turn.stages, start=1)
        if stage.failed != "was not kept"
    ]


def _corrected(turn: LoggedTurn, correction: str, program: str) -> tuple[Stage, str] | None:
    """The stage whose completion the correction is, and how it is written there.

    A program corrects what wrote the program; words correct an answer that the router gave without one. Words that
    correct a program's result are no completion of any stage.
    """
    if program:
        writers = [s for s in turn.stages if s.name in ("implement", "review") and s.prompt]
        if not writers:
            return None
        is_fenced = "```" in writers[-1].completion
        return writers[-1], f"```python\n{program}\n```" if is_fenced else tight_program(program)
    if turn.programs:
        return None
    routers = [s for s in turn.stages if s.name == "route" and s.prompt and not s.failed]
    return (routers[-1], correction) if routers else None


def _row(task: Task, n: int, stage: Stage, completion: str, names: set[str], *, is_target: bool) -> CodeRow:
    offered = {word for _, content in stage.prompt for word in _WORD.findall(content)} & names
    return CodeRow(
        f"{task.id}/{n}-{stage.name}",
        "",
        stage.name,
        stage.prompt,
        completion,
        tuple(sorted(offered)),
        is_target,
        task.source,
    )
