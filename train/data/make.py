"""`train data`: reads every source once, scrubs, remembers little, then writes each kept task to its split.

Tasks wait in a file between the two passes, since what is a duplicate, and where a group goes, is known only when all
were read. The rows are on disk meanwhile, and so is what finds near duplicates: memory hardly grows with the tasks.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from agent.calls.categories import Category
from train.data.card import Card
from train.data.card_text import markdown
from train.data.figure import draw
from train.data.folder import CARD, earlier_splits, replaced, write_splits
from train.data.index import TaskIndex, Verdict
from train.data.lengths import counter, text_of
from train.data.scrub.scrubber import Scrubber
from train.data.sources import Source, tasks
from train.data.split import SPLITS, Shares, Split
from train.data.spool import Spool
from train.errors import DataError
from train.formats.problems import Problem
from train.formats.session_log import Chosen
from train.formats.task import Task
from train.rows import CallsRow, CodeRow, Row

_N_PROBLEMS_KEPT = 1000
_N_TOLD = 5
OnProgress = Callable[[int, int, int], None]
"""Bytes read, bytes in all, tasks kept so far."""


@dataclass(frozen=True)
class DataOptions:
    """How a dataset is made. `views`: calls, code. `max_tokens`: longer rows are left out; None: none is."""

    shares: Shares = field(default_factory=Shares)
    seed: int = 0
    views: tuple[str, ...] = ("calls", "code")
    max_tokens: int | None = None
    tokenizer: Path | None = None
    enough_tasks: int = 200
    chosen: Chosen = field(default_factory=Chosen)


def make(
    sources: Sequence[Source],
    out: Path,
    scrubber: Scrubber,
    options: DataOptions,
    problems: Sequence[Problem] = (),
    on_progress: OnProgress = lambda done, whole, kept: None,
) -> Card:
    """Write `<view>.<split>.jsonl`, `card.md`, `card.json`, `categories.png` and `splits.json` into `out`.

    `problems`: those that finding the sources met, for the card.

    Raises:
        DataError: there is nothing in it to train on, or `out` is no dataset's folder; `out` stays as it was.
        OSError: it cannot be written.
    """
    with replaced(out) as folder, TaskIndex(folder / "tasks.index") as index:
        making = _Making(folder, scrubber, options, index)
        for problem in problems:
            making.on_problem(problem)
        with Spool(folder / "tasks.spool") as spool:
            making.read(sources, spool, on_progress)
            making.write(spool, earlier_splits(out))
        card = making.card
        if not sum(card.n_tasks.values()):
            raise DataError("there is nothing to make a dataset of", _why_nothing(card))
        has_plot = draw(card.categories, folder / "categories.png") if card.categories else False
        (folder / "card.md").write_text(markdown(card, has_plot=has_plot), "utf-8")
        (folder / CARD).write_text(json.dumps(card.as_object(), indent=2, ensure_ascii=False) + "\n", "utf-8")
    return card


class _Making:
    def __init__(self, folder: Path, scrubber: Scrubber, options: DataOptions, index: TaskIndex) -> None:
        self._folder = folder
        self._scrubber = scrubber
        self._options = options
        self._index = index
        self._count, counted = counter(options.tokenizer)
        self.card = Card(
            counted=counted, max_tokens=options.max_tokens, enough_tasks=options.enough_tasks, seed=options.seed
        )

    def on_problem(self, problem: Problem) -> None:
        self.card.n_problems += 1
        if len(self.card.problems) < _N_PROBLEMS_KEPT:
            self.card.problems.append(str(problem))

    def read(self, sources: Sequence[Source], spool: Spool, on_progress: OnProgress) -> None:
        """The first pass."""
        n_all = sum(source.n_bytes for source in sources)
        n_done = n_kept = 0
        for source in sources:
            for task in tasks(source, self.on_problem, self._options.chosen):
                n_kept += self._take(task, spool)
                on_progress(n_done, n_all, n_kept)
            n_done += source.n_bytes
            self.card.n_files += 1
            on_progress(n_done, n_all, n_kept)
        self.card.scrubbed = self._scrubber.counts

    def _take(self, task: Task, spool: Spool) -> bool:
        """Count a task; scrub and keep it where it has rows."""
        card = self.card
        card.n_read += 1
        card.categories.update(task.n_calls)
        card.notes.update(task.notes)
        if task.n_calls:
            card.n_tasks_with_call += 1
            card.n_tasks_with_error += any(c is not Category.ALL_RIGHT and n for c, n in task.n_calls.items())
        if task.dropped:
            card.dropped[task.dropped] += 1
            return False
        scrubbed = (self._scrubber.row(row) for row in task.rows if self._is_wanted(row))
        rows = [(row, n) for row in scrubbed if (n := self._length(row)) is not None]
        if not any(not isinstance(row, CodeRow) or row.is_target for row, _ in rows):
            card.dropped["too long, or not of the wanted view"] += 1
            return False
        self._index.add(task)
        spool.add(rows)
        return True

    def _is_wanted(self, row: Row) -> bool:
        return ("calls" if isinstance(row, CallsRow) else "code") in self._options.views

    def _length(self, row: Row) -> int | None:
        """Its tokens; None where they are too many."""
        n_tokens = self._count(text_of(row))
        if self._options.max_tokens is not None and n_tokens > self._options.max_tokens:
            self.card.notes["rows left out for their length"] += 1
            return None
        return n_tokens

    def write(self, spool: Spool, earlier: dict[int, Split]) -> None:
        """The second pass."""
        card = self.card
        card.n_groups, card.largest_group = self._index.divide(self._options.shares, self._options.seed, earlier)
        with ExitStack() as open_files:
            files: dict[tuple[str, Split], TextIO] = {
                (view, split): open_files.enter_context(
                    (self._folder / f"{view}.{split}.jsonl").open("w", encoding="utf-8", errors="backslashreplace")
                )
                for view in self._options.views
                for split in SPLITS
            }
            for rows, verdict in zip(spool.tasks(), self._index.verdicts(), strict=True):
                if verdict.split is None:
                    card.dropped[verdict.dropped] += 1
                else:
                    card.n_tasks[verdict.split] += 1
                    self._write_rows(rows, verdict, verdict.split, files)
        write_splits(self._folder, self._index.ties)

    def _write_rows(
        self,
        rows: list[tuple[dict[str, Any], int]],
        verdict: Verdict,
        split: Split,
        files: dict[tuple[str, Split], TextIO],
    ) -> None:
        self.card.sources[rows[0][0]["source"]] += 1
        for row, n_tokens in rows:
            view = row["view"]
            self.card.lengths[view].add(n_tokens)
            kept = self.card.views[view][split]
            kept.n_rows += 1
            kept.n_targets += bool(row.get("is_target", True))
            if view == "code":
                self.card.stages[row["stage"]] += 1
            files[view, split].write(json.dumps({**row, "group": verdict.group}, ensure_ascii=False) + "\n")


def _why_nothing(card: Card) -> str:
    if card.dropped:
        why = ", ".join(f"{name}: {n}" for name, n in card.dropped.most_common(4))
        return f"Of {card.n_read} tasks none could be kept ({why})."
    if card.problems:
        more = f" (and {card.n_problems - _N_TOLD} more places)" if card.n_problems > _N_TOLD else ""
        return f"Nothing could be read: {'; '.join(card.problems[:_N_TOLD])}{more}"
    return "Ask something first, so that there are sessions; or name files."
