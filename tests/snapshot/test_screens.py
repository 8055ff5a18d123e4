"""How every screen looks, in three sizes and two themes. The data is fixed; clocks are, or are not shown."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from textual.screen import Screen

from agent.events import Answered, ApprovalAsked, Event, QuestionAsked
from agent.functions.base import FunctionEntry
from agent.functions.embed import HashingEmbedder
from agent.functions.memory import MemoryRepository
from agent.log.writer import SessionLog
from agent.loop.budget import Budget
from agent.loop.desk import KernelView, ToolView
from agent.tools.sources import load_tools
from sandbox.doctor import Check
from sandbox.memory_use import MemoryUse
from sandbox.variables import Variable
from tests.chat_driver import chat, send, until
from tests.scripted_session import ScriptedSession, whole_turn
from tests.snapshot.snapshots import check
from tui.chat.accounts import Accounts
from tui.chat.inquiry import Approval
from tui.chat.screens.bill import BillPanel
from tui.chat.screens.functions import FunctionsPanel
from tui.chat.screens.guide import GuideScreen
from tui.chat.screens.kernel import KernelPanel
from tui.chat.screens.runs import RunsPanel
from tui.chat.screens.sessions import SessionsPanel
from tui.chat.screens.tool_form import ToolForm
from tui.chat.screens.tools import ToolsPanel

MOMENT = datetime(2026, 11, 20, 10, 15, tzinfo=UTC)
SOURCE = 'def count_films(name: str) -> int:\n    """How many films."""\n    return len(films_of(name))'


@pytest.fixture(autouse=True)
def _greenwich(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def sessions(tmp_path: Path) -> Screen[Any]:
    for number, question in ((1, "How many films did Sofia Coppola direct?"), (2, "映画は何本? كم فيلما"), (3, "Why?")):
        with SessionLog(tmp_path, f"2026112{number}-101500-k3f{number}", version="1.0", now=lambda: MOMENT) as log:
            log.write(QuestionAsked(question))
            for event in whole_turn() if number == 1 else [Answered("failed", error="no route")]:
                if isinstance(event, Event):
                    log.write(event)
    return SessionsPanel(tmp_path, "20261121-101500-k3f1")


def functions(_: Path) -> Screen[Any]:
    entry = FunctionEntry(
        "count_films", "count_films(name: str) -> int", "How many films.", SOURCE, "count the films of a director",
        tools=(("search_people", "x"),), verifying_call="count_films('Ada')", result_json="8", session="s",
        created="2026-11-20T10:15:00Z", n_uses=4, n_successes=3, n_failures=1, verified="2026-11-20T10:16:00Z",
    )  # fmt: skip
    repository = MemoryRepository(HashingEmbedder())
    repository.add(entry)
    repository.add(
        replace(
            entry, name="films_of", signature="films_of(name)", source="def films_of(name): ...", state="quarantined"
        )
    )
    return FunctionsPanel(lambda: nullcontext(repository))


async def _never(*_: object) -> Any:
    await asyncio.Event().wait()


def tools(_: Path) -> Screen[Any]:
    async def views() -> list[ToolView]:
        return [
            ToolView(t, "ask" if t.spec.effect == "write" else "allow", t.spec.name == "create_playlist")
            for t in load_tools().tools
        ]

    return ToolsPanel(views, _never, lambda *_: None, _never)


def form(_: Path) -> Screen[Any]:
    tool = next(t for t in load_tools().tools if t.spec.name == "add_to_playlist")
    return ToolForm(tool.spec, _never, lambda *_: None)


def kernel(_: Path) -> Screen[Any]:
    held = (
        Variable("result_2", "list", "8", "[{'title': 'Somewhere'}, ...]"),
        Variable("frame", "DataFrame", "8 x 3", "title, year, rating"),
        Variable("count_films", "function", "", "count_films(name: str) -> int: How many films."),
    )

    async def look() -> KernelView:
        return KernelView(
            "Docker container of toolcoder-kernel: no network", 2, held, MemoryUse(64 << 20, 96 << 20, 2 << 30)
        )

    return KernelPanel(look, _never)


def bill(_: Path) -> Screen[Any]:
    accounts = Accounts()
    for question in ("How many films did Sofia Coppola direct?", "And the latest of them?"):
        for event in [QuestionAsked(question), *whole_turn()]:
            if isinstance(event, Event):
                accounts.see(event)
    return BillPanel(accounts, lambda: Budget(max_tokens=50_000, max_cost=0.5))


def runs(tmp_path: Path) -> Screen[Any]:
    for name, state, step in (("sft-tiny", "done", 40), ("ppo-first", "failed", 7)):
        (folder := tmp_path / name).mkdir()
        (folder / "config.json").write_text(json.dumps({"kind": name[:3], "learning_rate": 2e-5, "model": "tiny"}))
        told = {"state": state, "step": step, "n_steps": 40, "pid": 0, "updated_s": 1.8e9 + step, "message": ""}
        (folder / "status.json").write_text(json.dumps(told))
        lines = [{"step": n, "time_s": n * 1.5, "loss": 2 / n, "tokens_per_s": 900.0} for n in range(1, step + 1)]
        (folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return RunsPanel(tmp_path)


def guide(_: Path) -> Screen[Any]:
    def checks() -> Iterator[Check]:
        yield Check("engine", True, "Docker 20.10 on Debian")
        yield Check("image", False, "toolcoder-kernel is not built", "Run `toolcoder sandbox build`.")
        yield Check("model", None, "Answers come from the small bundled model.", "Name another with --model.")

    return GuideScreen(checks)


@pytest.mark.parametrize(
    "make", [sessions, functions, tools, form, kernel, bill, runs, guide], ids=lambda make: make.__name__
)
async def test_panels(make: Callable[[Path], Screen[Any]], tmp_path: Path) -> None:
    async with chat(ScriptedSession()) as (app, pilot):
        await app.push_screen(make(tmp_path))
        await until(pilot, lambda: len(app.screen_stack) == 2 and app.screen.is_mounted)
        await pilot.pause(0.2)
        await check(pilot, make.__name__)


async def test_help() -> None:
    async with chat(ScriptedSession()) as (app, pilot):
        await app.action_command("help")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        await check(pilot, "help")


async def test_a_turn_and_an_approval() -> None:
    def asked() -> ApprovalAsked:
        future = asyncio.get_running_loop().create_future()
        args = {"name": "Rain", "tracks": [1, 2, 3], "note": "for a wet day \u202e"}
        return ApprovalAsked("a", "create_playlist", args, future, source="./mine.py")

    async with chat(ScriptedSession(whole_turn(), [asked])) as (app, pilot):
        await until(pilot, lambda: app.session)
        await send(pilot, "How many films did Sofia Coppola direct?")
        await until(pilot, lambda: not app.transcript.is_busy and app.transcript.n_turns)
        await check(pilot, "turn")
        await send(pilot, "Make a playlist")
        await until(pilot, lambda: app.query(Approval))
        await check(pilot, "approval")
