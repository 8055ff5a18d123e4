"""Chat messages as JSON Lines, as TRL and OpenAI's fine-tuning read them; ShareGPT's `conversations` too.

A line: `{"messages": [{"role", "content", "tool_calls"?}], "tools"?}`. A message may say that it is no target with
`"weight": 0` (OpenAI) or `"train": false`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from train.formats.imported import BadTrajectory, openai_tools, task_of, text_of, why
from train.formats.json_items import json_items
from train.formats.problems import OnProblem, Problem, no_matter
from train.formats.task import Task
from train.rows import Call, Called, CallsRow, Said

_ROLES = {
    "system": "system", "developer": "system", "user": "user", "human": "user", "assistant": "assistant",
    "gpt": "assistant", "model": "assistant", "tool": "tool", "function": "tool", "observation": "tool",
    "ipython": "tool",
}  # fmt: skip


def load(path: Path, on_problem: OnProblem = no_matter) -> Iterator[Task]:
    """Each line as a task."""
    for line, item in json_items(path, on_problem):
        try:
            yield _task(item, f"{path.stem}:{line}")
        except (BadTrajectory, KeyError, TypeError, AttributeError) as error:
            on_problem(Problem(path, line, f"no chat: {why(error)}"))


def _task(item: Any, name: str) -> Task:
    messages = item.get("messages") or item.get("conversations") if isinstance(item, Mapping) else None
    if not isinstance(messages, list) or not messages:
        raise BadTrajectory("there is no list 'messages'")
    names: dict[str, str] = {}
    turns = [turn for message in messages for turn in _turns(message, names)]
    tools = item.get("tools") or ()
    tools = openai_tools(json.loads(tools) if isinstance(tools, str) else tools)
    return task_of(CallsRow(str(item.get("id") or name), "", tools, tuple(turns), "chat messages"), "chat messages")


def _turns(message: Mapping[str, Any], names: dict[str, str]) -> Iterator[Said | Called]:
    """`names`: of the tools by the id of the call, for the messages that come back."""
    said_by = str(message.get("role") or message.get("from"))
    text = text_of(message.get("content") if "content" in message else message.get("value"))
    is_target = message.get("weight", 1) != 0 and message.get("train", True) is not False
    if said_by == "function_call":  # ShareGPT: the call as JSON in the text
        yield Called(_calls([_decoded(text)], names), is_target=is_target)
        return
    if said_by not in _ROLES:
        raise BadTrajectory(f"a role is {said_by!r}")
    role = _ROLES[said_by]
    if role == "assistant" and (asked := message.get("tool_calls") or _old_call(message)):
        yield Called(_calls(asked, names), text, is_target)
    elif role == "tool":
        name = message.get("name") or names.get(str(message.get("tool_call_id")), "")
        yield Said("tool", text, name=str(name))
    else:
        yield Said(role, text, is_target=is_target)  # type: ignore[arg-type]  # the values of _ROLES


def _old_call(message: Mapping[str, Any]) -> list[Any]:
    return [message["function_call"]] if message.get("function_call") else []


def _calls(asked: Sequence[Any], names: dict[str, str]) -> tuple[Call, ...]:
    calls = []
    for one in asked:
        function = one.get("function", one)
        arguments = function.get("arguments")
        arguments = _decoded(arguments) if isinstance(arguments, str) and arguments.strip() else arguments or {}
        if not isinstance(arguments, Mapping):
            raise BadTrajectory("a call's arguments are no object")
        names[str(one.get("id"))] = str(function["name"])
        calls.append(Call(str(function["name"]), dict(arguments)))
    return tuple(calls)


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise BadTrajectory(f"a call is no JSON: {error}") from error
