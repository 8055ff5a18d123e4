"""Reading damaged logs, listing, finding, deleting; and where state lives."""

from __future__ import annotations

import json
import os
import stat
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent import events
from agent.calls.categories import Category
from agent.errors import SessionLogError
from agent.home import state_home
from agent.log.ids import new_session_id
from agent.log.reader import list_sessions, read_session
from agent.log.retention import delete, prune
from agent.log.schema import BadLine, parse_record
from agent.log.writer import SessionLog

HEADER = b'{"schema":1,"toolcoder":"0.1.0","session":"a","created":"2026-11-20T10:15:00Z"}\n'


def make(folder: Path, session_id: str, *items: events.Event) -> Path:
    with SessionLog(folder, session_id, version="1") as log:
        for item in items:
            log.write(item)
    return log.path


def test_bad_lines_are_reported_by_number_and_the_rest_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    good = b'{"time":"2026-11-20T10:15:01Z","kind":"question","question":"?","turn":1}\n'
    nested = b"[" * 100_000 + b"\n"
    path.write_bytes(
        HEADER + good + b"garbage\n" + b"[1]\n" + b'{"kind":"x"}\n' + b"\n" + b"\xff\xfe\n" + nested + good
    )
    session = read_session(path)
    assert len(session.records) == 2
    assert [n for n, _ in session.bad_lines] == [3, 4, 5, 7, 8]
    assert all(reason for _, reason in session.bad_lines)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"not json\n", "not the header"),
        (b'{"time":"x","kind":"y"}\n', "not the header"),
        (b'{"schema":2,"toolcoder":"3.0","session":"a","created":"2026-11-20T10:15:00Z"}\n', "format 2"),
        (b'{"schema":"1"', "not the header"),
    ],
)
def test_files_that_are_no_log_of_this_version(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(content)
    with pytest.raises(SessionLogError, match=message) as caught:
        read_session(path)
    assert caught.value.hint
    (row,) = list_sessions(tmp_path)
    assert (row.id, row.status, row.n_turns) == ("a", "unreadable", 0)


def test_a_missing_file_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(SessionLogError, match="cannot read"):
        read_session(tmp_path / "none.jsonl")


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_crash_the_parser(raw: bytes) -> None:
    try:
        record = parse_record(raw)
    except BadLine:
        return
    assert record.kind is not None


@settings(max_examples=100, deadline=None)
@given(cut=st.integers(0, 2000))
def test_a_log_cut_anywhere_reads_up_to_the_cut(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    folder = tmp_path_factory.mktemp("cut")
    path = make(folder, "a", *[events.QuestionAsked(f"é{i}", i) for i in range(20)])
    whole = path.read_bytes()
    path.write_bytes(whole[:cut])
    n_lines = whole[:cut].count(b"\n")
    if n_lines == 0 and whole[:cut] != whole.split(b"\n", 1)[0]:
        with pytest.raises(SessionLogError):
            read_session(path)
        return
    session = read_session(path)
    assert len(session.records) >= n_lines - 1
    assert [r.fields["turn"] for r in session.records] == list(range(len(session.records)))
    assert session.bad_lines == ()


def test_turns_are_split_at_questions(tmp_path: Path) -> None:
    path = make(
        tmp_path,
        "a",
        events.SessionStarted("a", "1", "m", "", "full", "docker"),
        events.QuestionAsked("one"),
        events.Answered("answered", "1"),
        events.QuestionAsked("two", 2),
        events.CellStarted(1, "x"),
    )
    assert [[r.kind for r in turn] for turn in read_session(path).turns] == [
        ["question", "answer"],
        ["question", "cell_start"],
    ]


def test_sessions_are_listed_newest_first_with_their_state(tmp_path: Path) -> None:
    make(tmp_path, "20260101-000000-aaaa", events.QuestionAsked("How many?"), events.Answered("answered", "3"))
    make(
        tmp_path,
        "20260102-000000-bbbb",
        events.QuestionAsked("x" * 100_000),
        events.Answered("failed", error="no"),
        events.QuestionAsked("again", 2),
        events.ToolReturned("1", "f", Category.ALL_RIGHT, value='{"kind":"answer"}'),
    )
    make(tmp_path, "20260103-000000-cccc", events.SessionStarted("c", "1", "m", "", "full", "docker"))
    rows = list_sessions(tmp_path)
    assert [(r.id[-4:], r.status, r.n_turns) for r in rows] == [
        ("cccc", "empty", 0),
        ("bbbb", "unfinished", 2),
        ("aaaa", "answered", 1),
    ]
    assert rows[2].question == "How many?" and rows[1].question == "x" * 100_000
    assert list_sessions(tmp_path / "nowhere") == []


def test_listing_is_quick_also_with_long_logs(tmp_path: Path) -> None:
    filler = [events.StageEnded("plan", (("user", "words " * 5000),), "done")] * 20
    first = make(tmp_path, "first1", events.QuestionAsked("?"), *filler, events.Answered("answered", "3"))
    for i in range(100):
        first.with_stem(f"20260101-000000-{i:04}").write_bytes(first.read_bytes())
    start = time.process_time()
    assert len(list_sessions(tmp_path)) == 101  # 60 MB
    assert time.process_time() - start < 3


def test_ids_sort_by_time_and_are_in_utc() -> None:
    east = datetime(2026, 11, 20, 11, 15, tzinfo=timezone(timedelta(hours=1)))
    assert new_session_id(east).startswith("20261120-101500-")
    assert len({new_session_id(east) for _ in range(200)}) > 190
    assert new_session_id(east) < new_session_id(datetime(2026, 11, 20, 10, 16, tzinfo=UTC))


def test_delete_and_prune_take_the_large_values_along(tmp_path: Path) -> None:
    big = events.ToolReturned("1", "f", Category.ALL_RIGHT, value="x" * 70_000)
    old, new = make(tmp_path, "old1", big), make(tmp_path, "new1", big)
    ago = time.time() - 40 * 86_400
    os.utime(old, (ago, ago))
    assert prune(tmp_path, 60) == ()
    assert prune(tmp_path, 30) == ("old1",)
    assert {p.name for p in tmp_path.iterdir()} == {"new1.jsonl", "new1.d"}
    assert delete(tmp_path, "new1") and not delete(tmp_path, "new1")
    assert list(tmp_path.iterdir()) == []
    assert new.exists() is False
    with pytest.raises(ValueError, match="not a session id"):
        delete(tmp_path, "../x")


def test_prune_leaves_a_session_that_is_open(tmp_path: Path) -> None:
    log = SessionLog(tmp_path, "open1")
    log.write(events.QuestionAsked("?"))
    os.utime(log.path, (0, 0))
    assert prune(tmp_path, 1) == ()
    log.close()
    assert prune(tmp_path, 1) == ("open1",)


def test_state_home_is_private_when_it_is_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = tmp_path / "empty"
    empty.mkdir(mode=0o755)
    for name in ("empty", "new/deep"):
        monkeypatch.setenv("TOOLCODER_HOME", str(tmp_path / name))
        assert stat.S_IMODE(state_home().stat().st_mode) == 0o700
    shared = tmp_path / "shared"
    shared.mkdir(mode=0o755)
    (shared / "theirs").touch()
    monkeypatch.setenv("TOOLCODER_HOME", str(shared))
    assert stat.S_IMODE(state_home().stat().st_mode) == 0o755
    monkeypatch.delenv("TOOLCODER_HOME")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("HOME", str(tmp_path))
    home = state_home()
    assert home.is_relative_to(tmp_path) and home.name == "toolcoder"
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_unknown_fields_and_kinds_of_later_writers_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    line = {"time": "2026-11-20T10:15:01Z", "kind": "later", "new": 1}
    path.write_bytes(HEADER + json.dumps(line).encode() + b"\n")
    (record,) = read_session(path).records
    assert (record.kind, record.fields) == ("later", {"new": 1})
