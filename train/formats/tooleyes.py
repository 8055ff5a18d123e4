"""ToolEyes' format: requests with the tools of one folder, to be worked through over several turns (Ye et al., 2024).

A file is an array of `{"id", "conversations", "path", "scenario"}`; the system's turn holds the tools as JSON, the
user's the request. There is no gold: what counts is how calls end and whether an answer comes. Tool folders hold a
`tool.py` each, with a function per tool; the path names the folder.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from agent.scoring.gold import Gold
from train.formats.item import Item
from train.formats.json_items import json_items
from train.formats.problems import OnProblem, Problem, no_matter
from train.formats.rotbench import SCENARIOS, NoTools, tools_of
from train.rows import Said

FINISH = "finish"
ASK = "ask_to_user"


def split_file(folder: Path, split: str) -> Path:
    """`scenario_data_zero_processed.json` and its like.

    Raises:
        FileNotFoundError: there is none.
    """
    if folder.is_file():
        return folder
    for place in (folder / "Test_Data", folder):
        for path in sorted(place.glob(f"*{split}*.json")) if place.is_dir() else []:
            return path
    raise FileNotFoundError(f"no *{split}*.json in {folder}")


def items(path: Path, on_problem: OnProblem = no_matter) -> Iterator[Item]:
    """Each request; the gold of an item is empty."""
    for n, (line, data) in enumerate(json_items(path, on_problem)):
        match data:
            case {"conversations": [{"value": str(system)}, {"from": "user", "value": str(request)}, *_], **rest}:
                try:
                    tools = tools_of(system, least=1)
                except NoTools as error:
                    on_problem(Problem(path, line, f"item {n}: {error}"))
                    continue
                scenario = str(rest.get("scenario", ""))
                tags = (SCENARIOS.get(scenario, scenario),) if scenario else ()
                turns = (Said("user", request.strip().removesuffix("Begin!").strip()),)
                yield Item(f"tooleyes/{path.stem}/{n}", tools, turns, Gold(()), tags, str(rest.get("path", "")))
            case _:
                on_problem(Problem(path, line, f"item {n}: not a conversation of a system's turn and a user's"))
