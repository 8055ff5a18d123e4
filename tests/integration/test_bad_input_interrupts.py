"""Ctrl-C at every stage, through the real command: the model hangs there, or the kernel works."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections import deque
from pathlib import Path

import pytest

from agent.models.script import Failure, Script
from agent.models.scripted_server import Behaviour, ScriptedServer
from tests.answer_script import write_script
from tests.cli_process import Cli, containers_of, end_of

pytestmark = pytest.mark.docker

STAGES = ["route", "scaffold", "plan", "select", "implement", "review", "answer"]
FAILING = 'raise ValueError("no")'


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    return Cli(tmp_path)


def until(process: subprocess.Popen[str], kind: str, stage: str | None = None) -> None:
    """Read the program's events up to this one."""
    assert process.stdout is not None
    for line in process.stdout:
        event = json.loads(line)
        if event["kind"] == kind and stage in (None, event.get("stage")):
            return
    raise AssertionError(f"there was no {kind} {stage or ''}")


def ended_by_ctrl_c(process: subprocess.Popen[str], cli: Cli) -> None:
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130 and time.monotonic() - began < 55, err
    assert "Traceback" not in err and "never retrieved" not in err, err
    assert json.loads(out.splitlines()[-1])["status"] == "interrupted"
    assert end_of(cli.log()) == "interrupted"
    assert containers_of(process.pid) == []


@pytest.mark.parametrize("stage", ["route", "scaffold", "select", "review", "answer"])
def test_ctrl_c_while_the_model_hangs_at_a_stage(stage: str, cli: Cli) -> None:
    changes = {"program": FAILING} if stage == "review" else {}
    script = Script.load(write_script(cli.folder / "script.json", **changes))
    with ScriptedServer(script, Behaviour()) as server:
        n_before = STAGES.index(stage) - (1 if stage == "answer" else 0)
        server.behaviour.failures = deque([*[None] * n_before, Failure.HANG])
        address = {"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": "none", "OPENAI_MODEL": "scripted"}
        process = cli.start("--events", variables=address)
        until(process, "stage_start", stage)
        ended_by_ctrl_c(process, cli)


@pytest.mark.parametrize("kind", ["session", "program"])
def test_ctrl_c_between_the_stages(kind: str, cli: Cli) -> None:
    """While the kernel starts, and around the start of its program."""
    process = cli.start("--events", "--model", cli.script(program="import time\ntime.sleep(60)"))
    until(process, kind)
    ended_by_ctrl_c(process, cli)
