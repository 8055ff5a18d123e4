"""Writing and reading back a session's log."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agent import events
from agent.calls.categories import Category
from agent.errors import SessionLogError
from agent.log.blobs import blob_folder
from agent.log.cells import CAP_CHARS
from agent.log.reader import LoggedSession, read_session
from agent.log.writer import SessionLog

ID = "20261120-101500-k3f9"


def logged(folder: Path, *items: events.Event) -> LoggedSession:
    with SessionLog(folder, ID, version="9.9") as log:
        for item in items:
            log.write(item)
    return read_session(folder / f"{ID}.jsonl")


def test_events_come_back_by_kind_with_their_fields(tmp_path: Path) -> None:
    usage = events.TokenUsage(10, 5, None, True)
    session = logged(
        tmp_path,
        events.SessionStarted(ID, "9.9", "m", "chosen", "full", "docker", ({"name": "f"},)),
        events.QuestionAsked("Wie viele\nFilme? \u2028 \ud800 ☃"),
        events.StageEnded("plan", (("user", "hi"),), "text", usage=usage, seconds=0.5),
        events.ToolCalled("1", "f", {"a": [1, None, 2.5, float("inf"), {"b": (1, 2)}]}, cell=1),
        events.ToolReturned("1", "f", Category.PARAMETER_MISSING, message="missing 'a'"),
        events.Answered("answered", "7", usage=usage),
    )
    assert (session.header.schema, session.header.toolcoder, session.id) == (1, "9.9", ID)
    assert [r.kind for r in session.records] == [
        "session",
        "question",
        "stage_end",
        "tool_call",
        "tool_return",
        "answer",
    ]
    _, question, stage, call, returned, answer = session.records
    assert question.fields == {"question": "Wie viele\nFilme? \u2028 \ud800 ☃", "turn": 1}
    assert stage.fields["prompt"] == [["user", "hi"]]
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "cost": None, "estimated": True, "cached_tokens": 0}
    assert stage.fields["usage"] == usage
    assert call.fields["args"] == {"a": [1, None, 2.5, "inf", {"b": [1, 2]}]}
    assert returned.fields["category"] == "Parameter Missing"
    assert answer.fields["answer"] == "7"
    assert session.bad_lines == () and not session.torn
    times = [r.time for r in session.records]
    assert times == sorted(times) and times[0].utcoffset() is not None


async def test_futures_and_deltas_stay_out(tmp_path: Path) -> None:
    future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
    session = logged(
        tmp_path,
        events.ModelDelta("plan", "token"),
        events.ApprovalAsked("1", "add_to_playlist", {"title": "Heat"}, future),
    )
    (record,) = session.records
    assert record.fields["args"] == {"title": "Heat"} and record.fields["tool"] == "add_to_playlist"
    assert "answer" not in record.fields


def test_cell_text_is_one_record_per_stream_before_the_cell_ends(tmp_path: Path) -> None:
    pieces = [events.CellText(1, "stdout", f"{i}\n") for i in range(500)]
    session = logged(
        tmp_path,
        events.CellStarted(1, "f()"),
        *pieces,
        events.CellText(1, "stderr", "warned"),
        events.CellEnded(1, "ok", 0.1),
    )
    assert [r.kind for r in session.records] == ["cell_start", "cell_output", "cell_output", "cell_end"]
    out, err = session.records[1:3]
    whole = "".join(f"{i}\n" for i in range(500))
    assert out.fields == {"cell": 1, "stream": "stdout", "text": whole, "cut_chars": 0, "cut_bytes": 0}
    assert err.fields["text"] == "warned"


def test_long_cell_output_is_cut_and_says_by_how_much(tmp_path: Path) -> None:
    n_chars = CAP_CHARS * 3
    session = logged(
        tmp_path,
        *[events.CellText(2, "stdout", "x" * 1000) for _ in range(n_chars // 1000)],
        events.CellEnded(2, "ok", 1),
    )
    fields = session.resolved(session.records[0]).fields
    assert len(fields["text"]) == CAP_CHARS
    assert len(fields["text"]) + fields["cut_chars"] == n_chars // 1000 * 1000


def test_the_cut_never_leaves_half_a_secret(tmp_path: Path) -> None:
    secret = "Qz7-very-secret-value"
    for shift in (0, 5, 4096, 4096 + 7):
        log = SessionLog(tmp_path, f"s{shift}", secrets=lambda: [secret], version="1")
        with log:
            for piece in ("x" * (CAP_CHARS + shift - 10), secret, "y" * 10_000):
                log.write(events.CellText(1, "stdout", piece))
            log.write(events.CellEnded(1, "ok", 1))
        session = read_session(log.path)
        text = session.resolved(session.records[0]).fields["text"]
        assert "Qz7" not in text


def test_large_values_lie_beside_the_log_by_hash(tmp_path: Path) -> None:
    rows = [{"title": f"Film {i}", "plot": "é" * 100} for i in range(2000)]
    prompt = (("user", "tell me " * 20_000),)
    session = logged(
        tmp_path,
        events.ToolReturned("1", "f", Category.ALL_RIGHT, value=rows),
        events.ToolReturned("2", "f", Category.ALL_RIGHT, value=rows),
        events.StageEnded("plan", prompt),
        events.ToolReturned("3", "f", Category.ALL_RIGHT, value=[1]),
    )
    first, second, stage, small = session.records
    assert first.fields["value"] is None and first.fields["value_ref"] == first.refs["value"] == second.refs["value"]
    assert session.resolved(first).fields["value"] == rows
    assert session.resolved(stage).fields["prompt"] == [list(pair) for pair in prompt]
    assert small.fields["value"] == [1] and small.fields["value_ref"] is None
    assert session.path.stat().st_size < 4000
    kept = sorted(blob_folder(session.path).iterdir())
    assert len(kept) == 2 and all(stat.S_IMODE(f.stat().st_mode) == 0o600 for f in kept)
    kept[0].write_text("[]")
    kept[1].write_text("[]")
    with pytest.raises(SessionLogError, match="damaged"):
        session.resolved(first)


def test_folders_and_files_are_private(tmp_path: Path) -> None:
    loose = tmp_path / "home" / "sessions"
    loose.mkdir(parents=True, mode=0o755)
    session = logged(
        loose, events.QuestionAsked("?"), events.ToolReturned("1", "f", Category.OTHERS, value="x" * 70_000)
    )
    assert stat.S_IMODE(loose.stat().st_mode) == 0o700
    assert stat.S_IMODE(blob_folder(session.path).stat().st_mode) == 0o700
    assert stat.S_IMODE(session.path.stat().st_mode) == 0o600


def test_nothing_is_made_before_the_first_event(tmp_path: Path) -> None:
    SessionLog(tmp_path / "sessions", ID).close()
    assert list(tmp_path.iterdir()) == []


def test_turn_ends_are_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    n_syncs = 0
    real = os.fsync

    def counting(handle: int) -> None:
        nonlocal n_syncs
        n_syncs += 1
        real(handle)

    monkeypatch.setattr(os, "fsync", counting)
    log = SessionLog(tmp_path, ID)
    log.write(events.QuestionAsked("?"))
    log.write(events.CellStarted(1, "x"))
    assert n_syncs == 0
    log.write(events.Answered("answered", "7"))
    log.write(events.FeedbackGiven(1, "up"))
    log.write(events.ErrorSeen("here", "what"))
    assert n_syncs == 3
    log.close()


def test_an_existing_log_is_continued_and_a_torn_line_is_ended(tmp_path: Path) -> None:
    session = logged(tmp_path, events.QuestionAsked("first"))
    with session.path.open("ab") as file:
        file.write(b'{"time":"2026-11-20T10:15:00Z","kind":"answ')
    torn = read_session(session.path)
    assert torn.torn and torn.bad_lines == () and len(torn.records) == 1
    again = logged(tmp_path, events.QuestionAsked("second", 2))
    assert [r.fields["question"] for r in again.records] == ["first", "second"]
    assert [number for number, _ in again.bad_lines] == [3] and not again.torn


def test_two_writers_of_one_session_are_refused(tmp_path: Path) -> None:
    first, second = SessionLog(tmp_path, ID), SessionLog(tmp_path, ID)
    first.write(events.QuestionAsked("?"))
    with pytest.raises(SessionLogError, match="open in another"):
        second.write(events.QuestionAsked("!"))
    first.close()
    second.close()
    assert len(read_session(first.path).records) == 1


@contextmanager
def file_size_limit(n_bytes: int) -> Iterator[None]:
    """A disk that ends in the middle of a line: beyond the limit a write is short, then fails with EFBIG."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_a_full_disk_is_reported_once_and_the_file_stays_whole(tmp_path: Path) -> None:
    log = SessionLog(tmp_path, ID, version="1")
    with file_size_limit(1500):
        written: list[int] = []

        def write_on() -> None:
            for i in range(50):
                log.write(events.QuestionAsked(f"question number {i}" * 5, i))
                written.append(i)

        with pytest.raises(SessionLogError) as caught:
            write_on()
        assert "--no-log" in caught.value.hint
        assert log.failure
        log.write(events.Answered("answered", "7"))  # silent from now on
        log.close()
    assert log.path.read_bytes().endswith(b"\n")
    session = read_session(log.path)
    assert len(session.records) == len(written) >= 5
    assert session.bad_lines == () and not session.torn


def test_dev_full_behaves_like_a_full_disk(tmp_path: Path) -> None:
    """ENOSPC as the kernel really gives it, from the first byte on."""
    (tmp_path / "x").mkdir()
    log = SessionLog(tmp_path / "x", ID)
    log._handle = os.open("/dev/full", os.O_WRONLY)
    with pytest.raises(SessionLogError, match=r"(?i)no space"):
        log.write(events.QuestionAsked("?"))


def test_a_folder_that_cannot_be_made_is_reported_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    log = SessionLog(tmp_path / "file" / "sessions", ID)
    with pytest.raises(SessionLogError, match="cannot be written"):
        log.write(events.QuestionAsked("?"))
    log.write(events.QuestionAsked("?"))
    log.close()


def test_a_failing_source_of_secrets_stops_the_log_rather_than_leaking(tmp_path: Path) -> None:
    def locked() -> list[str]:
        raise RuntimeError("keyring is locked")

    log = SessionLog(tmp_path, ID, secrets=locked)
    with pytest.raises(SessionLogError, match="keyring is locked"):
        log.write(events.QuestionAsked("my key is abc"))
    assert not log.path.exists() or b"abc" not in log.path.read_bytes()


def test_threads_do_not_tear_each_others_lines(tmp_path: Path) -> None:
    with SessionLog(tmp_path, ID) as log:

        def work(n: int) -> None:
            for i in range(50):
                log.write(events.CellStarted(n, "x" * (100 + i)))

        threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    session = read_session(log.path)
    assert len(session.records) == 200 and session.bad_lines == ()


def test_a_killed_writer_leaves_a_readable_log(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib\n"
        "from agent import events\nfrom agent.log.writer import SessionLog\n"
        f"log = SessionLog(pathlib.Path(sys.argv[1]), {ID!r})\n"
        "for i in range(10**9):\n"
        "    log.write(events.QuestionAsked('x' * 5000, i))\n"
        "    if i == 50: print('go', flush=True)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.kill()
    session = read_session(tmp_path / f"{ID}.jsonl")
    assert len(session.records) > 50 and session.bad_lines == ()


@pytest.mark.parametrize("bad", ["../up", "a/b", "", ".", "-x", "x" * 65])
def test_ids_are_no_paths(tmp_path: Path, bad: str) -> None:
    with pytest.raises(ValueError, match="not a session id"):
        SessionLog(tmp_path, bad)


def test_reading_and_writing_logs_needs_nothing_heavy() -> None:
    code = (
        "import sys, agent.log.reader, agent.log.writer, agent.log.retention\n"
        "heavy = {'torch','chromadb','openai','numpy','textual','docker','pydantic','agent.loop'} & set(sys.modules)\n"
        "print(sorted(heavy))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_lines_can_be_read_by_any_json_reader(tmp_path: Path) -> None:
    session = logged(tmp_path, events.QuestionAsked("?"), events.Answered("failed", error="x"))
    lines = [json.loads(line) for line in session.path.read_text().splitlines()]
    assert list(lines[0]) == ["schema", "toolcoder", "session", "created"]
    assert [list(line)[:2] for line in lines[1:]] == [["time", "kind"]] * 2
