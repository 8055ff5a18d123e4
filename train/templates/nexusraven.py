"""NexusRaven-2 (Table 7): `Function:` and a stub for each tool, the query, then `Call: f(...)` and a thought after it.

The family answers one question with one call. What follows a call is ours: its result, and answers without a call, so
that a trajectory can be rendered at all.
"""

from __future__ import annotations

from dataclasses import dataclass

from train.rows import Called, CallsRow, Said
from train.templates.base import Segment, before_stop, is_target, system_text, talk, text_of
from train.templates.stub_text import raven_stub
from train.templates.tl_codellama import looks_like_call
from train.templates.written import Pen, python_call, read_python_calls

_HUMAN_END, _BOT_END = "<human_end>", "<bot_end>"
_THOUGHT = "\nThought: "


@dataclass(frozen=True)
class NexusRaven:
    """Turns end with the family's own `<bot_end>`."""

    name: str = "nexusraven"
    adds_special_tokens: bool = True
    closes_every_turn: bool = True

    @property
    def stop(self) -> tuple[str, ...]:
        return (_BOT_END, "</s>")

    def render(self, row: CallsRow) -> tuple[Segment, ...]:
        told = system_text(row)
        head = [f"{told}\n\n"] if told else []
        segments = [Segment("".join([*head, *(f"Function:\n{raven_stub(tool)}\n\n" for tool in row.tools)]))]
        opened = False
        for turn in talk(row):
            if isinstance(turn, Said) and turn.role != "assistant":
                label = "User Query" if turn.role == "user" else "Result"
                segments.append(Segment(f"{chr(10) if opened else ''}{label}: {turn.text}{_HUMAN_END}\n\n"))
                opened = False
            else:
                segments += [Segment("\n")] if opened else []
                segments += _answer(turn)
                opened = True
        return tuple(segments)

    def prompt(self, row: CallsRow) -> str:
        segments = self.render(row)
        return text_of(segments) + ("\n" if segments[-1].text.endswith(_BOT_END) else "")

    def parse(self, completion: str) -> Called | Said | None:
        text, _, thought = before_stop(completion, self.stop).partition(_THOUGHT)
        text = text.strip()
        read = read_python_calls(text.removeprefix("Call:"))
        if read is not None:
            return Called(read[1], thought.strip())
        meant = text.startswith("Call:") or looks_like_call(text)
        return None if meant else Said("assistant", text.removeprefix("Answer:").strip())


def _answer(turn: Called | Said) -> list[Segment]:
    """A segment for each call, so that MAE can mask one of several."""
    if isinstance(turn, Said):
        return [Segment(f"Answer: {turn.text}{_BOT_END}", turn.is_target)]
    segments = []
    for number, call in enumerate(turn.calls):
        pen = Pen().write("Call: " if number == 0 else "; ")
        text, span = python_call(call)
        segments.append(pen.call(span, text).segment(turn.is_target and call.is_target))
    end = f"{_THOUGHT}{turn.thought}{_BOT_END}" if turn.thought else _BOT_END
    return [*segments, Segment(end, is_target(turn))]
