"""What `toolcoder bench bundled` does: rows one after the other, a bar of progress each, then the table."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from agent.home import state_home
from agent.models.bundled.model import WEIGHTS
from tui.bundled_eval.reporting import markdown, summary
from tui.bundled_eval.rows import ROWS, Row, arena_of, items_of
from tui.bundled_eval.running import Verdict, ask_all
from tui.failures import UsageProblem
from tui.standard_streams import emit

_QUESTIONS = Path(__file__).parents[2] / "tests" / "data" / "hand_questions.jsonl"


def evaluate(
    names: Sequence[str],
    *,
    limit: int,
    jobs: int,
    questions: Path | None,
    split: str,
    output: Path | None,
    as_json: bool,
) -> None:
    """Ask, judge and print.

    Raises:
        UsageProblem: an unknown row or split.
    """
    unknown = set(names) - {row.name for row in ROWS}
    if unknown or split not in ("report", "improve"):
        known = ", ".join(row.name for row in ROWS)
        raise UsageProblem(f"no such row: {', '.join(unknown)}" if unknown else "no such split", f"rows: {known}")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # two processes of one thread each, not two of two
    out = output or state_home() / "bench" / f"bundled-{_edition()}-{split}.jsonl"
    out.parent.mkdir(parents=True, exist_ok=True)
    summaries = []
    for row in ROWS:
        if not names or row.name in names:
            verdicts = _row(row, limit, jobs, questions or _QUESTIONS, split, out)
            summaries.append(summary(row, verdicts))
    whole = {"rows": summaries, "hand_split": split, "verdicts": str(out)}
    emit((json.dumps(whole) if as_json else markdown(summaries)) + "\n")


def _edition() -> str:
    """What tells one edition's verdicts from another's, so that a new model is not judged by an old one's."""
    return hashlib.sha256((WEIGHTS / "model.safetensors").read_bytes()).hexdigest()[:8]


def _row(row: Row, limit: int, jobs: int, questions: Path, split: str, out: Path) -> list[Verdict]:
    items = list(items_of(row.name, arena_of(row.name), limit, questions, split))
    columns = (TextColumn("{task.description:52}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, TextColumn("{task.fields[share]}"), console=Console(stderr=True)) as progress:
        task = progress.add_task(row.title, total=len(items), share="")
        n = n_right = 0

        def seen(verdict: Verdict) -> None:
            nonlocal n, n_right
            n, n_right = n + 1, n_right + verdict.right
            progress.update(task, advance=1, share=f"{n_right / n:.0%} right")

        return ask_all(row.name, items, out, jobs=jobs, kernel="docker", seen=seen)
