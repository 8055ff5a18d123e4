"""Run folders as others see them: the chat's panel, `train export`, the evaluation. No torch, no locks, no waiting.

A run that says it is running and whose process is gone was killed: the reader says so, since nobody else can.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from train.errors import RunError
from train.runs import files

State = Literal["starting", "running", "done", "failed", "interrupted", "killed"]
"""`interrupted`: by Ctrl-C or SIGTERM, with a checkpoint written. `killed`: the process vanished without a word."""


@dataclass(frozen=True)
class Status:
    """`updated_s`: seconds since the epoch. `message`: why it failed, '' otherwise."""

    state: State
    step: int = 0
    n_steps: int = 0
    pid: int = 0
    updated_s: float = 0.0
    message: str = ""

    @property
    def is_over(self) -> bool:
        return self.state not in ("starting", "running")


@dataclass(frozen=True)
class Metric:
    """A logged step. `time_s`: since the run began (over all resumptions); `values`: everything else by name."""

    step: int
    time_s: float
    loss: float | None = None
    values: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Run:
    """A run as its files describe it. `kind`: sft, ppo, grpo, ..."""

    path: Path
    kind: str
    status: Status
    config: Mapping[str, Any]

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def model_folder(self) -> Path:
        return self.path / files.MODEL


def is_run(path: Path) -> bool:
    return (path / files.STATUS).is_file() and (path / files.CONFIG).is_file()


def read_run(path: Path) -> Run:
    """
    Raises:
        RunError: it is no run folder, or its files are damaged.
    """
    if not is_run(path):
        raise RunError(
            f"{path} is no run folder", "A run folder has config.json and status.json; toolcoder train sft makes one."
        )
    config = _object(path / files.CONFIG)
    return Run(path, str(config.get("kind", "")), read_status(path), config)


def list_runs(root: Path) -> tuple[Run, ...]:
    """All runs directly below `root`, the last written first; damaged ones are left out."""
    found = []
    for path in sorted(root.iterdir()) if root.is_dir() else ():
        try:
            found.append(read_run(path))
        except (RunError, OSError):
            continue
    return tuple(sorted(found, key=lambda run: -run.status.updated_s))


def read_status(path: Path) -> Status:
    """
    Raises:
        RunError: status.json is missing or damaged.
    """
    data = _object(path / files.STATUS)
    state: State | None = next((known for known in get_args(State) if known == data.get("state")), None)
    if state is None:
        what = f"{path / files.STATUS} has no state that is known: {data.get('state')!r}"
        raise RunError(what, "It may be of another version.")
    pid = int(data.get("pid", 0))
    if state in ("starting", "running") and not _is_alive(pid):
        state = "killed"
    return Status(
        state,
        int(data.get("step", 0)),
        int(data.get("n_steps", 0)),
        pid,
        float(data.get("updated_s", 0.0)),
        str(data.get("message", "")),
    )


def read_metrics(path: Path) -> tuple[Metric, ...]:
    """All logged steps in order; where a resumed run went over steps again, the later line counts."""
    by_step: dict[tuple[int, bool], Metric] = {}
    for metric in MetricsTail(path).read():
        by_step[metric.step, "eval_loss" in metric.values] = metric
    return tuple(by_step[key] for key in sorted(by_step))


class MetricsTail:
    """Reads what was added since the last time: for a panel that looks every second."""

    def __init__(self, path: Path) -> None:
        self._path = path / files.METRICS
        self._offset = 0

    def read(self) -> tuple[Metric, ...]:
        """New lines; a torn last one waits for its rest, a file that became shorter is read anew."""
        try:
            size = self._path.stat().st_size
        except OSError:
            return ()
        if size < self._offset:
            self._offset = 0
        with self._path.open("rb") as file:
            file.seek(self._offset)
            data = file.read(size - self._offset)
        whole = data[: data.rfind(b"\n") + 1]
        self._offset += len(whole)
        return tuple(_metrics(whole))


def _metrics(lines: bytes) -> Iterator[Metric]:
    for line in lines.splitlines():
        try:
            data = json.loads(line)
            numbers = {k: float(v) for k, v in data.items() if isinstance(v, int | float) and not isinstance(v, bool)}
            step, time_s = int(numbers.pop("step")), numbers.pop("time_s", 0.0)
        except (ValueError, KeyError, AttributeError):
            continue  # a line of another writer, or one torn by a full disk
        yield Metric(step, time_s, numbers.pop("loss", None), numbers)


def _object(path: Path) -> dict[str, Any]:
    return files.read_object(path, RunError, "Start the run again, or restore the file.")


def _is_alive(pid: int) -> bool:
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
