"""ToolAlpaca: APIs with instructions and gold calls, and recorded trajectories (Tang et al., 2023; Apache-2.0).

`eval_simulated.json` and `eval_real.json` are arrays of APIs with `Instructions` and `Golden_Answers` (a few calls
each, where `${animeId from searchAnime}` stands for what an earlier call returns); `train_data.json` has `Instances`
with the steps that were taken and what came back.

[inferred] TL-Training scores it as single steps without saying how. Here the first gold call decides, and any further
gold call of the same tool that waits for no result ("small, medium and large pictures") is accepted in its place. A
gold value of "" stands for an argument left out, and may be left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from agent.scoring.gold import Gold, GoldCall
from train.formats.item import Item
from train.formats.json_items import json_items
from train.formats.problems import OnProblem, Problem, no_matter
from train.formats.toolalpaca_docs import ASK, BadGold, GoldStep, gold_step, tool_docs
from train.rows import Call, Called, CallsRow, Said, ToolDoc


def load(path: Path, on_problem: OnProblem = no_matter) -> Iterator[CallsRow]:
    """Trajectories: each recorded instance whole; each gold answer up to what depends on a result.

    A gold answer is written without observations, so a row ends with its first call that has any.
    """
    for line, api in _apis(path, on_problem):
        tools = tool_docs(api)
        for n, instance in enumerate(api.get("Instances") or ()):
            try:
                yield _instance(instance, tools, _id(api, n), _group(api, str(instance["input"])))
            except (BadGold, KeyError, TypeError, ValueError, IndexError) as error:
                on_problem(Problem(path, line, f"{api['Name']}, instance {n}: {type(error).__name__}: {error}"))
        for n, instruction, steps in _golden(path, line, api, on_problem):
            first = steps[0]
            if first.free and first.name != ASK.name:
                on_problem(Problem(path, line, f"{api['Name']}, instruction {n}: the first call holds a placeholder"))
                continue
            given = {key: value for key, value in first.args.items() if value != ""}
            turns = (Said("user", instruction), Called((Call(first.name, given),)))
            yield CallsRow(_id(api, n), _group(api, instruction), tools, turns, source="toolalpaca")


def items(path: Path, on_problem: OnProblem = no_matter) -> Iterator[Item]:
    """Each instruction that has a gold answer."""
    for line, api in _apis(path, on_problem):
        tools = tool_docs(api)
        for n, instruction, steps in _golden(path, line, api, on_problem):
            first, *others = steps
            accepted = [first, *(step for step in others if step.name == first.name and not step.free)]
            gold = Gold(tuple((_gold(step),) for step in accepted), first_only=True)
            tags = (str(api.get("Category") or api["Name"]),)
            yield Item(_id(api, n), tools, (Said("user", instruction),), gold, tags, topic=str(api["Name"]))


def _gold(step: GoldStep) -> GoldCall:
    empty = frozenset(key for key, value in step.args.items() if value == "")
    return GoldCall(
        step.name, {key: (value,) for key, value in step.args.items()}, optional=empty, any_value=step.free - empty
    )


def _apis(path: Path, on_problem: OnProblem) -> Iterator[tuple[int, dict[str, Any]]]:
    for line, api in json_items(path, on_problem):
        if isinstance(api, dict) and "Name" in api and ("Function_Description" in api or "NLDocumentation" in api):
            yield line, api
        else:
            on_problem(Problem(path, line, "no API of ToolAlpaca: 'Name' or 'Function_Description' is missing"))


def _golden(
    path: Path, line: int, api: dict[str, Any], on_problem: OnProblem
) -> Iterator[tuple[int, str, Sequence[GoldStep]]]:
    instructions, answers = api.get("Instructions") or [], api.get("Golden_Answers") or []
    if answers and len(instructions) != len(answers):
        on_problem(Problem(path, line, f"{api['Name']}: {len(instructions)} instructions, {len(answers)} gold answers"))
    for n, (instruction, answer) in enumerate(zip(instructions, answers, strict=False)):
        try:
            steps = [gold_step(str(step["Action"]), str(step["Action_Input"])) for step in answer]
        except (BadGold, KeyError, TypeError) as error:
            on_problem(Problem(path, line, f"{api['Name']}, instruction {n}: {error}"))
            continue
        if not steps:
            on_problem(Problem(path, line, f"{api['Name']}, instruction {n}: no gold call"))
            continue
        yield n, str(instruction), steps


def _instance(instance: dict[str, Any], tools: tuple[ToolDoc, ...], row_id: str, group: str) -> CallsRow:
    """`intermediate_steps` are pairs of ((action, input, the model's words), observation)."""
    turns: list[Said | Called] = [Said("user", str(instance["input"]))]
    for (action, action_input, words, *_), observation in instance["intermediate_steps"]:
        step = gold_step(str(action), str(action_input))
        thought = str(words).partition("Thought:")[2].partition("ASSISTANT Action:")[0].strip()
        turns.append(Called((Call(step.name, step.args),), thought))
        turns.append(Said("tool", str(observation), step.name))
    if len(turns) == 1:
        raise BadGold("no steps")
    if instance.get("output"):
        turns.append(Said("assistant", str(instance["output"])))
    return CallsRow(f"{row_id}/instance", group, tools, tuple(turns), source="toolalpaca")


def _id(api: dict[str, Any], n: int) -> str:
    return f"toolalpaca/{'-'.join(str(api['Name']).split())}/{n}"


def _group(api: dict[str, Any], instruction: str) -> str:
    return f"toolalpaca/{api['Name']}/{' '.join(instruction.lower().split())}"
