"""`ask --file` against scripted sessions: lists, results that are there already, failures, Ctrl-C, exit status."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from agent.events import Answered
from sandbox.errors import EngineMissing
from tests.scripted_session import ScriptedSession, Step
from tui.ask_list import Listed, read_list
from tui.ask_many import ManyOptions, PrepareMany, ask_many
from tui.exit_codes import ExitCode, worst
from tui.failures import UsageProblem

Turns = Callable[[str], Sequence[Step | Exception]]


class Sessions:
    """Makes a session per question; what it says comes from the question."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self.asked: list[str] = []
        self.n_at_once = self.most_at_once = 0
        self.n_closed = 0

    def prepare(self) -> PrepareMany:
        async def make() -> ScriptedSession:
            return _Session(self)

        async def close() -> None:
            self.n_closed += 1

        return lambda: (make, close)

    def turn(self, question: str) -> list[Step | Exception]:
        self.asked.append(question)
        return list(self._turns(question))


class _Session(ScriptedSession):
    def __init__(self, owner: Sessions) -> None:
        super().__init__()
        self._owner = owner

    def ask(self, question: str) -> Any:
        self._turns = [self._owner.turn(question)]
        return super().ask(question)

    async def __aenter__(self) -> Any:
        self._owner.n_at_once += 1
        self._owner.most_at_once = max(self._owner.most_at_once, self._owner.n_at_once)
        return await super().__aenter__()

    async def __aexit__(self, *error: Any) -> None:
        self._owner.n_at_once -= 1
        await super().__aexit__(*error)


def good(question: str) -> list[Step | Exception]:
    return [0.02, Answered("answered", f"answer to {question}")]


def run(questions: Sequence[str], turns: Turns = good, **options: Any) -> tuple[int, Sessions]:
    sessions = Sessions(turns)
    listed = [Listed(f"q{i}", question) for i, question in enumerate(questions, 1)]
    return ask_many(listed, sessions.prepare(), ManyOptions(**options)), sessions


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_results_are_json_lines_with_the_keys_of_the_contract(capsys: pytest.CaptureFixture[str]) -> None:
    code, sessions = run(["a", "b", "c"], n_jobs=2)
    seen = capsys.readouterr()
    found = [json.loads(line) for line in seen.out.splitlines()]
    assert code == 0 and sessions.most_at_once == 2 and sessions.n_closed == 1
    assert sorted((r["id"], r["question"], r["answer"]) for r in found) == [
        (f"q{i}", q, f"answer to {q}") for i, q in enumerate("abc", 1)
    ]
    assert {"status", "error", "session", "tool_calls", "repairs", "usage", "timings"} <= found[0].keys()
    assert "[3/3] answered after" in seen.err and "3 questions: 3 answered" in seen.err


def test_answered_ones_are_skipped_and_the_others_asked_again(tmp_path: Path) -> None:
    output = tmp_path / "out.jsonl"
    code, _ = run(
        "abc", lambda q: [Answered("failed", error="no", fault="agent")] if q == "b" else good(q), output=output
    )
    assert code == 1 and [r["status"] for r in rows(output)] == ["answered", "failed", "answered"]
    with output.open("a") as file:
        file.write('{"id": "q9", "question": "of another list", "status": "failed"}\n{"id": "q7", "quest')
    code, sessions = run("abXd", output=output)  # the third question reads differently now
    assert code == 0 and sessions.asked == ["b", "X", "d"]
    assert [(r["id"], r["question"]) for r in rows(output)] == [
        ("q1", "a"), ("q3", "c"), ("q9", "of another list"), ("q2", "b"), ("q3", "X"), ("q4", "d"),
    ]  # fmt: skip
    code, sessions = run("abXd", output=output)
    assert code == 0 and sessions.asked == [] and sessions.n_closed == 0


def test_the_summary_is_one_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("ab", output=tmp_path / "out", as_json=True, quiet=True)
    seen = capsys.readouterr()
    summary = json.loads(seen.out)
    assert (summary["n_questions"], summary["answered"], summary["left"], seen.err) == (2, 2, 0, "")
    with pytest.raises(UsageProblem, match="needs --output"):
        run("ab", as_json=True)


def test_the_exit_status_is_that_of_the_worst() -> None:
    def turns(question: str) -> list[Step | Exception]:
        return {
            "fails": [Answered("failed", error="no", fault="agent")],
            "budget": [Answered("budget", error="used up")],
            "refused": [Answered("refused", error="a person")],
            "crashes": [RuntimeError("ours")],
            "engine": [EngineMissing("No engine answers.")],
        }.get(question, good(question))

    assert run(["a", "refused"], turns)[0] == 4
    assert run(["refused", "budget", "a"], turns)[0] == 5
    assert run(["crashes", "budget", "refused"], turns)[0] == 1
    assert run(["fails", "engine", "a"], turns)[0] == 3
    assert worst() is ExitCode.DONE and worst(*ExitCode) is ExitCode.INTERRUPTED


def test_an_environment_that_is_not_ready_stops_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    code, sessions = run([str(i) for i in range(20)], lambda _: [EngineMissing("No engine answers.")])
    assert code == 3 and len(sessions.asked) == 3 and sessions.n_closed == 1
    assert "3 questions in a row could not be asked: No engine answers." in capsys.readouterr().err


def test_ctrl_c_keeps_what_is_done_and_the_next_run_goes_on(tmp_path: Path) -> None:
    output = tmp_path / "out.jsonl"

    def turns(question: str) -> list[Step | Exception]:
        if question == "c":
            asyncio.get_running_loop().call_later(0.05, os.kill, os.getpid(), signal.SIGINT)
            return [30.0, *good(question)]
        return good(question)

    code, sessions = run("abcde", turns, output=output, n_jobs=1)
    assert code == 130 and sessions.asked == ["a", "b", "c"] and sessions.n_closed == 1
    assert [r["question"] for r in rows(output)] == ["a", "b"]
    code, sessions = run("abcde", output=output)
    assert code == 0 and sessions.asked == ["c", "d", "e"]


def test_two_runs_cannot_write_to_one_file(tmp_path: Path) -> None:
    output = tmp_path / "out.jsonl"

    def turns(question: str) -> list[Step | Exception]:
        with pytest.raises(UsageProblem, match="another run writes to it"):
            ask_many([Listed("x", "y")], Sessions(good).prepare(), ManyOptions(output))
        return good(question)

    assert run("a", turns, output=output)[0] == 0


def test_a_file_that_is_something_else_is_left_alone(tmp_path: Path) -> None:
    output = tmp_path / "notes.txt"
    for text in ("my notes\n", "my notes"):
        output.write_text(text)
        with pytest.raises(UsageProblem, match="no result of a list"):
            run("a", output=output)
        assert output.read_text() == text


def test_a_full_disk_stops_before_more_is_spent() -> None:
    sessions = Sessions(good)
    with pytest.raises(OSError, match="No space left"):
        ask_many([Listed("1", "a"), Listed("2", "b")], sessions.prepare(), ManyOptions(Path("/dev/full")))
    assert sessions.asked == ["a"] and sessions.n_closed == 1


def test_lists_are_lines_or_json_lines(tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_text(
        '\ufeffHow many?\n\nHow many?\n  {"id": 7, "question": " Which? ", "gold": [1]}\n{"question": "x"}\n'
    )
    first, again, with_id, without = read_list(path)
    assert (first.question, again.question, again.id) == ("How many?", "How many?", f"{first.id}-2")
    assert with_id == Listed("7", "Which?", {"gold": [1]}) and without.id == without.sha256
    assert [item.file_name for item in (Listed("../a/b", "q"), Listed("..", "q"))] == ["_a_b", Listed("", "q").sha256]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\n\n", "has no question"),
        (b'ok\n{"question": 3}\n', "line 2 has no question"),
        (b'{"question": "a"\n', "line 1 begins like JSON"),
        (b'{"id": "a", "question": "1"}\n{"id": "a", "question": "2"}\n', "several questions have the id 'a'"),
        (b'{"id": [1], "question": "1"}\n', "its id is neither"),
        (b'{"question": "1", "status": "x"}\n', "status would be overwritten"),
        (b"caf\xe9\n", "is not UTF-8 text"),
        (b"x" * 40_000, "more than 32,000 bytes"),
    ],
)
def test_a_mistake_in_the_list_is_told_before_anything_is_asked(content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_bytes(content)
    with pytest.raises(UsageProblem, match=said):
        read_list(path)
