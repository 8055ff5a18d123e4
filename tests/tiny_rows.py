"""Rows for training that a test can reason about: small toolsets, calls with one argument, some of them wrong."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from train.rows import Call, Called, CallsRow, CodeRow, Row, Said, ToolDoc, row_json

WORDS = ("rain", "paper", "film", "song", "train", "stock", "poem", "map")


def calls_rows(n_rows: int, *, n_answer_words: int = 3) -> list[CallsRow]:
    """Rows whose question names the tool to call; every third begins with a call that fails."""
    rows = []
    for number in range(n_rows):
        word, other = WORDS[number % len(WORDS)], WORDS[(number * 3 + 1) % len(WORDS)]
        tools = tuple(ToolDoc(f"get_{name}", f"Gets a {name}.") for name in sorted({word, other}))
        right = Called((Call(f"get_{word}", {"n": number}),))
        turns: list[Said | Called] = [Said("user", f"Please give me {word} number {number}")]
        if number % 3 == 0:
            turns += [
                Called((Call(f"get_{word}s", {}, is_target=False),)),
                Said("tool", f"name 'get_{word}s' is not defined"),
            ]
        turns += [right, Said("tool", f"{word} {number}"), Said("assistant", " ".join([word] * n_answer_words))]
        rows.append(CallsRow(f"r{number}", f"g{number}", tools, tuple(turns)))
    return rows


def code_rows(n_rows: int) -> list[CodeRow]:
    """One program for each row."""
    rows = []
    for number in range(n_rows):
        word = WORDS[number % len(WORDS)]
        messages = (("system", "Write Python."), ("user", f"Give me {word} {number}"))
        program = f"```python\nprint(get_{word}(n={number}))\n```"
        rows.append(CodeRow(f"c{number}", f"g{number}", "implement", messages, program, (f"get_{word}", "get_maps")))
    return rows


def write_rows(path: Path, rows: Iterable[Row]) -> Path:
    path.write_text("".join(json.dumps(row_json(row)) + "\n" for row in rows), encoding="utf-8")
    return path


def write_data(folder: Path, n_rows: int = 24) -> Path:
    """A folder as `train data` writes it: both views, a train and a valid split."""
    folder.mkdir(parents=True, exist_ok=True)
    write_rows(folder / "calls.train.jsonl", calls_rows(n_rows))
    write_rows(folder / "code.train.jsonl", code_rows(n_rows))
    write_rows(folder / "calls.valid.jsonl", calls_rows(max(2, n_rows // 4)))
    return folder
