"""`toolcoder sessions`: search, rename, export; and that a name and an export survive what logs may hold."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from atif.trajectory import Trajectory
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.errors import SessionLogError
from agent.events import (
    Answered,
    CellEnded,
    CellStarted,
    CellText,
    Event,
    ModelDelta,
    ProgramWritten,
    QuestionAsked,
    TokenUsage,
)
from agent.log.events_back import event_of, turns_back
from agent.log.naming import rename
from agent.log.reader import LoggedSession, list_sessions, read_session
from agent.log.schema import LogHeader, LogRecord
from agent.log.search import search
from agent.log.writer import SessionLog
from tests.scripted_session import whole_turn
from tui import cli
from tui.failures import UsageProblem
from tui.finding import find_session

FIRST, SECOND = "20261120-101500-k3f9", "20261120-111500-m4g8"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TOOLCODER_HOME", str(tmp_path / "home"))
    sessions = tmp_path / "home" / "sessions"
    write(sessions, FIRST, QuestionAsked("How many films?"), *(e for e in whole_turn() if isinstance(e, Event)))
    write(sessions, SECOND, QuestionAsked("Straße nach Köln?"), Answered("failed", error="no route"))
    return sessions


def write(folder: Path, name: str, *events: Event) -> None:
    with SessionLog(folder, name) as log:
        for event in events:
            log.write(event)


def run(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert cli.run(["sessions", *arguments]) == code, capsys.readouterr().err
    return capsys.readouterr().out


def test_all_words_must_be_there_in_any_text_and_any_case(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert [h.session.id for h in search(folder, "FILMS directed")] == [FIRST]
    assert [h.where for h in search(folder, "search_films")] == ["program"]
    assert [h.session.id for h in search(folder, "STRASSE")] == [SECOND]
    assert not list(search(folder, "films köln")) and not list(search(folder, "  "))
    found = json.loads(run(capsys, "search", "sofia", "--json"))["sessions"]
    assert [row["id"] for row in found] == [FIRST] and "Sofia" in found[0]["excerpt"]
    assert run(capsys, "search", "nothing", "of", "that") == ""


def test_large_texts_and_damaged_logs_are_searched_as_well(folder: Path) -> None:
    write(folder, "20261120-121500-aaaa", QuestionAsked("word " * 30_000 + "needle"))
    (folder / "20261120-131500-bbbb.jsonl").write_bytes(b"not a log\n")
    (hit,) = search(folder, "needle word")
    assert hit.session.id.endswith("aaaa") and "needle" in next(iter(search(folder, "needle"))).excerpt


def test_a_name_is_shown_searched_replaced_and_taken_away(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "rename", FIRST, "the  Coppola\x1b[2J one")
    assert list_sessions(folder)[1].title == "the Coppola\x1b[2J one"
    listed = run(capsys, "list")
    assert "the Coppola one" in listed and "\x1b" not in listed and "Straße nach Köln?" in listed
    assert [h.where for h in search(folder, "coppola one")] == ["name"]
    assert "named the Coppola one" in run(capsys, "show", FIRST)
    run(capsys, "rename", FIRST, "")
    assert list_sessions(folder)[1].title == "How many films?"
    assert cli.run(["sessions", "rename", FIRST, "x" * 121]) == 2


def test_a_session_is_found_by_its_id_its_name_or_words_of_its_question(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    third = "20261121-101500-aaaa"
    write(folder, third, QuestionAsked("Which films are long?"))
    rename(folder / f"{SECOND}.jsonl", "Routes")
    found = {
        FIRST: FIRST,
        "20261121": third,
        "ROUTES": SECOND,
        "oute": SECOND,
        "which  FILMS": third,
    }
    for wanted, session in found.items():
        assert find_session(folder, wanted).id == session, wanted
    assert cli.run(["sessions", "show", "films"]) == 2
    told = capsys.readouterr().err
    assert "2 sessions fit 'films'" in told and FIRST in told and third in told and "How many films?" in told
    rename(folder / f"{third}.jsonl", "20261120")
    assert find_session(folder, "20261120").id == third, "a whole name before the beginning of an id"
    for nothing in ("2027", "", " ", "*", "../x", "../sessions/" + FIRST):
        with pytest.raises(UsageProblem, match="no session") as caught:
            find_session(folder, nothing)
        assert third in caught.value.hint
    assert cli.run(["sessions", "delete", "oute", "--yes"]) == 2, "a part of a name is too little to delete by"
    assert json.loads(run(capsys, "rename", "oute", "Roads", "--json"))["session"] == SECOND


def test_a_session_that_is_open_elsewhere_is_not_renamed_behind_its_back(folder: Path) -> None:
    with SessionLog(folder, FIRST) as log:
        log.write(QuestionAsked("still here", 2))
        with pytest.raises(SessionLogError, match="open in another toolcoder"):
            rename(folder / f"{FIRST}.jsonl", "mine")
    assert list_sessions(folder)[1].name == ""


def test_messages_have_the_question_the_good_program_and_the_answer(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    messages = json.loads(run(capsys, "export", FIRST, "--format", "messages"))["messages"]
    assert [m["role"] for m in messages] == ["user", "assistant", "tool", "assistant"]
    assert "nam=" not in messages[1]["content"], "the program that failed is no example"
    program = [ProgramWritten("print('hi')\n8"), CellStarted(3, "..."), CellText(3, "stdout", "hi\n")]
    write(
        folder,
        FIRST,
        QuestionAsked("Again?", 2),
        *program,
        CellEnded(3, "ok", 0.1, result="8"),
        Answered("answered", "8"),
    )
    messages = json.loads(run(capsys, "export", FIRST, "--format", "messages"))["messages"]
    assert [m["role"] for m in messages][4:] == ["user", "assistant", "tool", "assistant"]
    assert messages[5]["content"] == "```python\nprint('hi')\n8\n```" and messages[6]["content"] == "hi\n8"
    assert json.loads(run(capsys, "export", SECOND, "--format", "messages")) == {"messages": []}


def test_atif_is_what_its_own_models_accept(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, FIRST, QuestionAsked("And?", 2), Answered("answered", "9", usage=TokenUsage(5, 7)))
    told = Trajectory.model_validate_json(run(capsys, "export", FIRST, "--format", "atif"))
    assert [step.source for step in told.steps] == ["user", "agent", "agent", "agent", "user", "agent"]
    failed, good = told.steps[1:3]
    assert failed.tool_calls and failed.extra and good.tool_calls and good.observation
    assert [call.function_name for call in failed.tool_calls] == ["run_python", "search_films"]
    assert failed.tool_calls[1].arguments == {"nam": "Sofia"} and failed.extra["status"] == "error"
    assert [call.tool_call_id for call in good.tool_calls][1:] == ["c2", "c3"]
    assert [r.source_call_id for r in good.observation.results][1:] == ["c2"], "the last call never came back"
    assert told.final_metrics and told.final_metrics.total_prompt_tokens == 305
    assert told.agent.model_name == "scripted"


def test_an_export_to_a_file_never_writes_over_one(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "out.json"
    run(capsys, "export", FIRST, "--output", str(target))
    assert json.loads(target.read_text())["session"] == FIRST and target.stat().st_mode & 0o777 == 0o600
    assert cli.run(["sessions", "export", FIRST, "--output", str(target)]) == 2
    assert cli.run(["sessions", "export", FIRST, "--output", str(tmp_path / "no" / "where")]) == 2
    assert read_session(folder / f"{FIRST}.jsonl").id == FIRST


def test_events_come_back_from_a_log_as_they_were(folder: Path) -> None:
    (turn,) = list(turns_back(read_session(folder / f"{FIRST}.jsonl")))
    question, back = turn
    logged = [e for e in whole_turn() if isinstance(e, Event) and not isinstance(e, ModelDelta)]
    assert question == "How many films?"
    # What a cell prints is gathered until it ends.
    assert {repr(e) for e in back} == {repr(e) for e in logged}
    assert [e for e in back if not isinstance(e, CellText)] == [e for e in logged if not isinstance(e, CellText)]


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(["stage_end", "cell_end", "tool_return", "answer", "changes", "no_such_kind"]),
    st.dictionaries(
        st.sampled_from(["stage", "prompt", "usage", "cell", "status", "error", "category", "changes", "x"]),
        st.one_of(st.none(), st.text(max_size=3), st.integers(), st.lists(st.integers(), max_size=2), st.just({})),
    ),
)
def test_no_record_breaks_the_way_back(kind: str, fields: dict[str, object]) -> None:
    record = LogRecord(datetime(2026, 11, 20, tzinfo=UTC), kind, fields)
    logged = LoggedSession(Path("a.jsonl"), LogHeader(1, "1", "a", record.time), (record,))
    event = event_of(logged, record)
    assert event is None or event.kind == kind
