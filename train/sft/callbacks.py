"""What a run tells while it trains: metrics, status, the bar; and how it ends when somebody stops it."""

from __future__ import annotations

import signal
import time
from collections.abc import Mapping
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

from transformers import TrainerCallback

from train.runs.folder import RunFolder
from train.runs.memory import peak_bytes
from train.runs.progress import RunProgress
from train.sft.checkpoints import mark_complete

_NAMES: Mapping[str, str] = {
    "loss": "loss",
    "eval_loss": "eval_loss",
    "learning_rate": "learning_rate",
    "grad_norm": "grad_norm",
    "mean_token_accuracy": "token_accuracy",
    "eval_mean_token_accuracy": "eval_token_accuracy",
    "epoch": "epoch",
}
"""The trainer's figures that are kept, by the name that they have in metrics.jsonl."""


class RunCallback(TrainerCallback):
    """Writes the run folder and moves the bar; on the main process alone. `trainer` is set when there is one."""

    def __init__(self, run: RunFolder, bar: RunProgress) -> None:
        self.trainer: Any = None
        self._run, self._bar = run, bar
        self._since_s, self._since_tokens = time.monotonic(), 0

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._since_s, self._since_tokens = time.monotonic(), self.trainer.n_train_tokens
        self._run.status("running", step=state.global_step, n_steps=state.max_steps)
        self._bar.expect(state.max_steps)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._run.status("running", step=state.global_step, n_steps=state.max_steps)
        self._bar.step(state.global_step, {})

    def on_log(self, args: Any, state: Any, control: Any, logs: Mapping[str, Any] | None = None, **_: Any) -> None:
        figures = {name: float(logs[key]) for key, name in _NAMES.items() if key in (logs or {}) and logs is not None}
        if "loss" in figures:
            now, n_tokens = time.monotonic(), self.trainer.n_train_tokens
            if now > self._since_s and n_tokens > self._since_tokens:
                figures["tokens_per_s"] = round((n_tokens - self._since_tokens) / (now - self._since_s), 1)
            self._since_s, self._since_tokens = now, n_tokens
            figures["memory_bytes"] = peak_bytes()
        if figures.keys() & {"loss", "eval_loss"}:
            self._run.metric(state.global_step, **figures)
            self._bar.step(state.global_step, figures)

    def on_evaluate(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._since_s = time.monotonic()  # its time is not the training's


class CheckpointMarks(TrainerCallback):
    """Marks each checkpoint when all of it is on the disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if state.is_world_process_zero:
            mark_complete(self._folder, state.global_step)


class GracefulStop(TrainerCallback):
    """Ctrl-C or SIGTERM: the step is finished, a checkpoint written, and the run ends; a second one ends it at once."""

    def __init__(self) -> None:
        self.asked = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM):
            try:
                self._before[number] = signal.signal(number, self._stop)
            except ValueError:  # not the main thread: whoever started the thread has the signals
                break
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if self.asked:
            control.should_save = control.should_training_stop = True
