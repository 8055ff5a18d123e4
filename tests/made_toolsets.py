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

CITIES = ("Rome", "Oslo", "Lima", "Cairo", "Delhi", "Quito", "Paris", "Tokyo")
COLOURS = ("red", "blue", "green", "white")
NOUNS: dict[str, tuple[str, ...]] = {
    "weather": ("city", "days"),
    "hotels": ("city", "stars"),
    "news": ("city",),
    "shoes": ("colour", "size"),
    "cars": ("colour", "doors"),
    "trains": ("city", "hour"),
}
VERBS = {"weather": "get", "hotels": "get", "news": "get", "shoes": "find", "cars": "find", "trains": "find"}


def made_rows(n: int, seed: int, *, n_tools: int = 2) -> tuple[CallsRow, ...]:
    """`n` questions, each over a toolset of its own."""
    rng = random.Random(seed)
    return tuple(_made_row(rng, f"made-{seed}-{i}", n_tools) for i in range(n))


def of_a_flawed_teacher(rows: Sequence[CallsRow], seed: int, share: float = 0.6) -> tuple[CallsRow, ...]:
    """The same questions, most of them answered wrongly: what SFT without MAE imitates, and what RL has to undo.

    About weather and hotels the teacher adds a parameter that nobody asked for, and it misspells a parameter of shoes
    and cars; trains and news it knows.
    """
    rng = random.Random(seed)
    return tuple(_flawed(row, rng.random() < share) for row in rows)


def _flawed(row: CallsRow, is_wrong: bool) -> CallsRow:
    answer = row.turns[1]
    assert isinstance(answer, Called)
    call, noun = answer.calls[0], answer.calls[0].name.rpartition("_")[2]
    args = dict(call.args)
    if is_wrong and noun in ("weather", "hotels"):
        args["lang"] = "en"
    if is_wrong and noun in ("shoes", "cars"):
        args = {"color" if name == "colour" else name: value for name, value in args.items()}
    return dataclasses.replace(row, turns=(row.turns[0], Called((Call(call.name, args),))))


def _made_row(rng: random.Random, key: str, n_tools: int) -> CallsRow:
    nouns = rng.sample(sorted(NOUNS), n_tools)
    tools = tuple(_tool(VERBS[noun], noun) for noun in nouns)
    at = rng.randrange(n_tools)
    args = {name: _value(rng, name) for name in NOUNS[nouns[at]]}
    asked = ", ".join(f"{name} {value}" for name, value in args.items())
    said = Said("user", f"{nouns[at]} please: {asked}")
    return CallsRow(key, key, tools, (said, Called((Call(tools[at].name, args),))))


def _tool(verb: str, noun: str) -> ToolDoc:
    properties = {p: {"type": "string" if p in ("city", "colour") else "integer"} for p in NOUNS[noun]}
    schema = {"type": "object", "properties": {**properties, "lang": {"type": "string"}}, "required": list(properties)}
    return ToolDoc(f"{verb}_{noun}", noun, schema)


def _value(rng: random.Random, name: str) -> Any:
    match name:
        case "city":
            return rng.choice(CITIES)
        case "colour":
            return rng.choice(COLOURS)
    return rng.randrange(1, 10)


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
    """A tiny model with a tokenizer of these rows, after `n_steps` of plain SFT: better in form than in substance."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from train.sft.tiny import make_tiny
    from train.templates import template_named
    from train.templates.base import text_of, up_to

    template = template_named("tl-codellama", eos="</s>")
    texts = [text_of(template.render(row)) for row in rows]
    make_tiny(folder, texts, seed=seed, **shape)
    tokenizer: Any = AutoTokenizer.from_pretrained(str(folder))
    model: Any = AutoModelForCausalLM.from_pretrained(str(folder))
    whole = [tokenizer.encode(text, add_special_tokens=False) for text in texts]
    prompts = [len(tokenizer.encode(template.prompt(up_to(row, 1)), add_special_tokens=False)) for row in rows]
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate)
    rng = random.Random(seed)
    for step in range(n_steps):
        for group in optimizer.param_groups:
            group["lr"] = rate * min(1, (step + 1) / 10) * (1 - step / n_steps)
        chosen = rng.sample(range(len(rows)), batch)
        width = max(len(whole[i]) for i in chosen)
        ids = torch.tensor([whole[i] + [tokenizer.pad_token_id] * (width - len(whole[i])) for i in chosen])
        labels = ids.clone()
        for at, i in enumerate(chosen):
            labels[at, : prompts[i]] = -100
            labels[at, len(whole[i]) :] = -100
        loss = model(input_ids=ids, attention_mask=torch.ones_like(ids), labels=labels).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
    model.save_pretrained(str(folder))
    return folder
