"""A run's own side of its folder: it writes as it goes, so that a killed run has lost nothing but its last seconds."""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from train.errors import RunError
from train.runs import files
from train.runs.reader import State, is_run, read_metrics, read_run

_PACKAGES = ("torch", "transformers", "trl", "peft", "accelerate", "tokenizers", "datasets", "safetensors", "numpy")
_STATUS_EVERY_S = 0.5


class RunFolder:
    """Made by `create` or `reopen`. One process writes a run (rank 0 of several)."""

    def __init__(self, path: Path, kind: str, time_before_s: float = 0.0) -> None:
        self.path = path
        self.kind = kind
        self._began = time.monotonic() - time_before_s
        self._last_status = 0.0
        self._state: State = "starting"
        self._step = self._n_steps = 0
        self._message = ""

    @classmethod
    def create(cls, path: Path, kind: str, config: Mapping[str, Any]) -> RunFolder:
        """A new run. `config` is written as it is, with `kind` added.

        Raises:
            RunError: there is something already.
            OSError: the folder cannot be made.
        """
        if is_run(path):
            hint = "Go on with it by --resume, or choose another name by --out."
            raise RunError(f"{path} holds a run already ({read_run(path).status.state})", hint)
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise RunError(f"{path} exists and is no run folder", "Choose another name by --out.")
        path.mkdir(parents=True, exist_ok=True)
        run = cls(path, kind)
        files.replace_json(path / files.CONFIG, {"kind": kind, **config})
        files.replace_json(path / files.VERSIONS, versions())
        run.status("starting")
        return run

    @classmethod
    def reopen(cls, path: Path, kind: str) -> RunFolder:
        """Go on with a run that ended early.

        Raises:
            RunError: it is no run of this kind, is running now, or is done.
        """
        run = read_run(path)
        if run.kind != kind:
            raise RunError(f"{path} is a run of {run.kind}, not of {kind}", "Name the run folder that you mean.")
        if not run.status.is_over:
            raise RunError(f"{path} is running now (process {run.status.pid})", "Wait for it, or stop that process.")
        if run.status.state == "done":
            raise RunError(f"{path} is done", "Start another run by --out.")
        metrics = read_metrics(path)
        again = cls(path, kind, metrics[-1].time_s if metrics else 0.0)
        files.replace_json(path / files.VERSIONS, versions())
        again.status("starting", step=run.status.step, n_steps=run.status.n_steps)
        return again

    def status(self, state: State, *, step: int | None = None, n_steps: int | None = None, message: str = "") -> None:
        """Say how far it is. A change of state is written at once, steps at most twice a second."""
        self._step = self._step if step is None else step
        self._n_steps = self._n_steps if n_steps is None else n_steps
        now = time.monotonic()
        if state == self._state == "running" and now - self._last_status < _STATUS_EVERY_S:
            return
        self._state, self._message, self._last_status = state, message, now
        data = {"state": state, "step": self._step, "n_steps": self._n_steps, "pid": os.getpid()}
        files.replace_json(self.path / files.STATUS, {**data, "updated_s": time.time(), "message": message})

    def metric(self, step: int, **values: float) -> None:
        """Append a line to metrics.jsonl; it is on its way to the disk when this returns."""
        line = {"step": step, "time_s": round(time.monotonic() - self._began, 3), **values}
        with (self.path / files.METRICS).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def log(self, text: str) -> None:
        """Append a line with the time to log.txt."""
        stamp = datetime.now(UTC).isoformat(timespec="seconds")
        with (self.path / files.LOG).open("a", encoding="utf-8") as file:
            file.write(f"{stamp} {text.rstrip()}\n")

    @property
    def model_folder(self) -> Path:
        return self.path / files.MODEL

    @property
    def checkpoints(self) -> Path:
        return self.path / files.CHECKPOINTS


def versions() -> dict[str, str]:
    """What a result depends on besides the config and the data. Imports none of the packages."""
    found = {"python": sys.version.split()[0], "platform": platform.platform()}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
