"""`python -m tests.perf.sft_learns [--seeds N]`: learning is shown, not assumed, on tiny models over several seeds.

MAE: seven of ten trajectories make the same mistake twice (a tool that there is not) before they get it right. Asked
anew, a model trained with MAE calls the tool that there is; one trained without repeats the mistake.

PKT: a code word says which of the tools with a common prefix is meant; the call has a long text besides that nobody
could foresee, and whose loss drowns that of the name. After the same few steps, a model trained with PKT confuses tools
of a common prefix less.

Both measure greedy calls for questions that were not trained on, through the template's own prompt and parser.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.tiny_rows import write_rows
from train.configs.loading import parse_sft_config
from train.rows import Call, Called, CallsRow, Said, ToolDoc
from train.sft.run import train_sft
from train.sft.tiny import make_tiny
from train.templates import template_named
from train.templates.base import text_of

WORDS = "rain paper film song train stock poem map tree bird river stone".split()
CODES = [f"{letter}ax" for letter in "bdfgklmnprst"]
SHAPE = {"hidden_size": 64, "intermediate_size": 192, "num_hidden_layers": 2}
TEMPLATE = "tl-codellama"


def planted(n_rows: int, seed: int) -> list[CallsRow]:
    """Trajectories of which seven of ten begin with the planted mistake, made twice: a tool that there is not."""
    rng = random.Random(seed)
    rows = []
    for number in range(n_rows):
        call = Call("find_film", {"title": rng.choice(WORDS)})
        turns: list[Said | Called] = [Said("user", f"{rng.choice(WORDS)} {rng.randrange(1000)}")]
        if rng.random() < 0.7:
            turns += [Called((Call("search_film", call.args, is_target=False),)), Said("tool", "no search_film")] * 2
        turns.append(Called((call,)))
        tools = (ToolDoc("find_film", "Films."), ToolDoc("find_song", "Songs."))
        rows.append(CallsRow(f"m{number}", f"g{number}", tools, tuple(turns)))
    return rows


def coded(n_rows: int, seed: int) -> list[CallsRow]:
    """Rows whose code word decides between tools of one prefix; the rest of the call cannot be foreseen."""
    rng = random.Random(seed)
    rows = []
    for number in range(n_rows):
        which = rng.randrange(len(WORDS))
        other = rng.choice([word for word in WORDS if word != WORDS[which]])
        tools = tuple(ToolDoc(f"get_{word}", "") for word in sorted([WORDS[which], other]))
        args = {"text": " ".join(rng.choice(WORDS) for _ in range(10))}
        asked = Said("user", CODES[which])
        rows.append(CallsRow(f"k{number}", f"g{number}", tools, (asked, Called((Call(f"get_{WORDS[which]}", args),)))))
    return rows


def written(rows: Sequence[CallsRow]) -> list[str]:
    """What the tokenizer is trained on: the texts themselves, so that words are whole tokens and prompts are short."""
    template = template_named(TEMPLATE)
    return [text_of(template.render(row)) for row in rows]


def first_names(run: Path, rows: Sequence[CallsRow]) -> list[str]:
    """The tool that the trained model calls first for each row's question; '' for none."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(str(run / "model"))
    model: Any = AutoModelForCausalLM.from_pretrained(str(run / "model")).eval()
    template = template_named(TEMPLATE, tokenizer.eos_token)
    tokenizer.padding_side = "left"
    names: list[str] = []
    for start in range(0, len(rows), 32):
        prompts = [template.prompt(CallsRow(r.id, r.group, r.tools, r.turns[:1])) for r in rows[start : start + 32]]
        batch = tokenizer(prompts, return_tensors="pt", padding=True, add_special_tokens=True)
        with torch.inference_mode():
            out = model.generate(**batch, max_new_tokens=8, do_sample=False, pad_token_id=tokenizer.pad_token_id)
        texts = tokenizer.batch_decode(out[:, batch["input_ids"].shape[1] :], skip_special_tokens=True)
        names += [text.strip().partition("(")[0] for text in texts]
    return names


def trained(base: Path, rows: list[CallsRow], out: Path, seed: int, sections: dict[str, Any]) -> Path:
    data = out.with_suffix(".data")
    data.mkdir()
    write_rows(data / "calls.train.jsonl", rows)
    optim = {"learning_rate": 5e-3, "batch_size": 32, "micro_batch_size": 32, "warmup_ratio": 0.05, **sections["optim"]}
    config = parse_sft_config(
        {
            "model": {"base": str(base), "dtype": "float32"},
            "data": {"view": "calls", "template": TEMPLATE, "max_length": 256, "mae": sections.get("mae", True)},
            "pkt": {"is_on": sections.get("pkt", False)},
            "optim": optim,
            "run": {"seed": seed, "save_every": 10_000, "log_every": 20},
        }
    )
    train_sft(config, data, out)
    return out


def imitated(folder: Path, seed: int, mae: bool, n_steps: int) -> float:
    """Percent of new questions whose first call is the planted mistake."""
    rows = planted(480, seed)
    base = make_tiny(folder / "base", written(rows), seed=seed, **SHAPE)
    sections = {"mae": mae, "optim": {"max_steps": n_steps}}
    run = trained(base, rows, folder / "run", seed, sections)
    asked = planted(96, seed + 1000)
    return 100 * statistics.mean(name == "search_film" for name in first_names(run, asked))


def confused(folder: Path, seed: int, pkt: bool, n_steps: int) -> float:
    """Percent of new questions for which another tool of the same prefix is called."""
    rows = coded(960, seed)
    base = make_tiny(folder / "base", written(rows), seed=seed, **SHAPE)
    sections = {"pkt": pkt, "optim": {"max_steps": n_steps}}
    run = trained(base, rows, folder / "run", seed, sections)
    asked = coded(192, seed + 1000)
    found = zip(first_names(run, asked), asked, strict=True)
    return 100 * statistics.mean(name.startswith("get_") and name != _right(row) for name, row in found)


def _right(row: CallsRow) -> str:
    last = row.turns[-1]
    return last.calls[0].name if isinstance(last, Called) else ""


def compare(title: str, measure: Callable[[Path, int, bool], float], seeds: Sequence[int]) -> bool:
    """Print on and off over the seeds; whether the gap exceeds the spread of both."""
    found: dict[bool, list[float]] = {True: [], False: []}
    for seed in seeds:
        for is_on in (False, True):
            with tempfile.TemporaryDirectory() as folder:
                found[is_on].append(measure(Path(folder), seed, is_on))
    off, on = found[False], found[True]
    gap = min(off) - max(on)
    spread = max(max(on) - min(on), max(off) - min(off))
    told = f"off {[round(x, 1) for x in off]}, on {[round(x, 1) for x in on]}"
    sys.stdout.write(f"{title}: {told}; smallest gap {gap:.1f} points, widest spread {spread:.1f}\n")
    sys.stdout.flush()
    return statistics.mean(off) - statistics.mean(on) > spread and gap > 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, nargs=2, default=(30, 40), metavar=("MAE", "PKT"))
    given = parser.parse_args()
    began, seeds = time.monotonic(), range(given.seeds)
    mae = compare("planted error imitated, %, MAE", lambda f, s, on: imitated(f, s, on, given.steps[0]), seeds)
    pkt = compare("prefix confusion, %, PKT", lambda f, s, on: confused(f, s, on, given.steps[1]), seeds)
    sys.stdout.write(f"MAE {'shown' if mae else 'NOT shown'}, PKT {'shown' if pkt else 'NOT shown'}; ")
    sys.stdout.write(f"{time.monotonic() - began:.0f} s\n")
    raise SystemExit(0 if mae and pkt else 1)


if __name__ == "__main__":
    main()
