"""RestBench's development queries, answered for real: gold programs over the demo API, through our OpenAPI source.

Each program runs twice: over the demo API's own document, and over RestBench's document with `?server=` (where that is
on this machine). Its answer is compared with one that no tool gave, its calls with RestBench's gold path.
"""

from __future__ import annotations

import asyncio
import functools
import importlib.util
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from agent.demo_api.server import served
from agent.tools.checks import as_json, check_arguments
from agent.tools.openapi.source import OpenApiTool, load_openapi

_HERE = Path(__file__).parent
_DATA = _HERE.parent / "data" / "restbench_gold"
_RESTBENCH = Path(os.environ.get("TOOLCODER_SHARED", _HERE.parents[2] / "shared")) / "data/restbench"
needs_restbench = pytest.mark.skipif(not (_RESTBENCH / "tmdb_oas.json").is_file(), reason="RestBench is not here")
NUMBERS = {"tmdb": range(1, 51), "spotify": range(1, 30)}
PREFIX = {"tmdb": "3", "spotify": "v1"}

OF_NO_USE = {
    ("tmdb", 49): "the gold path searches a television show among films, where it is not",
}
"""Queries whose gold path no sequence of calls can follow to an answer."""
ONLY_HERE = {("spotify", 15): "RestBench's document has no parameter that names the device to play on"}
"""Queries that RestBench's document cannot express; ours, like the real service, can."""


@functools.cache
def module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"restbench_gold_{name}", _DATA / f"{name}.py")
    assert spec is not None and spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = found  # dataclasses look their module up
    spec.loader.exec_module(found)
    return found


class Calls:
    """Tools as plain functions, as a program in the sandbox has them; what was called is written down."""

    def __init__(self, loop: asyncio.AbstractEventLoop, named: dict[str, OpenApiTool]) -> None:
        self._loop = loop
        self._named = named
        self.made: list[str] = []

    def functions(self) -> dict[str, Callable[..., Any]]:
        return {name: self._function(tool) for name, tool in self._named.items()}

    def _function(self, tool: OpenApiTool) -> Callable[..., Any]:
        def call(**args: Any) -> Any:
            check_arguments(tool.spec, args)
            self.made.append(f"{tool.method} {tool.path}")
            outcome = self._loop.run_until_complete(tool.call(args))
            return as_json(tool.spec.name, outcome.value, 32 << 20)

        return call


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with served() as address:
        yield address


@pytest.fixture(scope="module")
def plain(url: str) -> Iterator[httpx.Client]:
    """Requests beside the tools; one client, since making one loads all certificates."""
    with httpx.Client(base_url=url) as client:
        yield client


@pytest.fixture(scope="module")
def before(plain: httpx.Client) -> Any:
    """The account as every reset leaves it."""
    plain.post("/reset").raise_for_status()
    return state(module("spotify_answers"), plain)


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    made = asyncio.new_event_loop()
    yield made
    made.close()


@pytest.fixture(scope="module")
def sources(url: str, loop: asyncio.AbstractEventLoop) -> Iterator[dict[tuple[str, str], dict[str, OpenApiTool]]]:
    """Tools by the demo API's names, of both documents."""
    found: dict[tuple[str, str], dict[str, OpenApiTool]] = {}
    closing = []
    for half, prefix in PREFIX.items():
        own = load_openapi(f"openapi:{url}/{prefix}/openapi.json")
        closing.append(own.close)
        tools = [tool for tool in own.tools if isinstance(tool, OpenApiTool)]
        found[half, "own"] = {tool.spec.name: tool for tool in tools}
        document = _RESTBENCH / f"{half}_oas.json"
        if document.is_file():
            theirs = load_openapi(f"openapi:{document}?server={url}/{prefix}")
            closing.append(theirs.close)
            by_path = {(t.method, t.path): t for t in theirs.tools if isinstance(t, OpenApiTool)}
            found[half, "restbench"] = {tool.spec.name: by_path[tool.method, tool.path] for tool in tools}
    yield found
    for close in closing:
        loop.run_until_complete(close())


def run(half: str, n: int, tools: dict[str, OpenApiTool], loop: asyncio.AbstractEventLoop) -> tuple[Any, list[str]]:
    calls = Calls(loop, tools)
    programs = module(f"{half}_programs")
    vars(programs).update(calls.functions())
    return getattr(programs, f"q{n}")(), calls.made


def documents(half: str, n: int) -> list[str]:
    there = (_RESTBENCH / f"{half}_oas.json").is_file()
    return ["own"] + (["restbench"] if there and (half, n) not in ONLY_HERE else [])


@pytest.mark.parametrize("n", NUMBERS["tmdb"])
def test_a_film_program_gives_the_reference_answer(
    n: int, sources: dict[tuple[str, str], dict[str, OpenApiTool]], loop: asyncio.AbstractEventLoop
) -> None:
    answers = module("tmdb_answers")
    for document in documents("tmdb", n):
        answer, made = run("tmdb", n, sources["tmdb", document], loop)
        if n in (7, 24):
            title = {7: "Breaking Bad", 24: "The Last of Us"}[n]
            related = answers.recommended(answers.series(title))
            assert related and set(answer[: len(related)]) == related and title not in answer
        else:
            assert answer == answers.ANSWERS[n](), document
        assert_path("tmdb", n, made)


@pytest.mark.parametrize("n", NUMBERS["spotify"])
def test_a_music_program_does_what_was_asked(
    n: int,
    plain: httpx.Client,
    before: Any,
    sources: dict[tuple[str, str], dict[str, OpenApiTool]],
    loop: asyncio.AbstractEventLoop,
) -> None:
    answers = module("spotify_answers")
    for document in documents("spotify", n):
        plain.post("/reset").raise_for_status()
        result, made = run("spotify", n, sources["spotify", document], loop)
        after = state(answers, plain)
        assert answers.CHECKS[n](result, before, after), document
        assert_path("spotify", n, made)


def test_a_reset_forgets_all_changes(plain: httpx.Client, before: Any) -> None:
    plain.put("/v1/me/player/volume", params={"volume_percent": 1}).raise_for_status()
    answers = module("spotify_answers")
    assert state(answers, plain) != before
    plain.post("/reset").raise_for_status()
    assert state(answers, plain) == before


def test_every_query_has_a_program_and_an_answer() -> None:
    for half, numbers in NUMBERS.items():
        programs, answers = module(f"{half}_programs"), module(f"{half}_answers")
        assert [name for name in vars(programs) if name[0] == "q" and name[1:].isdigit()] == [f"q{n}" for n in numbers]
        given = set(answers.ANSWERS) | {7, 24} if half == "tmdb" else set(answers.CHECKS)
        assert given == set(numbers)


@needs_restbench
def test_there_are_as_many_programs_as_queries() -> None:
    for half, numbers in NUMBERS.items():
        assert len(json.loads((_RESTBENCH / f"{half}_dev.json").read_text())) == len(numbers)


@needs_restbench
def test_the_gold_paths_of_no_use_really_are() -> None:
    """The reasons in the list hold: else a program could follow the path."""
    from agent.demo_api.titles import titles

    gold = json.loads((_RESTBENCH / "tmdb_dev.json").read_text())[48]["solution"]
    assert gold[0] == "GET /search/movie"
    assert not titles().source.search_films("We Married as Job")
    oas = json.loads((_RESTBENCH / "spotify_oas.json").read_text())
    assert "device_id" not in json.dumps(oas["paths"]["/me/player/play"])


def assert_path(half: str, n: int, made: list[str]) -> None:
    """RestBench's gold path is called in its order; other calls may stand between."""
    file = _RESTBENCH / f"{half}_dev.json"
    if not file.is_file() or (half, n) in OF_NO_USE:
        return
    gold = [mended(step) for step in json.loads(file.read_text())[n - 1]["solution"]]
    rest = iter(made)
    assert all(step in rest for step in gold), f"gold {gold}, called {made}"


def mended(step: str) -> str:
    """Stray blanks out; the one placeholder with another name than the document's put right."""
    return step.strip().replace("/person/{movie_id}/", "/person/{person_id}/")


def state(answers: ModuleType, client: httpx.Client) -> Any:
    """The account by plain requests."""

    def get(path: str) -> Any:
        return client.get(f"/v1{path}").raise_for_status().json()

    player = get("/me/player")
    return answers.State(
        tracks=[each["track"]["name"] for each in get("/me/tracks?limit=50")["items"]],
        albums=[each["album"]["name"] for each in get("/me/albums?limit=50")["items"]],
        following=[each["name"] for each in get("/me/following?type=artist&limit=50")["artists"]["items"]],
        playlists=[
            (
                p["id"],
                p["name"],
                p["public"],
                [e["track"]["name"] for e in get(f"/playlists/{p['id']}")["tracks"]["items"]],
            )
            for p in get("/me/playlists?limit=50")["items"]
        ],
        playing=player["item"]["name"],
        artist=player["item"]["artists"][0]["name"],
        album=player["item"]["album"]["name"],
        is_playing=player["is_playing"],
        volume=player["device"]["volume_percent"],
        repeat=player["repeat_state"],
        device=player["device"]["name"],
        queue=[track["name"] for track in get("/me/player/queue")["queue"]],
        favourite=get("/me/top/artists?limit=1")["items"][0]["name"],
    )
