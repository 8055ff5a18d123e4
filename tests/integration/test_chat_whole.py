"""The real program from its first start on: a terminal, the bundled model, a real sandbox."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.seen_on_pty import modes_left_on, seen

pytestmark = [pytest.mark.docker, pytest.mark.slow]
QUESTION = "How many films did Sofia Coppola direct?"


def test_a_first_day(tmp_path: Path) -> None:
    (config := tmp_path / "config.toml").write_text('[sandbox]\nspares = 0\n[functions]\nkind = "memory"\n')
    env = {**os.environ, "TOOLCODER_HOME": str(tmp_path / "home"), "TOOLCODER_CONFIG": str(config)}
    program = [sys.executable, "-m", "tui.main"]

    with seen([*program, "--model", "bundled"], env) as s:
        s.until("Welcome.", "ready")
        s.type(QUESTION, "Enter")
        s.until("█ 8", "kept the function")
        s.type("F5")
        s.until("result_1", "count_films", "in the kernel's process")
        s.type("Esc")
        s.until("Ask a question")
        s.type("F9")
        s.until("Bill", "implement", "together")
        s.type("Esc")
        s.until("Ask a question")
        s.type("/good", "Enter")
        s.until("answer?", "y: yes")
        s.type("y")
        s.until("rated good")
        s.type("/rename Coppola", "Enter")
        s.until("renamed")
        # A kernel that dies is named, and the next question works.
        pid = s.terminal.process.pid
        listed = ["docker", "ps", "-q", "--filter", f"label=toolcoder.pid={pid}"]
        containers = subprocess.run(listed, capture_output=True, text=True, check=True).stdout.split()
        subprocess.run(["docker", "kill", *containers], check=True, capture_output=True)
        s.type("Create a playlist called Rain", "Enter")
        s.until("create_playlist()", "Allow it?")
        s.until("restored")
        time.sleep(2.0)  # a key decides only after a pause
        s.type("y")
        s.until("█ Rain")
        s.type("Ctrl-Q")
        assert s.terminal.end(30) == 0
        ended = s.terminal.seen.decode("utf-8", "replace")
    assert modes_left_on(s.terminal.seen) == set()
    found = re.search(r"toolcoder --resume (\S+)", ended)
    assert found, ended[-500:]

    with seen([*program, "sessions", "resume", found[1]], env, (24, 80)) as s:
        s.until("█ Rain", "█ Create a playlist called Rain", "ready")
        s.type("F2")
        s.until("Sessions", "(this one) Coppola")
        s.type("Esc")
        s.until("Ask a question")
        s.type("How many films did Denis Villeneuve direct?", "Enter")
        s.until("Villeneuve", "stages", "ready")
        s.type("Ctrl-C", "Ctrl-C", "Ctrl-C")  # the first may stop the rest of the turn, which looks at its functions
        assert s.terminal.end(30) == 0
    assert b"Traceback" not in s.terminal.seen

    with seen([*program, "--plain", "--model", "bundled"], env) as s:
        s.until("Question:")
        s.type(QUESTION, "Enter")
        s.until("Answer:", "\n8\n", "\nQuestion:\n")  # the answer comes before the end of the turn
        s.type("Ctrl-D")
        assert s.terminal.end(30) == 0
    assert b"\x1b[" not in s.terminal.seen.replace(b"\x1b[?2004h", b"").replace(b"\x1b[?2004l", b"")
