"""Made toolsets and questions with gold calls, and a tiny model that SFT taught them a little: what RL is tried on.

Every question has a toolset of its own, whose tool names share prefixes; parameters and values must be read from the
question. Nothing of a benchmark is in it.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from train.rows import Call, Called, CallsRow, Said, ToolDoc

VALUES = {
    "city": ("Rome", "Oslo", "Lima", "Cairo", "Delhi", "Quito", "Paris", "Tokyo"),
    "day": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "colour": ("red", "blue", "green", "white"),
    "size": ("small", "medium", "large"),
}
NOUNS: dict[str, tuple[str, ...]] = {
    "weather": ("city", "day"),
    "hotels": ("city", "day"),
    "news": ("city",),
    "shoes": ("colour", "size"),
    "cars": ("colour", "size"),
    "trains": ("city", "day"),
}
VERBS = {"weather": "get", "hotels": "get", "news": "get", "shoes": "find", "cars": "find", "trains": "find"}


def made_rows(n: int, seed: int, *, n_tools: int = 2, n_questions: int = 1) -> tuple[CallsRow, ...]:
    """`n` toolsets, each with its questions and their gold calls."""
    rng = random.Random(seed)
    return tuple(_made_row(rng, f"made-{seed}-{i}", n_tools, n_questions) for i in range(n))


def of_a_flawed_teacher(rows: Sequence[CallsRow], seed: int, share: float = 0.6) -> tuple[CallsRow, ...]:
    """The same questions, most of them answered wrongly: what SFT without MAE imitates, and what RL has to undo.

    About weather and hotels the teacher adds a parameter that nobody asked for, and it misspells a parameter of shoes
    and cars; trains and news it knows.
    """
    rng = random.Random(seed)
    return tuple(
        dataclasses.replace(row, turns=tuple(_flawed(turn, rng.random() < share) for turn in row.turns)) for row in rows
    )


def _flawed(turn: Said | Called, is_wrong: bool) -> Said | Called:
    if isinstance(turn, Said):
        return turn
    call, noun = turn.calls[0], turn.calls[0].name.rpartition("_")[2]
    args = dict(call.args)
    if is_wrong and noun in ("weather", "hotels"):
        args["lang"] = "en"
    if is_wrong and noun in ("shoes", "cars"):
        args = {"color" if name == "colour" else name: value for name, value in args.items()}
    return Called((Call(call.name, args),))


def _made_row(rng: random.Random, key: str, n_tools: int, n_questions: int) -> CallsRow:
    nouns = rng.sample(sorted(NOUNS), n_tools)
    tools = tuple(_tool(VERBS[noun], noun) for noun in nouns)
    turns: list[Said | Called] = []
    for _ in range(n_questions):
        at = rng.randrange(n_tools)
        args = {name: rng.choice(VALUES[name]) for name in NOUNS[nouns[at]]}
        asked = ", ".join(f"{name} {value}" for name, value in args.items())
        turns += [Said("user", f"{nouns[at]} please: {asked}"), Called((Call(tools[at].name, args),))]
    return CallsRow(key, key, tools, tuple(turns))


def _tool(verb: str, noun: str) -> ToolDoc:
    properties = {name: {"type": "string"} for name in (*NOUNS[noun], "lang")}
    schema = {"type": "object", "properties": properties, "required": list(NOUNS[noun])}
    return ToolDoc(f"{verb}_{noun}", noun, schema)


def taught_a_little(
    folder: Path,
    rows: Sequence[CallsRow],
    *,
    n_steps: int,
    seed: int = 0,
    rate: float = 3e-3,
    batch: int = 32,
    **shape: int,
) -> Path:
    """A tiny model with a tokenizer of these rows, after `n_steps` of plain SFT on all of their calls."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from train.sft.tiny import make_tiny

    texts = [_pieces(row) for row in rows]
    make_tiny(folder, ["".join(text for text, _ in pieces) for pieces in texts], seed=seed, **shape)
    tokenizer: Any = AutoTokenizer.from_pretrained(str(folder))
    model: Any = AutoModelForCausalLM.from_pretrained(str(folder))
    encoded = [[(tokenizer.encode(text), is_target) for text, is_target in pieces] for pieces in texts]
    ids = [[token for piece, _ in pieces for token in piece] for pieces in encoded]
    labels = [[token if is_target else -100 for piece, is_target in pieces for token in piece] for pieces in encoded]
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate)
    rng = random.Random(seed)
    for step in range(n_steps):
        for group in optimizer.param_groups:
            group["lr"] = rate * min(1, (step + 1) / 20) * (1 - step / n_steps)
        chosen = rng.sample(range(len(rows)), batch)
        width = max(len(ids[i]) for i in chosen)
        given = torch.tensor([ids[i] + [tokenizer.pad_token_id] * (width - len(ids[i])) for i in chosen])
        wanted = torch.tensor([labels[i] + [-100] * (width - len(ids[i])) for i in chosen])
        model(input_ids=given, labels=wanted).loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
    model.save_pretrained(str(folder))
    return folder


def _pieces(row: CallsRow) -> list[tuple[str, bool]]:
    """The text of a row piece by piece, each with whether it is learned: every call, as the answer to its question."""
    from train.templates import template_named
    from train.templates.base import text_of

    template = template_named("tl-codellama", eos="</s>")
    head = template.prompt(dataclasses.replace(row, turns=())).removesuffix("\nAssistant:")
    pieces = [(head, False)]
    for said, called in zip(row.turns[::2], row.turns[1::2], strict=True):
        prompt = template.prompt(dataclasses.replace(row, turns=(said,)))
        whole = text_of(template.render(dataclasses.replace(row, turns=(said, called))))
        pieces += [(prompt[len(head) :], False), (whole[len(prompt) :], True)]
    return pieces
