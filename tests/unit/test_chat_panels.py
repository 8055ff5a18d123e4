"""The panels over the chat, driven by keys, with real sessions behind them."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import DataTable, Input

from agent.events import Answered, QuestionAsked
from agent.log.reader import list_sessions, read_session
from agent.log.writer import SessionLog
from tests.chat_driver import send, until
from tests.real_chat import real_chat, seen
from tests.unit.loop_script import QUESTION
from train.runs.reader import Metric
from tui.chat import guard
from tui.chat.app import ChatApp
from tui.chat.inquiry import Approval
from tui.chat.screens.help import HelpScreen
from tui.chat.screens.sessions import SessionsPanel
from tui.chat.screens.tool_form import ToolForm

HOSTILE = "a \x1b[2J[red]film[/red] \u202e"


@pytest.fixture(autouse=True)
def _shorter_calm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "CALM_S", 0.3)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TOOLCODER_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


async def ask(app: ChatApp, pilot: Pilot[int], question: str = QUESTION) -> None:
    n_before = len(app.accounts.turns)
    await send(pilot, question)
    await until(pilot, lambda: len(app.accounts.turns) > n_before and app.accounts.turns[-1].status == "answered", 60)


async def saw(pilot: Pilot[int], *texts: str) -> None:
    await until(pilot, lambda: all(text in seen(pilot) for text in texts))


async def test_sessions_are_searched_named_exported_deleted(home: Path) -> None:
    folder = home / "sessions"
    for name, question in (("20261101-100000-aaaa", HOSTILE), ("20261102-100000-bbbb", "the needle?")):
        with SessionLog(folder, name) as log:
            log.write(QuestionAsked(question))
            log.write(Answered("answered", "42 straws"))
    async with real_chat(home) as (app, pilot, _):
        await pilot.press("f2")
        await saw(pilot, "the needle?", "a [red]film[/red] <U+202E>", "42 straws")
        assert "\x1b" not in seen(pilot)
        table = app.screen.query_one(DataTable)
        await pilot.press("slash", *"needle")
        await until(pilot, lambda: table.row_count == 1)
        await pilot.press("escape")
        await until(pilot, lambda: table.row_count == 2)
        await pilot.press("slash", *"straws", "enter")
        await saw(pilot, "found in an answer", "2 sessions have 'straws'")
        await pilot.press("escape", "home", "r")
        await until(pilot, lambda: app.screen.query(Input))
        await pilot.press(*"mine", "enter")
        await saw(pilot, "mine", "renamed")
        assert list_sessions(folder)[0].name == "mine"
        await pilot.press("e", "enter")
        await until(pilot, lambda: app.screen.query(Input))
        await pilot.press("enter")
        await saw(pilot, "wrote")
        assert "the needle?" in (home / "20261102-100000-bbbb.txt").read_text()
        await pilot.press("d", "n")
        await pilot.pause()
        assert len(list_sessions(folder)) == 2
        await pilot.press("d", "y")
        await until(pilot, lambda: table.row_count == 1)
        assert [s.id for s in list_sessions(folder)] == ["20261101-100000-aaaa"]
        await pilot.press("f1")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        assert "SESSIONS" in seen(pilot) and "rename" in seen(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, SessionsPanel))
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)


async def test_a_session_is_resumed_with_its_turns_drawn_and_the_next_question_belongs_to_it(home: Path) -> None:
    async with real_chat(home) as (app, pilot, sessions):
        await ask(app, pilot)
        assert app.session is not None
        first = app.session.session_id
        await app.action_command("nolog")
        await until(pilot, lambda: app.session is not None and app.session.session_id == "")
        await pilot.press("f2")
        await until(pilot, lambda: isinstance(app.screen, SessionsPanel) and app.screen.items)
        await pilot.press("enter")
        await until(pilot, lambda: app.session is not None and app.session.session_id == first, 60)
        await until(pilot, lambda: "8 films" in seen(pilot))
        assert app.transcript.n_turns == 1 and sessions.requests[-1].resume == first
        assert app.prompt.history._path is None, "/nolog writes no history either"
        await ask(app, pilot, "And again?")
    questions = [
        r.fields["question"] for r in read_session(home / "sessions" / f"{first}.jsonl").records if r.kind == "question"
    ]
    assert questions == [QUESTION, "And again?"]


async def test_functions_are_shown_and_removed_and_the_kernel_is_looked_into(home: Path) -> None:
    async with real_chat(home) as (app, pilot, sessions):
        await ask(app, pilot)
        await pilot.press("f3")
        await saw(pilot, "count_films", "def films_of_director(name: str)", "proved by")
        await pilot.press("slash", *"count", "enter", "x", "y")
        await until(
            pilot, lambda: "count_films" in [e.name for e in sessions.repository.list() if e.state == "retired"]
        )
        await until(pilot, lambda: "removed count_films" in seen(pilot))
        await pilot.press("escape", "escape", "f5")
        await saw(pilot, "result_1", "films_of_director")
        assert "search_people" not in seen(pilot).split("films_of_director")[0], "tools are no variables"
        await pilot.press("R", "down", "enter")
        await until(pilot, lambda: app.screen.query_one(DataTable).row_count == 0 and "2. kernel" in seen(pilot), 60)


async def test_a_tool_is_tried_by_form_through_the_gate(home: Path) -> None:
    async with real_chat(home) as (app, pilot, _):
        await until(pilot, lambda: app.session is not None)
        await pilot.press("f4")
        await saw(pilot, "create_playlist", "write", "ask")
        await pilot.press("slash", *"create_playlist", "enter", "t")
        await until(pilot, lambda: isinstance(app.screen, ToolForm))
        await pilot.press("ctrl+s")
        await saw(pilot, "name is needed")
        await pilot.press(*"Rain", "enter")
        await until(pilot, lambda: app.screen.query(Approval))
        await asyncio.sleep(guard.CALM_S + 0.05)
        await pilot.press("a")
        await saw(pilot, "it returned:", '"name": "Rain"')
        await pilot.press("escape")
        await saw(pilot, "always")
        await pilot.press("w", "y")
        await saw(pilot, "create_playlist() asks again")
        assert "always" not in seen(pilot)


async def test_the_bill_adds_up_and_runs_are_followed_live(home: Path) -> None:
    run = home / "runs" / "tiny"
    run.mkdir(parents=True)
    (run / "config.json").write_text(json.dumps({"kind": "sft", "steps": 20}))

    def status(state: str, step: int) -> None:
        told = {"state": state, "step": step, "n_steps": 20, "pid": 1, "updated_s": 1.0}
        (run / "status.json").write_text(json.dumps(told))

    def log(*metrics: Metric) -> None:
        with (run / "metrics.jsonl").open("a") as file:
            for metric in metrics:
                file.write(json.dumps({"step": metric.step, "time_s": metric.time_s, "loss": metric.loss}) + "\n")

    status("running", 3)
    log(*(Metric(step, float(step), 2.0 / step) for step in (1, 2, 3)))
    async with real_chat(home, size=(130, 40)) as (app, pilot, _):
        await ask(app, pilot)
        await app.action_command("bill")
        await saw(pilot, QUESTION[:30], "implement", "together", "answered")
        await pilot.press("escape", "f8")
        await saw(pilot, "3/20", "0.6667", "running", "17 s left", "steps: 20")
        assert "⠒" in seen(pilot) or "⡇" in seen(pilot) or "⠑" in seen(pilot), "no curve"
        status("done", 20)
        log(Metric(20, 20.0, 0.1))
        await saw(pilot, "20/20", "0.1000", "done")


async def test_every_screen_fits_into_80_by_24_and_explains_itself(home: Path) -> None:
    async with real_chat(home, size=(80, 24)) as (app, pilot, _):
        await until(pilot, lambda: app.session is not None)
        for name in ("sessions", "functions", "tools", "kernel", "bill", "runs"):
            await app.action_command(name)
            await until(pilot, lambda: len(app.screen_stack) == 2 and app.screen.focused)
            assert all(w.region.right <= 80 and w.region.bottom <= 24 for w in app.screen.children if w.display)
            await pilot.press("question_mark")
            await until(pilot, lambda: isinstance(app.screen, HelpScreen))
            await pilot.press("escape")
            await until(pilot, lambda: not isinstance(app.screen, HelpScreen))
            await pilot.press("escape")
            await until(pilot, lambda: len(app.screen_stack) == 1)
