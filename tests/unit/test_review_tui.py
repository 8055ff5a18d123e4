"""What a front end owes the person when something around the answer goes wrong."""

from __future__ import annotations

import asyncio
import json
import termios
import time
from types import SimpleNamespace, TracebackType

import pytest

from agent.events import ApprovalAsked, ApprovalReply, FunctionReused, PersonAsked
from agent.file_events import DecisionAsked
from tests.scripted_session import ScriptedSession, whole_turn
from tui.ask import AskOptions, ask
from tui.person import Person
from tui.plain import PlainStream, plain


class HardToClose(ScriptedSession):
    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        raise OSError(28, "No space left on device")


def test_a_session_that_cannot_be_closed_costs_nobody_the_answer(capsys: pytest.CaptureFixture[str]) -> None:
    assert ask("How many?", lambda: lambda: HardToClose(whole_turn("8")), AskOptions()) == 0
    seen = capsys.readouterr()
    assert seen.out == "8\n" and seen.err == "warning: No space left on device\n"


def test_a_function_reused_twice_is_listed_once(capsys: pytest.CaptureFixture[str]) -> None:
    turn = [FunctionReused("films_of", "e0"), *whole_turn("8")]
    assert ask("How many?", lambda: lambda: ScriptedSession(turn), AskOptions("json")) == 0
    assert json.loads(capsys.readouterr().out)["functions_reused"] == ["films_of"]


@pytest.mark.parametrize("introducer", ["\x90", "\x98", "\x9b", "\x9d", "\x9e", "\x9f", "\x1b]", "\x1b[", "\x1b"])
def test_cleaning_takes_no_longer_per_character_whatever_is_repeated(introducer: str) -> None:
    flood = (introducer + "a") * 200_000
    started = time.process_time()
    plain(flood)
    PlainStream().feed(flood)
    assert time.process_time() - started < 10


async def test_a_terminal_that_is_gone_leaves_no_call_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*args: object) -> None:
        raise termios.error(5, "Input/output error")

    monkeypatch.setattr("tui.person.termios.tcflush", gone)
    monkeypatch.setattr("tui.person.sys.stdin", SimpleNamespace(fileno=lambda: 0))
    said: list[str] = []
    person, loop = Person(said.append), asyncio.get_running_loop()
    approval = ApprovalAsked("c1", "create", {}, loop.create_future())
    question = PersonAsked("a1", "Which?", (), loop.create_future())
    person.ask(approval)
    person.ask(question)
    async with asyncio.timeout(5):
        assert await approval.answer == ApprovalReply(False) and await question.answer is None
    assert any("nobody can be asked" in text for text in said)


async def test_what_is_no_reply_is_asked_again_and_so_is_json_that_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    typed = iter(["hm\n", "e\n", '{"name": \n', '{"name": "B"}\n', "perhaps\n", "YES\n", '{"name": "B"}\n', None])

    async def read_line() -> str | None:
        return next(typed)

    monkeypatch.setattr("tui.person.termios.tcflush", lambda *args: None)
    monkeypatch.setattr("tui.person.sys.stdin", SimpleNamespace(fileno=lambda: 0))
    monkeypatch.setattr("tui.person._read_line", read_line)
    said: list[str] = []
    person, loop = Person(said.append), asyncio.get_running_loop()
    approval = ApprovalAsked("c1", "create", {"name": "A"}, loop.create_future())
    decisions = [DecisionAsked(f"d{n}", "code", "run it?", "1", loop.create_future()) for n in (1, 2)]
    async with asyncio.timeout(5):
        person.ask(approval)
        assert await approval.answer == ApprovalReply(True, "once", {"name": "B"})
        for decision in decisions:
            person.ask(decision)
        assert [await decision.answer for decision in decisions] == [True, False]
    told = "".join(said)
    assert told.count("allow it? [y/N]") == 2 and told.count("as JSON on one line") == 2 and "no JSON" in told
    assert told.count("run it? [y/N]") == 4
