"""Thought, Action, Action Input: how ToolLLaMA-2 and Qwen-2 write a call, and how it is read back."""

from __future__ import annotations

import re

from train.rows import Call, Called, Said
from train.templates.base import CallSpan
from train.templates.written import Pen, action, read_json_arguments

_ACTION = re.compile(r"^[ \t]*Action:?[ \t]*(?P<name>\S[^\n]*?)[ \t]*\n[ \t]*Action Input:?[ \t]*", re.MULTILINE)
_THOUGHT = re.compile(r"\A\s*Thought:[ \t]*")
_FINAL = re.compile(r"^[ \t]*Final Answer:[ \t]*", re.MULTILINE)
_MEANT = re.compile(r"^[ \t]*Action( Input)?:", re.MULTILINE)


def write_thought(pen: Pen, thought: str) -> Pen:
    return pen.write(f"Thought: {thought}\n") if thought else pen


def react_call(call: Call) -> tuple[str, CallSpan]:
    """`Action: name` and `Action Input: {...}`; both lines are the call, as the paper counts its tokens."""
    return action(call, "Action: ", "\nAction Input: ")


def read_react(text: str) -> Called | Said | None:
    """A call, or an answer; None for an action without a name or readable arguments."""
    found = _ACTION.search(text)
    final = _FINAL.search(text)
    if found is not None and (final is None or found.start() < final.start()):
        args = read_json_arguments(text[found.end() :])
        if args is None:
            return None
        return Called((Call(found["name"].strip("`\"'"), args),), without_label(text[: found.start()]))
    if final is not None:
        return Said("assistant", text[final.end() :].strip())
    return None if _MEANT.search(text) else Said("assistant", without_label(text))


def without_label(text: str) -> str:
    """A thought without its label."""
    return _THOUGHT.sub("", text).strip()
