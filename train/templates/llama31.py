"""Llama-3.1 (Table 10): tools as indented JSON in the first user turn; a call is `{"name": ..., "parameters": ...}`.

Keys of the tools are sorted, as the paper's prompts have them (its version of the template sorted). One call a turn:
the family's template refuses more.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from train.rows import Call, Called, CallsRow, Said, ToolDoc
from train.templates.base import Segment, before_stop, is_target, one_call_a_turn, system_text, talk, text_of
from train.templates.tool_json import tool_object
from train.templates.written import Pen, dumped, json_call

_DATES = "Environment: ipython\nCutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n"
_HOW = (
    "Given the following functions, please respond with a JSON for a function call with its proper arguments "
    'that best answers the given prompt.\n\nRespond in the format {"name": function name, "parameters": '
    "dictionary of argument name and its value}. Do not use variables.\n\n"
)
_END = "<|eot_id|>"


@dataclass(frozen=True)
class Llama31:
    """The text has `<|begin_of_text|>`."""

    name: str = "llama3.1"
    adds_special_tokens: bool = False
    closes_every_turn: bool = True

    @property
    def stop(self) -> tuple[str, ...]:
        return (_END, "<|eom_id|>", "<|end_of_text|>")

    def render(self, row: CallsRow) -> tuple[Segment, ...]:
        segments = [Segment("<|begin_of_text|>" + _head("system") + _DATES + system_text(row) + _END)]
        asked = False
        for turn in one_call_a_turn(talk(row)):
            match turn:
                case Said(role="user", text=text):
                    segments.append(Segment(f"{_head('user')}{'' if asked else _tools(row.tools)}{text}{_END}"))
                    asked = True
                case Said(role="tool", text=text):
                    segments.append(Segment(f"{_head('ipython')}{dumped(text)}{_END}"))
                case _:
                    segments += [Segment(_head("assistant")), _written(turn)]
        return tuple(segments)

    def prompt(self, row: CallsRow) -> str:
        return text_of(self.render(row)) + _head("assistant")

    def parse(self, completion: str) -> Called | Said | None:
        text = before_stop(completion, self.stop).removeprefix("<|python_tag|>").strip()
        opening = text.find('{"name"')
        if opening < 0 and not text.startswith("{"):
            return Said("assistant", text)
        opening = max(opening, 0)
        try:
            value, _ = json.JSONDecoder(strict=False).raw_decode(text[opening:])
            name, args = value["name"], value.get("parameters", value.get("arguments", {}))
        except (ValueError, KeyError, TypeError):
            return None
        if not isinstance(name, str) or not isinstance(args, dict):
            return None
        return Called((Call(name, args),), text[:opening].strip())


def _head(role: str) -> str:
    return f"<|start_header_id|>{role}<|end_header_id|>\n\n"


def _tools(tools: tuple[ToolDoc, ...]) -> str:
    if not tools:
        return ""
    told = (json.dumps(tool_object(tool), ensure_ascii=False, indent=4, sort_keys=True) for tool in tools)
    return _HOW + "".join(f"{text}\n\n" for text in told)


def _written(turn: Called | Said) -> Segment:
    if isinstance(turn, Said):
        return Segment(turn.text + _END, turn.is_target)
    pen = Pen().write(f"{turn.thought}\n" if turn.thought else "")
    for call in turn.calls:
        text, span = json_call(call, "parameters")
        pen.call(span, text)
    return pen.write(_END).segment(is_target(turn))
