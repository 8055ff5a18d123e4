"""The command line in process: usage errors, lists, and that each failure ends in words and the right status."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from agent.events import Answered, ProgramWritten, QuestionAsked, SessionStarted, ToolCalled
from agent.log.writer import SessionLog
from tui import cli
from tui.question import LIMIT_BYTES, read_question


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the test's own, and no terminal."""
    home = tmp_path / "home"
    monkeypatch.setenv("TOOLCODER_HOME", str(home))
    monkeypatch.setenv("TOOLCODER_CONFIG", str(tmp_path / "config.toml"))
    (tmp_path / "config.toml").write_text("")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    return home


@pytest.fixture
def session(home: Path) -> str:
    """A logged session whose every text tries something."""
    with SessionLog(home / "sessions", "20261120-101500-k3f9") as log:
        log.write(SessionStarted("20261120-101500-k3f9", "0.1.0", "bundled", "", "compact", "docker"))
        log.write(QuestionAsked("How many\x1b[2J films?"))
        log.write(ProgramWritten("len(films)\n\x9b31m"))
        log.write(ToolCalled("c", "search_films", {"name": "x\ny"}, 1))
        log.write(Answered("answered", "8\x07 films"))
    return "20261120-101500-k3f9"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["nonsense"], 2, "nonsense"),
        (["ask"], 2, "question"),
        (["ask", ""], 2, "the question is empty"),
        (["ask", " \n\t"], 2, "the question is empty"),
        (["ask", "-"], 2, "the question is empty"),
        (["ask", "x" * 100_000], 2, "100,000 bytes"),
        (["ask", "q", "--json", "--events"], 2, "exclude each other"),
        (["ask", "q", "--max-tokens", "0"], 2, "max-tokens"),
        (["ask", "q", "--max-seconds", "-1"], 2, "--max-seconds must be more than 0"),
        (["ask", "q", "--max-cost", "nan"], 2, "--max-cost must be more than 0"),
        (["ask", "q", "--model", " "], 2, "--model is empty"),
        (["ask", "q", "--files", "/nowhere"], 2, "/nowhere is no folder"),
        (["ask", "q", "--output", "/nowhere/file"], 2, "no folder"),
        (["ask", "q", "--unknown"], 2, "--unknown"),
        (["ask", "q", "--jobs", "2"], 2, "--jobs is for a list"),
        (["ask", "q", "--apply"], 2, "--apply is for the changes"),
        (["How many films?"], 2, "a question is asked in quotes"),
        (["chat"], 2, "the chat needs a terminal"),
        ([], 2, "the chat needs a terminal"),
        (["--model", "bundled"], 2, "the chat needs a terminal"),
        (["sessions", "show", "2026"], 2, "no session has the id or the name '2026'"),
        (["sessions", "list", "--limit", "0"], 2, "limit"),
        (["keys", "set", "../x"], 2, "is no name of a key"),
        (["keys", "remove", "openai"], 2, "no key openai is stored"),
        (["tools", "revoke"], 2, "name one tool"),
        (["tools", "remove", "x.py"], 2, "no source"),
        (["tools", "check", "no.py"], 2, "no file"),
    ],
)
def test_what_cannot_work_is_told(
    arguments: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(arguments) == code
    seen = capsys.readouterr()
    assert message in seen.err
    assert "Traceback" not in seen.err
    assert seen.out == ""


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["ask", "--help"], ["sessions", "--help"], ["--version"]])
def test_help_and_version_are_data(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(arguments) == 0
    seen = capsys.readouterr()
    assert "toolcoder" in seen.out and seen.err == ""


def test_a_question_of_the_longest_length_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(read_question("x" * LIMIT_BYTES)) == LIMIT_BYTES
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b" how many?\nreally?\n")))
    assert read_question("-") == "how many?\nreally?"


@pytest.mark.parametrize(("data", "message"), [(b"\xff\xfe", "not UTF-8"), (b"x" * 200_000, "more than")])
def test_bad_questions_on_stdin(
    data: bytes, message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert cli.run(["ask", "-"]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flag", "words"), [("--unsafe-local-kernel", "NO ISOLATION"), ("--weaker-sandbox", "WEAKER SANDBOX")]
)
def test_a_sandbox_that_is_less_is_told_also_in_a_pipe(
    flag: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for more, is_told in ((), True), (("--quiet",), False):
        assert cli.run(["ask", "q", flag, "--model", "scripted:/nowhere", *more]) != 0
        assert (f"warning: {words}" in capsys.readouterr().err) is is_told


def test_an_argument_that_is_no_utf8(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["ask", "caf\udce9"]) == 2
    assert "not UTF-8" in capsys.readouterr().err


def test_sessions_are_listed_shown_and_deleted(session: str, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["sessions", "list"]) == 0
    assert f"{session}" in (out := capsys.readouterr().out) and "How many films?" in out and "answered" in out

    assert cli.run(["sessions", "list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert listed["n_sessions"] == 1 and listed["sessions"][0]["id"] == session

    assert cli.run(["sessions", "show", "2026"]) == 0
    out = capsys.readouterr().out
    for part in ("How many films?", "len(films)", 'search_films(name="x\\ny")', "8 films"):
        assert part in out
    assert not set(out) & set("\x1b\x9b\x07")

    assert cli.run(["sessions", "show", session, "--json"]) == 0
    records = json.loads(capsys.readouterr().out)["records"]
    assert [r["kind"] for r in records] == ["session", "question", "program", "tool_call", "answer"]
    assert records[1]["question"] == "How many\x1b[2J films?"

    assert cli.run(["sessions", "delete", session]) == 4
    assert "nobody can be asked" in capsys.readouterr().err
    assert cli.run(["sessions", "delete", "2026", "--yes"]) == 0
    assert not list((home / "sessions").iterdir())


def test_no_sessions_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["sessions", "list"]) == 0
    seen = capsys.readouterr()
    assert seen.out == "" and "no session was logged yet" in seen.err


def test_a_damaged_log_is_shown_as_far_as_it_goes(session: str, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = home / "sessions" / f"{session}.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[:2], "garbage\n", *lines[2:-1], lines[-1][:20]]))
    assert cli.run(["sessions", "show", session]) == 0
    seen = capsys.readouterr()
    assert "How many films?" in seen.out and "ends in the middle" in seen.out and "line 3" in seen.err


def test_keys_are_stored_listed_and_removed_and_never_shown(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"sk-canary-123\n")))
    assert cli.run(["keys", "set", "openai", "--file"]) == 0
    assert cli.run(["keys", "list"]) == 0
    assert cli.run(["keys", "list", "--json"]) == 0
    assert cli.run(["keys", "remove", "openai"]) == 0
    assert cli.run(["keys", "list"]) == 0
    seen = capsys.readouterr()
    assert "canary" not in seen.out + seen.err
    assert "stored openai" in seen.out and "removed openai" in seen.out and "no keys" in seen.err


def test_an_unexpected_failure_is_words_and_debug_shows_where(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> Path:
        raise ZeroDivisionError("sum\x1b[2J")

    monkeypatch.setattr("tui.places.sessions_folder", broken)
    assert cli.run(["sessions", "list"]) == 1
    err = capsys.readouterr().err
    assert "unexpected ZeroDivisionError: sum\n" in err and "Traceback" not in err
    monkeypatch.setenv("TOOLCODER_DEBUG", "1")
    assert cli.run(["sessions", "list"]) == 1
    assert "Traceback" in capsys.readouterr().err
