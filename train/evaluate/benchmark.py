"""The benchmarks by name: where a split's file is, its items, how values are compared, what the table is called.

A benchmark of single steps is a `Benchmark`; what works over several turns is in `episodes`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.scoring.gold import GoldCall
from agent.scoring.same import same_value
from agent.scoring.single import Same
from train.errors import DataError
from train.evaluate import heldout
from train.formats import bfcl, bfcl_values, rotbench, toolalpaca, tooleyes
from train.formats.item import Item
from train.formats.problems import OnProblem, Problem


@dataclass(frozen=True)
class Benchmark:
    """`find`: the file of (data, split). `items`: what it holds. `splits`: names that --split takes, for the help.

    `same`: how values are compared. `gold_args`: the arguments of a gold call, as a model would write them.
    `has_official`: the benchmark's own count stands beside ours. `is_multi`: its items have no gold call and can only
    be worked through.
    """

    name: str
    title: str
    splits: tuple[str, ...]
    find: Callable[[Path, str], Path]
    items: Callable[[Path, OnProblem], list[Item]]
    same: Same = same_value
    gold_args: Callable[[GoldCall], dict[str, Any]] = GoldCall.first_args
    has_official: bool = False
    is_multi: bool = False


def _toolalpaca_file(folder: Path, split: str) -> Path:
    if folder.is_file():
        return folder
    found = folder / f"eval_{split}.json"
    if not found.is_file():
        raise FileNotFoundError(f"no {found.name} in {folder}")
    return found


CODE_VIEW = "heldout-code"
"""Not of single calls, and so none of those below: see `train.evaluate.stages`."""

BENCHMARKS: Mapping[str, Benchmark] = {
    found.name: found
    for found in (
        Benchmark(
            "rotbench",
            "RoTBench",
            rotbench.SPLITS,
            rotbench.split_file,
            lambda path, told: list(rotbench.items(path, told)),
            has_official=True,
        ),
        Benchmark(
            "toolalpaca",
            "ToolAlpaca",
            ("real", "simulated"),
            _toolalpaca_file,
            lambda path, told: list(toolalpaca.items(path, told)),
        ),
        Benchmark(
            "bfcl",
            "BFCL",
            bfcl.CATEGORIES,
            bfcl.category_file,
            lambda path, told: list(bfcl.items(path, told)),
            same=bfcl_values.same_value,
            gold_args=bfcl_values.first_values,
        ),
        Benchmark(
            "tooleyes",
            "ToolEyes' format",
            ("zero", "five"),
            tooleyes.split_file,
            lambda path, told: list(tooleyes.items(path, told)),
            is_multi=True,
        ),
        Benchmark(
            "heldout",
            "Held-out sessions, calls",
            ("heldout", "valid", "train"),
            lambda folder, split: heldout.rows_file(folder, "calls", split),
            lambda path, told: list(heldout.items(path, told)),
        ),
    )
}


def load_items(
    benchmark: Benchmark, data: Path, split: str, limit: int | None = None
) -> tuple[Path, list[Item], list[Problem]]:
    """The split's file, its items, and what of it could not be read.

    Raises:
        DataError: there is no such file, or nothing in it could be read.
    """
    problems: list[Problem] = []
    try:
        path = benchmark.find(data, split)
    except FileNotFoundError as error:
        hint = f"--data is the folder of {benchmark.title}'s files; --split one of {', '.join(benchmark.splits)}."
        raise DataError(str(error), hint) from None
    items = benchmark.items(path, problems.append)
    if not items:
        first = f": {problems[0]}" if problems else ""
        raise DataError(f"nothing to ask in {path}{first}", f"Is it a file of {benchmark.title}, with calls in it?")
    return path, items[:limit], problems
