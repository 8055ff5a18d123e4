"""ChatGLM-4 (Table 8): tools as indented JSON in the system text; a call is a name, a newline and JSON arguments.

Its turns have no end of their own: the marker of who speaks next ends them (`<|observation|>` after a call, `<|user|>`
after an answer). The model writes that marker, so it belongs to the target. One call a turn.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from train.rows import Call, Called, CallsRow, Said, ToolDoc
from train.templates.base import Segment, before_stop, is_target, one_call_a_turn, system_text, talk, text_of
from train.templates.tool_json import function_object
from train.templates.written import Pen, action, read_json_arguments

_SYSTEM = (
    "你是一个名为 ChatGLM 的人工智能助手。你是基于智谱AI训练的语言模型 GLM-4 模型开发的，"
    "你的任务是针对用户的问题和要求提供适当的答复和支持。"
)
_HOW = "\n在调用上述函数时，请使用 Json 格式表示调用的参数。"
_ASSISTANT, _USER, _OBSERVATION = "<|assistant|>", "<|user|>", "<|observation|>"


@dataclass(frozen=True)
class ChatGlm4:
    """The text has the family's special tokens, `[gMASK]<sop>` among them."""

    name: str = "chatglm4"
    adds_special_tokens: bool = False
    closes_every_turn: bool = True

    @property
    def stop(self) -> tuple[str, ...]:
        return (_OBSERVATION, _USER, "<|endoftext|>")

    def render(self, row: CallsRow) -> tuple[Segment, ...]:
        segments = [Segment(f"[gMASK]<sop><|system|>\n{_system(row)}")]
        for turn in one_call_a_turn(talk(row)):
            if isinstance(turn, Said) and turn.role != "assistant":
                marker = _USER if turn.role == "user" else _OBSERVATION
                written = segments[-1].text.endswith(marker)  # the assistant's turn before it ended with this marker
                segments.append(Segment(f"{'' if written else marker}\n{turn.text}"))
            else:
                segments.append(Segment(_ASSISTANT))
                segments.append(_written(turn))
        return tuple(segments)

    def prompt(self, row: CallsRow) -> str:
        return text_of(self.render(row)) + _ASSISTANT

    def parse(self, completion: str) -> Called | Said | None:
        *thoughts, last = before_stop(completion, self.stop).split(_ASSISTANT)
        name, newline, rest = last.partition("\n")
        if not name.strip() or not newline or not rest.lstrip().startswith(("{", "[")):
            return Said("assistant", last.strip())
        args = read_json_arguments(rest)
        return None if args is None else Called((Call(name.strip(), args),), "\n".join(thoughts).strip())


def _system(row: CallsRow) -> str:
    told = system_text(row)
    tools = "".join(map(_told, row.tools))
    return f"{_SYSTEM}{chr(10) if told else ''}{told}" + (f"\n\n# 可用工具{tools}" if tools else "")


def _told(tool: ToolDoc) -> str:
    return f"\n\n## {tool.name}\n\n{json.dumps(function_object(tool), ensure_ascii=False, indent=4)}{_HOW}"


def _written(turn: Called | Said) -> Segment:
    if isinstance(turn, Said):
        return Segment(f"\n{turn.text}{_USER}", turn.is_target)
    pen = Pen()
    if turn.thought:
        pen.write(f"\n{turn.thought}{_ASSISTANT}")
    for call in turn.calls:
        text, span = action(call, "", "\n")
        pen.call(span, text)
    return pen.write(_OBSERVATION).segment(is_target(turn))
