"""RoTBench's own count, so that a figure can be laid beside published ones.

What its released script does otherwise than ours: a call without arguments is wrong, even where the gold has none (its
gold scores 92.38 on Clean); text after the arguments makes them unreadable and the whole prediction wrong, tool
included; arguments whose gold is "None" leave the prediction for good when it is compared with the first answer of
fitting names, so that the next such answer no longer fits; the text is cut at fixed distances. Where that script would
stop with an exception (an action without a name, arguments that are a list), the item counts as wrong here.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from agent.scoring.single import ALL_WRONG, Verdict

_ACTION, _INPUT = "Action:", "Action Input:"


def official_verdict(text: str, answers: Sequence[str], tools: Sequence[str]) -> Verdict:
    """The script's verdict on one prediction.

    Args:
        text: `Thought: ... Action: ... Action Input: {...}`.
        answers: all acceptable answers, in the same form.
        tools: the names of the item's tools, in their order; `ask_to_user` and `finish` stand last.
    """
    name, args = _cut(text)
    if name is None or not args or isinstance(args, str):
        return ALL_WRONG
    ts = pi = cf = False
    left = dict(args) if isinstance(args, dict) else {}
    for answer in answers:
        gold_name, gold_args = _cut(answer)
        if gold_name == tools[-1] and name == "finish":
            name = gold_name
        if gold_name != name:
            continue
        ts = True
        if not isinstance(args, dict) or not isinstance(gold_args, dict):
            continue
        pi = pi or gold_args.keys() == args.keys()
        if gold_args.keys() != left.keys():
            continue
        is_free = gold_name in {*tools[-2:], "finish", "ask_to_user"}
        compared = {key: value for key, value in gold_args.items() if value != "None"}
        left = {key: left[key] for key in compared}
        cf = cf or is_free or compared == left
    return Verdict(ts, pi, cf)


def _cut(text: str) -> tuple[str | None, Any]:
    """Name and arguments by the script's offsets: (None, None) where it would fail, arguments 0 for what is no JSON."""
    name = text[text.find(_ACTION) + len(_ACTION) + 1 : text.find(_INPUT)]
    if not name:
        return None, None
    name = name.removesuffix("\n")
    try:
        return name, json.loads(text[text.find(_INPUT) + len(_INPUT) + 1 :])
    except (ValueError, RecursionError):
        return name, 0
