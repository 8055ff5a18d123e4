"""A run that is killed goes on to the same curve; one that is asked to stop ends its step and says how to go on."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.forked import forked
from tests.tiny_rows import write_data
from train.configs.loading import parse_sft_config
from train.errors import RunError
from train.runs.reader import read_metrics, read_run, read_status

pytestmark = pytest.mark.torch
N_STEPS = 8
SETTINGS = {
    # Dropout, so that the random state counts as well; LoRA, so that what is saved is not the whole model.
    "model": {"base": "tiny", "dtype": "float32", "adapter": "lora"},
    "lora": {"dropout": 0.1, "rank": 4},
    "data": {"view": "calls", "max_length": 256},
    "optim": {"learning_rate": 1e-2, "batch_size": 4, "micro_batch_size": 2, "max_steps": N_STEPS},
    "run": {"save_every": 2},
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import trl.trainer.sft_trainer  # noqa: F401 - once here, so that the children that are forked need not

    return write_data(tmp_path_factory.mktemp("data") / "d", 12)


def train(data: Path, out: Path) -> None:
    from train.sft.run import train_sft

    train_sft(parse_sft_config(SETTINGS), data, out)


def resume(out: Path) -> None:
    from train.sft.run import resume_sft

    resume_sft(out)


def slowly(work: Callable[..., None], *args: Any) -> None:
    """The same with a pause at each step: it is not done before the parent could look at it."""
    from train.runs.folder import RunFolder

    told = RunFolder.metric

    def metric(self: RunFolder, step: int, **values: float) -> None:
        told(self, step, **values)
        time.sleep(0.3)

    RunFolder.metric = metric  # type: ignore[method-assign]  # in this child alone
    work(*args)


def wait_for_step(out: Path, step: int, child: Any) -> None:
    deadline = time.monotonic() + 90
    while not any(metric.step >= step for metric in read_metrics(out)):
        assert child.is_alive(), "it ended before that step"
        assert time.monotonic() < deadline
        time.sleep(0.005)


def losses(out: Path) -> dict[int, float]:
    return {metric.step: metric.loss for metric in read_metrics(out) if metric.loss is not None}


def test_killed_at_two_steps_it_goes_on_to_the_same_curve(data: Path, tmp_path: Path) -> None:
    whole, torn = tmp_path / "whole", tmp_path / "torn"
    child = forked(train, data, whole)
    killed = forked(slowly, train, data, torn)
    for step, work in ((3, lambda: forked(slowly, resume, torn)), (6, lambda: forked(resume, torn))):
        wait_for_step(torn, step, killed)
        os.kill(killed.pid, signal.SIGKILL)
        killed.join()
        assert read_status(torn).state == "killed"
        killed = work()
    killed.join(90)
    child.join(90)
    assert (child.exitcode, killed.exitcode) == (0, 0)
    assert read_status(torn).state == "done"
    assert len(losses(whole)) == N_STEPS
    assert losses(torn) == pytest.approx(losses(whole), rel=1e-6)
    assert losses(whole)[N_STEPS] < losses(whole)[1]
    with pytest.raises(RunError, match="is done"):
        resume(torn)


def test_asked_to_stop_it_writes_a_checkpoint(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    child = forked(slowly, train, shutil.copytree(data, tmp_path / "data"), out)
    wait_for_step(out, 3, child)
    os.kill(child.pid, signal.SIGTERM)
    child.join(60)
    assert child.exitcode == 0
    status = read_status(out)
    assert status.state == "interrupted"
    assert 3 <= status.step < N_STEPS
    assert (out / "checkpoints" / f"checkpoint-{status.step}" / "complete").is_file()
    file = Path(read_run(out).config["dataset"]["folder"]) / "calls.train.jsonl"
    file.write_text(file.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    with pytest.raises(RunError, match="changed since"):
        resume(out)
