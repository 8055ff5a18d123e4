"""The panel of training runs: how far each is, and the chosen one's curves, live from the run folder's files."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from textual.binding import BindingType

from train.runs.reader import Metric, MetricsTail, Run, list_runs
from tui.chat.screens.list_panel import ListPanel
from tui.plain import plain, plain_line, plain_value

_LIVE_S = 1.0
_N_CONFIG = 24
_DRAWING = threading.Lock()
"""The library draws on one figure of its own."""


class RunsPanel(ListPanel[Run]):
    """`root` is the folder that runs lie in. No torch is loaded for it."""

    heading = "Training runs"
    about = """
Runs of `toolcoder train`, the last written first, read from their folders while they go on. `killed`: the process is
gone without a word; --resume goes on from its last checkpoint. The curve is the loss (or the reward); below it the
last figures and the settings that the run was started with."""
    columns = ("run", "kind", "state", "step", "loss", "last written")
    nothing = "no run yet; `toolcoder train sft` makes one"
    BINDINGS: ClassVar[list[BindingType]] = []

    def __init__(self, root: Path) -> None:
        super().__init__()
        self._root = root
        self._tails: dict[Path, tuple[MetricsTail, list[Metric]]] = {}

    def on_mount(self) -> None:
        self.set_interval(_LIVE_S, self._live)

    def _live(self) -> None:
        if self.is_current and any(not run.status.is_over for run in self.items):
            self.reload()

    async def fetch(self) -> Sequence[Run]:
        runs = await asyncio.to_thread(list_runs, self._root)
        for run in runs:
            await asyncio.to_thread(self._metrics, run.path)
        return runs

    def row(self, item: Run) -> Sequence[str]:
        status = item.status
        written = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(status.updated_s)) if status.updated_s else ""
        return item.name, item.kind, status.state, f"{status.step:,}/{status.n_steps:,}", self._loss(item), written

    async def detail(self, item: Run) -> str:
        width = max(30, self.side.size.width - 4)
        return await asyncio.to_thread(self._described, item, width)

    def _described(self, run: Run, width: int) -> str:
        from train.runs.curves import in_terminal

        metrics = self._metrics(run.path)
        lines = [f"{plain_line(run.name)}: {run.status.state}"]
        if run.status.message:
            lines += [plain(run.status.message), ""]
        if metrics:
            with _DRAWING:
                lines += [plain(in_terminal(metrics, min(width, 120), 14, colour=False)).rstrip(), ""]
            last = metrics[-1]
            shown = {**({"loss": last.loss} if last.loss is not None else {}), **last.values}
            lines.append(f"step {last.step:,} after {last.time_s:,.0f} s{_left(run, last)}")
            lines.append("  ".join(f"{plain_line(k, 40)} {v:.4g}" for k, v in shown.items()))
        lines += [
            "",
            *(f"  {plain_line(k, 40)}: {plain_value(v, 100)}" for k, v in list(run.config.items())[:_N_CONFIG]),
        ]
        return "\n".join(lines)

    def _metrics(self, path: Path) -> list[Metric]:
        """What the run logged so far; only new lines are read."""
        tail, known = self._tails.setdefault(path, (MetricsTail(path), []))
        new = tail.read()
        if (
            new and known and new[0].step <= known[-1].step
        ):  # a resumed run goes over steps again: the later line counts
            known[:] = [metric for metric in known if metric.step < new[0].step]
        known.extend(new)
        return known

    def _loss(self, run: Run) -> str:
        losses = [metric.loss for metric in self._metrics(run.path) if metric.loss is not None]
        return f"{losses[-1]:.4f}" if losses else ""


def _left(run: Run, last: Metric) -> str:
    if run.status.is_over or not last.step or run.status.n_steps <= last.step:
        return ""
    return f", about {last.time_s / last.step * (run.status.n_steps - last.step):,.0f} s left"
