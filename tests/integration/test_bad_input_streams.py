"""Streams and signals under bad conditions: tools that print, a pipe that nobody reads, text in other encodings.

The program runs in a process of its own; only its session is scripted, so that nothing needs a model or an engine.
"""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.on_pty import ROOT

DRIVER = """
import os, sys, types
from agent.events import *
from tests.scripted_session import ScriptedSession
from tui import main
factory = sys.modules["tui.session_factory"] = types.ModuleType("tui.session_factory")

class Session(ScriptedSession):
    async def ask(self, question):
        {during}
        async for event in super().ask(question):
            yield event

def prepare(request, *, interactive):
    {before}
    return lambda: Session({turn}, close_s=0.3)

factory.prepare = prepare
main.main()
"""
ANSWERS = "[Answered('answered', '8 films')]"
WAITS = "[SessionStarted('s', '0', 'scripted', '', 'full', 'no sandbox'), StageStarted('plan'), 60.0]"
PRINTS = "print('a tool prints \\x1b[2J'); os.system('echo a child prints'); os.write(1, b'a library prints\\\\n')"
FLOOD = "'x' * 500_000"
"""More than a pipe holds."""


def command(*arguments: str, turn: str = ANSWERS, before: str = "pass", during: str = "pass") -> list[str]:
    return [sys.executable, "-c", DRIVER.format(turn=turn, before=before, during=during), "ask", *arguments]


def run(
    *arguments: str, turn: str = ANSWERS, before: str = "pass", during: str = "pass", stdin: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        command(*arguments, turn=turn, before=before, during=during),
        cwd=ROOT,
        input=stdin,
        capture_output=True,
        timeout=100,
        check=False,
    )


@pytest.mark.parametrize(("form", "when"), [((), "before"), (("--json",), "during"), (("--events",), "during")])
def test_what_tools_print_is_narration(form: tuple[str, ...], when: str) -> None:
    done = run("q", *form, **{when: PRINTS})  # type: ignore[arg-type]  # one of the two texts
    assert done.returncode == 0, done.stderr
    if form:
        assert json.loads(done.stdout.splitlines()[-1] if form[0] == "--events" else done.stdout)["answer"] == "8 films"
    else:
        assert done.stdout == b"8 films\n"
    for words in (b"a tool prints", b"a child prints", b"a library prints"):
        assert words in done.stderr
    assert b"\x1b" not in done.stderr


def test_a_tool_that_prints_with_stdout_closed_writes_into_no_file() -> None:
    """The number of a closed descriptor goes to the next file that is opened, such as the session's log."""
    opens = "kept = open('/dev/null'); print('OPENED', kept.fileno(), file=sys.stderr)"
    script = shlex.join(command("q", during=opens))
    done = subprocess.run(["bash", "-c", f"{script} >&- <&-"], cwd=ROOT, capture_output=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stderr.partition(b"OPENED ")[2].split()[0]) > 2


def test_data_goes_nowhere_else_with_stdout_closed() -> None:
    script = shlex.join(command("q", "--events", during=PRINTS))
    done = subprocess.run(["bash", "-c", f"{script} >&-"], cwd=ROOT, capture_output=True, timeout=100, check=False)
    assert done.returncode == 0 and b"a tool prints" in done.stderr and b'"kind"' not in done.stderr, done.stderr


@contextmanager
def into_a_full_pipe(*arguments: str, turn: str) -> Iterator[subprocess.Popen[bytes]]:
    """The program with a stdout that nobody reads, once it has begun to write there."""
    reader, writer = os.pipe()
    with subprocess.Popen(command(*arguments, turn=turn), cwd=ROOT, stdout=writer, stderr=subprocess.PIPE) as process:
        os.close(writer)
        try:
            os.read(reader, 1)
            time.sleep(0.3)
            yield process
        finally:
            process.kill()
            os.close(reader)


def test_two_ctrl_c_end_a_turn_whose_events_nobody_reads() -> None:
    with into_a_full_pipe("q", "--events", turn=f"[StageStarted({FLOOD}), 60.0]") as process:
        process.send_signal(signal.SIGINT)
        time.sleep(0.5)
        assert process.poll() is None  # the first asks, and cannot be heard
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130 and b"Traceback" not in err, err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_one_signal_ends_an_answer_that_nobody_reads(number: signal.Signals) -> None:
    with into_a_full_pipe("q", turn=f"[Answered('answered', {FLOOD})]") as process:
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130 and b"Traceback" not in err, err


def test_a_ctrl_c_that_arrives_twice_asks_once() -> None:
    """The terminal sends it to all processes of a pipeline, and a wrapper passes its own on."""
    process = subprocess.Popen(
        command("q", "--json", "--verbose", turn=WAITS), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stderr is not None
    assert b"model scripted" in process.stderr.readline()
    for _ in range(3):
        process.send_signal(signal.SIGINT)
        time.sleep(0.02)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130 and json.loads(out)["status"] == "interrupted"
    assert err.count(b"stopping") == 1, err


@pytest.mark.parametrize(
    ("data", "message"),
    [(b"How many \xff\xfe films?", b"byte 10 is 0xff"), ("\ud800".encode("utf-8", "surrogatepass"), b"byte 1 is 0xed")],
)
def test_a_question_in_another_encoding_says_what_to_do(data: bytes, message: bytes) -> None:
    done = run("-", stdin=data)
    assert (done.returncode, done.stdout) == (2, b"")
    assert message in done.stderr and b"hint: convert it first" in done.stderr


def test_a_full_disk_behind_an_output_is_named() -> None:
    done = run("q", "--output", "/dev/full")
    assert done.returncode == 3
    assert done.stderr.startswith(b"error: /dev/full: No space left on device\nhint: free some space")


def test_a_full_disk_behind_stdout_is_named() -> None:
    with open("/dev/full", "wb") as full:  # noqa: PTH123  # a device
        done = subprocess.run(command("q"), cwd=ROOT, stdout=full, stderr=subprocess.PIPE, timeout=100, check=False)
    assert done.returncode == 3
    assert done.stderr.startswith(b"error: stdout: No space left on device\nhint: free some space")
