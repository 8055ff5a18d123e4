"""The table: share right with its confidence interval, beside the bar; what was answered wrongly and what declined."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import Any

from tui.bundled_eval.rows import Row
from tui.bundled_eval.running import Verdict

_Z = 1.96


def interval(n_right: int, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    if n == 0:
        return 0.0, 1.0
    share, z2 = n_right / n, _Z * _Z
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return max(0.0, middle - half), min(1.0, middle + half)


def summary(row: Row, verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """One row as JSON: shares between 0 and 1, seconds per question."""
    n = len(verdicts)
    n_right = sum(v.right for v in verdicts)
    low, high = interval(n_right, n)
    return {
        "row": row.name,
        "title": row.title,
        "n": n,
        "right": n_right / n if n else None,
        "interval": [low, high],
        "bar": row.bar,
        "answered_wrongly": sum(v.answered_wrongly for v in verdicts) / n if n else None,
        "declined": sum(v.declined for v in verdicts) / n if n else None,
        "median_s": statistics.median(v.seconds for v in verdicts) if n else None,
    }


def markdown(rows: Sequence[dict[str, Any]]) -> str:
    """The table of all rows."""
    lines = [
        "| tasks | n | right | 95 % interval | bar | answered wrongly | declined | median s |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        if not row["n"]:
            continue
        low, high = row["interval"]
        bar = "-" if row["bar"] is None else f"{row['bar']:.0%}"
        lines.append(
            f"| {row['title']} | {row['n']} | {row['right']:.1%} | {low:.0%} to {high:.0%} | {bar} "
            f"| {row['answered_wrongly']:.1%} | {row['declined']:.1%} | {row['median_s']:.2f} |"
        )
    return "\n".join(lines)
