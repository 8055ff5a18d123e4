"""`toolcoder train rl` as its users run it: to the end, through a kill, live, by TRL, with answers of a server."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

torch = pytest.importorskip("torch")

from tests.made_toolsets import made_rows  # noqa: E402
from tests.on_pty import ROOT  # noqa: E402
from tests.rl_worlds import SHAPE  # noqa: E402
from train.errors import DataError, EndpointError, RunError  # noqa: E402
from train.reward.table import PAPER  # noqa: E402
from train.rl.config import PpoConfig, load_config  # noqa: E402
from train.rl.generate import Sampling, write_answers  # noqa: E402
from train.rl.loading import load_start  # noqa: E402
from train.rl.plan import Plan, RlResult, saved_plan  # noqa: E402
from train.rl.run import train_rl  # noqa: E402
from train.rl.server import ServerWriter  # noqa: E402
from train.rows import Call, Called, row_json  # noqa: E402
from train.runs.reader import read_metrics, read_run, read_status  # noqa: E402
from train.sft.tiny import make_tiny  # noqa: E402
from train.templates import template_named  # noqa: E402
from train.templates.base import text_of  # noqa: E402

pytestmark = [pytest.mark.torch]
SMALL = {"batch_size": 4, "micro_batch_size": 4, "max_answer_tokens": 6, "n_steps": 5, "save_every": 2, "lora_rank": 2}
CLI = [sys.executable, "-m", "tui.main"]


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a dataset and a tiny random model."""
    folder = tmp_path_factory.mktemp("rl")
    rows = made_rows(24, seed=1)
    (folder / "data").mkdir()
    for split, some in (("train", rows[:20]), ("valid", rows[20:])):
        lines = [json.dumps(row_json(row)) for row in some]
        (folder / "data" / f"calls.{split}.jsonl").write_text("\n".join(lines) + "\n")
    template = template_named("tl-codellama", eos="</s>")
    make_tiny(folder / "model", [text_of(template.render(row)) for row in rows], **SHAPE)
    return folder


def _plan(place: Path, **changes: Any) -> Plan:
    config = load_config("tiny-ppo", {**SMALL, **changes})[0]
    return Plan(config, PAPER, place / "data", str(place / "model"))


def _curve(run: Path) -> list[tuple[float, ...]]:
    return [
        tuple(round(m.values[k], 6) for k in ("reward", "kl", "value_loss", "grad_norm")) for m in read_metrics(run)
    ]


@pytest.fixture(scope="module")
def whole(place: Path, tmp_path_factory: pytest.TempPathFactory) -> RlResult:
    """A run to its end, in this process."""
    torch.set_num_threads(1)
    return train_rl(_plan(place), tmp_path_factory.mktemp("runs") / "whole")


def test_a_run_leaves_a_model_figures_and_a_card(place: Path, whole: RlResult) -> None:
    assert whole.state == "done"
    assert (whole.n_steps, whole.n_tasks) == (5, 20)
    assert whole.before is not None and whole.before.n == 4
    status = read_status(whole.run)
    assert (status.state, status.step, status.n_steps) == ("done", 5, 5)
    assert "| actor_lr |" in (whole.run / "README.md").read_text()
    adapter = json.loads((whole.run / "model" / "adapter_config.json").read_text())
    assert adapter["base_model_name_or_path"] == str(place / "model")
    model, tokenizer, base = load_start(str(whole.run), PpoConfig())  # a run can be the start of another
    assert base is None
    start, _, _ = load_start(str(place / "model"), PpoConfig())
    ids = torch.tensor([tokenizer.encode("weather please")])
    with torch.no_grad():
        assert not torch.equal(model(ids).logits, start(ids).logits)


def test_a_run_that_was_killed_goes_on_with_the_same_curve(place: Path, whole: RlResult, tmp_path: Path) -> None:
    run = tmp_path / "killed"
    flags = ["--data", str(place / "data"), "--model", str(place / "model"), "--out", str(run)]
    changes = [part for key, value in SMALL.items() for part in ("--set", f"{key}={value}")]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "TOOLCODER_HOME": str(tmp_path)}
    command = [*CLI, "train", "rl", *flags, *changes, "--json"]
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        deadline = time.monotonic() + 90
        while len(read_metrics(run)) < 3 and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=230)
    finally:
        process.kill()
    state = read_status(run).state
    assert state == "killed"
    plan = saved_plan(run)
    assert plan == dataclasses.replace(_plan(place), more=plan.more)
    done = train_rl(plan, run, resume=True)
    assert done.state == "done"
    assert _curve(run) == _curve(whole.run)
    assert done.after == whole.after
    with pytest.raises(RunError, match="is done"):
        train_rl(plan, run, resume=True)


def test_two_processes_train_what_one_does(place: Path, whole: RlResult, tmp_path: Path) -> None:
    """`accelerate launch`, gloo on the CPU: the same curve, one folder, one object on stdout."""
    run = tmp_path / "two"
    launch = [sys.executable, "-m", "accelerate.commands.launch", "--cpu", "--num_processes=2", "--num_machines=1"]
    launch += ["--mixed_precision=no", "--dynamo_backend=no", "--main_process_port=0", "-m", "tui.main", "train", "rl"]
    flags = ["--data", str(place / "data"), "--model", str(place / "model"), "--out", str(run), "--json"]
    changes = [part for key, value in SMALL.items() for part in ("--set", f"{key}={value}")]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "TOOLCODER_HOME": str(tmp_path)}
    command = [*launch, *flags, *changes]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=230)
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout)
    assert whole.after is not None
    assert told["after"] == whole.after.json()
    for row, expected in zip(_curve(run), _curve(whole.run), strict=True):
        assert row == pytest.approx(expected, rel=1e-3, abs=1e-4)
    assert len(list((run / "checkpoints").glob("step-*"))) == 2
    assert (run / "model" / "adapter_config.json").is_file()


@pytest.mark.parametrize("algorithm", ["grpo", "rloo"])
def test_trls_algorithms_take_the_same_reward(place: Path, tmp_path: Path, algorithm: Any) -> None:
    config = load_config("tiny-ppo", {**SMALL, "n_steps": 2, "batch_size": 2, "n_generations": 2})[0]
    plan = Plan(config, PAPER, place / "data", str(place / "model"), algorithm)
    done = train_rl(plan, tmp_path / "run")
    assert done.n_steps == 2
    assert done.reward_first == -2.0  # a random model writes no call
    assert (tmp_path / "run" / "model" / "adapter_model.safetensors").is_file()
    rows = read_metrics(tmp_path / "run")
    assert [row.values["share_format"] for row in rows] == [1.0, 1.0]
    assert read_run(tmp_path / "run").kind == algorithm


def test_a_live_run_over_the_catalogues_own_tools(place: Path, tmp_path: Path) -> None:
    """In this process: the tools of the catalogue, the plan that --environment tools makes."""
    from tui.train_rl.command import _environment

    environment, close = _environment({"environment": "tools", "tools": [], "n_kernels": 1})
    some = tuple(tool for tool in environment.tools())[:2]
    rows = [
        dataclasses.replace(row, tools=some, turns=(row.turns[0], Called((Call(some[0].name, {}),))))
        for row in made_rows(8, 3)
    ]
    (tmp_path / "live.jsonl").write_text("\n".join(json.dumps(row_json(row)) for row in rows))
    plan = dataclasses.replace(_plan(place, n_steps=2, max_turns=2, max_prompt_tokens=4000), is_live=True)
    try:
        with pytest.raises(DataError, match="has none of the tasks' toolsets; it lacks find_cars"):
            train_rl(plan, tmp_path / "none", environment)
        done = train_rl(dataclasses.replace(plan, data=tmp_path / "live.jsonl"), tmp_path / "run", environment)
    finally:
        close()
    assert (done.n_steps, done.n_tasks) == (2, 8)


class _Vllm(BaseHTTPRequestHandler):
    """What `ServerWriter` needs of vLLM, over the same tiny model: adapters by path, completions of token ids."""

    model: Any = None
    tokenizer: Any = None
    knows_ids = True
    loaded: list[str] = []  # noqa: RUF012  shared by all requests of a test
    asked: list[dict[str, Any]] = []  # noqa: RUF012

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        match self.path:
            case "/v1/load_lora_adapter":
                assert (Path(body["lora_path"]) / "adapter_model.safetensors").is_file()
                self.loaded.append(body["lora_name"])
                self._send(200, {})
                return
            case "/v1/unload_lora_adapter":
                self.loaded.remove(body["lora_name"])
                self._send(200, {})
                return
        if body["model"] not in (*self.loaded, "base"):
            self._send(404, {"error": "no such model"})
            return
        self.asked.append(body)
        sampling = Sampling(body["max_tokens"], body["temperature"], eos_ids={0}, stop=tuple(body["stop"]))
        (written,) = write_answers(self.model, self.tokenizer, [body["prompt"]], sampling, seed=body["seed"])
        choice: dict[str, Any] = {"finish_reason": "stop" if written.is_finished else "length"}
        choice["text"] = self.tokenizer.decode(written.ids)
        if self.knows_ids:
            choice["token_ids"] = list(written.ids)
        self._send(200, {"choices": [choice]})

    def _send(self, status: int, body: Any) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@pytest.fixture
def vllm(place: Path) -> Iterator[tuple[str, type[_Vllm]]]:
    model, tokenizer, _ = load_start(str(place / "model"), PpoConfig())
    handler = type("Handler", (_Vllm,), {"model": model.eval(), "tokenizer": tokenizer, "loaded": [], "asked": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", handler
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_server_writes_the_answers_with_the_present_adapter(
    place: Path, tmp_path: Path, vllm: tuple[str, type[_Vllm]]
) -> None:
    url, handler = vllm
    plan = Plan(**{**vars(_plan(place, n_steps=2)), "server": url + "/v1"})
    done = train_rl(plan, tmp_path / "run")
    assert done.n_steps == 2
    assert [body["model"] for body in handler.asked] == ["toolcoder-actor-1"] * 4 + ["toolcoder-actor-2"] * 4
    assert handler.loaded == []  # none is left there
    assert len({body["seed"] for body in handler.asked}) == 8
    assert read_metrics(tmp_path / "run")[0].values["kl"] == pytest.approx(0, abs=1e-5)  # log p are made anew here


def test_a_server_that_gives_text_alone_and_one_that_fails(place: Path, vllm: tuple[str, type[_Vllm]]) -> None:
    url, handler = vllm
    sampling = Sampling(5, 1.0, eos_ids={0})
    writer = ServerWriter(url, "base", handler.tokenizer, sampling)
    with_ids = writer([[5, 6, 7]], 3)
    handler.knows_ids = False
    without = writer([[5, 6, 7]], 3)
    assert handler.tokenizer.decode(without[0].ids) == handler.tokenizer.decode(with_ids[0].ids)
    writer.close()
    wrong = ServerWriter(url, "other", handler.tokenizer, sampling)
    with pytest.raises(EndpointError, match="answered 404"):
        wrong([[5]], 0)
    wrong.close()
    nobody = ServerWriter("http://127.0.0.1:9", "base", handler.tokenizer, sampling)
    with pytest.raises(EndpointError):
        nobody([[5]], 0)
    nobody.close()


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--model", "m"], "--data is missing"),
        (["--data", "d"], "--model is missing"),
        (["--data", "d", "--model", "m", "--algorithm", "dpo"], "no algorithm is called 'dpo'"),
        (["--data", "d", "--model", "m", "--environment", "moon"], "no environment is called 'moon'"),
        (["--data", "d", "--model", "m", "--tools", "x.py"], "--tools needs an environment"),
        (["--data", "d", "--model", "m", "--algorithm", "grpo", "--server", "http://x"], "logged calls only"),
        (["--data", "d", "--model", "m", "--view", "code"], "--view code runs programs"),
        (["--data", "d", "--model", "m", "--view", "text"], "no view is called 'text'"),
        (["--resume"], "--resume needs --out"),
    ],
)
def test_flags_that_cannot_work(flags: list[str], said: str) -> None:
    import typer

    from tui.commands.train_rl import mount
    from tui.failures import UsageProblem

    app = typer.Typer()
    mount(app)
    app.callback()(lambda: None)
    result = CliRunner().invoke(app, ["rl", *flags])
    assert isinstance(result.exception, UsageProblem)
    assert said in str(result.exception)
