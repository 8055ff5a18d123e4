"""The real program end to end: chat on a terminal, real sandbox, scripted model."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.answer_script import QUESTION, write_script
from tests.on_pty import terminal

pytestmark = pytest.mark.docker


def containers_of(pid: int) -> list[str]:
    listed = subprocess.run(
        ["docker", "ps", "-aq", "--filter", f"label=toolcoder.pid={pid}"], capture_output=True, text=True, check=True
    )
    return listed.stdout.split()


def test_two_questions_a_stop_and_goodbye(tmp_path: Path) -> None:
    slow = "import time\nprint('started', flush=True)\ntime.sleep(60)\n"
    script = write_script(tmp_path / "s.json")
    config = tmp_path / "config.toml"
    config.write_text('[functions]\nkind = "off"\n[sandbox]\nspares = 0\n')
    env = {**os.environ, "TOOLCODER_HOME": str(tmp_path / "home"), "TOOLCODER_CONFIG": str(config)}
    with terminal([sys.executable, "-m", "tui.main", "--model", f"scripted:{script}"], env) as t:
        t.until(b"ready", 60)
        t.type(QUESTION.encode() + b"\r")
        t.until(b"directed 8 films", 60)
        assert len(containers_of(t.process.pid)) == 1
        t.type(b"\x11")
        assert t.end(30) == 0
        assert containers_of(t.process.pid) == []
    assert b"Traceback" not in t.seen

    script = write_script(tmp_path / "t.json", program=slow)
    with terminal([sys.executable, "-m", "tui.main", "--model", f"scripted:{script}"], env) as t:
        t.until(b"ready", 60)
        t.type(QUESTION.encode() + b"\r")
        t.until(b"started", 60)
        t.type(b"\x1b")
        t.until(b"interrupted", 60)
        t.type(QUESTION.encode() + b"\r")
        t.until(b"working", 60)
        t.type(b"\x11")
        assert t.end(30) == 0
        assert containers_of(t.process.pid) == []
    assert b"Traceback" not in t.seen
