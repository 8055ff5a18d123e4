"""TL-CodeLLaMA-2 (Table 13): a stub per tool under `Function:`, then `User:`, `Assistant:` and `Output:` turns.

A call is `name(k='v')`. As in the released training code, only the last turn of a text ends with the end token and
every target turn's text has its history as prompt. Several calls of one turn stand on a line each [ours: the paper has
one call at a time].
"""

from __future__ import annotations

from dataclasses import dataclass

from train.rows import Called, CallsRow, Said
from train.templates.base import Segment, before_stop, is_target, system_text, talk
from train.templates.stub_text import tl_stub
from train.templates.written import Pen, python_call, read_python_calls

_ROLES = {"user": "User", "tool": "Output", "assistant": "Assistant"}


@dataclass(frozen=True)
class TlCodeLlama:
    """`eos`: the tokenizer's end token."""

    eos: str = "</s>"
    name: str = "tl-codellama"
    adds_special_tokens: bool = True
    closes_every_turn: bool = False

    @property
    def stop(self) -> tuple[str, ...]:
        return (self.eos, "\nOutput:", "\nUser:", "\nAssistant:")

    def render(self, row: CallsRow) -> tuple[Segment, ...]:
        segments = [Segment(self._head(row))]
        turns = talk(row)
        for number, turn in enumerate(turns):
            end = self.eos if number == len(turns) - 1 else ""
            if isinstance(turn, Called):
                segments.append(Segment("\nAssistant:"))
                segments += self._calls(turn, end)
            elif turn.role == "assistant":
                segments += [Segment("\nAssistant:"), Segment(f" {turn.text}{end}", turn.is_target)]
            else:
                segments.append(Segment(f"\n{_ROLES[turn.role]}: {turn.text}"))
        return tuple(segments)

    def prompt(self, row: CallsRow) -> str:
        pieces = [self._head(row)]
        for turn in talk(row):
            if isinstance(turn, Called):
                pieces.append("\nAssistant:" + "".join(segment.text for segment in self._calls(turn, "")))
            else:
                pieces.append(f"\n{_ROLES[turn.role]}: {turn.text}")
        return "".join(pieces) + "\nAssistant:"

    def parse(self, completion: str) -> Called | Said | None:
        text = before_stop(completion, self.stop).strip()
        read = read_python_calls(text)
        if read:
            thought, calls = read
            return Called(calls, thought)
        return None if looks_like_call(text) else Said("assistant", text)

    def _head(self, row: CallsRow) -> str:
        told = system_text(row)
        tools = "\n\n".join(f"Function:\n{tl_stub(tool)}" for tool in row.tools)
        return f"System: {told}{chr(10) if told and tools else ''}{tools}"

    def _calls(self, turn: Called, end: str) -> list[Segment]:
        """A segment for each call, so that MAE can mask one of several; a thought stands on a line before them."""
        segments = [Segment(f" {turn.thought}\n", is_target(turn))] if turn.thought else []
        for number, call in enumerate(turn.calls):
            pen = Pen().write("\n" if number else "" if turn.thought else " ")
            text, span = python_call(call)
            pen.call(span, text).write(end if number == len(turn.calls) - 1 else "")
            segments.append(pen.segment(turn.is_target and call.is_target))
        return segments


def looks_like_call(text: str) -> bool:
    """Whether a text without a readable call was meant as one: `name(` at its beginning."""
    head, opening, _ = text.partition("(")
    return bool(opening) and head.replace(".", "_").isidentifier()
