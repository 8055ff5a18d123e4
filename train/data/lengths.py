"""How long rows are in tokens: by a tokenizer, where one is given, else by an estimate that says so."""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from train.errors import DataError
from train.rows import Called, CodeRow, Row, Said

_BYTES_PER_TOKEN = 3.6
"""Of English and Python in the tokenizers of Llama 3 and Qwen 2.5, roughly."""
Count = Callable[[str], int]


def counter(tokenizer: Path | None) -> tuple[Count, str]:
    """How to count, and what the card says of it. `tokenizer`: a `tokenizer.json`, or a folder that has one.

    Raises:
        DataError: there is none, or it cannot be read.
    """
    if tokenizer is None:
        return lambda text: round(
            len(text.encode("utf-8", "replace")) / _BYTES_PER_TOKEN
        ), "estimated, 3.6 bytes a token"
    file = tokenizer / "tokenizer.json" if tokenizer.is_dir() else tokenizer
    from tokenizers import Tokenizer  # 40 ms, and only here

    try:
        loaded = Tokenizer.from_file(str(file))
    except Exception as error:  # the library raises bare Exception for every kind of bad file
        raise DataError(f"{file} is no tokenizer: {error}", "Give a tokenizer.json, or a model's folder.") from error
    return lambda text: len(
        loaded.encode(text, add_special_tokens=False).ids
    ), f"counted with {file.parent.name or file}"


def text_of(row: Row) -> str:
    """All that a template would show of the row, without the template's own words."""
    if isinstance(row, CodeRow):
        return "\n".join([*(content for _, content in row.messages), row.completion])
    tools = [[tool.name, tool.description, tool.parameters] for tool in row.tools]
    return json.dumps([tools, *map(_turn, row.turns)], ensure_ascii=False, default=str)


def _turn(turn: Said | Called) -> Any:
    if isinstance(turn, Said):
        return turn.text
    return [turn.thought, *([call.name, call.args] for call in turn.calls)]


@dataclass
class Lengths:
    """Of many rows; four bytes each."""

    _values: array[int] = field(default_factory=lambda: array("I"))

    def add(self, n_tokens: int) -> None:
        self._values.append(n_tokens)

    def summary(self, shares: Sequence[float] = (0.5, 0.9, 0.99)) -> dict[str, int]:
        """`p50`, `p90`, `p99`, `max`, `total`; zeros where there is none."""
        values = sorted(self._values)
        if not values:
            return {**{f"p{round(100 * share)}": 0 for share in shares}, "max": 0, "total": 0}
        at = {f"p{round(100 * s)}": values[min(len(values) - 1, int(s * len(values)))] for s in shares}
        return {**at, "max": values[-1], "total": sum(values)}
