"""`ask --file` and `--attach` as a person runs them: processes, real kernels, a scripted model."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli_process import Cli, containers_of
from tests.on_pty import ROOT

pytestmark = pytest.mark.docker

MEASURED = "from pathlib import Path\nPath('/out/seen.txt').write_text('x')\nPath('/work/data.bin').stat().st_size"


def ask(cli: Cli, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tui.main", "ask", *arguments],
        cwd=ROOT,
        env=cli.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_list_is_answered_in_sessions_of_their_own(tmp_path: Path) -> None:
    cli = Cli(tmp_path)
    (tmp_path / "data.bin").write_bytes(b"\x00" * 1234)
    (tmp_path / "list").write_text('{"id": "one", "question": "How large?"}\nAnd this?\n')
    arguments = ["--file", str(tmp_path / "list"), "--attach", str(tmp_path / "data.bin"), "--jobs", "2"]
    arguments += ["--output", str(tmp_path / "out.jsonl"), "--output-dir", str(tmp_path / "made"), "--json"]
    process = ask(cli, *arguments, "--model", cli.script(program=MEASURED, answer="1234"))
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0 and json.loads(out)["answered"] == 2, err
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert {row["answer"] for row in rows} == {"1234"} and len({row["session"] for row in rows}) == 2
    for row in rows:
        assert Path(row["artifacts"][0]["path"]).parent.parent == tmp_path / "made"
        answer = cli.log_of(row["session"]).records[-1]
        assert answer.kind == "answer" and answer.fields["value_json"] == "1234"
    assert containers_of(process.pid) == []


def test_ctrl_c_stops_a_list_and_leaves_nothing(tmp_path: Path) -> None:
    cli = Cli(tmp_path)
    (tmp_path / "list").write_text("a?\nb?\nc?\n")
    process = ask(
        cli, "--file", str(tmp_path / "list"), "-j", "2", "--model", cli.script(program="import time\ntime.sleep(60)")
    )
    deadline = time.monotonic() + 60
    while sum('"cell_start"' in path.read_text() for path in cli.home.glob("sessions/*.jsonl")) < 2:
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "") and "3 questions: 3 left" in err and "Traceback" not in err, err
    assert containers_of(process.pid) == []
