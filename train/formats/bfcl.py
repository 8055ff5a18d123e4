"""BFCL v3: questions, functions and possible answers of the AST and executable categories (Patil et al., 2024).

A category is a file of JSON Lines `{"id", "question", "function"}`. For AST categories the answers lie beside it under
`possible_answer/`: for each call the values that each parameter may have, "" among them where it may be left out. The
executable categories carry their calls as Python text in `ground_truth`. Irrelevance: nothing should be called.

Names with dots are offered with underscores, since no Python function and no `tools` field has dots. Values are
compared as its AST checker does: strings without case and punctuation, 5 for 5.0 but not 5.0 for 5, lists in order,
dictionaries by the values each key may have. Java and JavaScript (typed strings of other languages) and the multi-turn
categories are not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from agent.calls.syntax import BadCall, Expression, parse_call
from agent.scoring.gold import Gold, GoldCall
from train.formats.bfcl_values import listed
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
    for path in sorted(folder.glob(f"*{category}.json*"), reverse=True):
        if re.fullmatch(rf"(BFCL_v\d+_)?{category}\.jsonl?", path.name):
            return path
    raise FileNotFoundError(f"no BFCL_v3_{category}.json in {folder}")


def items(path: Path, on_problem: OnProblem = no_matter) -> Iterator[Item]:
    """Each question of a category's file."""
    category = re.sub(r"^BFCL_v\d+_", "", path.stem)
    answers = _answers(path.parent / "possible_answer" / path.name, on_problem) if "exec" not in category else {}
    for line, data in json_items(path, on_problem):
        try:
            yield _item(data, category, answers)
        except _BadItem as error:
            on_problem(Problem(path, line, str(error)))


def _answers(path: Path, on_problem: OnProblem) -> dict[str, Any]:
    if not path.is_file():
        return {}
    found = [data for _, data in json_items(path, on_problem) if isinstance(data, dict)]
    return {str(data.get("id")): data.get("ground_truth") for data in found}


def _item(data: Any, category: str, answers: Mapping[str, Any]) -> Item:
    if not isinstance(data, dict) or not isinstance(data.get("question"), list):
        raise _BadItem("no question of BFCL")
    functions = data.get("function")
    functions = [functions] if isinstance(functions, dict) else functions
    if not isinstance(functions, list) or not all(isinstance(f, dict) and "name" in f for f in functions):
        raise _BadItem("no functions")
    item_id = str(data.get("id", ""))
    tools = tuple(_tool(function) for function in functions)
    truth = data.get("ground_truth", answers.get(item_id))
    if "irrelevance" in category:
        gold = Gold(())
    elif truth is None:
        raise _BadItem(f"{item_id}: no answer in possible_answer/ and none in the item")
    else:
        numbers = {str(function["name"]): _number_parameters(function) for function in functions}
        calls = tuple(_executable(call) if isinstance(call, str) else _possible(call, numbers) for call in truth)
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


def _number_parameters(function: Mapping[str, Any]) -> frozenset[str]:
    """Parameters declared as float: their possible answers are often written as whole numbers."""
    properties = (function.get("parameters") or {}).get("properties") or {}
    is_float = {"float", "double", "number"}
    return frozenset(key for key, p in properties.items() if isinstance(p, dict) and p.get("type") in is_float)


def _possible(call: Any, numbers: Mapping[str, frozenset[str]]) -> GoldCall:
    """`{"name": {"parameter": [values]}}`."""
    match call:
        case dict() if len(call) == 1:
            ((name, parameters),) = call.items()
        case _:
            raise _BadItem("a possible answer is no call")
    if not isinstance(parameters, dict) or not all(isinstance(values, list) for values in parameters.values()):
        raise _BadItem("a possible answer has no lists of values")
    optional = frozenset(key for key, values in parameters.items() if "" in values)
    floats = numbers.get(str(name), frozenset())
    possible = {
        key: tuple(float(v) if key in floats and type(v) is int else v for v in values)
        for key, values in parameters.items()
    }
    return GoldCall(str(name), possible, optional)


def _executable(text: str) -> GoldCall:
    try:
        call = parse_call(text)
    except BadCall as error:
        raise _BadItem(f"the ground truth is no call: {error}") from error
    if call.args or any(isinstance(value, Expression) for value in call.kwargs.values()):
        raise _BadItem(f"the ground truth has arguments without a name or a value: {text[:80]}")
    return GoldCall.of(call.name, {key: listed(value) for key, value in call.kwargs.items()})


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
