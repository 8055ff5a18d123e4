"""What a dataset's line is: the seam between session logs and formats on one side, templates, SFT and PPO on the other.

Two views of the same work. A `CallsRow` is a trajectory of tool calls and feedback, for native function calling and the
paper's benchmarks. A `CodeRow` is one stage of the agent's own work, prompt and completion; it trains a model for the
agent. Both are JSON Lines; `row_json` and `parse_row` are the only places that know the keys. Imports nothing heavy.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from agent.calls.categories import Category


class BadRow(ValueError):
    """A line that is no row; the message says why."""


@dataclass(frozen=True)
class ToolDoc:
    """A tool as a model reads it. `parameters`: a JSON schema of type object."""

    name: str
    description: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """One call of a trajectory. `category`: of its feedback. `is_target`: whether the loss sees it (MAE)."""

    name: str
    args: Mapping[str, Any]
    category: Category = Category.ALL_RIGHT
    is_target: bool = True


@dataclass(frozen=True)
class Said:
    """A turn without calls: the system's or the user's words, a tool's feedback (`name`: whose), an assistant's answer.

    `is_target` counts for the assistant alone.
    """

    role: Literal["system", "user", "tool", "assistant"]
    text: str
    name: str = ""
    is_target: bool = True


@dataclass(frozen=True)
class Called:
    """An assistant's turn that calls tools. `thought`: what it says before (ReAct's thought), '' for none.

    `is_target` False masks the thought as well as the calls.
    """

    calls: tuple[Call, ...]
    thought: str = ""
    is_target: bool = True


@dataclass(frozen=True)
class CallsRow:
    """A trajectory `(q, T, t_0..t_s, o_0..o_s)`. `group`: rows of one group never part in a split.

    `weight`: how much the sample counts beside the others (1: as they do); a person's thumb raises it.
    """

    id: str
    group: str
    tools: tuple[ToolDoc, ...]
    turns: tuple[Said | Called, ...]
    source: str = ""
    weight: float = 1.0


@dataclass(frozen=True)
class CodeRow:
    """One completion of one stage. `messages`: (role, content). `tools`: the names that the prompt offered (PKT).

    `is_target` False: a failed attempt; kept, so that the card can count it, and never trained on.
    `weight`: as a `CallsRow`'s.
    """

    id: str
    group: str
    stage: str
    messages: tuple[tuple[str, str], ...]
    completion: str
    tools: tuple[str, ...] = ()
    is_target: bool = True
    source: str = ""
    weight: float = 1.0


Row = CallsRow | CodeRow


def row_json(row: Row) -> dict[str, Any]:
    """The object of a row's line; `view` tells the two kinds apart, and `role` the kinds of turns."""
    if isinstance(row, CodeRow):
        return {"view": "code", **dataclasses.asdict(row), "messages": [list(m) for m in row.messages]}
    plain = dataclasses.asdict(row)
    plain["turns"] = [
        {"role": "assistant", **dataclasses.asdict(turn)} if isinstance(turn, Called) else dataclasses.asdict(turn)
        for turn in row.turns
    ]
    return {"view": "calls", **plain}


def parse_row(line: str | bytes) -> Row:
    """Read one line.

    Raises:
        BadRow: it is no JSON object, or lacks something.
    """
    try:
        data = json.loads(line)
    except ValueError as error:
        raise BadRow(f"no JSON: {error}") from error
    if not isinstance(data, dict) or data.get("view") not in ("calls", "code"):
        raise BadRow("no row of a dataset: 'view' is neither 'calls' nor 'code'")
    try:
        return _code_row(data) if data["view"] == "code" else _calls_row(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadRow(f"{type(error).__name__}: {error}") from error


def _code_row(data: dict[str, Any]) -> CodeRow:
    return CodeRow(
        id=str(data["id"]),
        group=str(data["group"]),
        stage=str(data["stage"]),
        messages=tuple((str(role), str(content)) for role, content in data["messages"]),
        completion=str(data["completion"]),
        tools=tuple(str(name) for name in data.get("tools", ())),
        is_target=bool(data.get("is_target", True)),
        source=str(data.get("source", "")),
        weight=float(data.get("weight", 1.0)),
    )


def _calls_row(data: dict[str, Any]) -> CallsRow:
    tools = tuple(
        ToolDoc(str(t["name"]), str(t["description"]), dict(t.get("parameters") or {})) for t in data["tools"]
    )
    turns = tuple(_turn(turn) for turn in data["turns"])
    weight = float(data.get("weight", 1.0))
    return CallsRow(str(data["id"]), str(data["group"]), tools, turns, str(data.get("source", "")), weight)


def _turn(data: dict[str, Any]) -> Said | Called:
    is_target = bool(data.get("is_target", True))
    if "calls" in data:
        calls = tuple(
            Call(
                str(call["name"]),
                dict(call["args"]),
                Category(call.get("category", Category.ALL_RIGHT)),
                bool(call.get("is_target", True)),
            )
            for call in data["calls"]
        )
        return Called(calls, str(data.get("thought", "")), is_target)
    role = data["role"]
    if role not in ("system", "user", "tool", "assistant"):
        raise BadRow(f"no role: {role!r}")
    return Said(role, str(data["text"]), str(data.get("name", "")), is_target)
