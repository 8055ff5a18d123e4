"""What leaves a run: merged, exported, asked by the agent; memory that is not there; several processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from agent.errors import ModelFilesError
from agent.models.base import Message, Usage
from agent.models.checkpoint import CheckpointModel
from tests.forked import forked
from tests.tiny_rows import write_data
from train.configs.loading import parse_sft_config
from train.configs.schema import SftConfig
from train.errors import ConfigError, ModelFolderError, NotEnoughMemory, RunError, Unsupported
from train.runs.reader import read_metrics, read_run
from train.sft import memory_plan
from train.sft.run import train_sft

pytestmark = [
    pytest.mark.torch,
    # peft asks transformers for a name that transformers will drop in its next major version.
    pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing.:FutureWarning"),
]


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data(tmp_path_factory.mktemp("data") / "d", 8)


def settings(**sections: dict[str, Any]) -> SftConfig:
    plain: dict[str, dict[str, Any]] = {
        "model": {"base": "tiny", "dtype": "float32"},
        "data": {"view": "calls", "max_length": 256},
        "optim": {"learning_rate": 1e-2, "batch_size": 4, "micro_batch_size": 2, "max_steps": 2},
    }
    return parse_sft_config({key: {**plain.get(key, {}), **sections.get(key, {})} for key in {*plain, *sections}})


@pytest.fixture(scope="module")
def adapted(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "adapted"
    report = {"report_to": ["tensorboard"]}
    train_sft(settings(model={"adapter": "lora"}, run=report, data={"packing": True}), data, out)
    return out


async def test_the_agent_runs_what_a_run_made(adapted: Path, tmp_path: Path) -> None:
    """The adapter on its base, and the whole model that merging makes of it, give the same text."""
    from train.out.whole import is_adapter, write_whole

    assert is_adapter(adapted / "model")
    written = write_whole(adapted, tmp_path / "whole")
    assert written.merged
    assert written.difference < 1e-4
    assert not list(written.folder.glob("*.bin"))
    said = []
    for folder in (adapted, tmp_path / "whole"):
        model = CheckpointModel(folder)
        deltas = [delta async for delta in model.complete([Message("user", "Give me rain 3")], max_tokens=6)]
        said.append([delta for delta in deltas if not isinstance(delta, Usage)])
        await model.aclose()
    assert said[0] == said[1]
    with pytest.raises(ModelFolderError, match="exists already"):
        write_whole(adapted, tmp_path / "whole")


def test_export_in_half_the_bytes(adapted: Path, tmp_path: Path) -> None:
    from safetensors import safe_open

    from train.out.whole import write_whole

    written = write_whole(adapted, tmp_path / "half", "bfloat16")
    with safe_open(tmp_path / "half" / "model.safetensors", "pt") as tensors:
        kinds = {str(tensors.get_tensor(name).dtype) for name in tensors.keys()}  # noqa: SIM118 - no mapping
    assert kinds == {"torch.bfloat16"}
    assert written.n_bytes < 2.2 * written.n_parameters
    assert (tmp_path / "half" / "README.md").read_text(encoding="utf-8").startswith("---\nlibrary_name: peft")
    with pytest.raises(ModelFolderError, match="neither a run nor a model"):
        write_whole(tmp_path, tmp_path / "x")


def test_the_run_folder_says_all(adapted: Path) -> None:
    run = read_run(adapted)
    assert run.status.state == "done"
    assert run.config["template"] == "tl-codellama"
    metrics = read_metrics(adapted)
    assert {"tokens_per_s", "memory_bytes", "learning_rate", "token_accuracy"} <= metrics[0].values.keys()
    assert "eval_loss" in metrics[-1].values
    card = (adapted / "README.md").read_text(encoding="utf-8")
    assert "erroneous calls masked (MAE)" in card
    assert "transformers 5" in card
    assert (adapted / "curves.png").stat().st_size > 5000
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(next((adapted / "tensorboard").rglob("events.*")).parent))
    events.Reload()
    assert len(events.Scalars("train/loss")) == 2


def test_an_unfinished_run_is_no_model(tmp_path: Path) -> None:
    from train.out.whole import write_whole
    from train.runs.folder import RunFolder

    RunFolder.create(tmp_path / "r", "sft", {}).status("interrupted")
    with pytest.raises(RunError, match="made no model"):
        write_whole(tmp_path / "r", tmp_path / "x")
    with pytest.raises(ModelFilesError, match="interrupted") as told:
        CheckpointModel(tmp_path / "r")
    assert "--resume" in told.value.hint


def test_too_little_memory_is_foreseen(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("train.sft.run.free_bytes", lambda: 5_000_000)
    with pytest.raises(NotEnoughMemory, match="training would take") as told:
        train_sft(settings(), data, tmp_path / "r")
    assert "optim.micro_batch_size=1" in told.value.hint
    assert "run.gradient_checkpointing=true" in told.value.hint
    run = read_run(tmp_path / "r")
    assert (run.status.state, run.status.step) == ("failed", 0)
    assert "MB are free Lower it by --set" in run.status.message


def test_what_to_lower_follows_what_is_set() -> None:
    low = settings(
        model={"adapter": "lora"},
        data={"max_length": 256},
        optim={"micro_batch_size": 1},
        run={"gradient_checkpointing": True},
    )
    assert memory_plan.lower(low) == "Choose a smaller model."


def test_the_batch_that_fits_is_named() -> None:
    at_once = settings(optim={"batch_size": 24, "micro_batch_size": 24})
    planned = memory_plan.MemoryPlan(10_000, 10_000, 20_000, 24 * 10_000)
    with pytest.raises(NotEnoughMemory) as told:
        memory_plan.check(planned, int(1.12 * 150_000), at_once)  # room for eleven texts; eight go into 24
    assert "micro_batch_size=8:" in told.value.hint


def out_of_memory(data: Path, out: Path) -> None:
    """In a child of its own, which may take 250 MB more than it has."""
    import resource

    memory_plan.check = lambda *_: None  # type: ignore[assignment]  # it would have been foreseen
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + 250_000_000, size + 250_000_000))
    batch = {"batch_size": 512, "micro_batch_size": 512}
    try:
        train_sft(settings(model={"attention": "eager"}, optim=batch), data, out)
    except NotEnoughMemory as error:
        (out / "told").write_text(f"{error} {error.hint}", encoding="utf-8")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits of address space are Linux's")
def test_memory_that_runs_out_is_told(tmp_path: Path) -> None:
    child = forked(out_of_memory, write_data(tmp_path / "many", 300), tmp_path / "r")
    child.join(100)
    told = (tmp_path / "r" / "told").read_text(encoding="utf-8")
    assert "memory ran out while training" in told
    assert "optim.micro_batch_size=256" in told
    assert read_run(tmp_path / "r").status.state == "failed"


def test_a_template_that_there_is_not(data: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"data\.template: no template is called 'gpt'"):
        train_sft(settings(data={"template": "gpt"}), data, tmp_path / "r")
    assert read_run(tmp_path / "r").status.state == "failed"


def test_qlora_without_a_gpu_is_refused(data: Path, tmp_path: Path) -> None:
    import torch

    if torch.cuda.is_available():
        return  # it trains there
    with pytest.raises(Unsupported, match="needs a CUDA GPU") as told:
        train_sft(settings(model={"adapter": "qlora"}), data, tmp_path / "r")
    assert "model.adapter=lora" in told.value.hint


@pytest.mark.slow
def test_two_processes_compute_what_one_does(data: Path, tmp_path: Path) -> None:
    """`accelerate launch`, gloo on the CPU."""
    one = train_sft(settings(), data, tmp_path / "one")
    launch = [sys.executable, "-m", "accelerate.commands.launch", "--cpu", "--num_processes=2", "--num_machines=1"]
    launch += ["--mixed_precision=no", "--dynamo_backend=no", "--main_process_port=0", "-m", "tui.main"]
    sets = ["data.view=calls", "data.max_length=256", "optim.learning_rate=1e-2", "optim.batch_size=4"]
    sets += ["optim.micro_batch_size=2", "optim.max_steps=2", "optim.warmup_ratio=0.01"]
    command = [*launch, "train", "sft", "--data", str(data), "--out", str(tmp_path / "two"), "--json"]
    command += [word for setting in sets for word in ("--set", setting)]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=230, check=False, env={**os.environ, "OMP_NUM_THREADS": "1"}
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout)  # one object: the second process is silent
    assert told["last_loss"] == pytest.approx(one.last_loss, rel=1e-5)
    assert told["valid_loss"] == pytest.approx(one.valid_loss, rel=1e-5)
    assert [m.loss for m in read_metrics(tmp_path / "two") if m.loss] == pytest.approx(
        [m.loss for m in read_metrics(tmp_path / "one") if m.loss], rel=1e-5
    )


def test_the_command_line(tmp_path: Path, adapted: Path) -> None:
    from tui.commands.train import app

    runner = CliRunner()
    listed = runner.invoke(app, ["show", str(adapted), "--json"])
    assert json.loads(listed.stdout)["state"] == "done"
    page = runner.invoke(app, ["show", str(adapted)])
    assert "step 2 of 2" in page.stdout
    assert "loss" in page.stdout
