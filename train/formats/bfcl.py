"""BFCL v3 and v4: questions, functions and possible answers of the AST and executable categories (Patil et al., 2024).

A category is a file of JSON Lines `{"id", "question", "function"}`. For AST categories the answers lie beside it under
`possible_answer/`: for each call the values that each parameter may have, "" among them where it may be left out. The
executable categories have their calls as Python text, in v3 in the question's `ground_truth`. Irrelevance: nothing
should be called.

Names with dots are offered with underscores, since no Python function and no `tools` field has dots. Values are
compared as its AST checker does (`bfcl_values`). Two things are judged otherwise: calls that may go together are
paired as well as they can be, where its checker takes the first that fits; and an answer that is no readable call is
wrong also where nothing should be called, where its checker takes it for none. Java and JavaScript (typed strings of
other languages) and the multi-turn categories are not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from agent.scoring.gold import Gold, GoldCall
from train.formats.bfcl_calls import BadAnswer, Functions, executable_call, possible_call
from train.formats.item import Item
from train.formats.json_items import json_items
from train.formats.problems import OnProblem, Problem, no_matter
from train.rows import Called, Said, ToolDoc

AST = ("simple", "multiple", "parallel", "parallel_multiple")
LIVE = tuple(f"live_{name}" for name in AST)
EXECUTABLE = tuple(f"exec_{name}" for name in AST)
IRRELEVANCE = ("irrelevance", "live_irrelevance")
CATEGORIES = (*AST, *LIVE, *EXECUTABLE, *IRRELEVANCE)
_TYPES = {"dict": "object", "float": "number", "double": "number", "tuple": "array", "any": None, "list": "array"}
_ROLES = ("system", "user", "assistant")


class _BadItem(ValueError):
    """The item lacks something; the message says what."""


def category_file(folder: Path, category: str) -> Path:
    """The file of a category, whatever the version in its name (`BFCL_v3_simple.json`).

    Raises:
        FileNotFoundError: there is none, or it is a category that is not read.
    """
    if folder.is_file():
        return folder
    if category not in CATEGORIES:
        raise FileNotFoundError(f"BFCL's category {category!r} is not read here")
    for path in sorted(folder.glob(f"*{category}*.json*"), reverse=True):
        if re.fullmatch(rf"(BFCL_v\d+_)?{category}(_python)?\.jsonl?", path.name):
            return path
    raise FileNotFoundError(f"no BFCL_v3_{category}.json in {folder}")


def items(path: Path, on_problem: OnProblem = no_matter) -> Iterator[Item]:
    """Each question of a category's file."""
    category = re.sub(r"^BFCL_v\d+_", "", path.stem).removesuffix("_python")
    answers = _answers(path.parent, path.name, on_problem)
    for line, data in json_items(path, on_problem):
        try:
            yield _item(data, category, answers)
        except _BadItem as error:
            on_problem(Problem(path, line, str(error)))


def _answers(folder: Path, name: str, on_problem: OnProblem) -> dict[str, dict[str, Any]]:
    """By id, from `possible_answer/` beside the questions or beside their folder; none for irrelevance."""
    for path in (folder / "possible_answer" / name, folder.parent / "possible_answer" / name):
        if path.is_file():
            return {str(data.get("id")): data for _, data in json_items(path, on_problem) if isinstance(data, dict)}
    return {}


def _item(data: Any, category: str, answers: Mapping[str, Mapping[str, Any]]) -> Item:
    if not isinstance(data, dict) or not isinstance(data.get("question"), list):
        raise _BadItem("no question of BFCL")
    functions = data.get("function")
    functions = [functions] if isinstance(functions, dict) else functions
    if not isinstance(functions, list) or not all(isinstance(f, dict) and "name" in f for f in functions):
        raise _BadItem("no functions")
    item_id = str(data.get("id", ""))
    tools = tuple(_tool(function) for function in functions)
    data = {**answers.get(item_id, {}), **data}
    truth = data.get("ground_truth")
    if "irrelevance" in category:
        gold = Gold(())
    elif truth is None:
        raise _BadItem(f"{item_id}: no answer in possible_answer/ and none in the item")
    else:
        declared = {str(function["name"]): _parameters(function) for function in functions}
        calls = tuple(_right(call, declared) for call in truth)
        gold = Gold((calls,), aliases={_plain(call.name): call.name for call in calls})
    match = tuple(str(kind) for kind in data.get("execution_result_type") or ())
    return Item(f"bfcl/{item_id}", tools, _turns(data["question"]), _with_plain_names(gold), (category,), match=match)


def _turns(question: list[Any]) -> tuple[Said | Called, ...]:
    """The one turn of a single-turn question: a list of messages, itself in a list of turns."""
    turns = question[0] if question and isinstance(question[0], list) else question
    if question and isinstance(question[0], list) and len(question) > 1:
        raise _BadItem("several turns: multi-turn categories are not read")
    said = [
        Said(m["role"], str(m.get("content", ""))) for m in turns if isinstance(m, dict) and m.get("role") in _ROLES
    ]
    if not said:
        raise _BadItem("a question without messages")
    return tuple(said)


def _tool(function: Mapping[str, Any]) -> ToolDoc:
    parameters = _schema(function.get("parameters") or {})
    return ToolDoc(_plain(str(function["name"])), str(function.get("description", "")), parameters)


def _schema(schema: Any) -> Any:
    """The schema with JSON schema's names of types, at every depth."""
    if isinstance(schema, list):
        return [_schema(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: _schema(value) for key, value in schema.items()}
    if isinstance(found.get("type"), str) and found["type"].lower() in _TYPES:
        named = _TYPES[found["type"].lower()]
        found.pop("type")
        found |= {"type": named} if named else {}
    return found


def _parameters(function: Mapping[str, Any]) -> Mapping[str, Any]:
    parameters = function.get("parameters")
    return parameters if isinstance(parameters, Mapping) else {}


def _right(call: Any, declared: Functions) -> GoldCall:
    try:
        return executable_call(call, declared) if isinstance(call, str) else possible_call(call, declared)
    except BadAnswer as error:
        raise _BadItem(str(error)) from error


def _plain(name: str) -> str:
    return name.replace(".", "_")


def _with_plain_names(gold: Gold) -> Gold:
    """The gold under the names that are offered; a prediction may still write the dotted one."""
    alternatives = tuple(
        tuple(GoldCall(_plain(call.name), call.values, call.optional, call.any_value) for call in alternative)
        for alternative in gold.alternatives
    )
    dotted = {name: plain for plain, name in gold.aliases.items() if plain != name}
    return Gold(alternatives, gold.first_only, dotted)
