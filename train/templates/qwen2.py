"""Qwen-2 (Table 9): ReAct inside the chat markers; all steps of one question are one assistant's message.

The model ends a step by writing `Observation:`, which is a stop string and part of the target. One call a turn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from train.rows import Called, CallsRow, Said, ToolDoc
from train.templates.base import Segment, before_stop, is_target, one_call_a_turn, system_text, talk, text_of
from train.templates.react import react_call, read_react, write_thought
from train.templates.stub_text import description, parts
from train.templates.written import Pen, dumped

_BEFORE = "Answer the following questions as best you can. You have access to the following tools:\n\n"
_AFTER = """

Use the following format:

Question: the input question you must answer
Thought: you should always think about what to do
Action: the action to take, should be one of [{names}]
Action Input: the input to the action
Observation: the result of the action
... (this Thought/Action/Action Input/Observation can be repeated zero or more times)
Thought: I now know the final answer
Final Answer: the final answer to the original input question

Begin!

"""
_OPEN = "<|im_start|>assistant\n"
_END = "<|im_end|>"


@dataclass(frozen=True)
class Qwen2:
    """The end of a message is the family's own `<|im_end|>`."""

    name: str = "qwen2"
    adds_special_tokens: bool = False
    closes_every_turn: bool = True

    @property
    def stop(self) -> tuple[str, ...]:
        return ("\nObservation:", _END, "<|endoftext|>")

    def render(self, row: CallsRow) -> tuple[Segment, ...]:
        return tuple(self._segments(row)[0])

    def prompt(self, row: CallsRow) -> str:
        segments, is_open = self._segments(row)
        return text_of(segments) + ("" if is_open else _OPEN)

    def parse(self, completion: str) -> Called | Said | None:
        return read_react(before_stop(completion, self.stop))

    def _segments(self, row: CallsRow) -> tuple[list[Segment], bool]:
        """The text, and whether the assistant's message has begun and not ended."""
        segments = [Segment(f"<|im_start|>system\n{system_text(row) or 'You are a helpful assistant.'}{_END}\n")]
        is_open = asked = False
        for turn in one_call_a_turn(talk(row)):
            if isinstance(turn, Said) and turn.role == "user":
                segments.append(Segment(f"{_END}\n" if is_open else ""))
                head = "" if asked else _instructions(row.tools)
                segments.append(Segment(f"<|im_start|>user\n{head}Question: {turn.text}{_END}\n"))
                asked, is_open = True, False
            elif isinstance(turn, Said) and turn.role == "tool":
                segments.append(Segment(f" {turn.text}\n"))
            else:
                segments.append(Segment("" if is_open else _OPEN))
                segments.append(_step(turn))
                is_open = isinstance(turn, Called)
                segments.append(Segment("" if is_open else "\n"))
        return [segment for segment in segments if segment.text], is_open


def _step(turn: Called | Said) -> Segment:
    if isinstance(turn, Said):
        return Segment(f"Thought: I now know the final answer\nFinal Answer: {turn.text}{_END}", turn.is_target)
    pen = write_thought(Pen(), turn.thought)
    for call in turn.calls:
        text, span = react_call(call)
        pen.call(span, text)
    return pen.write("\nObservation:").segment(is_target(turn))


def _instructions(tools: tuple[ToolDoc, ...]) -> str:
    if not tools:
        return ""
    told = "\n\n".join(_told(tool) for tool in tools)
    return _BEFORE + told + _AFTER.format(names=",".join(tool.name for tool in tools))


def _told(tool: ToolDoc) -> str:
    api = f"the {tool.name} API"
    what = f"Call this tool to interact with {api}. What is {api} useful for? {tool.description}"
    return f"{tool.name}: {what} Parameters: {dumped(_parameters(tool))} Format the arguments as a JSON object."


def _parameters(tool: ToolDoc) -> list[dict[str, Any]]:
    required, properties = parts(tool)
    return [
        {
            "name": name,
            "description": description(schema),
            "required": name in required,
            "schema": {"type": schema.get("type", "string") if isinstance(schema, dict) else "string"},
        }
        for name, schema in properties.items()
    ]
