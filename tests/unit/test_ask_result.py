"""`ask` against scripted sessions: what goes to which stream, in which form, with which exit status."""

from __future__ import annotations

import asyncio
import json
import os
import stat
from itertools import pairwise
from pathlib import Path

import pytest

from agent.errors import ModelRefusedKey, SessionLogError, ToolSourceError
from agent.events import Answered, AnswerReady, ApprovalAsked, ErrorSeen, PersonAsked, StageEnded, TokenUsage
from agent.file_events import FileMade
from sandbox.errors import EngineMissing
from tests.scripted_session import ScriptedSession, Step, whole_turn
from tui.ask import AskOptions, Form, Start, ask
from tui.ask_report import Report
from tui.failures import UsageProblem

HOSTILE = "8\x1b]52;c;c2VjcmV0\x07\x1b[2J\x9b31m films\r\u202e\x00"


def run(turn: list[Step | Exception] | Exception, form: Form = "text", **options: object) -> int:
    def prepare() -> Start:
        if isinstance(turn, Exception):
            raise turn
        return lambda: ScriptedSession(turn)

    return ask("How many?", prepare, AskOptions(form, **options))  # type: ignore[arg-type]  # a test's short cut


def test_the_answer_alone_is_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(whole_turn("8")) == 0
    seen = capsys.readouterr()
    assert seen.out == "8\n"
    assert seen.err == ""


def test_the_answer_is_printed_when_it_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    printed: list[str] = []

    def later() -> ErrorSeen:
        printed.append(capsys.readouterr().out)
        return ErrorSeen("functions", "a function could not be verified")

    assert run([AnswerReady("8\x1b[2J"), later, Answered("answered", "8\x1b[2J")]) == 0
    assert printed == ["8\n"] and capsys.readouterr().out == ""


def test_quiet_says_nothing_but_why_there_is_no_answer(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([ErrorSeen("log", "the disk is full"), *whole_turn("8")], quiet=True) == 0
    assert capsys.readouterr() == ("8\n", "")
    assert run([Answered("failed", error="no", hint="try", fault="agent")], quiet=True) == 1
    assert capsys.readouterr() == ("", "error: no\nhint: try\n")


def test_verbose_narrates_each_stage_with_its_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(whole_turn("8"), verbose=True) == 0
    seen = capsys.readouterr()
    assert seen.out == "8\n"
    lines = [line.split() for line in seen.err.splitlines()]
    assert ["plan", "0.5", "s", "20", "tokens"] in lines
    assert ["run", "0.2", "s", "error"] in lines
    assert ["reused", "films_of"] in lines
    assert "repair 1: TypeError: unexpected keyword argument 'nam' at line 1" in seen.err


def test_json_is_one_object_with_the_keys_of_the_contract(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(whole_turn("8"), "json") == 0
    result = json.loads(capsys.readouterr().out)
    timings = result.pop("timings")
    assert timings.keys() == {"total_s", "plan_s", "implement_s", "sandbox_s"}
    stages = result["usage"]["stages"]
    assert stages.keys() == {"plan", "implement", "sandbox"} and stages["plan"]["completion_tokens"] == 20
    assert stages["sandbox"] == {"n_calls": 2, "seconds": 0.5}
    assert timings["plan_s"] == 0.5 and timings["sandbox_s"] == 0.5 and timings["total_s"] > 0
    assert result == {
        "answer": "8",
        "status": "answered",
        "error": None,
        "session": "20261120-101500-k3f9",
        "sandbox": "docker, network none",
        "functions_reused": ["films_of"],
        "functions_stored": ["count_films"],
        "tool_calls": [
            {"name": "search_films", "args": {"nam": "Sofia"}, "category": "Parameter Hallucination"},
            {"name": "search_films", "args": {"name": "Sofia"}, "category": "All Right"},
            {"name": "search_films", "args": {"name": "cut short"}, "category": None},
        ],
        "artifacts": [],
        "files_refused": [],
        "changes": [],
        "tool_changes": [],
        "repairs": 1,
        "usage": {"prompt_tokens": 300, "completion_tokens": 60, "cost": 0.01, "cached_tokens": 0, "stages": stages},
    }


def test_events_are_json_lines_and_the_last_is_the_answer(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(whole_turn(HOSTILE), "events") == 0
    out = capsys.readouterr().out
    assert out.replace("\n", "").isprintable() and out.isascii()
    events = [json.loads(line) for line in out.splitlines()]
    assert [e["kind"] for e in events[:4]] == ["question", "session", "stage_start", "model_delta"]
    assert events[-1]["kind"] == "answer" and events[-1]["answer"] == HOSTILE
    assert all(a["at_s"] <= b["at_s"] for a, b in pairwise(events))


@pytest.mark.parametrize(
    ("answered", "code"),
    [
        (Answered("failed", error="the program failed", fault="agent"), 1),
        (Answered("failed", error="Docker is gone", fault="environment"), 3),
        (Answered("refused", error="a change was refused"), 4),
        (Answered("budget", error="the budget of 10 tokens is used up"), 5),
        (Answered("interrupted", error="interrupted"), 130),
    ],
)
@pytest.mark.parametrize("form", ["text", "json", "events"])
def test_every_end_has_its_exit_status(
    answered: Answered, code: int, form: Form, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([answered], form) == code
    seen = capsys.readouterr()
    assert (answered.error or "") in seen.err
    if form == "text":
        assert seen.out == ""
    else:
        assert json.loads(seen.out.splitlines()[-1] if form == "events" else seen.out)["status"] == answered.status


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ModelRefusedKey("the key is refused", "toolcoder keys set openai"), 3),
        (EngineMissing("no Docker here", "toolcoder doctor"), 3),
        (OSError(28, "No space left on device"), 3),
        (RuntimeError("boom"), 1),
    ],
)
@pytest.mark.parametrize("when", ["opening", "asking"])
def test_an_exception_becomes_a_result_without_a_traceback(
    error: Exception, code: int, when: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(error if when == "opening" else [error], "json") == code
    seen = capsys.readouterr()
    result = json.loads(seen.out)
    assert result["status"] == "failed" and str(error.args[-1]).split(",")[0] in result["error"]
    assert "Traceback" not in seen.err and "error:" in seen.err


def test_a_tool_source_that_does_not_load_is_a_usage_error() -> None:
    with pytest.raises(ToolSourceError):
        run(ToolSourceError("there is no file x.py"), "json")


def test_a_stream_without_an_answer_is_a_failure(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([StageEnded("plan")]) == 1
    assert "without an answer" in capsys.readouterr().err


def test_nothing_dangerous_reaches_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    turn: list[Step | Exception] = [
        StageEnded(HOSTILE, complaint=HOSTILE, usage=TokenUsage(1, 1)),
        ErrorSeen("log", HOSTILE, HOSTILE),
        Answered("failed", HOSTILE, error=HOSTILE, hint=HOSTILE, fault="agent"),
    ]
    run(turn, verbose=True)
    run([Answered("answered", HOSTILE)])
    seen = capsys.readouterr()
    for text in (seen.out, seen.err):
        assert "films" in text
        assert not set(text) & set("\x1b\x9b\x07\r\x00\u202e")


def test_a_log_that_cannot_be_written_is_told_also_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    warning = str(SessionLogError("the session log cannot be written: No space left on device"))
    assert run([ErrorSeen("log", warning), Answered("answered", "8")]) == 0
    seen = capsys.readouterr()
    assert seen.out == "8\n" and "No space left" in seen.err


def test_what_ended_the_turn_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    end = Answered("failed", error="no engine", hint="start Docker", fault="environment")
    assert run([ErrorSeen("log", "disk full"), ErrorSeen("EngineMissing", "no engine", "start Docker"), end]) == 3
    assert capsys.readouterr().err == "warning: disk full\nerror: no engine\nhint: start Docker\n"


def test_without_a_terminal_nobody_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    replies: list[object] = []

    class Session(ScriptedSession):
        def __init__(self) -> None:
            loop = asyncio.get_running_loop()
            approval = ApprovalAsked("a", "create_playlist", {}, loop.create_future())
            question = PersonAsked("q", "Which?", ("a", "b"), loop.create_future())
            super().__init__([approval, question, Answered("refused", "Which?", error="a person is needed")])
            self.replies = replies

    assert ask("make one", lambda: Session, AskOptions()) == 4
    assert replies == [False, None]
    seen = capsys.readouterr()
    assert seen.out == "" and "question: Which?" in seen.err


def test_output_is_written_whole_and_keeps_the_mode(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target, link = tmp_path / "answer.txt", tmp_path / "link"
    target.write_text("old")
    target.chmod(0o640)
    link.symlink_to(target)
    assert run(whole_turn("8"), output=link) == 0
    assert capsys.readouterr().out == ""
    assert target.read_text() == "8\n" and link.is_symlink()
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert sorted(os.listdir(tmp_path)) == ["answer.txt", "link"]  # noqa: PTH208  # dot files too


def test_a_failed_turn_leaves_an_old_output_alone_but_json_is_written(tmp_path: Path) -> None:
    target = tmp_path / "answer"
    target.write_text("old")
    assert run([Answered("failed", error="no", fault="agent")], output=target) == 1
    assert target.read_text() == "old"
    assert run([Answered("failed", error="no", fault="agent")], "json", output=target) == 1
    assert json.loads(target.read_text())["status"] == "failed"


@pytest.mark.parametrize("where", ["missing/answer.txt", "."])
def test_an_output_that_cannot_be_is_refused_before_anything_runs(where: str, tmp_path: Path) -> None:
    with pytest.raises(UsageProblem):
        run(RuntimeError("must not be opened"), output=tmp_path / where)


def test_a_ctrl_c_that_python_wrapped_is_still_one(capsys: pytest.CaptureFixture[str]) -> None:
    wrapped = RuntimeError("Error calling __set_name__")
    wrapped.__cause__ = KeyboardInterrupt()
    assert run(wrapped) == 130
    assert capsys.readouterr().err == "interrupted\n"


def test_a_file_under_another_name_says_so_in_json() -> None:
    report = Report()
    report.take(FileMade(1, "data.csv", "/made/data-2.csv", "text/csv", 12, note="data.csv was there already"))
    report.take(FileMade(1, "link", refused="a link"))
    found = report.as_object(Answered("answered", "8"))
    assert found["artifacts"] == [
        {"path": "/made/data-2.csv", "mime": "text/csv", "n_bytes": 12, "name": "data.csv"}
        | {"note": "data.csv was there already"}
    ]
    assert found["files_refused"] == [{"name": "link", "why": "a link"}]
