"""The card as Markdown: what a person reads before training on it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from train.data.card import ENOUGH_HELDOUT, PAPER_TASKS, Card
from train.data.figure import bars
from train.data.split import SPLITS

_N_PROBLEMS = 20
_MANY = 20


def markdown(card: Card, *, has_plot: bool) -> str:
    """`card.md`."""
    parts = [
        f"# Dataset\n\nMade {datetime.now(UTC):%Y-%m-%d %H:%M} UTC: {card.n_files:,} files, {card.n_read:,} tasks.",
        enough(card),
        "## Rows\n\n" + _rows(card),
        "## How calls ended\n\n" + _categories(card, has_plot),
        "## Length in tokens\n\n" + _lengths(card),
        _counts("## Left out", card.dropped, "tasks", "Nothing was left out."),
        _counts("## Done to it", card.notes, "", ""),
        _counts("## Taken out or replaced", card.scrubbed, "places", "Nothing personal was found by the rules."),
        _counts("## Stages of the code view", card.stages, "rows", ""),
        _counts("## Sources", card.sources, "tasks", ""),
        _problems(card),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def enough(card: Card) -> str:
    """Whether there is enough to train on, and how much is missing."""
    n = card.n_tasks["train"]
    if card.n_missing:
        told = (
            f"**Too little to train on: {n:,} tasks, {card.n_missing:,} more are wanted** "
            f"(at least {card.enough_tasks:,}; the paper trained on {PAPER_TASKS:,} trajectories)."
        )
    else:
        told = f"{n:,} tasks to train on (the paper had {PAPER_TASKS:,} trajectories)."
    if card.n_tasks["heldout"] < ENOUGH_HELDOUT:
        told += f" Held out are {card.n_tasks['heldout']:,}; below {ENOUGH_HELDOUT} a comparison is mostly chance."
    n_all = sum(card.n_tasks.values())
    if n_all >= _MANY and card.largest_group > n_all / 2:
        told += (
            f" {card.largest_group:,} of {n_all:,} tasks are alike or share a function or a session and stay together: "
            "only other kinds of questions can be held out."
        )
    return told


def _rows(card: Card) -> str:
    lines = ["| | " + " | ".join(SPLITS) + " |", "|---|" + "---|" * len(SPLITS)]
    lines.append("| tasks | " + " | ".join(f"{card.n_tasks[split]:,}" for split in SPLITS) + " |")
    for view, of in card.views.items():
        cells = [f"{of[split].n_rows:,} ({of[split].n_targets:,} targets)" for split in SPLITS]
        lines.append(f"| {view} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + (
        f"\n\n{card.n_groups:,} groups, the largest with {card.largest_group:,} tasks: a group never parts, since its "
        "tasks share a session, a question or a function. Rows that are no target are failed attempts; they are never "
        "trained on."
    )


def _categories(card: Card, has_plot: bool) -> str:
    n_calls = sum(card.categories.values())
    share = card.n_tasks_with_error / card.n_tasks_with_call if card.n_tasks_with_call else 0.0
    told = (
        f"{n_calls:,} calls; {card.n_tasks_with_error:,} of {card.n_tasks_with_call:,} tasks with calls ({share:.1%}) "
        "had an erroneous one (the paper: 17 % of GPT-4's trajectories). Erroneous calls are masked and stay context. "
        "The errors' bars have a scale of their own."
    )
    return f"{told}\n\n```\n{bars(card.categories)}\n```" + (
        "\n\n![errors by category](categories.png)" if has_plot else ""
    )


def _lengths(card: Card) -> str:
    lines = [f"{card.counted.capitalize()}; without the words of a template.", ""]
    lines += ["| view | median | 90 % | 99 % | longest | all |", "|---|---|---|---|---|---|"]
    for view, lengths in card.lengths.items():
        of = lengths.summary()
        cells = " | ".join(f"{of[key]:,}" for key in ("p50", "p90", "p99", "max", "total"))
        lines.append(f"| {view} | {cells} |")
    return "\n".join(lines)


def _counts(title: str, counts: Mapping[str, int], unit: str, nothing: str) -> str:
    told = [f"- {name}: {n:,} {unit}".rstrip() for name, n in sorted(counts.items(), key=lambda kv: -kv[1]) if n]
    if not told and not nothing:
        return ""
    return f"{title}\n\n" + ("\n".join(told) or nothing)


def _problems(card: Card) -> str:
    if not card.n_problems:
        return ""
    more = card.n_problems - min(_N_PROBLEMS, len(card.problems))
    lines = [f"- {problem}" for problem in card.problems[:_N_PROBLEMS]] + ([f"- and {more:,} more"] if more else [])
    return f"## Could not be read\n\n{card.n_problems:,} places; all else of these files was read.\n\n" + "\n".join(
        lines
    )
