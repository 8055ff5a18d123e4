"""Qwen-2.5 (Table 11): tools as JSON lines in the system text; calls and results inside XML tags, several at once.

Keys of the tools are sorted, as the paper's prompts have them.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from train.rows import Call, Called, CallsRow, Said, ToolDoc
from train.templates.base import Segment, before_stop, is_target, system_text, talk, text_of
from train.templates.tool_json import tool_object
from train.templates.written import Pen, json_call

_SYSTEM = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."
_BEFORE = (
    "\n\n# Tools\n\nYou may call one or more functions to assist with the user query.\n\n"
    "You are provided with function signatures within <tools></tools> XML tags:\n<tools>"
)
_AFTER = (
    "\n</tools>\n\nFor each function call, return a json object with function name and arguments within "
    '<tool_call></tool_call> XML tags:\n<tool_call>\n{"name": <function-name>, "arguments": <args-json-object>}\n'
    "</tool_call>"
)
_OPEN, _END = "<|im_start|>assistant\n", "<|im_end|>"
_CALL = re.compile(r"<tool_call>\s*(.*?)\s*(?:</tool_call>|\Z)", re.DOTALL)


@dataclass(frozen=True)
class Qwen25:
    """Turns end with the family's own `<|im_end|>`."""

    name: str = "qwen2.5"
    adds_special_tokens: bool = False
    closes_every_turn: bool = True

    @property
    def stop(self) -> tuple[str, ...]:
        return (_END, "<|endoftext|>")

    def render(self, row: CallsRow) -> tuple[Segment, ...]:
        head = f"{system_text(row) or _SYSTEM}{_tools(row.tools)}"
        segments = [Segment(f"<|im_start|>system\n{head}{_END}\n")]
        turns = talk(row)
        for number, turn in enumerate(turns):
            if isinstance(turn, Said) and turn.role == "user":
                segments.append(Segment(f"<|im_start|>user\n{turn.text}{_END}\n"))
            elif isinstance(turn, Said) and turn.role == "tool":
                # Results that follow each other share one message.
                begin = "<|im_start|>user" if not _is_result(turns[number - 1 : number]) else ""
                end = "" if _is_result(turns[number + 1 : number + 2]) else f"{_END}\n"
                segments.append(Segment(f"{begin}\n<tool_response>\n{turn.text}\n</tool_response>{end}"))
            else:
                segments += [Segment(_OPEN), *_written(turn), Segment("\n")]
        return tuple(segments)

    def prompt(self, row: CallsRow) -> str:
        return text_of(self.render(row)) + _OPEN

    def parse(self, completion: str) -> Called | Said | None:
        text = before_stop(completion, self.stop)
        if "<tool_call>" not in text:
            return Said("assistant", text.strip())
        calls = [_call(found) for found in _CALL.findall(text)]
        good = tuple(call for call in calls if call is not None)
        return Called(good, text[: text.index("<tool_call>")].strip()) if len(good) == len(calls) else None


def _tools(tools: tuple[ToolDoc, ...]) -> str:
    if not tools:
        return ""
    lines = (json.dumps(tool_object(tool), ensure_ascii=False, sort_keys=True) for tool in tools)
    return _BEFORE + "".join(f"\n{line}" for line in lines) + _AFTER


def _is_result(turns: tuple[Said | Called, ...]) -> bool:
    return bool(turns) and isinstance(turn := turns[0], Said) and turn.role == "tool"


def _written(turn: Called | Said) -> list[Segment]:
    """A segment for each call, so that MAE can mask one of several; the end goes with the last."""
    if isinstance(turn, Said):
        return [Segment(turn.text + _END, turn.is_target)]
    segments = [Segment(f"{turn.thought}\n", is_target(turn))] if turn.thought else []
    for number, call in enumerate(turn.calls):
        pen = Pen().write("\n" if number else "").write("<tool_call>\n")
        text, span = json_call(call, "arguments")
        pen.call(span, text).write("\n</tool_call>")
        pen.write(_END if number == len(turn.calls) - 1 else "")
        segments.append(pen.segment(turn.is_target and call.is_target))
    return segments


def _call(text: str) -> Call | None:
    try:
        value, _ = json.JSONDecoder(strict=False).raw_decode(text)
        name, args = value["name"], value.get("arguments", {})
        args = json.loads(args) if isinstance(args, str) else args  # some write the arguments as a string of JSON
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return Call(name, args) if isinstance(name, str) and isinstance(args, dict) else None
