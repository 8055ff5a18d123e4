"""RoTBench: single steps of tool use at five levels of noise (Ye et al., 2024; Apache-2.0).

A file is an array of `{"id", "conversations", "scenario"}`. The system's turn holds the tools as JSON, `finish` and
`ask_to_user` always last and, where the noise reached them, renamed; the assistant's turn is a list of acceptable
answers. Levels above Clean hold several noisy variants of each question.

What counts as right (PAPERS 2.4): names of tool and parameters equal to any acceptable answer's; values too, except
those of the last two tools and those whose gold is the string "None" (the parameter must be there, its value is free,
as in the released script); a predicted `finish` is the last tool, whatever its name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from agent.scoring.gold import Gold, GoldCall
from train.formats.item import Item
from train.formats.json_items import json_items
from train.formats.problems import OnProblem, Problem, no_matter
from train.formats.react_text import NotReact, read_react
from train.rows import Call, Called, CallsRow, Said, ToolDoc

SPLITS = ("clean", "slight", "medium", "heavy", "union")
SCENARIOS = {
    "TG": "Text Generation",
    "RS": "Real-Time Search",
    "DU": "Data Understanding",
    "PL": "Personal Life",
    "AM": "Application Manipulation",
    "IR": "Information Retrieval",
    "FT": "Financial Transactions",
}
_N_UNCOMPARED = 2
"""`ask_to_user` and `finish` stand last; what they say is free."""


class _BadItem(ValueError):
    """The item lacks something; the message says what."""


class NoTools(_BadItem):
    """The system's turn holds no tools."""


def split_file(folder: Path, split: str) -> Path:
    """The file of a split in RoTBench's own layout or beside it; `folder` may also be the file itself.

    Raises:
        FileNotFoundError: there is none; the message lists where it was looked for.
    """
    if folder.is_file():
        return folder
    places = [folder / "First_Turn", folder / "Data" / "First_Turn", folder]
    for place in places:
        for path in sorted(place.glob("*.json")) if place.is_dir() else []:
            if path.stem.lower() == split.lower():
                return path
    raise FileNotFoundError(f"no {split}.json in {', '.join(map(str, places))}")


def load(path: Path, on_problem: OnProblem = no_matter) -> Iterator[CallsRow]:
    """Each item as a trajectory that ends with its first acceptable answer.

    Values that say "None" are left out of the calls: they stand for an argument that nobody gave.
    """
    for item, answers in _read(path, on_problem):
        name, args = answers[0]
        given = {key: value for key, value in args.items() if value != "None"}
        turns = (*item.turns, Called((Call(name, given),)))
        yield CallsRow(item.id, _group(item.turns), item.tools, turns, source="rotbench")


def items(path: Path, on_problem: OnProblem = no_matter) -> Iterator[Item]:
    """Each item as a question with all its acceptable answers."""
    for item, _ in _read(path, on_problem):
        yield item


def _read(path: Path, on_problem: OnProblem) -> Iterator[tuple[Item, list[tuple[str, dict[str, Any]]]]]:
    for n, (line, data) in enumerate(json_items(path, on_problem)):
        try:
            yield _item(data, f"rotbench/{path.stem.lower()}/{n}")
        except _BadItem as error:
            on_problem(Problem(path, line, f"item {n}: {error}"))


def _item(data: Any, item_id: str) -> tuple[Item, list[tuple[str, dict[str, Any]]]]:
    match data:
        case {"conversations": [{"value": str(system)}, *said, {"value": list(answers)}]} if answers and said:
            pass
        case _:
            raise _BadItem("not a conversation of a system's turn with tools, a user's, and a list of answers")
    tools = tools_of(system)
    read = [_answer(text) for text in answers]
    uncompared = {tool.name for tool in tools[-_N_UNCOMPARED:]}
    alternatives = tuple((_gold(name, args, free=name in uncompared),) for name, args in read)
    gold = Gold(alternatives, first_only=True, aliases={"finish": tools[-1].name})
    scenario = str(data.get("scenario", ""))
    turns = tuple(_turn(turn) for turn in said)
    tags = (SCENARIOS.get(scenario, scenario),) if scenario else ()
    return Item(item_id, tools, turns, gold, tags, official_gold=tuple(answers)), read


def _answer(text: Any) -> tuple[str, dict[str, Any]]:
    try:
        turn = read_react(str(text))
    except NotReact as error:
        raise _BadItem(f"an answer is no call: {error}") from error
    return turn.name, dict(turn.args)


def _gold(name: str, args: dict[str, Any], *, free: bool) -> GoldCall:
    any_value = frozenset(key for key, value in args.items() if free or value == "None")
    return GoldCall.of(name, args, any_value=any_value)


def tools_of(system: str, least: int = _N_UNCOMPARED) -> tuple[ToolDoc, ...]:
    """The tools in a system's turn: the first JSON array of at least so many objects with names.

    Raises:
        NoTools: there is none.
    """
    at = system.find("[")
    while at >= 0:
        try:
            found, _ = json.JSONDecoder().raw_decode(system, at)
        except (ValueError, RecursionError):
            found = None
        if isinstance(found, list) and len(found) >= least and all(_is_tool(tool) for tool in found):
            return tuple(ToolDoc(t["name"], str(t.get("description", "")), t.get("parameters") or {}) for t in found)
        at = system.find("[", at + 1)
    raise NoTools("no list of tools in the system's turn")


def _is_tool(tool: Any) -> bool:
    return isinstance(tool, dict) and isinstance(tool.get("name"), str) and isinstance(tool.get("parameters", {}), dict)


def _turn(turn: Any) -> Said | Called:
    match turn:
        case {"from": "user", "value": str(text)}:
            return Said("user", text.strip().removesuffix("Begin!").strip())
        case {"from": "function" | "tool", "value": str(text)}:
            return Said("tool", text)
        case {"from": "assistant", "value": str(text)}:
            try:
                read = read_react(text)
            except NotReact:
                return Said("assistant", text)
            return Called((Call(read.name, read.args),), read.thought)
        case _:
            raise _BadItem("a turn of the conversation is neither of user, assistant nor function")


def _group(turns: tuple[Said | Called, ...]) -> str:
    first = next((turn.text for turn in turns if isinstance(turn, Said) and turn.role == "user"), "")
    return "rotbench/" + " ".join(first.lower().split())
