"""What a person sees while a run goes: a bar with the time left, the loss, tokens a second and memory.

On a terminal a rich bar on stderr; elsewhere (a file, CI) a plain line now and then. PPO and the evaluation use it too.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Self

from train.runs.memory import peak_bytes, readable

if TYPE_CHECKING:
    from rich.console import Console

_PLAIN_EVERY_S = 10.0
_FORMATS: Mapping[str, str] = {
    "loss": "loss {:.4f}",
    "reward": "reward {:+.3f}",
    "kl": "KL {:.3f}",
    "tokens_per_s": "{:,.0f} tok/s",
    "samples_per_s": "{:.2f} samples/s",
}
"""Figures that the bar shows, in this order; others go to metrics.jsonl only."""


class RunProgress:
    """`with RunProgress("SFT", n_steps) as bar: bar.step(3, {"loss": 1.2})`."""

    def __init__(self, title: str, n_steps: int, *, done: int = 0, console: Console | None = None) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
        from rich.progress import TimeRemainingColumn as Left

        self._console = console or Console(file=sys.stderr)
        self._is_live = self._console.is_terminal
        self._n_steps, self._began, self._done_before = n_steps, time.monotonic(), done
        self._said = 0.0
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            Left(compact=True),
            TextColumn("{task.fields[figures]}"),
            console=self._console,
            expand=True,
            disable=not self._is_live,
        )
        self._task = self._bar.add_task(title, total=n_steps, completed=done, figures="")
        self._title = title

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def step(self, step: int, figures: Mapping[str, float]) -> None:
        """`step` steps are done; `figures` are of the last of them."""
        text = shown(figures)
        # Not the held-out loss of a step that was told already.
        is_new = not figures.keys().isdisjoint(("loss", "reward", "samples_per_s"))
        if self._is_live:
            if is_new:
                self._bar.update(self._task, completed=step, figures=text)
            else:
                self._bar.update(self._task, completed=step)
            return
        now = time.monotonic()
        if is_new and (now - self._said >= _PLAIN_EVERY_S or step >= self._n_steps):
            self._said = now
            self._console.print(f"{self._title} {step}/{self._n_steps} {text}{self._left(step, now)}", highlight=False)

    def expect(self, n_steps: int) -> None:
        """How many steps there are, where it is known only when the run begins."""
        self._n_steps = n_steps
        self._bar.update(self._task, total=n_steps)

    def goes_on(self, done: int) -> None:
        """So many steps were done by an earlier process: the time left is that of the others."""
        self._began, self._done_before = time.monotonic(), done
        self._bar.update(self._task, completed=done)

    def say(self, text: str) -> None:
        """A line above the bar."""
        self._console.print(text, highlight=False, markup=False)

    def _left(self, step: int, now: float) -> str:
        n_new = step - self._done_before
        if n_new <= 0 or step >= self._n_steps:
            return ""
        return f", {(now - self._began) / n_new * (self._n_steps - step):,.0f} s left"


def shown(figures: Mapping[str, float]) -> str:
    """`loss 1.2345, 5,400 tok/s, 1.2 GB`."""
    parts = [text.format(figures[name]) for name, text in _FORMATS.items() if name in figures]
    return ", ".join([*parts, readable(peak_bytes())])
