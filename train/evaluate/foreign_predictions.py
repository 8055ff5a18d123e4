"""`--predictions FILE`: answers that something else wrote, in the shapes in which such files are found.

One entry per item, as a JSON array, JSON Lines, or one object by id. With our `id`s in any order, else in the items'
order and as many:
- our own lines `{"id", "text", "calls"}`;
- `{"name", "args"}` (or `arguments`; `Action`, `Action_Input`), a list of such under `calls` or `tool_calls`;
- RoTBench's: the item itself with the prediction as the last turn's `value`;
- a text or null, or an object with any of these under `prediction`, `output`, `response`, `completion`, `answer`, ...
Texts are read as `Action: / Action Input:`, as Python calls, or as JSON with a name and arguments.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from agent.scoring.gold import GivenCall
from train.errors import DataError
from train.evaluate.answers import Answer
from train.formats.json_items import json_items
from train.formats.problems import Problem
from train.rows import Called, Said
from train.templates.react import read_react
from train.templates.written import read_python_calls

Parse = Callable[[str], Called | Said | None]
_TEXTS = (
    "text",
    "prediction",
    "output",
    "response",
    "completion",
    "answer",
    "result",
    "generated_text",
    "content",
    "call",
)
_NAMES = ("name", "tool", "action", "Action")
_ARGS = ("args", "arguments", "parameters", "action_input", "Action_Input", "Action Input", "input")


def read_predictions(path: Path, ids: Sequence[str], parse: Parse | None = None) -> dict[str, Answer]:
    """The answer of each id that the file has one for.

    Args:
        path: the file.
        ids: of all items, in order.
        parse: how texts are read; a template's own where it is known.

    Raises:
        DataError: the file cannot be read, or does not fit these items.
    """
    problems: list[Problem] = []
    entries = [(line, entry) for line, entry in json_items(path, problems.append)]
    if problems:
        raise DataError(f"cannot read {problems[0]}", "A JSON array, or a JSON value on each line.")
    if len(entries) == 1 and isinstance(entries[0][1], dict) and len(ids) != 1 and set(entries[0][1]) & set(ids):
        line, by_id = entries[0]
        return {key: _answer(path, line, by_id[key], parse) for key in ids if key in by_id}
    known = set(ids)
    named = {_id(entry): _answer(path, line, entry, parse) for line, entry in entries if _id(entry) in known}
    if named:
        return named
    if len(entries) != len(ids):
        what = f"{path} has {len(entries)} predictions without the ids of these {len(ids)} items"
        raise DataError(what, "Give each its id (as in predictions.jsonl of a run), or one for every item in order.")
    return {key: _answer(path, line, entry, parse) for key, (line, entry) in zip(ids, entries, strict=True)}


def _id(entry: Any) -> str:
    return str(entry.get("id", "")) if isinstance(entry, dict) else ""


def _answer(path: Path, line: int, entry: Any, parse: Parse | None) -> Answer:
    found = _read(entry, parse)
    if found is None:
        what = f"{path}:{line}: no prediction in it: {json.dumps(entry, default=str)[:120]}"
        hint = f"An object with `calls`, with `name` and `args`, or with a text under {', '.join(_TEXTS)}."
        raise DataError(what, hint)
    return found


def _read(entry: Any, parse: Parse | None) -> Answer | None:
    """None where an entry has no known shape; a prediction that is null could not be read."""
    match entry:
        case None:
            return Answer("", None)
        case str():
            return read_text(entry, parse)
        case list():
            return _of_objects("", entry)
        case {"conversations": [*_, {"value": str(text) | [str(text), *_]}]}:
            return read_text(text, parse)
        case {"calls": None, **rest}:
            return Answer(str(rest.get("text", "")), None)
        case {"calls": list(calls), **rest} | {"tool_calls": list(calls), **rest}:
            return _of_objects(str(rest.get("text") or rest.get("content") or ""), calls)
        case dict():
            if any(isinstance(entry.get(key), str) for key in _NAMES):
                return _of_objects("", [entry])
            inside = [entry[key] for key in _TEXTS if key in entry]
            return _read(inside[0], parse) if inside else None
    return None


def read_text(text: str, parse: Parse | None = None) -> Answer:
    """The calls in a text: by `parse`, else in whichever of the common forms it has."""
    if parse is not None:
        return Answer.of(text, parse(text))
    if "Action:" in text:
        return Answer.of(text, read_react(text))
    stripped = text.strip().removeprefix("<tool_call>").removesuffix("</tool_call>").strip()
    if stripped[:1] in ("{", "["):
        try:
            data = json.loads(stripped)
        except ValueError:
            return Answer(text, None)
        return _of_objects(text, data if isinstance(data, list) else [data])
    read = read_python_calls(text)
    return Answer.of(text, Called(read[1]) if read else Said("assistant", text))


def _of_objects(text: str, calls: Sequence[Any]) -> Answer:
    read = [_call(call) for call in calls]
    good = tuple(call for call in read if call is not None)
    return Answer(text, good if len(good) == len(read) else None)


def _call(data: Any) -> GivenCall | None:
    if not isinstance(data, Mapping):
        return None
    data = data.get("function") if isinstance(data.get("function"), Mapping) else data
    args: Any = next((data[key] for key in _ARGS if key in data), {})
    if isinstance(args, str):
        try:
            args = json.loads(args or "{}")
        except ValueError:
            return None
    name = next((data[key] for key in _NAMES if isinstance(data.get(key), str)), "")
    return GivenCall(name, args) if isinstance(args, dict) and name else None
