"""`toolcoder train data`: wires homes, keys, names and the bar to `train.data`."""

from __future__ import annotations

import getpass
import os
import platform
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tui.plain import plain, plain_json, plain_line
from tui.standard_streams import emit, is_terminal, narrate

if TYPE_CHECKING:
    from train.data.card import Card
    from train.data.make import DataOptions, OnProgress
    from train.data.scrub.scrubber import Scrubber
    from train.data.sources import Kind

_N_PROBLEMS_SHOWN = 10
_PLAIN_EVERY_S = 10.0


@dataclass(frozen=True)
class DataRequest:
    """What the flags say. `paths` empty: the logged sessions; `out` None: a folder under the home."""

    paths: tuple[Path, ...]
    out: Path | None
    kind: Kind | None
    options: DataOptions
    keep_personal: bool
    as_json: bool


def make_data(request: DataRequest) -> None:
    """Make the dataset and print its card.

    Raises:
        DataError: nothing to make one of, or the output folder is something else.
    """
    from train.data.make import make
    from train.data.sources import find
    from train.formats.problems import Problem
    from tui.places import sessions_folder

    problems: list[Problem] = []
    own = sessions_folder()
    sources = find(request.paths or ((own,) if own.is_dir() else ()), request.kind, problems.append)
    out = request.out or default_folder()
    with _progress() as on_progress:
        card = make(
            sources, out, _scrubber(keep_personal=request.keep_personal), request.options, problems, on_progress
        )
    for problem in card.problems[:_N_PROBLEMS_SHOWN]:
        narrate(f"warning: {plain_line(problem)}\n")
    if card.n_problems > _N_PROBLEMS_SHOWN:
        narrate(
            f"warning: {card.n_problems - _N_PROBLEMS_SHOWN} more places could not be read; see {out / 'card.md'}\n"
        )
    if request.as_json:
        emit(plain_json({"folder": str(out), **card.as_object()}, indent=2) + "\n")
    else:
        emit(plain(_text(card, out)))


def default_folder() -> Path:
    """Where a dataset goes that names no place."""
    from agent.home import state_home

    return state_home() / "dataset"


def _text(card: Card, out: Path) -> str:
    from train.data.card_text import enough
    from train.data.figure import bars
    from train.data.split import SPLITS

    lines = []
    for view, of in card.views.items():
        cells = ", ".join(f"{split} {of[split].n_rows:,} ({of[split].n_targets:,} targets)" for split in SPLITS)
        lines.append(f"{view:<6} {cells}")
    tasks = ", ".join(f"{split} {card.n_tasks[split]:,}" for split in SPLITS)
    lines.insert(0, f"{'tasks':<6} {tasks}")
    if card.categories:
        lines += ["", bars(card.categories), "(the bars of the errors have a scale of their own: the longest is full)"]
    if card.dropped:
        lines += ["", "left out: " + ", ".join(f"{why} ({n:,})" for why, n in card.dropped.most_common())]
    if card.scrubbed:
        lines += ["replaced: " + ", ".join(f"{kind} ({n:,})" for kind, n in card.scrubbed.most_common())]
    return "\n".join([*lines, "", enough(card).replace("**", ""), f"card: {out / 'card.md'}"]) + "\n"


def _scrubber(*, keep_personal: bool) -> Scrubber:
    from train.data.scrub.scrubber import Scrubber
    from tui.keys import known_secrets

    return Scrubber(_key(), _own_names(), known_secrets, personal=not keep_personal)


def _key() -> bytes:
    """Of the pseudonyms: made once, kept in the home and never beside a dataset."""
    from agent.home import replace_file, state_home

    path = state_home() / "pseudonyms.key"
    try:
        return bytes.fromhex(path.read_text("utf-8").strip())
    except (OSError, ValueError):
        key = secrets.token_bytes(32)
        replace_file(path, key.hex() + "\n")
        return key


def _own_names() -> Iterator[str]:
    """The person's login and full name, and the machine's."""
    try:
        import pwd  # not on Windows

        entry = pwd.getpwuid(os.getuid())
        yield from (entry.pw_name, entry.pw_gecos.split(",")[0])
        yield from entry.pw_gecos.split(",")[0].split()
    except (ImportError, KeyError):
        yield getpass.getuser()
    yield Path.home().name
    yield platform.node().split(".")[0]


@contextmanager
def _progress() -> Iterator[OnProgress]:
    """A bar on a terminal; elsewhere a line now and then."""
    if not is_terminal(sys.stderr):
        yield _plain_progress()
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns: tuple[Any, ...] = (
        TextColumn("reading"), BarColumn(bar_width=None), DownloadColumn(), TextColumn("{task.fields[kept]}"),
        TimeRemainingColumn(compact=True),
    )  # fmt: skip
    with Progress(*columns, console=Console(file=sys.stderr), expand=True, transient=True) as bar:
        task = bar.add_task("", total=None, kept="")

        def show(n_done: int, n_all: int, n_kept: int) -> None:
            bar.update(task, completed=n_done, total=n_all, kept=f"{n_kept:,} tasks")

        yield show


def _plain_progress() -> OnProgress:
    said = time.monotonic()

    def show(n_done: int, n_all: int, n_kept: int) -> None:
        nonlocal said
        if time.monotonic() - said >= _PLAIN_EVERY_S:
            said = time.monotonic()
            narrate(f"{n_done / n_all if n_all else 1:.0%} read, {n_kept:,} tasks\n")

    return show
