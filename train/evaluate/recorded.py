"""ToolAlpaca's simulated observations as an environment: what an API answered once is answered again.

The file holds for each API what was called with which arguments and what came back. A call is answered, in this order,
by what Python would say where it cannot bind (an unknown tool, an unknown or a missing parameter); by the observation
of the same call with the same arguments; by one of the same tool that was made for the same request. Else nothing is
known: the model reads so, and the call counts nowhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.calls.categories import Category
from train.errors import DataError
from train.formats.item import Item
from train.formats.toolalpaca_docs import BadGold, gold_step
from train.mae.classify import classify
from train.rl.environment import Acting, Reaction, SeenCall, Task
from train.rows import Call, Called, Said, ToolDoc

_NOTHING = "Status Code: 404. Response: no observation is recorded for this call."


@dataclass(frozen=True)
class Observation:
    """One recorded call. `args`: as canonical JSON."""

    request: str
    name: str
    args: str
    text: str


class RecordedEnvironment:
    """Fulfils `train.rl.environment.Environment` for items whose `topic` is an API of the file."""

    def __init__(self, path: Path, items: Sequence[Item]) -> None:
        """
        Raises:
            DataError: the file is no such record.
        """
        self._observations = read_observations(path)
        self._topics = {item.id: item.topic for item in items}

    async def begin(self, task: Task, seed: int) -> Acting:
        del seed
        return _Playback(task, self._observations.get(self._topics.get(task.id, ""), ()))

    def tools(self) -> Sequence[ToolDoc]:
        return ()

    async def close(self) -> None:
        """Nothing is held."""


class _Playback:
    def __init__(self, task: Task, observations: Sequence[Observation]) -> None:
        self._task = task
        self._observations = observations

    async def act(self, turn: Called | Said) -> Reaction:
        if isinstance(turn, Said):
            return Reaction(is_over=True)
        seen, feedback = [], []
        for call in turn.calls:
            category, text = self._answered(call)
            feedback.append(text)
            if category is not None:
                seen.append(SeenCall(call.name, call.args, category))
        return Reaction(tuple(seen), tuple(feedback))

    async def close(self) -> None:
        """Nothing is held."""

    def _answered(self, call: Call) -> tuple[Category | None, str]:
        refused = bind_error(call, self._task.tools)
        if refused is not None:
            return refused
        own = [found for found in self._observations if found.name == call.name]
        args = _canonical(call.args)
        same = [found for found in own if found.args == args]
        near = [found for found in own if found.request == _folded(self._task.question)]
        for found in (*same, *near):
            return classify(found.text, call.name), found.text
        return None, _NOTHING


def bind_error(call: Call, tools: Sequence[ToolDoc]) -> tuple[Category, str] | None:
    """What Python would say to this call before it reached the tool; None where it binds."""
    tool = next((tool for tool in tools if tool.name == call.name), None)
    if tool is None:
        return Category.TOOL_HALLUCINATION, f"name '{call.name}' is not defined"
    declared = tool.parameters.get("properties") or {}
    for key in call.args:
        if key not in declared:
            return Category.PARAMETER_HALLUCINATION, f"{call.name}() got an unexpected keyword argument '{key}'"
    missing = [str(key) for key in tool.parameters.get("required") or () if key not in call.args]
    if missing:
        told = " and ".join(f"'{key}'" for key in missing)
        plural = "s" if len(missing) > 1 else ""
        words = f"{call.name}() missing {len(missing)} required positional argument{plural}: {told}"
        return Category.PARAMETER_MISSING, words
    return None


def read_observations(path: Path) -> dict[str, tuple[Observation, ...]]:
    """The observations of each API.

    Raises:
        DataError: the file cannot be read, or is of another form.
    """
    hint = "ToolAlpaca's simulated observations: an object of APIs, each a list of calls with their Observation."
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return {str(topic): tuple(_observation(one) for one in found) for topic, found in data.items()}
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}", hint) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{path} holds no observations: {type(error).__name__}: {error}", hint) from error


def _observation(data: Mapping[str, Any]) -> Observation:
    try:
        args = _canonical(gold_step(str(data["Action"]), str(data["Action_Input"])).args)
    except BadGold:  # what a model wrote then: still an observation of that tool
        args = ""
    return Observation(_folded(str(data.get("instruction", ""))), str(data["Action"]), args, str(data["Observation"]))


def _canonical(args: Mapping[str, Any]) -> str:
    """Arguments without the empty ones, in any order: how calls are the same."""
    given = {key: value for key, value in args.items() if value not in ("", None)}
    return json.dumps(given, sort_keys=True, ensure_ascii=False, default=str)


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
