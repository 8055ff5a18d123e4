"""The prompt: lines, history, completions, chips, questions that wait, steering; nothing typed is lost."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path

import pytest
from textual import events

from agent.events import Answered, StageStarted
from tests.chat_driver import chat, send, texts, until
from tests.scripted_session import ScriptedSession
from tui.attachments import put
from tui.chat.app import ChatApp
from tui.chat.attaching import Attaching
from tui.chat.commands import Command, split_command
from tui.chat.messages import Opened
from tui.chat.prompt.completion import AtHand, candidates
from tui.chat.prompt.drafts import Draft, Drafts
from tui.chat.prompt.history import History
from tui.chat.prompt.pasted import Pasted
from tui.mentions import Shown
from tui.session_request import SessionRequest

OK = [Answered("answered", "fine")]


async def test_enter_sends_and_other_keys_make_lines() -> None:
    session = ScriptedSession(OK, OK)
    async with chat(session) as (app, pilot):
        await pilot.press("a", "ctrl+j", "b", "shift+enter", "c", "\\", "enter", "d", "enter")
        await until(pilot, lambda: session.questions)
        assert session.questions == ["a\nb\nc\nd"] and app.prompt.text == ""


async def test_keys_work_in_the_order_in_which_they_were_pressed() -> None:
    async with chat(ScriptedSession()) as (app, pilot):
        for key in ("a", "b", "ctrl+u", "c", "d", "home", "e", "end", "f", "left", "g", "ctrl+w", "h"):
            app.post_message(events.Key(key, key if len(key) == 1 else None))
        await until(pilot, lambda: app.prompt.text == "hf")


async def test_what_is_typed_behind_an_enter_is_the_next_question() -> None:
    session = ScriptedSession(OK, OK, OK)
    async with chat(session) as (app, pilot):
        for key in ["a", "enter", "b", "enter", "slash", "q", "enter"]:
            app.post_message(events.Key(key, {"enter": None, "slash": "/"}.get(key, key)))
        await until(pilot, lambda: app.return_value is not None)
        assert app.prompt.text == "", "the command was completed, and run"
    assert session.questions in (["a"], ["a", "b"]), "it left while the first was asked, or after it"


async def test_up_and_down_at_the_edges_walk_the_history_and_come_back_to_the_draft() -> None:
    async with chat(ScriptedSession(OK, OK)) as (app, pilot):
        for question in ("first", "second\nwith two lines"):
            await send(pilot, question)
            await until(pilot, lambda: not app.transcript.is_busy)
        app.prompt.text = "a draft"
        await pilot.press("up")
        assert app.prompt.text == "second\nwith two lines"
        await pilot.press("up")
        assert app.prompt.text == "first"
        await pilot.press("up", "down", "down", "down", "down")
        assert app.prompt.text == "a draft"


async def test_ctrl_r_finds_an_earlier_question_and_esc_leaves_the_search() -> None:
    async with chat(ScriptedSession(OK, OK)) as (app, pilot):
        for question in ("How many films?", "which songs"):
            await send(pilot, question)
            await until(pilot, lambda: not app.transcript.is_busy)
        await pilot.press("ctrl+r", "f", "I", "l")
        await pilot.press("enter")
        assert app.prompt.text == "How many films?"
        app.prompt.text = "kept"
        await pilot.press("ctrl+r", "escape", "!")
        assert app.prompt.text == "kept!" and not app.transcript.is_busy


async def test_a_slash_command_is_completed_and_run() -> None:
    async with chat(ScriptedSession(OK, [StageStarted("plan"), 30.0])) as (app, pilot):
        await send(pilot, "first")
        await until(pilot, lambda: not app.transcript.is_busy)
        await pilot.press("/", "e", "d", "i", "tab")
        assert app.prompt.text == "/edit"
        await pilot.press("enter")
        await until(pilot, lambda: app.prompt.text == "first")
        await send(pilot, "/nonsense")
        await until(pilot, lambda: app.prompt.text == "")
        assert len(app.transcript.last.record.events) >= 1


async def test_large_pastes_become_chips_and_their_text_goes_to_the_question() -> None:
    session = ScriptedSession(OK, OK, OK)
    pasted = "\n".join(f"line {n}" for n in range(312)) + "\x1b[31m\x1b]52;c;AA\x07"
    async with chat(session) as (app, pilot):
        await pilot.press("a", "space")
        app.screen.focused.post_message(events.Paste(pasted))
        await until(pilot, lambda: app.prompt.text == "a [pasted 1: 312 lines]")
        app.screen.focused.post_message(events.Paste(" short\x1b[2J"))
        await until(pilot, lambda: app.prompt.text.endswith(" short"))
        await pilot.press("enter")
        await until(pilot, lambda: session.questions)
        question = session.questions[0]
        assert question.startswith("a [pasted 1: 312 lines] short\n\n[pasted 1: 312 lines]\nline 0\n")
        assert question.endswith("line 311\n[end of pasted 1]") and "\x1b" not in question
        await until(pilot, lambda: not app.transcript.is_busy)
        await pilot.press("up")
        assert app.prompt.text == "a [pasted 1: 312 lines] short", "in this chat the chip stands for it again"
        await pilot.press("enter")
        await until(pilot, lambda: len(session.questions) == 2 and not app.transcript.is_busy)
        await send(pilot, "/again")
        await until(pilot, lambda: len(session.questions) == 3)
        assert session.questions == [question] * 3, "and it is there once"


async def test_one_backspace_removes_a_chip() -> None:
    async with chat(ScriptedSession()) as (app, pilot):
        app.screen.focused.post_message(events.Paste("x" * 5000))
        await until(pilot, lambda: app.prompt.text == "[pasted 1: 5,000 characters]")
        await pilot.press("backspace")
        assert app.prompt.text == ""


async def test_a_question_that_is_too_long_stays_in_the_prompt() -> None:
    session = ScriptedSession(OK)
    async with chat(session) as (app, pilot):
        app.screen.focused.post_message(events.Paste("x" * 40_000))
        await until(pilot, lambda: app.prompt.text)
        await pilot.press("enter")
        await pilot.pause(0.05)
        assert app.prompt.text == "[pasted 1: 40,000 characters]" and session.questions == []


async def test_questions_wait_are_taken_back_and_held_after_a_stop() -> None:
    session = ScriptedSession([StageStarted("plan"), 30.0], OK, OK)
    async with chat(session) as (app, pilot):
        await send(pilot, "one")
        await until(pilot, lambda: "plan" in texts(pilot))
        for question in ("two", "three", "four"):
            await send(pilot, question)
        await pilot.press("up")
        assert app.prompt.text == "four" and app.prompt.waiting.questions == ["two", "three"]
        app.prompt.text = ""
        await send(pilot, "/drop 1")
        await until(pilot, lambda: app.prompt.waiting.questions == ["three"])
        await send(pilot, "/drop all")
        await until(pilot, lambda: not app.prompt.waiting.questions)
        await send(pilot, "three")
        await pilot.press("escape")
        await until(pilot, lambda: not app.transcript.is_busy)
        await pilot.pause(0.05)
        assert session.questions == ["one"] and "Enter sends the first" in texts(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: session.questions == ["one", "three"])


async def test_steering_stops_the_turn_and_asks_again_with_the_addition() -> None:
    session = ScriptedSession([StageStarted("plan"), 30.0], OK, OK)
    async with chat(session) as (_, pilot):
        await send(pilot, "How many films?")
        await until(pilot, lambda: "plan" in texts(pilot))
        await send(pilot, "then this")
        await send(pilot, "> only after 2010")
        await until(pilot, lambda: len(session.questions) == 3)
        assert session.n_interrupts == 1
        assert session.questions[1:] == ["How many films?\nonly after 2010", "then this"]


async def test_an_earlier_question_is_edited_or_asked_again_from_its_card() -> None:
    session = ScriptedSession(OK, OK)
    async with chat(session) as (app, pilot):
        await send(pilot, "How many?")
        await until(pilot, lambda: not app.transcript.is_busy)
        app.query_one(".question").focus()
        await pilot.press("r")
        await until(pilot, lambda: session.questions == ["How many?"] * 2)
        await until(pilot, lambda: not app.transcript.is_busy)
        app.prompt.text = "typed meanwhile"
        app.query(".question").first().focus()
        await pilot.press("e")
        await until(pilot, lambda: app.prompt.text == "How many?")
        await pilot.press("up")
        assert app.prompt.text == "typed meanwhile"


async def test_what_is_typed_comes_back_in_the_next_chat(tmp_path: Path) -> None:
    is_over = threading.Event()
    async with chat(ScriptedSession([StageStarted("plan"), is_over, *OK]), home=tmp_path) as (app, pilot):
        await until(pilot, (tmp_path / "drafts").is_dir)
        await send(pilot, "running")
        await until(pilot, lambda: "plan" in texts(pilot))
        await send(pilot, "waits")
        app.prompt.text = "not yet sent"
        kept = tmp_path / "drafts"
        await until(pilot, lambda: any("not yet" in path.read_text() for path in kept.glob("*.json")), timeout_s=60)
        is_over.set()
        await until(pilot, lambda: len(app.transcript.last.record.events) > 2 or app.transcript.n_turns > 1)
        app.prompt.waiting.take()
        app.prompt.waiting.add("waits")
    async with chat(ScriptedSession(OK), home=tmp_path) as (app, pilot):
        await until(pilot, lambda: app.prompt.text == "not yet sent")
        assert app.prompt.waiting.questions == ["waits"] and app.prompt.waiting.is_held
        assert "running" in app.prompt.history.entries


async def test_without_a_log_no_history_is_written(tmp_path: Path) -> None:
    async with chat(ScriptedSession(OK), home=tmp_path, request=SessionRequest(log=False)) as (app, pilot):
        await send(pilot, "secret")
        await until(pilot, lambda: not app.transcript.is_busy)
        assert app.prompt.history.entries == ["secret"]
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and "secret" in path.read_text()]


def test_history_is_private_survives_torn_lines_and_keeps_each_text_once(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    one = History(path)
    for text in ("a", "b", "a", "a", "lines\nof it \udce4"):
        one.add(text)
    assert path.stat().st_mode & 0o777 == 0o600
    with path.open("ab") as file:
        file.write(b'{"time": 1, "te')
    other = History(path)
    other.load()
    assert other.entries[:2] == ["a", "b"] and len(other.entries) == 3
    assert other.search("A", 5) == ["a"]


def test_drafts_of_dead_chats_are_taken_over_once_and_those_of_living_ones_not(tmp_path: Path) -> None:
    alive, dead = Drafts(tmp_path), Drafts(tmp_path)
    assert alive.open() == [] and dead.open() == []
    alive.save(Draft("mine"))
    dead.save(Draft("left", {"[pasted 1: 99 lines]": "x"}, ("q",)))
    os.close(dead._lock or -1)  # the process died: the system gives its lock back
    assert Drafts(tmp_path).open() == [Draft("left", {"[pasted 1: 99 lines]": "x"}, ("q",))]
    assert Drafts(tmp_path).open() == []
    alive.save(Draft())
    alive.close()
    assert not list(tmp_path.glob("*.json"))


@pytest.mark.parametrize(
    ("before", "shown"),
    [
        ("/st", ["/stop"]),
        ("/pick ", ["red", "rose"]),
        ("/pick ro", ["rose"]),
        ("see @da", ["@data/"]),
        ("see @data/", ["@data/a.csv ", '@"data/with space.csv" ']),
        ('see @"data/w', ['@"data/with space.csv" ']),
        ("see @data/../", []),
        ("see @/etc/pas", []),
        ("see @lin", []),
        ("see @.h", ["@.hidden "]),
        ("mail me@da", []),
        ("use sea", ["search_films"]),
    ],
)
def test_completions(tmp_path: Path, before: str, shown: list[str]) -> None:
    folder = tmp_path / "work"
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "a.csv").write_text("x")
    (folder / "data" / "with space.csv").write_text("x")
    (folder / ".hidden").write_text("x")
    (folder / "link").symlink_to("/etc")
    commands = [Command("stop", "", lambda *_: None), Command("pick", "", lambda *_: None, "COLOUR")]
    at_hand = AtHand(lambda: commands, lambda command: ["red", "rose"], ["search_films"], ["count_films"], folder)
    assert [one.text for one in candidates(before, at_hand, is_asked=True)] == shown


async def test_a_file_is_there_before_its_question(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, data in (("a.bin", b"\x00"), ("b.bin", b"\x01"), ("c.txt", b"three")):
        (tmp_path / name).write_bytes(data)
    there = tmp_path / "attached"
    sessions: list[ScriptedSession] = []
    requests: list[SessionRequest] = []

    def open_session(request: SessionRequest) -> Opened:
        requests.append(request)
        sessions.append(ScriptedSession(OK, OK, OK))
        put(request.attached, there)
        shown = Shown(attached=there if request.attached else None)
        return Opened(
            sessions[-1], "scripted", "20261120-101500-k3f9", files=Attaching(shown, request, "s1", open_session)
        )

    app = ChatApp(open_session)
    async with app.run_test() as pilot:
        for n, question in enumerate(("hello", "how long is @c.txt", "and @a.bin", "and @b.bin or @gone.bin"), start=1):
            await send(pilot, question)
            await until(pilot, lambda: sum(len(s.questions) for s in sessions) == n and not app.transcript.is_busy)  # noqa: B023
        await until(pilot, lambda: "@gone.bin is no file" in texts(pilot) and "find it at /work/b.bin" in texts(pilot))
    assert [len(s.questions) for s in sessions] == [2, 2], "closed and taken up again once, for the first file"
    assert [r.resume for r in requests] == [None, "s1"] and sessions[0].closed
    assert "three" in sessions[0].questions[1] and "/work/a.bin" in sessions[1].questions[0]
    assert (there / "b.bin").read_bytes() == b"\x01"
    assert await asyncio.to_thread(app.bridge.close, 10)


def test_without_a_work_folder_files_are_found_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here" / "data").mkdir(parents=True)
    (tmp_path / "up.csv").write_text("x")
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("HOME", str(tmp_path))
    offered = [
        [one.text for one in candidates(f"see @{typed}", AtHand(), is_asked=True)] for typed in ("d", "../u", "~/u")
    ]
    assert offered == [["@data/"], ["@../up.csv "], ["@~/up.csv "]]


def test_a_path_is_a_question_and_no_command() -> None:
    assert split_command("/model gpt") == ("model", "gpt")
    assert split_command("/etc/hosts has what?") is None
    assert split_command("how /stop") is None


def test_chips_are_only_for_large_texts() -> None:
    pasted = Pasted()
    assert pasted.chip("short\ntext") is None
    assert pasted.chip("x\n" * 30) == "[pasted 1: 30 lines]"
    assert pasted.whole("[pasted 9: 2 lines]") == "[pasted 9: 2 lines]"
