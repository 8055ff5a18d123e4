"""The demo API as a service: its documents against RestBench's, its errors, keys, logins, and its command."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from agent.demo_api.auth import Access
from agent.demo_api.server import PortTaken, listen, served
from agent.errors import ToolSourceError
from agent.tools.base import LoadedSource
from agent.tools.openapi import failures
from agent.tools.openapi.login import login
from agent.tools.openapi.operations import METHODS
from agent.tools.openapi.references import References
from agent.tools.openapi.source import load_openapi
from agent.tools.vault import Vault

Json = dict[str, Any]
ROOT = Path(__file__).parents[2]
_RESTBENCH = Path(os.environ.get("TOOLCODER_SHARED", ROOT.parent / "shared")) / "data/restbench"
needs_restbench = pytest.mark.skipif(not (_RESTBENCH / "tmdb_oas.json").is_file(), reason="RestBench is not here")
HALVES = [("tmdb", "3", 54), ("spotify", "v1", 40)]


@pytest.fixture(scope="module")
def plain() -> Iterator[httpx.Client]:
    with served() as url, httpx.Client(base_url=url, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def guarded() -> Iterator[tuple[str, Access]]:
    """With --auth; tokens that end after a minute."""
    access = Access(token_s=60.0)
    with served(access=access) as url:
        yield url, access


def operations(document: Json) -> dict[tuple[str, str], Json]:
    found = {}
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                shared = [p for p in item.get("parameters", []) if isinstance(p, dict)]
                found[method, path] = {**item[method], "parameters": shared + item[method].get("parameters", [])}
    return found


def fields(schema: Any, references: References, depth: int = 0) -> Any:
    """A schema's field names, nested: {"results": {"id": None}}; arrays are their items."""
    node = references.schema(schema)
    if depth > 7:
        return None
    found: Json = {}
    for key in ("allOf", "anyOf", "oneOf"):
        for part in node.get(key) or ():
            inner = fields(part, references, depth + 1)
            found |= inner if isinstance(inner, dict) else {}
    if isinstance(node.get("items"), dict):
        return fields(node["items"], references, depth + 1)
    properties = node.get("properties") or {}
    found |= {name: fields(each, references, depth + 1) for name, each in properties.items() if name}
    return found or None


def missing(theirs: Any, ours: Any, where: str = "") -> list[str]:
    """Paths of fields that RestBench's schema has and ours lacks."""
    if not isinstance(theirs, dict):
        return []
    if not isinstance(ours, dict):
        return [where]
    return [
        lost
        for name, inner in theirs.items()
        for lost in (missing(inner, ours[name], f"{where}.{name}") if name in ours else [f"{where}.{name}"])
    ]


def answer(operation: Json, references: References) -> Any:
    """The schema of the response that says that all went well."""
    for status, response in sorted(operation["responses"].items()):
        content = references.schema(response).get("content") or {}
        if status.startswith("2") and content:
            return next(iter(content.values())).get("schema")
    return None


NOTHING_THERE = ("audiobooks", "episodes", "shows")
"""Kinds that the catalogue has none of: our search returns empty pages for them."""


@needs_restbench
@pytest.mark.parametrize(("half", "prefix", "n"), HALVES)
def test_every_operation_of_restbench_is_there(plain: httpx.Client, half: str, prefix: str, n: int) -> None:
    """Path, method, parameters with their place and need, body, and every field of the answer."""
    theirs = json.loads((_RESTBENCH / f"{half}_oas.json").read_text())
    ours = plain.get(f"/{prefix}/openapi.json").json()
    theirs_at, ours_at = References(theirs), References(ours)
    wanted, there = operations(theirs), operations(ours)
    assert len(wanted) == n and set(wanted) == set(there)
    for key, operation in wanted.items():
        own = {(p["name"], p["in"]): p for p in map(ours_at.schema, there[key]["parameters"])}
        for given in map(theirs_at.schema, operation["parameters"]):
            name = (given["name"], given["in"])
            assert name in own, f"{key}: {name}"
            needed = str(given.get("required", False)).lower() == "true"
            # Ids may come in the body instead, as the real service allows; seeds may be of any one kind.
            if name[0] not in {"ids", "seed_artists", "seed_genres", "seed_tracks"}:
                assert bool(own[name].get("required")) == needed, f"{key}: {name}"
        if body := operation.get("requestBody"):
            schema = next(iter(body["content"].values()))["schema"]
            mine = next(iter(there[key]["requestBody"]["content"].values()))["schema"]
            assert missing(fields(schema, theirs_at), fields(mine, ours_at)) == [], key
        lost = missing(fields(answer(operation, theirs_at), theirs_at), fields(answer(there[key], ours_at), ours_at))
        lost = [path for path in lost if not any(f".{kind}" in path for kind in NOTHING_THERE)]
        lost = [path for path in lost if not _of_an_episode(path)]
        assert lost == [], key


def _of_an_episode(path: str) -> bool:
    """What is played or listed may be an episode of a show at Spotify; here it never is."""
    if not {"track", "item", "currently_playing", "queue"} & set(path.split(".")):
        return False
    names = {
        "audio_preview_url", "description", "html_description", "images", "is_externally_hosted", "language",
        "languages", "release_date", "release_date_precision", "resume_point", "show",
    }  # fmt: skip
    return path.rpartition(".")[2] in names or ".show." in path or ".resume_point." in path


@needs_restbench
@pytest.mark.parametrize(("half", "prefix"), [("tmdb", "3"), ("spotify", "v1")])
def test_answers_fit_the_schemas_of_restbench(plain: httpx.Client, half: str, prefix: str) -> None:
    """What really comes back, by RestBench's own schemas: types of the fields that both have."""
    theirs = json.loads((_RESTBENCH / f"{half}_oas.json").read_text())
    references = References(theirs)
    film = plain.get("/3/search/movie", params={"query": "Titanic"}).json()["results"][0]["id"]
    series = plain.get("/3/search/tv", params={"query": "Friends"}).json()["results"][0]
    track = plain.get("/v1/me/player/currently-playing").json()["item"]
    details = plain.get(f"/3/tv/{series['id']}").json()
    credit = plain.get(f"/3/movie/{film}/credits").json()["crew"][0]
    ids = {
        "movie_id": film, "tv_id": series["id"], "season_number": 1, "episode_number": 1, "person_id": credit["id"],
        "credit_id": credit["credit_id"], "company_id": details["production_companies"][0]["id"],
        "network_id": details["networks"][0]["id"], "media_type": "all", "time_window": "week", "type": "artists",
        "collection_id": plain.get("/3/search/collection", params={"query": "Hobbit"}).json()["results"][0]["id"],
        "review_id": plain.get(f"/3/movie/{film}/reviews").json()["results"][0]["id"],
        "playlist_id": plain.get("/v1/me/playlists").json()["items"][0]["id"],
    }  # fmt: skip
    queries = {
        "/search": {"q": "love", "type": "track,artist,album,playlist"},
        "/me/following": {"type": "artist"},
        "/recommendations": {"seed_tracks": track["id"]},
    }
    n = 0
    for (method, path), operation in operations(theirs).items():
        if method != "get":
            continue
        own = {"id": track["album"]["id"] if "albums" in path else track["id"]}
        own = {"id": track["artists"][0]["id"]} if "artists" in path else own
        query = queries.get(path) or ({"query": "love"} if path.startswith("/search") else {})
        response = plain.get(f"/{prefix}{path.format(**ids, **own)}", params=query)
        assert response.status_code == 200, f"{path}: {response.text[:200]}"
        assert mismatches(answer(operation, references), response.json(), references) == [], path
        n += 1
    assert n == {"tmdb": 54, "spotify": 23}[half]


_KINDS: dict[str, Any] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
}


def mismatches(schema: Any, value: Any, references: References, where: str = "", depth: int = 0) -> list[str]:
    """Places where a value has another type than the schema says. Null is taken for any type: services do that."""
    node = references.schema(schema)
    kind = _KINDS.get(str(node.get("type")))
    if value is None or depth > 9 or "oneOf" in node or "anyOf" in node:
        return []
    # TMDB's example of a popularity or rating was a whole number in some documents.
    if kind is int and isinstance(value, float) and where.rpartition(".")[2] in {"popularity", "vote_average"}:
        return []
    if kind is not None and not isinstance(value, kind):
        return [f"{where}: {type(value).__name__}"]
    found = []
    for part in node.get("allOf") or ():
        found += mismatches(part, value, references, where, depth + 1)
    if isinstance(value, dict):
        for name, each in (node.get("properties") or {}).items():
            if name in value:
                found += mismatches(each, value[name], references, f"{where}.{name}", depth + 1)
    if isinstance(value, list) and "items" in node:
        for each in value[:2]:
            found += mismatches(node["items"], each, references, f"{where}[]", depth + 1)
    return found


@pytest.mark.parametrize(
    ("method", "path", "status", "body"),
    [
        (
            "GET",
            "/3/movie/1",
            404,
            {"status_code": 34, "status_message": "The resource you requested could not be found."},
        ),
        ("GET", "/3/nonsense", 404, {"status_code": 34}),
        ("GET", "/3/movie/titanic", 422, {"status_code": 5}),
        ("GET", "/3/search/movie", 422, {"status_code": 5}),
        ("GET", "/3/movie/popular?page=0", 422, {"status_code": 22}),
        ("GET", "/3/discover/movie?sort_by=beauty", 422, {"status_code": 5}),
        ("GET", "/3/discover/movie?with_genres=drama", 422, {"status_code": 5}),
        ("GET", "/3/review/none", 404, {"status_code": 34}),
        ("GET", "/3/credit/none", 404, {"status_code": 34}),
        ("POST", "/3/movie/1", 405, {}),
        ("GET", "/v1/albums/none", 404, {"error": {"status": 404, "message": "Non existing id: 'none'"}}),
        ("GET", "/v1/search?q=x&type=stone", 400, {}),
        ("GET", "/v1/me/tracks?limit=51", 400, {}),
        ("PUT", "/v1/me/tracks", 400, {"error": {"status": 400, "message": "Missing required field: ids"}}),
        ("POST", "/v1/users/other/playlists", 400, {}),
        ("GET", "/v1/recommendations", 400, {}),
        ("PUT", "/v1/me/player/pause?device_id=x", 404, {"error": {"status": 404, "message": "Device not found"}}),
        ("GET", "/oauth/authorize?redirect_uri=x&client_id=x&code_challenge=x", 404, {}),
    ],
)
def test_errors_are_those_of_the_services(plain: httpx.Client, method: str, path: str, status: int, body: Json) -> None:
    response = plain.request(method, path)
    assert response.status_code == status
    told = response.json()
    assert told | body == told
    if path.startswith("/v1"):
        assert told["error"]["status"] == status and told["error"]["message"]


def test_discover_filters_and_sorts(plain: httpx.Client) -> None:
    genres = {g["name"]: g["id"] for g in plain.get("/3/genre/movie/list").json()["genres"]}
    query = {
        "with_genres": f"{genres['Drama']},{genres['War']}", "without_genres": str(genres["Action"]),
        "primary_release_date.gte": "1990-01-01", "sort_by": "release_date.asc", "with_runtime.gte": "100",
    }  # fmt: skip
    found = plain.get("/3/discover/movie", params=query).json()["results"]
    dates = [film["release_date"] for film in found]
    assert found and dates == sorted(dates) and dates[0] >= "1990"
    for film in found:
        assert {genres["Drama"], genres["War"]} <= set(film["genre_ids"]) and genres["Action"] not in film["genre_ids"]
    pages = [plain.get("/3/movie/popular", params={"page": n}).json() for n in (1, 2)]
    assert pages[0]["total_results"] > 500 and len(pages[0]["results"]) == 20
    assert not {f["id"] for f in pages[0]["results"]} & {f["id"] for f in pages[1]["results"]}
    appended = plain.get(f"/3/movie/{found[0]['id']}", params={"append_to_response": "credits"}).json()
    assert appended["title"] == found[0]["title"] and appended["credits"]["crew"][0]["job"] == "Director"


def test_the_rate_limit_and_failures_on_demand(plain: httpx.Client) -> None:
    with served(n_per_10_s=2) as url, httpx.Client(base_url=url) as client:
        answers = [client.get("/v1/me") for _ in range(3)]
    assert [a.status_code for a in answers] == [200, 200, 429]
    assert 1 <= int(answers[2].headers["retry-after"]) <= 10
    assert plain.get("/3/movie/popular", headers={"x-demo-status": "429"}).json()["status_code"] == 25
    assert plain.get("/v1/me", headers={"x-demo-status": "503"}).status_code == 503


class Store:
    """Keys in memory."""

    def __init__(self, **keys: str) -> None:
        self.keys = keys
        self.vault = Vault(get_key=self.keys.get, put_key=self.keys.__setitem__)


async def loaded_from(source: str, vault: Vault | None = None) -> LoadedSource:
    return await asyncio.to_thread(load_openapi, source, vault)


async def call(loaded: LoadedSource, name: str, **args: Any) -> Any:
    tool = next(tool for tool in loaded.tools if tool.spec.name == name)
    return (await tool.call(args)).value


async def test_keys_open_it(guarded: tuple[str, Access]) -> None:
    url, access = guarded
    store = Store(films=access.api_key, music=f"{access.client_id}:{access.client_secret}", wrong="wrong")
    for half, name, args, kind in [
        ("3", "search_movie", {"query": "Titanic"}, "Invalid API key"),
        ("v1", "get_profile", {}, "No token provided"),
    ]:
        none = await loaded_from(f"openapi:{url}/{half}/openapi.json")
        with pytest.raises(failures.NotAuthorized, match=kind):
            await call(none, name, **args)
        await none.close()
    films = await loaded_from(f"openapi:{url}/3/openapi.json?key=films", store.vault)
    assert (await call(films, "search_movie", query="Titanic"))["results"]
    music = await loaded_from(f"openapi:{url}/v1/openapi.json?key=music", store.vault)
    assert (await call(music, "get_profile"))["id"]
    access.tokens.clear()  # the service forgot them: a new one is fetched, once for all calls that wait
    await asyncio.gather(*(call(music, "get_profile") for _ in range(8)))
    assert len(access.tokens) == 1
    assert set(access.tokens) <= set(store.vault.known_values())
    ready = await loaded_from(f"openapi:{url}/v1/openapi.json?token=ready", Store(ready=access.grant()).vault)
    assert (await call(ready, "get_profile"))["id"]
    wrong = await loaded_from(f"openapi:{url}/v1/openapi.json?key=music", Store(music="x:wrong").vault)
    with pytest.raises(failures.CredentialProblem, match="status 401"):
        await call(wrong, "get_profile")
    for each in (films, music, ready, wrong):
        await each.close()


async def test_a_person_logs_in_with_a_browser(guarded: tuple[str, Access]) -> None:
    """Authorization code with PKCE; the browser is a plain client that follows the redirect."""
    url, access = guarded
    source = f"openapi:{url}/v1/openapi.json?key=music"
    store = Store(music=access.client_id)  # a public client: it has no secret
    with pytest.raises(ToolSourceError, match="nobody has logged in") as told:
        await loaded_from(source, store.vault)
    assert "toolcoder keys login" in told.value.hint
    asked: asyncio.Queue[str] = asyncio.Queue()
    waiting = asyncio.create_task(login(source, store.vault, asked.put_nowait, wait_s=30))
    address = await asked.get()
    assert "code_challenge_method=S256" in address
    async with httpx.AsyncClient(follow_redirects=True) as browser:
        port = httpx.URL(httpx.URL(address).params["redirect_uri"]).port
        guess = await browser.get(f"http://127.0.0.1:{port}/callback?code=stolen&state=guessed")
        assert guess.status_code == 404
        page = await browser.get(address)
    assert "You are logged in" in page.text
    assert await waiting == "music-login"
    first = store.keys["music-login"]
    music = await loaded_from(source, store.vault)
    assert (await call(music, "get_profile"))["id"]
    assert store.keys["music-login"] not in ("", first)  # the service gave a new refresh token; it was kept
    await music.close()
    waiting = asyncio.create_task(login(source, store.vault, asked.put_nowait, wait_s=0.2))
    with pytest.raises(ToolSourceError, match="nobody logged in within"):
        await waiting


async def test_secrets_go_to_no_authorization_server_that_nobody_named(tmp_path: Path) -> None:
    flow = {"tokenUrl": "https://evil.example/token", "authorizationUrl": "https://evil.example/a", "scopes": {}}
    scheme = {"type": "oauth2", "flows": {"clientCredentials": {k: v for k, v in flow.items() if k[0] != "a"}}}
    file = tmp_path / "api.json"
    document = {
        "openapi": "3.0.0", "info": {"title": "t", "version": "1"}, "paths": {"/x": {"get": {"operationId": "f"}}},
        "components": {"securitySchemes": {"o": scheme}}, "security": [{"o": []}],
    }  # fmt: skip
    file.write_text(json.dumps(document))
    source = f"openapi:{file}?server=https://api.example&key=music"
    with pytest.raises(ToolSourceError, match=r"evil\.example, which you did not name") as told:
        await loaded_from(source, Store(music="id:secret").vault)
    assert "&auth=https://evil.example" in told.value.hint
    assert (await loaded_from(f"{source}&auth=https://evil.example", Store(music="id:secret").vault)).tools


def test_the_command_says_where_it_is_and_ends_with_ctrl_c() -> None:
    command = [sys.executable, "-m", "tui.main", "demo-api", "--port", "0", "--auth", "--json"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        told = json.loads(process.stdout.readline())
        response = httpx.get(f"{told['url']}/3/movie/popular", params={"api_key": told["api_key"]})
        assert response.status_code == 200 and told["spotify"].startswith("openapi:http://127.0.0.1:")
        assert httpx.get(f"{told['url']}/3/movie/popular").status_code == 401
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        assert (process.returncode, out, err) == (130, "", "")
    finally:
        process.kill()
        process.communicate()


def test_a_port_that_is_taken_is_told() -> None:
    with listen(0) as taken, pytest.raises(PortTaken, match="cannot be used") as told:
        listen(taken.getsockname()[1])
    assert "--port" in told.value.hint
