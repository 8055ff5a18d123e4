"""MAE on a trajectory: an erroneous call is no target of the loss and stays in the context of what follows."""

from __future__ import annotations

from dataclasses import replace

from agent.calls.categories import Category
from train.mae.classify import classify
from train.rows import Call, Called, CallsRow, Said

Turn = Said | Called


def classified(row: CallsRow) -> CallsRow:
    """The row with each call's category read from the feedback that follows it: for imported trajectories.

    The feedback of a turn's calls is the run of `tool` turns after it, in the order of the calls. A call without
    feedback keeps the category it has.
    """
    turns = list(row.turns)
    for i, turn in enumerate(turns):
        if isinstance(turn, Called):
            feedback = _feedback_after(turns, i)
            calls = [
                replace(call, category=classify(text, call.name)) if text is not None else call
                for call, text in zip(turn.calls, feedback + [None] * len(turn.calls), strict=False)
            ]
            turns[i] = replace(turn, calls=tuple(calls))
    return replace(row, turns=tuple(turns))


def masked(row: CallsRow) -> CallsRow:
    """The row with every erroneous call taken out of the targets, and the thought of a turn that has no other calls.

    Nothing becomes a target that was none.
    """
    return replace(row, turns=tuple(_masked(turn) if isinstance(turn, Called) else turn for turn in row.turns))


def _masked(turn: Called) -> Called:
    calls = tuple(replace(call, is_target=call.is_target and _is_right(call)) for call in turn.calls)
    return replace(turn, calls=calls, is_target=turn.is_target and (not calls or any(map(_is_right, calls))))


def _is_right(call: Call) -> bool:
    return call.category is Category.ALL_RIGHT


def _feedback_after(turns: list[Turn], i: int) -> list[str | None]:
    texts: list[str | None] = []
    for turn in turns[i + 1 :]:
        if not (isinstance(turn, Said) and turn.role == "tool"):
            break
        texts.append(turn.text)
    return texts
