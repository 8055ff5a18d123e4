"""Failures that no program mends, each for real: a service on loopback that refuses, limits, hangs up or is not there;
a process of tools without its key; a kernel without network, package or memory. What ends soon, what the model hears,
what the person is told, and what was changed by then."""

from __future__ import annotations

import asyncio
import json
import re
import socket
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from agent.events import Answered, Event, RepairStarted, StageEnded, ToolChange, ToolReturned
from agent.loop.packages import PackageOptions
from agent.models.base import Message
from agent.models.scripted import ScriptedModel
from agent.tools.host import HostRules
from agent.tools.policy import Policy
from agent.tools.sources import load_tools
from tests.integration.hostile_server import Hostile, Seen, hostile
from tests.unit.loop_script import events_of, fenced, of, session
from tests.unit.test_loop_packages import Source

pytestmark = [pytest.mark.docker, pytest.mark.timeout(240)]

TOOLS = '''
import os
import urllib.request


def forecast(city: str) -> float:
    """The forecast of a city."""
    return float(os.environ["FORECAST_API_KEY"])


def fetched() -> str:
    """What a page says that wants a key."""
    return urllib.request.urlopen("SERVER/locked").read().decode()
'''
OFFLINE = 'import urllib.request\nurllib.request.urlopen("http://example.com")'
ADD_TWO = '[add_item(body={"name": name}) for name in ("a", "b")]'

PROGRAMS: dict[str, tuple[str, ...]] = {
    "locked": ("locked()",),
    "forbidden": ("forbidden()", "forbidden() or 1"),
    "limited": ("limited()",),
    "away": ("away()",),
    "python key": ("forecast('Rome')",),
    "python http": ("fetched()",),
    "denied": ("erase()", "erase() or 1"),
    "offline": (OFFLINE, 'import socket\nsocket.create_connection(("192.0.2.1", 80))'),
    "offline mended": (OFFLINE, "'there is no tool for web pages'"),
    "online module": ("import requests", "import requests as r"),
    "package": ("import cv2", "import cv2 as c"),
    "memory": ("bytearray(10**15)", "len(bytearray(10**6))"),
    "read-only": ("open('/usr/x', 'w')", "1"),
    "passed over": ("try:\n    x = locked()\nexcept Exception:\n    x = 0\nx",),
    "changed": ("add_item(body={'name': 'a'})\n[][1]", ADD_TWO),
    "cut off": ("hang_up(body={'name': 'a'})",),
}
"""A question's program and its corrections."""


def scripted() -> ScriptedModel:
    n_reviews: dict[str, int] = {}

    def answer(messages: Sequence[Message]) -> str:
        text = messages[-1].content
        stage = str(re.findall(r"STAGE: (.+)", text)[-1])
        question = str(re.findall(r"Question: (.+)", text)[-1])
        match stage:
            case "route":
                return "CODE"
            case "answer":
                return "Done."
            case "implementation":
                return fenced(PROGRAMS[question][0])
            case "code review":
                n_reviews[question] = n_reviews.get(question, 0) + 1
                return fenced(PROGRAMS[question][min(n_reviews[question], len(PROGRAMS[question]) - 1)])
        return fenced('def f() -> str:\n    """Do."""\n    # Step 1. do it\n    ...\n\nf()')

    return ScriptedModel(answer)


def document() -> dict[str, Any]:
    body = {"content": {"application/json": {"schema": {"type": "object"}}}, "required": True}
    done = {"responses": {"200": {"description": "done"}}}
    gets = {f"/{name}": {"get": {"operationId": name, **done}} for name in ("locked", "forbidden", "limited")}
    posts = {
        f"/{name}": {"post": {"operationId": name, "requestBody": body, **done}} for name in ("add_item", "hang_up")
    }
    erase = {"/erase": {"get": {"operationId": "erase", **done}}}
    return {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {**gets, **posts, **erase}}


@dataclass
class Ran:
    """All questions of one session."""

    answered: dict[str, Answered] = field(default_factory=dict)
    events: dict[str, list[Event]] = field(default_factory=dict)
    n_posted: int = 0

    def reviews(self, question: str) -> list[str]:
        return [e.prompt[-1][1] for e in of(StageEnded, self.events[question]) if e.stage == "review"]


async def sources(folder: Path, server: Hostile, deaf_port: int) -> list[str]:
    async def cut(_: Seen, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server.on("/locked", "401 Unauthorized", '{"message": "who are you?"}')
    server.on("/forbidden", "403 Forbidden")
    server.on("/limited", "429 Too Many Requests", retry_after="120")
    server.on("/add_item", "201 Created", '{"id": 1}')
    server.answers["/hang_up"] = cut
    (folder / "api.json").write_text(json.dumps(document()))
    away = {"/away": {"get": {"operationId": "away", "responses": {"200": {"description": "done"}}}}}
    (folder / "away.json").write_text(json.dumps({**document(), "paths": away}))
    (folder / "mine.py").write_text(TOOLS.replace("SERVER", server.url))
    return [
        f"openapi:{folder}/api.json?server={server.url}",
        f"openapi:{folder}/away.json?server=http://127.0.0.1:{deaf_port}",
        f"{folder}/mine.py",
    ]


async def all_questions(folder: Path) -> Ran:
    ran = Ran()
    async with hostile() as server, AsyncExitStack() as stack:
        deaf = stack.enter_context(socket.socket())
        deaf.bind(("127.0.0.1", 0))  # nobody listens, and nobody else gets the port
        loaded = await asyncio.to_thread(load_tools, await sources(folder, server, deaf.getsockname()[1]))
        options: dict[str, Any] = {
            "tools": loaded.tools,
            "close_tools": loaded.close,
            "kernel_kind": "docker",
            "approve": "yes",
            "rules": HostRules(policy=Policy({"erase": "deny"})),
            "packages": PackageOptions(Source(), "toolcoder-kernel", "no"),
        }
        async with session(scripted(), **options) as talk:
            for question in PROGRAMS:
                ran.answered[question], ran.events[question] = await events_of(talk, question)
        ran.n_posted = sum(seen.target == "/add_item" for seen in server.seen)
    return ran


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("FORECAST_API_KEY", raising=False)
        return asyncio.run(all_questions(tmp_path_factory.mktemp("sources")))


@pytest.mark.parametrize(
    ("question", "n_repairs", "status", "fault", "error", "hint"),
    [
        ("locked", 0, "failed", "environment", "locked() failed: NotAuthorized: 401", "keys set NAME"),
        ("forbidden", 1, "failed", "environment", "after one repair: NotAuthorized: 403", "not allowed"),
        ("limited", 0, "failed", "environment", "TooManyRequests: 429", "ask again in 120 s"),
        ("away", 0, "failed", "environment", "away() failed: ApiUnreachable", "cannot be reached"),
        ("python key", 0, "failed", "environment", "'FORECAST_API_KEY'", "set the variable FORECAST_API_KEY"),
        ("python http", 0, "failed", "environment", "fetched() failed: HTTPError", "mine.py"),
        ("denied", 1, "refused", "none", "the settings deny erase()", "your rules deny erase()"),
        ("offline", 1, "failed", "agent", "after one repair: ", "`--tools` takes"),
        ("online module", 1, "failed", "agent", "No module named 'requests'", "`--tools` takes"),
        ("package", 1, "refused", "none", "No module named 'cv2'", "packages add opencv-python-headless"),
        ("cut off", 0, "failed", "environment", "hang_up() failed", "look whether it happened"),
    ],
)
def test_what_only_a_person_can_mend_ends_soon_and_says_how(
    question: str, n_repairs: int, status: str, fault: str, error: str, hint: str, ran: Ran
) -> None:
    answered = ran.answered[question]
    assert (answered.status, answered.fault, answered.repairs) == (status, fault, n_repairs), answered
    assert error in str(answered.error) and hint in answered.hint, answered
    assert len(of(RepairStarted, ran.events[question])) == n_repairs


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("offline mended", "The kernel has no network"),
        ("memory", "Use far less memory"),
        ("read-only", "Files can be written under /tmp"),
    ],
)
def test_what_the_model_can_mend_it_is_told_how(question: str, words: str, ran: Ran) -> None:
    answered = ran.answered[question]
    assert answered.status == "answered" and answered.repairs == 1, answered
    assert words in ran.reviews(question)[0]


@pytest.mark.parametrize(
    ("question", "words"),
    [("forbidden", "forbids this call"), ("denied", "settings deny erase()"), ("package", "numpy")],
)
def test_the_one_correction_is_told_why(question: str, words: str, ran: Ran) -> None:
    assert words in ran.reviews(question)[0]


def test_a_key_that_is_refused_is_not_tried_again(ran: Ran) -> None:
    for question in ("locked", "python http"):
        assert len(of(ToolReturned, ran.events[question])) == 1


def test_a_failure_that_the_program_passed_over_stands_below_the_answer(ran: Ran) -> None:
    answered = ran.answered["passed over"]
    assert answered.status == "answered"
    assert "Done.\n\nA call failed: locked: 401 Unauthorized" in answered.answer and "keys set NAME" in answered.answer


def test_what_was_changed_is_told_from_the_record(ran: Ran) -> None:
    """The failed attempt added `a`; its correction adds `a` and `b`: two calls were made, and two are told."""
    answered = ran.answered["changed"]
    made = tuple(ToolChange("add_item", {"body": {"name": name}}) for name in "ab")
    assert (answered.status, answered.changed, ran.n_posted) == ("answered", made, 2)
    assert answered.answer.endswith("Changed: add_item(body={'name': 'a'}); add_item(body={'name': 'b'})")
    asked = next(e.prompt[-1][1] for e in of(StageEnded, ran.events["changed"]) if e.stage == "answer")
    assert "What was really changed" in asked and "add_item(body={'name': 'b'})" in asked


def test_a_change_that_nobody_knows_of_is_called_so(ran: Ran) -> None:
    assert ran.answered["cut off"].changed == (ToolChange("hang_up", {"body": {"name": "a"}}, is_certain=False),)
    assert all(not a.changed for question, a in ran.answered.items() if question not in ("changed", "cut off"))
