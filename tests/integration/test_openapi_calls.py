"""Calls over real sockets: what is sent, what comes back, and servers that mean no good."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from agent.calls.categories import Category
from agent.errors import ToolSourceError
from agent.tools.base import LoadedSource, Tool
from agent.tools.feedback import ArgumentsRefused, category_of_exception
from agent.tools.invoke import Invoker
from agent.tools.openapi import failures
from agent.tools.openapi.calling import CallLimits
from agent.tools.openapi.source import load_openapi
from agent.tools.policy import HostLimits, Policy
from agent.tools.vault import Vault
from tests.integration.hostile_server import Hostile, Seen, hostile

Json = dict[str, Any]
SECRET = "s3cret+canary/value="
LIMITS = CallLimits(connect_s=5.0, total_s=3.0, body_bytes=1 << 20)


@pytest.fixture
async def server() -> AsyncIterator[Hostile]:
    async with hostile() as made:
        yield made


def document(paths: Json, **more: Any) -> Json:
    return {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths, **more}


def parameter(name: str, location: str, schema: Json | None = None, **more: Any) -> Json:
    return {"name": name, "in": location, "required": location == "path", "schema": schema or {}, **more}


class Api:
    """A loaded document; attributes are its tools."""

    def __init__(self, loaded: LoadedSource) -> None:
        self.loaded = loaded
        self._tools: dict[str, Tool] = {tool.spec.name: tool for tool in loaded.tools}

    async def __call__(self, tool_: str, **args: Any) -> Any:
        return (await self._tools[tool_].call(args)).value


async def load(folder: Path, server: Hostile, raw: Json, options: str = "", vault: Vault | None = None) -> Api:
    file = folder / "api.json"
    file.write_text(json.dumps(raw))
    source = f"openapi:{file}?server={server.url}{options}"
    return Api(await asyncio.to_thread(lambda: load_openapi(source, vault, limits=LIMITS)))


async def sent(api: Api, server: Hostile, **args: Any) -> Seen:
    await api("f", **args)
    return server.seen[-1]


@pytest.mark.parametrize(
    ("style", "explode", "value", "target"),
    [
        ("form", True, ["a b", "c&d"], "?p=a%20b&p=c%26d"),
        ("form", False, ["a", "b,c"], "?p=a,b%2Cc"),
        ("spaceDelimited", False, ["a", "b"], "?p=a%20b"),
        ("pipeDelimited", False, ["a", "b"], "?p=a%7Cb"),
        ("deepObject", True, {"min": 1, "in": {"x": True}, "l": [1, 2]}, "?p[min]=1&p[in][x]=true&p[l]=1&p[l]=2"),
        ("form", True, {"x": 1, "y": None}, "?x=1"),
        ("form", False, {"x": 1, "y": 2.0}, "?p=x,1,y,2"),
        ("form", True, True, "?p=true"),
        ("form", True, "ü/?#", "?p=%C3%BC%2F%3F%23"),
        ("form", True, [], ""),
    ],
)
async def test_query_styles(
    tmp_path: Path, server: Hostile, style: str, explode: bool, value: Any, target: str
) -> None:
    server.on("/")
    operation = {"operationId": "f", "parameters": [parameter("p", "query", style=style, explode=explode)]}
    api = await load(tmp_path, server, document({"/x": {"get": operation}}))
    assert (await sent(api, server, p=value)).target == f"/x{target}"
    await api.loaded.close()


async def test_paths_headers_and_cookies(tmp_path: Path, server: Hostile) -> None:
    server.on("/")
    parameters = [
        parameter("id", "path"),
        parameter("m", "path", style="matrix", explode=True),
        parameter("l", "path", style="label"),
        parameter("X-Trace", "header"),
        parameter("session", "cookie"),
        parameter("j", "query", content={"application/json": {"schema": {}}}),
    ]
    del parameters[-1]["schema"]
    paths = {"/a/{id}/{m}/{l}": {"get": {"operationId": "f", "parameters": parameters}}}
    api = await load(tmp_path, server, document(paths))
    args = {"id": "a/../b?c", "m": ["x", "y"], "l": [1, 2], "X_Trace": ["p", "q"], "session": "s;d", "j": {"k": [1]}}
    seen = await sent(api, server, **args)
    assert seen.target == "/a/a%2F..%2Fb%3Fc/;m=x;m=y/.1,2?j=%7B%22k%22%3A%5B1%5D%7D"
    assert seen.headers["x-trace"] == "p,q" and seen.headers["cookie"] == "session=s%3Bd"
    for wrong in ({"id": ".."}, {"id": ""}, {"X_Trace": "a\r\nEvil: yes"}):
        with pytest.raises(ArgumentsRefused):
            await api("f", **{**args, **wrong})
    await api.loaded.close()


async def test_bodies(tmp_path: Path, server: Hostile) -> None:
    server.on("/")
    props = {"name": {"type": "string"}, "tags": {"type": "array", "items": {}}, "n": {"type": ["integer", "null"]}}
    form = {"type": "object", "properties": props}
    upload = {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}, **props}}

    def operation(name: str, media_type: str, schema: Json) -> Json:
        content = {media_type: {"schema": schema}}
        return {"post": {"operationId": name, "requestBody": {"required": True, "content": content}}}

    paths = {
        "/json": operation("as_json", "application/json", form),
        "/form": operation("as_form", "application/x-www-form-urlencoded", form),
        "/parts": operation("as_parts", "multipart/form-data", upload),
        "/text": operation("as_text", "text/csv", {"type": "string"}),
        "/bytes": operation("as_bytes", "application/octet-stream", {}),
    }
    api = await load(tmp_path, server, document(paths))
    await api("as_json", name="ü", n=None)
    assert json.loads(server.seen[-1].body) == {"name": "ü", "n": None}
    await api("as_form", name="a b", tags=["x", "y"])
    assert server.seen[-1].body == b"name=a+b&tags=x&tags=y"
    await api("as_parts", name="n", file={"base64": base64.b64encode(b"\x00\xff").decode(), "filename": "a.png"})
    body = server.seen[-1].body
    assert b'filename="a.png"' in body and b"image/png" in body and b"\x00\xff" in body
    assert server.seen[-1].headers["content-type"].startswith("multipart/form-data; boundary=")
    await api("as_text", body="a;b\n1;2")
    assert server.seen[-1].body == b"a;b\n1;2" and server.seen[-1].headers["content-type"] == "text/csv"
    await api("as_bytes", body={"base64": "AP8="})
    assert server.seen[-1].body == b"\x00\xff"
    with pytest.raises(ArgumentsRefused, match="base64"):
        await api("as_bytes", body={"base64": "no base64!"})
    await api.loaded.close()


@pytest.mark.parametrize(
    ("content_type", "body", "value"),
    [
        ("application/json", b'{"a": [1, null]}', {"a": [1, None]}),
        ("application/problem+json; charset=utf-8", b"[]", []),
        ("text/plain; charset=latin-1", "é".encode("latin-1"), "é"),
        ("text/html", b"<p>", "<p>"),
        ("application/x-ndjson", b'{"a":1}\n\n{"a":2}\n', [{"a": 1}, {"a": 2}]),
        ("text/event-stream", b'event: x\ndata: {"a":1}\n\ndata: plain\n\ndata: [DONE]\n\n', [{"a": 1}, "plain"]),
        ("image/png", b"\x89PNG", {"content_type": "image/png", "n_bytes": 4, "base64": "iVBORw=="}),
        ("application/json", b"", None),
        ("text/plain; charset=nonsense", b"x", "x"),
    ],
)
async def test_results(tmp_path: Path, server: Hostile, content_type: str, body: bytes, value: Any) -> None:
    server.on("/", body=body, content_type=content_type)
    api = await load(tmp_path, server, document({"/x": {"get": {"operationId": "f"}}}))
    assert await api("f") == value
    await api.loaded.close()


async def test_servers_that_mean_no_good(tmp_path: Path, server: Hostile) -> None:
    """Each answer, the exception, its category, and a word of what the program is told."""

    async def endless(_: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"data: 1\n\n" * 5000)
            await writer.drain()

    async def slow(_: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.5)

    async def hangs(_: Seen, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    async def cuts(_: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf")
        await writer.drain()
        writer.close()

    async def babbles(_: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")
        await writer.drain()
        writer.close()

    bomb = b"\x1f\x8b" + b"\x00" * 40
    server.answers |= {"/endless": endless, "/slow": slow, "/hangs": hangs, "/cuts": cuts, "/babbles": babbles}
    server.on("/huge", body=b'"' + b"x" * (2 << 20) + b'"')
    server.on("/lies", body="<html>")
    server.on("/gzip", body=bomb, content_encoding="gzip")
    server.on("/away", "302 Found", location="http://127.0.0.2:1/x")
    server.on("/circle", "302 Found", location="/circle")
    server.on("/nowhere", "302 Found", location="http://x:port/")
    cases = {
        "endless": (failures.ResponseRefused, "no end"),
        "huge": (failures.ResponseRefused, "larger than 1 MB"),
        "lies": (failures.ResponseRefused, "is no JSON"),
        "slow": (failures.ApiTimeout, "within 3 s"),
        "hangs": (failures.ApiTimeout, "within 3 s"),
        "cuts": (failures.ApiUnreachable, "no usable connection"),
        "babbles": (failures.ApiUnreachable, "no usable connection"),
        "gzip": (failures.ApiUnreachable, "no usable connection"),
        "away": (failures.RedirectRefused, "another place"),
        "circle": (failures.RedirectRefused, "more than 5"),
        "nowhere": (failures.ApiUnreachable, "Invalid URL in location"),
    }
    api = await load(tmp_path, server, document({f"/{n}": {"get": {"operationId": n}} for n in cases}))
    for name, (kind, text) in cases.items():
        with pytest.raises(kind, match=text) as told:
            await api(name)
        refused = kind is failures.ResponseRefused
        expected = Category.TOOL_CALL_FAILURE if refused else Category.TOOL_INSTABILITY
        assert category_of_exception(told.value) is expected, name
    await api.loaded.close()


async def test_status_errors_say_what_the_server_said(tmp_path: Path, server: Hostile) -> None:
    api = await load(tmp_path, server, document({"/x": {"get": {"operationId": "f"}}}))
    for status, kind, body, text in [
        (
            "404 Not Found",
            failures.NotFound,
            '{"status_code":34,"status_message":"No such film."}',
            "404 Not Found: No such film.",
        ),
        ("422 Bad", failures.BadRequest, '{"detail":[{"loc":["query","page"],"msg":"too large"}]}', "too large"),
        ("401 No", failures.NotAuthorized, '{"error":{"status":401,"message":"No token"}}', "No token .*key=NAME"),
        ("503 Off", failures.ServerFailed, "<h1>Guru meditation</h1>" * 9999, "503 Off$"),
        ("400 Bad", failures.BadRequest, "x" * 100_000, "400 Bad: x{100}"),
    ]:
        server.on("/x", status, body, content_type="text/html" if "<" in body else "application/json")
        with pytest.raises(kind, match=text) as told:
            await api("f")
        assert len(str(told.value)) < 1_800
    server.on("/x", "429 Slow", "{}", retry_after="7")
    with pytest.raises(failures.TooManyRequests) as limited:
        await api("f")
    assert (limited.value.retry_after_s, limited.value.may_retry, limited.value.status) == (7.0, True, 429)
    await api.loaded.close()


def vault_of(**keys: str) -> Vault:
    return Vault(get_key=keys.get)


APIKEY = {"k": {"type": "apiKey", "in": "query", "name": "api_key"}}


@pytest.mark.parametrize(
    ("scheme", "option", "header", "value"),
    [
        ({"type": "apiKey", "in": "header", "name": "X-Key"}, "key", "x-key", SECRET),
        ({"type": "apiKey", "in": "cookie", "name": "sid"}, "key", "cookie", f"sid={SECRET}"),
        ({"type": "http", "scheme": "Bearer"}, "key", "authorization", f"Bearer {SECRET}"),
        (
            {"type": "http", "scheme": "basic"},
            "key",
            "authorization",
            f"Basic {base64.b64encode(SECRET.encode()).decode()}",
        ),
        ({"type": "http", "scheme": "basic"}, "token", "authorization", f"Bearer {SECRET}"),
    ],
)
async def test_credentials_in_headers(
    tmp_path: Path, server: Hostile, scheme: Json, option: str, header: str, value: str
) -> None:
    server.on("/")
    raw = document(
        {"/x": {"get": {"operationId": "f"}}, "/free": {"get": {"operationId": "free", "security": []}}},
        components={"securitySchemes": {"k": scheme}},
        security=[{"k": []}],
    )
    api = await load(tmp_path, server, raw, f"&{option}=mine", vault_of(mine=SECRET))
    assert (await sent(api, server)).headers[header] == value
    await api("free")
    assert option == "token" or SECRET not in str(server.seen[-1].headers)
    await api.loaded.close()


async def test_a_key_in_the_query_is_seen_by_its_server_alone(
    tmp_path: Path, server: Hostile, caplog: pytest.LogCaptureFixture
) -> None:
    """Errors, redirects, logs, results, representations: none of them shows it."""
    caplog.set_level(logging.DEBUG)
    raw = document(
        {
            f"/{n}": {"get": {"operationId": n, "parameters": [parameter("api_key", "query", {"type": "string"})]}}
            for n in ("ok", "away", "near", "bad", "down")
        },
        components={"securitySchemes": APIKEY},
        security=[{"k": []}],
        servers=[{"url": "https://evil.example"}],
    )

    async def echo(seen: Seen, writer: asyncio.StreamWriter) -> None:
        body = json.dumps({"error": f"bad request: {seen.target}"}).encode()
        writer.write(
            b"HTTP/1.1 400 Bad\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body) + body
        )

    async def down(_: Seen, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server.answers |= {"/bad": echo, "/down": down}
    async with hostile() as other:
        other.on("/")
        server.on("/ok", body=json.dumps({"you sent": SECRET}))
        server.on("/away", "302 Found", location=f"{other.url}/stolen")
        server.on("/near", "302 Found", location="/ok?from=near")
        api = await load(tmp_path, server, raw, "&key=mine", vault_of(mine=SECRET))
        assert [p.name for p in api.loaded.tools[0].spec.parameters] == []
        shown = [str(await api("ok")), str(await api("near"))]
        assert server.seen[-1].target.startswith("/ok?from=near&api_key=s3cret%2B")
        for name in ("away", "bad", "down"):
            with pytest.raises(failures.ApiFailure) as told:
                await api(name)
            chain, error = [], told.value
            while error is not None:
                chain.append(f"{error!r} {vars(error)}")
                error = None if error.__suppress_context__ else error.__context__  # type: ignore[assignment]
            shown += chain
        assert other.seen == []
    shown += [record.getMessage() + str(record.args) for record in caplog.records]
    shown += [repr(vars(tool)) for tool in api.loaded.tools]
    everything = "\n".join(shown)
    for form in (SECRET, "s3cret%2Bcanary", base64.b64encode(SECRET.encode()).decode()):
        assert form not in everything
    assert "[secret]" in everything
    await api.loaded.close()


async def test_credentials_go_to_the_origin_that_the_person_named(tmp_path: Path, server: Hostile) -> None:
    file = tmp_path / "api.json"
    raw = document(
        {"/x": {"get": {"operationId": "f"}}},
        components={"securitySchemes": APIKEY},
        security=[{"k": []}],
        servers=[{"url": server.url}],
    )
    file.write_text(json.dumps(raw))
    server.on("/")
    with pytest.raises(ToolSourceError, match="not the server that it is for"):
        load_openapi(f"openapi:{file}?key=mine", vault_of(mine=SECRET))
    with pytest.raises(ToolSourceError, match="there is no key 'other'"):
        load_openapi(f"openapi:{file}?server={server.url}&key=other", vault_of(mine=SECRET))
    with pytest.raises(ToolSourceError, match="no security scheme 'z'"):
        load_openapi(f"openapi:{file}?server={server.url}&key.z=mine", vault_of(mine=SECRET))
    async with hostile() as home:  # the document lies on one server and names another
        home.on(
            "/api.json",
            body=json.dumps({**raw, "paths": {"/x": {"get": {"operationId": "f", "servers": [{"url": server.url}]}}}}),
        )
        source = f"openapi:{home.url}/api.json?key=mine"
        with pytest.raises(ToolSourceError, match="into your network"):
            await asyncio.to_thread(load_openapi, source, vault_of(mine=SECRET))
        home.on("/api.json", body=json.dumps({**raw, "servers": [{"url": "/base"}]}))
        home.on("/base")
        loaded = await asyncio.to_thread(load_openapi, source, vault_of(mine=SECRET))
        await loaded.tools[0].call({})
        assert home.seen[-1].target.startswith("/base/x?api_key=s3cret")
        await loaded.close()
    assert server.seen == []


async def test_documents_over_the_network_have_limits(tmp_path: Path, server: Hostile) -> None:
    async def endless(_: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while not writer.is_closing():
            writer.write(b" " * (1 << 20))
            await writer.drain()

    server.answers["/endless"] = endless
    server.on("/none", "404 Not Found")
    server.on("/round", "302 Found", location="/round")
    for path, why in (("endless", "larger than 32 MB"), ("none", "answered 404"), ("round", "TooManyRedirects")):
        with pytest.raises(ToolSourceError, match=why) as told:
            await asyncio.to_thread(load_openapi, f"openapi:{server.url}/{path}?api_key={SECRET}")
        assert SECRET not in str(told.value)
    with pytest.raises(ToolSourceError, match="ConnectError"):
        await asyncio.to_thread(load_openapi, "openapi:http://127.0.0.1:1/api.json")


async def test_other_files_come_from_the_origin_of_the_document_alone(server: Hostile) -> None:
    async with hostile() as elsewhere:
        elsewhere.on("/", body=json.dumps({"x": parameter("stolen", "query")}))
        server.on("/parts/good.json", body=json.dumps({"x": parameter("good", "query")}))
        server.on("/parts/moved.json", "302 Found", location=f"{elsewhere.url}/other.json")
        refs = {"a": "parts/good.json#/x", "b": f"{elsewhere.url}/other.json#/x", "c": "parts/moved.json#/x"}
        refs |= {"d": "file:///etc/hosts#/x", "e": f"//{elsewhere.url.removeprefix('http://')}/o.json#/x"}
        paths = {f"/{n}": {"get": {"operationId": n, "parameters": [{"$ref": ref}]}} for n, ref in refs.items()}
        server.on("/api.json", body=json.dumps(document(paths)))
        loaded = await asyncio.to_thread(load_openapi, f"openapi:{server.url}/api.json?server={server.url}")
        assert [tool.spec.signature for tool in loaded.tools] == ["a(good: Any = None) -> Any"]
        assert len(loaded.problems) == 4 and "answered 302" in loaded.problems[1]
        assert elsewhere.seen == []


async def test_a_read_that_must_wait_is_tried_again_and_a_write_is_not(tmp_path: Path, server: Hostile) -> None:
    """The broker's part: it follows `may_retry` and `retry_after_s`."""
    answers = iter(["429 Slow", "503 Off", "200 OK"])

    async def busy(seen: Seen, writer: asyncio.StreamWriter) -> None:
        status = next(answers) if seen.method == "GET" else "429 Slow"
        writer.write(f"HTTP/1.1 {status}\r\nretry-after: 0\r\ncontent-length: 0\r\n\r\n".encode())

    server.answers["/x"] = busy
    paths = {"/x": {"get": {"operationId": "look"}, "post": {"operationId": "change"}}}
    api = await load(tmp_path, server, document(paths))
    invoke = Invoker(Policy(), HostLimits())
    by_name = {tool.spec.name: tool for tool in api.loaded.tools}
    assert (await invoke(by_name["look"], {})).value is None
    assert len(server.seen) == 3
    with pytest.raises(failures.TooManyRequests):
        await invoke(by_name["change"], {})
    assert len(server.seen) == 4
    await api.loaded.close()
