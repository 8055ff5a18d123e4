"""The seam between rows and text: a template renders trajectories, prompts a model, and reads what it wrote.

Who calls it: `train.encode` (render, then tokens with weights), `train eval` and PPO (prompt, parse). A template
knows no tokenizer: what a family writes as special tokens stands in the text, and key tokens are found by character
offsets.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from train.rows import Called, CallsRow, Said


@dataclass(frozen=True)
class CallSpan:
    """Where a call stands in its segment's text, in characters.

    `start`, `end`: the whole call, the `t_s` of the paper. `name_start`, `name_end`: the tool's name. `values`: the
    written values of its arguments, without their quotes (the released code counts their last tokens apart).
    """

    name: str
    start: int
    end: int
    name_start: int
    name_end: int
    values: tuple[tuple[int, int], ...] = ()

    def moved(self, n_chars: int) -> CallSpan:
        """The same call in a text that has `n_chars` more before it."""
        return CallSpan(
            self.name,
            self.start + n_chars,
            self.end + n_chars,
            self.name_start + n_chars,
            self.name_end + n_chars,
            tuple((start + n_chars, end + n_chars) for start, end in self.values),
        )


@dataclass(frozen=True)
class Segment:
    """A piece of the text. `is_target`: the loss sees it. `calls`: of an assistant's piece, also where it is masked."""

    text: str
    is_target: bool = False
    calls: tuple[CallSpan, ...] = ()


class Template(Protocol):
    """One family's way to write tools, calls and feedback.

    For every assistant's turn k of a row: `prompt(row up to k)` is how `text_of(render(row up to and with k))` begins.
    """

    @property
    def name(self) -> str:
        """Under which `train.templates.template_named` knows it."""

    @property
    def stop(self) -> tuple[str, ...]:
        """Generation ends before the first of these; `parse` also takes a completion that still has one."""

    @property
    def adds_special_tokens(self) -> bool:
        """Whether the tokenizer adds its own (`<s>` of Llama 2); False where the text has them."""

    @property
    def closes_every_turn(self) -> bool:
        """False: only the last turn of a text ends with the end token, as the family's own history is written.

        Training then makes a text of each target turn, with the history as its prompt.
        """

    def render(self, row: CallsRow) -> tuple[Segment, ...]:
        """The whole trajectory."""

    def prompt(self, row: CallsRow) -> str:
        """The text after which the model writes the assistant's next turn."""

    def parse(self, completion: str) -> Called | Said | None:
        """What the model wrote: calls (with its thought), an answer without calls, or None for a broken call."""


def text_of(segments: Iterable[Segment]) -> str:
    return "".join(segment.text for segment in segments)


def up_to(row: CallsRow, n_turns: int) -> CallsRow:
    """The row with its first `n_turns` turns."""
    return dataclasses.replace(row, turns=row.turns[:n_turns])


def system_text(row: CallsRow) -> str:
    """What the row's system turns say, '' for none; templates put it where their family has its system text."""
    return "\n\n".join(turn.text for turn in row.turns if isinstance(turn, Said) and turn.role == "system")


def talk(row: CallsRow) -> tuple[Said | Called, ...]:
    """The turns without the system's."""
    return tuple(turn for turn in row.turns if isinstance(turn, Called) or turn.role != "system")


def one_call_a_turn(turns: Sequence[Said | Called]) -> tuple[Said | Called, ...]:
    """Turns of several calls taken apart, each call followed by its own feedback: for families that call one at a time.

    Feedback is matched by order; the thought goes with the first call.
    """
    apart: list[Said | Called] = []
    at = 0
    while at < len(turns):
        turn = turns[at]
        at += 1
        if not isinstance(turn, Called) or len(turn.calls) < 2:
            apart.append(turn)
            continue
        feedback: list[Said] = []
        while at < len(turns) and isinstance(said := turns[at], Said) and said.role == "tool":
            feedback.append(said)
            at += 1
        for number, call in enumerate(turn.calls):
            apart.append(Called((call,), turn.thought if number == 0 else "", turn.is_target))
            apart += feedback[number : number + 1]
        apart += feedback[len(turn.calls) :]
    return tuple(apart)


def is_target(turn: Said | Called) -> bool:
    """Whether the loss sees anything of the turn."""
    if isinstance(turn, Said):
        return turn.role == "assistant" and turn.is_target
    return turn.is_target and (any(call.is_target for call in turn.calls) or not turn.calls)


def before_stop(completion: str, stop: Iterable[str]) -> str:
    """The completion up to the first stop string."""
    ends = [at for text in stop if (at := completion.find(text)) >= 0]
    return completion[: min(ends)] if ends else completion
