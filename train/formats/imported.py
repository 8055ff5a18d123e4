"""A trajectory of another program's as a task: its errors are found from the feedback's text alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from agent.calls.categories import Category
from agent.calls.syntax import write_call
from train.formats.task import Task
from train.mae.mask import classified, masked
from train.rows import Called, CallsRow, Said, ToolDoc


class BadTrajectory(ValueError):
    """It lacks something; the message says what."""


def task_of(row: CallsRow, source: str) -> Task:
    """The task of one trajectory, its calls classified and masked."""
    row = masked(classified(replace(row, source=row.source or source)))
    calls = [call for turn in row.turns if isinstance(turn, Called) for call in turn.calls]
    right = [call for call in calls if call.category is Category.ALL_RIGHT]
    n_masked = len(calls) - len(right)
    return Task(
        id=row.id,
        source=row.source,
        question=next(
            (turn.text for turn in reversed(row.turns) if isinstance(turn, Said) and turn.role == "user"), ""
        ),
        program="\n".join(write_call(call.name, call.args) for call in right),
        rows=(row,),
        ties=(f"group {row.group}",) if row.group else (),
        n_calls=Counter(call.category for call in calls),
        notes={"calls masked (MAE)": n_masked} if n_masked else {},
        dropped="" if has_target(row) else "nothing in it to learn from",
        quality=-float(n_masked),
    )


def has_target(row: CallsRow) -> bool:
    """Whether the loss would see anything of it."""
    for turn in row.turns:
        match turn:
            case Called(calls, _, is_target) if is_target and (not calls or any(call.is_target for call in calls)):
                return True
            case Said("assistant", text, _, is_target) if is_target and text.strip():
                return True
    return False


def openai_tools(tools: Any) -> tuple[ToolDoc, ...]:
    """From OpenAI's form, `{"type": "function", "function": {"name", "description", "parameters"}}`, or its inside."""
    docs = []
    for tool in tools if isinstance(tools, Sequence) and not isinstance(tools, str) else ():
        function = tool.get("function", tool) if isinstance(tool, Mapping) else None
        if not isinstance(function, Mapping) or not function.get("name"):
            raise BadTrajectory("a tool without a name")
        parameters = function.get("parameters")
        docs.append(
            ToolDoc(
                str(function["name"]),
                str(function.get("description") or ""),
                dict(parameters) if isinstance(parameters, Mapping) else {},
            )
        )
    return tuple(docs)


def text_of(content: Any) -> str:
    """A message's content: a text, or the texts of its parts (pictures and sounds are named, not kept)."""
    match content:
        case None:
            return ""
        case str():
            return content
        case list():
            return "\n".join(_part(part) for part in content)
        case _:
            raise BadTrajectory(f"content is {type(content).__name__}, neither text nor parts")


def _part(part: Any) -> str:
    if isinstance(part, str):
        return part
    if not isinstance(part, Mapping):
        raise BadTrajectory("a part of a content is no object")
    return str(part["text"]) if "text" in part else f"[{part.get('type', 'something')}]"


def why(error: Exception) -> str:
    """What a reader is told of an item that lacks a field or has a wrong one."""
    return f"{error.args[0]!r} is missing" if isinstance(error, KeyError) and error.args else str(error)
