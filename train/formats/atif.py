"""ATIF, the agent trajectory interchange format (versions 1.0 to 1.8), one object per file or per line.

Read by hand and not by the package `atif`: its models refuse fields that they do not know, and a trajectory of the next
version is still worth having. Steps that were copied from an earlier trajectory are context and no targets, as the
format demands; trajectories of subagents are read as trajectories of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from train.formats.imported import BadTrajectory, openai_tools, task_of, text_of, why
from train.formats.json_items import json_items
from train.formats.problems import OnProblem, Problem, no_matter
from train.formats.task import Task
from train.rows import Call, Called, CallsRow, Said, ToolDoc

_PROGRAM = "run_python"
"""How our own export names a program's run; the calls of tools that it made follow it in the same step."""


def load(path: Path, on_problem: OnProblem = no_matter) -> Iterator[Task]:
    """Each trajectory as a task."""
    for line, item in json_items(path, on_problem):
        try:
            yield from _tasks(item, f"{path.stem}:{line}")
        except (BadTrajectory, KeyError, TypeError, AttributeError) as error:
            on_problem(Problem(path, line, f"no trajectory: {why(error)}"))


def _tasks(item: Any, name: str) -> Iterator[Task]:
    if not isinstance(item, Mapping) or not isinstance(item.get("steps"), list):
        raise BadTrajectory("there is no list 'steps'")
    agent = item.get("agent") or {}
    tools = openai_tools(agent.get("tool_definitions") or ())
    id_ = str(item.get("trajectory_id") or item.get("session_id") or name)
    is_ours = agent.get("name") == "toolcoder"
    parts = [list(_turns(step, tools, is_ours)) for step in item["steps"]]
    source = f"ATIF, {agent.get('name', 'unknown agent')}, {agent.get('model_name') or 'unknown model'}"
    for n, turns in enumerate(_until_each_answer(parts), start=1):
        yield task_of(CallsRow(f"{id_}/{n}", f"atif {id_}", tools, tuple(turns), source), source)
    for n, inner in enumerate(item.get("subagent_trajectories") or ()):
        yield from _tasks(inner, f"{name}.{n}")


def _until_each_answer(parts: list[list[Said | Called]]) -> Iterator[list[Said | Called]]:
    """One trajectory per question: what came before it is context and no target."""
    turns = [turn for part in parts for turn in part]
    asked = [i for i, turn in enumerate(turns) if isinstance(turn, Said) and turn.role == "user"]
    starts = [i for i in asked if i + 1 not in asked]  # of several messages in a row the last
    for start, end in zip(starts, [*starts[1:], len(turns)], strict=True):
        while end > start and isinstance(turns[end - 1], Said) and turns[end - 1].role == "user":  # type: ignore[union-attr]
            end -= 1
        yield [*(_as_context(turn) for turn in turns[: start + 1]), *turns[start + 1 : end]]


def _as_context(turn: Said | Called) -> Said | Called:
    if isinstance(turn, Said):
        return Said(turn.role, turn.text, turn.name, is_target=False)
    return Called(turn.calls, turn.thought, is_target=False)


def _turns(step: Mapping[str, Any], tools: tuple[ToolDoc, ...], is_ours: bool) -> Iterator[Said | Called]:
    message, source = text_of(step.get("message")), step["source"]
    results = (step.get("observation") or {}).get("results") or ()
    if source in ("system", "user"):
        yield Said(source, message)
        return
    if source != "agent":
        raise BadTrajectory(f"a step's source is {source!r}")
    is_target = step.get("is_copied_context") is not True
    called = [call for call in step.get("tool_calls") or () if not (is_ours and call["function_name"] == _PROGRAM)]
    if not called:
        if message or not step.get("tool_calls"):
            yield Said("assistant", message, is_target=is_target)
        return
    calls = tuple(Call(str(call["function_name"]), _arguments(call.get("arguments"))) for call in called)
    yield Called(calls, message, is_target)
    by_id = {str(r.get("source_call_id")): text_of(r.get("content")) for r in results}
    for call in called:
        yield Said("tool", by_id.get(str(call.get("tool_call_id")), ""), name=str(call["function_name"]))


def _arguments(arguments: Any) -> dict[str, Any]:
    if arguments is None:
        return {}
    if not isinstance(arguments, Mapping):
        raise BadTrajectory("a call's arguments are no object")
    return dict(arguments)
