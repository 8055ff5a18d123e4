"""`toolcoder ask` as a person runs it: a process, the real sandbox, a scripted model."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.answer_script import QUESTION, write_script
from tests.cli_process import Cli
from tests.on_pty import ROOT, terminal

pytestmark = pytest.mark.docker

SLOW = """import time
print("started", flush=True)
time.sleep(60)
"""
WRITES = 'playlist = create_playlist("Road trip")\nplaylist["name"]'
ASKS = 'ask_user("Which one?", ["red", "blue"])'


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "TOOLCODER_"))}
    (home.parent / "config.toml").write_text('[functions]\nkind = "memory"\n')
    return {**kept, "TOOLCODER_HOME": str(home), "TOOLCODER_CONFIG": str(home.parent / "config.toml")}


def command(script: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "tui.main", "ask", QUESTION, "--model", f"scripted:{script}", *arguments]


def ask(home: Path, script: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(script, *arguments),
        cwd=ROOT,
        env=environment(home),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def containers_of(pid: int) -> list[str]:
    """Containers that a process started and left."""
    listed = subprocess.run(
        ["docker", "ps", "-aq", "--filter", "label=app=toolcoder", "--filter", f"label=toolcoder.pid={pid}"],
        capture_output=True,
        text=True,
        check=True,
    )
    return listed.stdout.split()


def test_the_answer_is_computed_in_the_sandbox(home: Path, tmp_path: Path) -> None:
    done = ask(home, write_script(tmp_path / "s.json"))
    assert (done.returncode, done.stdout, done.stderr) == (0, "Sofia Coppola directed 8 films.\n", "")
    listed = subprocess.run(
        [sys.executable, "-m", "tui.main", "sessions", "list", "--json"],
        cwd=ROOT,
        env=environment(home),
        capture_output=True,
        check=True,
    )
    assert json.loads(listed.stdout)["sessions"][0]["status"] == "answered"


def test_the_object_tells_what_was_called_and_nothing_heavy_was_needed(home: Path, tmp_path: Path) -> None:
    arguments = command(write_script(tmp_path / "s.json"), "--json", "--no-log")[3:]
    code = (
        f"import sys; sys.argv = ['toolcoder', *{arguments!r}]\n"
        "from tui.main import main\n"
        "try: main()\n"
        "except SystemExit as ended: assert ended.code == 0\n"
        "print([m for m in ('torch', 'transformers', 'chromadb', 'openai', 'textual') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment(home), capture_output=True, text=True, check=True
    )
    said, _, heavy = done.stdout.rstrip().rpartition("\n")
    assert heavy == "[]"
    result = json.loads(said)
    assert result["status"] == "answered" and result["repairs"] == 0
    assert [(c["name"], c["category"]) for c in result["tool_calls"]] == [
        ("search_people", "All Right"),
        ("films_directed_by", "All Right"),
    ]
    assert result["functions_stored"] == ["count_films"]
    assert {"total_s", "scaffold_s", "implement_s", "sandbox_s"} <= result["timings"].keys()
    assert not (home / "sessions").exists()


def test_a_change_without_a_terminal_is_refused_and_yes_allows_it(home: Path, tmp_path: Path) -> None:
    script = write_script(tmp_path / "s.json", program=WRITES)
    refused = ask(home, script, "--json")
    assert refused.returncode == 4 and json.loads(refused.stdout)["status"] == "refused"
    assert ask(home, script, "--yes").returncode == 0


def test_a_question_without_a_terminal_is_returned(home: Path, tmp_path: Path) -> None:
    done = ask(home, write_script(tmp_path / "s.json", program=ASKS), "--json")
    result = json.loads(done.stdout)
    assert done.returncode == 4 and result["status"] == "refused"
    assert "Which one?" in result["answer"] and "blue" in result["answer"]


def test_budgets_end_with_5(home: Path, tmp_path: Path) -> None:
    assert ask(home, write_script(tmp_path / "s.json"), "--max-tokens", "10").returncode == 5
    slow = ask(home, write_script(tmp_path / "t.json", program=SLOW), "--max-seconds", "3")
    assert slow.returncode == 5 and "3 seconds" in slow.stderr


@pytest.mark.parametrize("said", ["", "I would rather not.", "```python\nimport (\n```", "```python\n```"])
def test_garbage_from_the_model_ends_with_1(
    said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    cli = Cli(tmp_path)
    script = cli.script(**{"implementation": said, "code review": said})
    done = cli.ask_here(monkeypatch, capfd, "--model", script)
    done.check(1, "error:")
    assert done.out == ""


def test_what_the_sandbox_prints_cannot_reach_the_terminal(home: Path, tmp_path: Path) -> None:
    hostile = 'text = "8\\x1b]0;owned\\x07\\x1b[2J\\u202e films"\nprint(text)\ntext'
    script = write_script(tmp_path / "s.json", program=hostile, answer="8\x1b]0;owned\x07\x1b[2J films\r\x9b31m")
    with terminal(command(script, "--verbose"), environment(home)) as t:
        assert t.end(60) == 0
    assert b"8 films" in t.seen and b"\x1b" not in t.seen and b"owned" not in t.seen and b"\x07" not in t.seen


def test_approval_at_the_terminal(home: Path, tmp_path: Path) -> None:
    script = write_script(tmp_path / "s.json", program=WRITES, answer="It is made.")
    with terminal(command(script), environment(home)) as t:
        t.until(b'create_playlist(name="Road trip"', 60)
        t.until(b"[y/N] ")
        t.type(b"y\n")
        assert t.end(60) == 0
    assert b"It is made." in t.seen


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_no_container(number: signal.Signals, home: Path, tmp_path: Path) -> None:
    script = write_script(tmp_path / "s.json", program=SLOW)
    process = subprocess.Popen(
        command(script, "--events"), cwd=ROOT, env=environment(home), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    while b'"cell_output"' not in (line := process.stdout.readline()):
        assert line, "it ended before its program ran"
    assert containers_of(process.pid)
    began = time.monotonic()
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert time.monotonic() - began < 55
    assert json.loads(out.splitlines()[-1])["status"] == "interrupted"
    assert b"Traceback" not in err
    assert containers_of(process.pid) == []


def test_ctrl_c_while_it_starts(home: Path, tmp_path: Path) -> None:
    """By the clock, since nothing is told yet; the stages are in `test_bad_input_interrupts`. Before `main` it is
    Python's own start, which nobody can guard."""
    arguments = command(write_script(tmp_path / "s.json", program=SLOW))[3:]
    begins = [sys.executable, "-c", "from tui.main import main; print(flush=True); main()", *arguments]
    for delay_s in (0.1, 0.25, 0.4, 0.6):
        process = subprocess.Popen(
            begins, cwd=ROOT, env=environment(home), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(delay_s)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        assert process.returncode in (130, -signal.SIGINT), (delay_s, err)  # the other: `main` had not begun
        assert out == b"" and b"/tui/" not in err, (delay_s, err)
        assert containers_of(process.pid) == [], delay_s


def test_no_engine_is_told_once_with_what_to_do(home: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        command(write_script(tmp_path / "s.json")),
        cwd=ROOT,
        env={**environment(home), "DOCKER_HOST": f"unix://{tmp_path}/nothing.sock"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 3 and done.stdout == ""
    assert done.stderr.count("No engine answers") == 1 and "hint:" in done.stderr


def test_a_disk_that_is_full_costs_the_log_but_not_the_answer(home: Path, tmp_path: Path) -> None:
    script = " ".join(shlex.quote(part) for part in command(write_script(tmp_path / "s.json")))
    done = subprocess.run(
        ["bash", "-c", f"ulimit -f 1; {script}"],  # no file may grow beyond 1 KiB
        cwd=ROOT,
        env=environment(home),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "Sofia Coppola directed 8 films.\n"), done.stderr
    assert "warning: the session log cannot be written" in done.stderr
    shown = subprocess.run(
        [sys.executable, "-m", "tui.main", "sessions", "list"],
        cwd=ROOT,
        env=environment(home),
        capture_output=True,
        check=False,
    )
    assert shown.returncode == 0
