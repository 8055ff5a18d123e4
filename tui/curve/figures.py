"""What the turns say: shares right, tokens, seconds, apart for recurring and new tasks; and the curves."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any

from tui.bundled_eval.reporting import interval
from tui.curve.running import Turn


def summary(turns: Sequence[Turn], n_tasks: int) -> dict[str, Any]:
    """`last_quarter` and `all`, each for recurring, new and all tasks with both ways and the savings between them;
    `reuse` says how often stored functions were used, and how often wrongly."""
    orders = sorted({turn.order for turn in turns})
    n_before = n_tasks - n_tasks // 4
    last = [turn for turn in turns if turn.position >= n_before]
    return {
        "orders": orders,
        "n_tasks": n_tasks,
        "last_quarter": _parts(last),
        "all": _parts(turns),
        "by_order": {order: _parts([t for t in last if t.order == order]) for order in orders},
        "reuse": _reuse(turns),
        "curves": {order: _curves([t for t in turns if t.order == order]) for order in orders},
    }


def _parts(turns: Sequence[Turn]) -> dict[str, Any]:
    kinds: dict[str, Callable[[Turn], bool]] = {
        "recurring": lambda t: t.recurring,
        "new": lambda t: not t.recurring,
        "all": lambda t: True,
    }
    return {name: _compared([turn for turn in turns if chosen(turn)]) for name, chosen in kinds.items()}


def _compared(turns: Sequence[Turn]) -> dict[str, Any]:
    """Only tasks that were asked both ways, so that a run that was stopped compares like with like."""
    sides = {with_it: {(t.order, t.position): t for t in turns if t.repository is with_it} for with_it in (False, True)}
    both = sides[False].keys() & sides[True].keys()
    off, on = ([sides[with_it][place] for place in sorted(both)] for with_it in (False, True))
    return {
        "without": _side(off),
        "with": _side(on),
        "fewer_tokens": _saved(off, on, lambda t: t.tokens),
        "fewer_new_tokens": _saved(off, on, lambda t: t.tokens - t.cached_tokens),
        "less_time_to_answer": _saved(off, on, lambda t: t.answer_s),
        "less_time": _saved(off, on, lambda t: t.turn_s),
        "less_cpu": _saved(off, on, lambda t: t.cpu_s),
    }


def _side(turns: Sequence[Turn]) -> dict[str, Any]:
    n, n_right = len(turns), sum(turn.right for turn in turns)
    if not n:
        return {"n": 0}
    return {
        "n": n,
        "success": n_right / n,
        "interval": list(interval(n_right, n)),
        "tokens": statistics.mean(turn.tokens for turn in turns),
        "cached_tokens": statistics.mean(turn.cached_tokens for turn in turns),
        "answer_s": statistics.mean(turn.answer_s for turn in turns),
        "median_answer_s": statistics.median(turn.answer_s for turn in turns),
        "turn_s": statistics.mean(turn.turn_s for turn in turns),
        "cpu_s": statistics.mean(turn.cpu_s for turn in turns),
        "ways": dict(Counter(turn.way or "none" for turn in turns)),
    }


def _saved(off: Sequence[Turn], on: Sequence[Turn], of: Callable[[Turn], float]) -> float | None:
    """A share of what it took without: 0.6 is 60 % less, negative is more."""
    without = sum(map(of, off))
    return 1 - sum(map(of, on)) / without if without else None


def _reuse(turns: Sequence[Turn]) -> dict[str, Any]:
    """`n_false`: a function was used, the answer is wrong, and it is right without the repository."""
    right_without = {(t.order, t.position): t.right for t in turns if not t.repository}
    used = [t for t in turns if t.repository and t.way in ("no model", "bound", "reused")]
    wrong = [t for t in used if not t.right]
    false = [t for t in wrong if right_without.get((t.order, t.position), False)]
    return {
        "n": len(used),
        "n_wrong": len(wrong),
        "n_false": len(false),
        "n_stored": sum(t.n_stored for t in turns),
        "wrong": [{"question": t.question, "value": t.value_json, "gold": t.gold_json} for t in wrong],
    }


def _curves(turns: Sequence[Turn]) -> dict[str, dict[str, list[float]]]:
    """Cumulative success, tokens and seconds, in the order asked."""
    found = {}
    for name, with_it in (("without", False), ("with", True)):
        side = sorted((t for t in turns if t.repository is with_it), key=lambda t: t.position)
        right = list(accumulate(float(t.right) for t in side))
        found[name] = {
            "success": [round(n / i, 4) for i, n in enumerate(right, 1)],
            "tokens": [float(n) for n in accumulate(t.tokens for t in side)],
            "seconds": [round(s, 3) for s in accumulate(t.answer_s for t in side)],
        }
    return found


_HEADINGS = (
    *("last quarter", "n", "success without / with", "tokens without / with", "fewer"),
    *("seconds to the answer", "less", "seconds of the whole turn", "less", "CPU seconds", "less"),
)


def markdown(found: dict[str, Any]) -> str:
    """The table of the last quarter, both ways side by side."""
    lines = [
        f"| {' | '.join(_HEADINGS)} |",
        f"|{'---|' * len(_HEADINGS)}",
    ]
    for name, row in found["last_quarter"].items():
        off, on = row["without"], row["with"]
        if not off["n"]:
            continue
        lines.append(
            f"| {name} | {off['n']} | {off['success']:.1%} / {on['success']:.1%} "
            f"| {off['tokens']:.0f} / {on['tokens']:.0f} | {row['fewer_tokens']:.0%} "
            f"| {_timed(row, 'answer_s', 'less_time_to_answer')} | {_timed(row, 'turn_s', 'less_time')} "
            f"| {_timed(row, 'cpu_s', 'less_cpu')} |"
        )
    reuse = found["reuse"]
    ways = found["last_quarter"]["recurring"]["with"].get("ways", {})
    lines += [
        "",
        (
            f"Stored functions were used {reuse['n']} times in all, wrongly {reuse['n_wrong']} times, of which "
            f"{reuse['n_false']} would have been right without; recurring tasks of the last quarter went: {ways}."
        ),
    ]
    return "\n".join(lines)


def _timed(row: dict[str, Any], seconds: str, less: str) -> str:
    off, on = row["without"][seconds], row["with"][seconds]
    saved = "" if row[less] is None else f"{row[less]:.0%}"
    return f"{off:.2f} / {on:.2f} | {saved}"
