"""Signals, broken pipes and a person at a real terminal: the program runs in a process of its own, on a pty."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time

import pytest

from tests.on_pty import ROOT, terminal

DRIVER = """
import asyncio, sys, types
from agent.events import *
from tests.scripted_session import ScriptedSession, whole_turn
from tui import main
from tui.standard_streams import narrate
factory = sys.modules["tui.session_factory"] = types.ModuleType("tui.session_factory")

def future():
    return asyncio.get_running_loop().create_future()

class Session(ScriptedSession):
    async def __aexit__(self, *args):
        await super().__aexit__(*args)
        narrate(f"REPLIES {{[getattr(r, 'allowed', r) for r in self.replies]}}\\n")
        narrate("KERNEL REMOVED\\n")

def prepare(request, *, interactive):
    return lambda: Session({turn}, close_s={close_s})

factory.prepare = prepare
main.main()
"""
PLAYLIST = "lambda: ApprovalAsked('a', 'create_playlist', {'name': 'x\\x1b[2J\\ny'}, future())"
WAITS = "[SessionStarted('s', '0', 'scripted', '', 'full', 'no sandbox'), StageStarted('plan'), 30.0]"
HOSTILE = r"'8\x1b]0;owned\x07\x1b[2J\x9b31m films\rX\u202e\x00'"


def command(turn: str, *arguments: str, close_s: float = 0.0) -> list[str]:
    return [sys.executable, "-c", DRIVER.format(turn=turn, close_s=close_s), *arguments]


def run(turn: str, *arguments: str, **options: object) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        command(turn, *arguments), cwd=ROOT, capture_output=True, timeout=100, stdin=subprocess.DEVNULL, check=False
    )


def test_an_answer_on_a_terminal_has_no_control_sequences() -> None:
    turn = f"[StageStarted({HOSTILE}), StageEnded({HOSTILE}), Answered('answered', {HOSTILE})]"
    with terminal(command(turn, "ask", "q")) as t:
        assert t.end() == 0
    assert b"8 films\r\nX<U+202E>" in t.seen
    text = t.seen.replace(b"\r\n", b"\n").decode()
    assert all(c == "\n" or c.isprintable() for c in text), text


@pytest.mark.parametrize(
    ("typed", "reply"), [(b"y\n", b"True"), (b"YES\n", b"True"), (b"n\n", b"False"), (b"\n", b"False")]
)
def test_a_change_is_approved_at_the_terminal(typed: bytes, reply: bytes) -> None:
    turn = f"[StageStarted('run'), {PLAYLIST}, Answered('answered', 'done')]"
    with terminal(command(turn, "ask", "q")) as t:
        t.until(b"allow it? [y/N] ")
        assert b'create_playlist(name="x\\u001b[2J\\ny")' in t.seen
        t.type(typed)
        assert t.end() == 0
    assert b"REPLIES [" + reply + b"]" in t.seen


def test_what_was_typed_before_the_question_does_not_approve() -> None:
    turn = f"[StageStarted('run'), 3.0, {PLAYLIST}, Answered('answered', 'done')]"
    with terminal(command(turn, "ask", "q")) as t:
        t.until(b"run")
        t.type(b"y\n")
        t.until(b"allow it? [y/N] ")
        time.sleep(0.3)
        assert b"done" not in t.seen
        t.type(b"\x04")
        assert t.end() == 0
    assert b"REPLIES [False]" in t.seen


def test_a_question_is_answered_by_number_and_a_wrong_one_is_asked_again() -> None:
    asked = "lambda: PersonAsked('q', 'Which\\x1b[2J one?', ('red', 'blue'), future())"
    turn = f"[{asked}, Answered('answered', 'done')]"
    with terminal(command(turn, "ask", "q")) as t:
        t.until(b"your choice, 1 to 2: ")
        t.type(b"7\n")
        t.until(b"none of them")
        t.type(b"2\n")
        assert t.end() == 0
    assert b"REPLIES ['blue']" in t.seen
    assert b"Which one?" in t.seen and b"\x1b" not in t.seen


@pytest.mark.parametrize("turn", [WAITS, f"[{PLAYLIST}]"])
def test_ctrl_c_ends_with_130_and_removes_the_kernel(turn: str) -> None:
    with terminal(command(turn, "ask", "q")) as t:
        t.until(b"allow it?" if "Approval" in turn else b"plan")
        t.type(b"\x03")
        assert t.end() == 130
    assert b"KERNEL REMOVED" in t.seen and b"interrupted" in t.seen and b"Traceback" not in t.seen


def test_a_second_ctrl_c_forces() -> None:
    with terminal(command(WAITS, "ask", "q", close_s=60.0)) as t:
        t.until(b"plan")
        t.type(b"\x03")
        t.until(b"again forces")
        time.sleep(0.3)
        began = time.monotonic()
        t.type(b"\x03")
        assert t.end() == 130
        assert time.monotonic() - began < 30
    assert b"Traceback" not in t.seen


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_signals_end_cleanly_and_json_still_comes(number: signal.Signals) -> None:
    process = subprocess.Popen(
        command(WAITS, "ask", "q", "--json", "--verbose"), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stderr is not None
    assert b"model scripted" in process.stderr.readline()
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert json.loads(out)["status"] == "interrupted"
    assert b"KERNEL REMOVED" in err and b"Traceback" not in err


def test_ctrl_c_at_any_moment_of_the_start_is_quiet() -> None:
    """From the first import on; before that it is Python's own start, which nobody can guard."""
    for delay_s in (0.08, 0.12, 0.16, 0.2, 0.25, 0.3, 0.4):
        process = subprocess.Popen(
            [sys.executable, "-c", "import time; from tui.main import main; print(flush=True); main()", "ask", ""],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(delay_s - 0.08)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        assert process.returncode in (130, 2, -signal.SIGINT), err  # the last: before and after `main`
        assert b"/tui/" not in err, err  # a traceback of the driver's own line is not ours


def test_a_reader_that_goes_away_is_no_error() -> None:
    script = " ".join(
        ["'" + part.replace("'", "'\"'\"'") + "'" for part in command("whole_turn('x' * 10)", "ask", "q")]
    )
    done = subprocess.run(
        ["bash", "-c", f"{script} --events | true; echo ${{PIPESTATUS[0]}}"],
        cwd=ROOT,
        capture_output=True,
        timeout=100,
        check=False,
    )
    assert done.stdout == b"0\n", done.stderr
    assert b"Traceback" not in done.stderr and b"Broken" not in done.stderr


def test_a_full_disk_behind_stdout_is_told_and_the_turn_goes_on() -> None:
    turn = "[SessionStarted('s-1', '0', 'scripted', '', 'full', ''), AnswerReady('8'), *whole_turn()[1:]]"
    with open("/dev/full", "wb") as full:  # noqa: PTH123  # a device
        done = subprocess.run(
            command(turn, "ask", "q"), cwd=ROOT, stdout=full, stderr=subprocess.PIPE, timeout=100, check=False
        )
    assert done.returncode == 3
    assert b"No space left" in done.stderr and b"Traceback" not in done.stderr
    assert b"the answer is in the log: toolcoder sessions show s-1" in done.stderr


def test_closed_streams_do_not_break_it() -> None:
    script = " ".join(["'" + part.replace("'", "'\"'\"'") + "'" for part in command("whole_turn('8')", "ask", "q")])
    done = subprocess.run(
        ["bash", "-c", f"{script} 2>&- <&-; {script} >&- 2>&- <&-; echo $?"], cwd=ROOT, capture_output=True, check=False
    )
    assert done.stdout == b"8\n0\n", done
