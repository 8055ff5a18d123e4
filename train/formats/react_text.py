"""`Thought: / Action: / Action Input:`, the text that RoTBench and ToolEyes keep an assistant's turn in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class NotReact(ValueError):
    """The text holds no call in this form; the message says what is missing."""


@dataclass(frozen=True)
class ReactTurn:
    """A turn read: the thought, the tool, its arguments."""

    thought: str
    name: str
    args: Mapping[str, Any]


def read_react(text: str) -> ReactTurn:
    """Read one turn; what follows the arguments' object is ignored.

    Raises:
        NotReact: no action, no input, or an input that is no JSON object.
    """
    before, found, rest = text.partition("Action:")
    if not found:
        raise NotReact("no 'Action:'")
    name, found, arguments = rest.partition("Action Input:")
    if not found:
        raise NotReact("no 'Action Input:'")
    try:
        args, _ = json.JSONDecoder().raw_decode(arguments.strip())
    except (ValueError, RecursionError) as error:
        raise NotReact(f"the action's input is no JSON: {error}") from error
    if not isinstance(args, dict):
        raise NotReact(f"the action's input is no object but {type(args).__name__}")
    return ReactTurn(before.partition("Thought:")[2].strip(), name.strip(), args)


def write_react(name: str, args: Mapping[str, Any], thought: str = "") -> str:
    """The text of one turn, as RoTBench writes it."""
    written = json.dumps(dict(args), ensure_ascii=False)
    return f"Thought:{' ' + thought if thought else ''}\nAction: {name}\nAction Input: {written}"
