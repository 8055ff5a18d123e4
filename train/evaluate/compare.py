"""Two evaluations of the same items laid side by side: exact McNemar and a paired bootstrap for each figure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.scoring.intervals import Paired, paired
from train.errors import DataError
from train.evaluate.folder import read_outcomes


@dataclass(frozen=True)
class Comparison:
    """`a`, `b`: the models. `n_left_out`: items that only one of the two has."""

    benchmark: str
    split: str
    a: str
    b: str
    figures: Mapping[str, Paired]
    n_left_out: int = 0

    def json(self) -> dict[str, Any]:
        figures = {
            name: {
                "a": p.a,
                "b": p.b,
                "difference": p.difference,
                "interval": [p.interval.low, p.interval.high],
                "only_a": p.n_only_a,
                "only_b": p.n_only_b,
                "p": p.p,
                "verdict": p.verdict,
            }
            for name, p in self.figures.items()
        }
        n = next(iter(self.figures.values())).n
        named = {"benchmark": self.benchmark, "split": self.split, "a": self.a, "b": self.b}
        return {**named, "n": n, "n_left_out": self.n_left_out, "figures": figures}


def compare(a: Path, b: Path) -> Comparison:
    """Compare two finished evaluations' folders.

    Raises:
        DataError: one is none, they are of different questions, or have no item in common.
    """
    (config_a, found_a), (config_b, found_b) = read_outcomes(a), read_outcomes(b)
    for key in ("benchmark", "split", "data_sha256"):
        if config_a.get(key) != config_b.get(key):
            what = f"{a} and {b} are not of the same {key}: {config_a.get(key)} and {config_b.get(key)}"
            raise DataError(what, "Compare two evaluations of the same benchmark, split and data.")
    ids = [key for key in found_a if key in found_b]
    if not ids:
        raise DataError(f"{a} and {b} have no item in common", "Evaluate both on the same items.")
    figures = {}
    for name in dict.fromkeys(name for key in ids for name in found_a[key].right):
        # Not every item has every figure (`exec`, `record`).
        having = [key for key in ids if name in found_a[key].right and name in found_b[key].right]
        if having:
            rights_a, rights_b = ([found[key].right[name] for key in having] for found in (found_a, found_b))
            figures[name] = paired(rights_a, rights_b)
    n_left_out = len(found_a) + len(found_b) - 2 * len(ids)
    name_a, name_b = str(config_a.get("model_name", a.name)), str(config_b.get("model_name", b.name))
    if name_a == name_b:
        name_a, name_b = a.name, b.name
    return Comparison(str(config_a["benchmark"]), str(config_a["split"]), name_a, name_b, figures, n_left_out)


def comparison_markdown(found: Comparison) -> str:
    """The table of a comparison."""
    n = next(iter(found.figures.values())).n
    lines = [f"# {found.benchmark}, {found.split}: A = {found.a}, B = {found.b}", "", f"{n} items, paired.", ""]
    lines += ["| | A | B | B - A | 95 % interval | only A right | only B right | p | |"]
    lines += ["|---|---:|---:|---:|---:|---:|---:|---:|---|"]
    for name, p in found.figures.items():
        interval = f"{p.interval.low:+.2f} to {p.interval.high:+.2f}"
        counts = f"{p.n_only_a} | {p.n_only_b} | {_shown(p.p)} | {p.verdict}"
        lines.append(f"| {name.upper()} | {p.a:.2f} | {p.b:.2f} | {p.difference:+.2f} | {interval} | {counts} |")
    left_out = f"{found.n_left_out} items that only one of them has are left out. " if found.n_left_out else ""
    return "\n".join([*lines, "", f"{left_out}p: McNemar's exact test, two-sided. Interval: paired bootstrap."]) + "\n"


def _shown(p: float) -> str:
    return "< 0.0001" if p < 0.00005 else f"{p:.4f}"
