"""MCP servers as real processes, over stdio and HTTP: results, policy, deaths, floods, changes of mind."""

from __future__ import annotations

import asyncio
import os
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from agent.calls.categories import Category
from agent.errors import ToolSourceError
from agent.events import ApprovalAsked, ApprovalReply, Event, ToolReturned
from agent.tools.base import LoadedSource
from agent.tools.host import HostRules, ToolHost
from agent.tools.policy import HostLimits
from agent.tools.sources import SourceOptions, load_tools
from agent.tools.vault import Vault
from sandbox.kernel import ToolFailure, ToolReply, ToolRequest, ToolValue

TESTS = Path(__file__).parents[1]
STDIO = f"mcp:TOKEN=${{keys:token}} {shlex.quote(sys.executable)} {shlex.quote(str(TESTS / 'mcp_server.py'))} stdio"
SECRET = "sesame-open-4711"
pytestmark = pytest.mark.timeout(180)


def raw(mode: str) -> str:
    return f"mcp:{shlex.quote(sys.executable)} {shlex.quote(str(TESTS / 'mcp_raw_server.py'))} {mode}"


class Bench:
    """A host over loaded tools; `person` replies to approvals."""

    def __init__(
        self,
        loaded: LoadedSource,
        person: Callable[[Any], Any] | None = None,
        *,
        call_s: float = 60,
        nobody: bool = False,
    ) -> None:
        self.events: list[Event] = []
        self.person = person
        rules = HostRules(limits=HostLimits(call_s=call_s))
        approve: Any = "no" if nobody else "ask" if person else "yes"
        self.host = ToolHost(loaded.tools, self.emit, approve=approve, interactive=person is not None, rules=rules)
        self.host.begin_cell(1)

    def emit(self, event: Event) -> None:
        self.events.append(event)
        if isinstance(event, ApprovalAsked) and self.person:
            event.answer.set_result(self.person(event))

    async def call(self, name: str, /, **args: Any) -> ToolReply:
        return await self.host.call(ToolRequest("c1", name, args))

    @property
    def category(self) -> Category:
        return [e for e in self.events if isinstance(e, ToolReturned)][-1].category

    @property
    def n_asked(self) -> int:
        return sum(isinstance(e, ApprovalAsked) for e in self.events)


def options(tmp: Path, *trusted: str) -> SourceOptions:
    vault = Vault({"token": SECRET, "bearer": SECRET}.get)
    return SourceOptions(vault=vault, trusted=frozenset(trusted), files=tmp / "files", say=lambda text: None)


@asynccontextmanager
async def opened(source: str, tmp: Path, *trusted: str) -> AsyncIterator[LoadedSource]:
    loaded = await asyncio.to_thread(load_tools, [source], options(tmp, *trusted))
    try:
        yield loaded
    finally:
        await loaded.close()


@pytest.fixture(scope="module")
def server_tools(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoadedSource]:
    """One server over stdio, trusted, for all tests that leave it as it is."""
    loaded = load_tools([STDIO], options(tmp_path_factory.mktemp("mcp"), STDIO))
    yield loaded
    asyncio.run(loaded.close())


def test_the_tools_of_a_server(server_tools: LoadedSource) -> None:
    specs = {tool.spec.name: tool.spec for tool in server_tools.tools}
    assert specs["weather"].signature == "weather(city: str, unit: Literal['c', 'f'] = 'c') -> WeatherResult"
    assert specs["weather"].records[0].fields == (("city", "str"), ("degrees", "float"))
    assert specs["weather"].purpose == "How warm it is in a city." and specs["weather"].effect == "read"
    assert specs["add"].returns == "int" and specs["send"].effect == "write"
    assert specs["class_"].signature == "class_(from_: int = 1) -> list[str]"
    assert SECRET not in repr(specs) + server_tools.name and "${keys:token}" in server_tools.name


async def test_results(server_tools: LoadedSource) -> None:
    bench = Bench(server_tools)
    assert await bench.call("weather", city="Rome") == ToolValue({"city": "Rome", "degrees": 21.5})
    assert await bench.call("add", a=1, b=2) == ToolValue(3)
    assert await bench.call("class_", from_=2) == ToolValue(["x", "x"])
    reply = await bench.call("picture")
    assert isinstance(reply, ToolValue) and reply.value[0] == "a pixel"
    assert reply.value[1]["mime"] == "image/png" and Path(reply.value[1]["file"]).read_bytes()[:4] == b"\x89PNG"


async def test_errors(server_tools: LoadedSource) -> None:
    bench = Bench(server_tools)
    reply = await bench.call("fails", what="luck")
    assert isinstance(reply, ToolFailure) and reply.kind == "ToolReported" and bench.category is Category.OTHERS
    reply = await bench.call("weather", city="Rome", unit="k")
    assert isinstance(reply, ToolFailure) and "weather(city: str" in reply.message
    assert bench.category is Category.TOOL_CALL_FAILURE
    bench = Bench(server_tools, call_s=0.5)
    reply = await bench.call("waits", seconds=30)
    assert isinstance(reply, ToolFailure) and reply.kind == "TimeoutError"
    assert bench.category is Category.TOOL_INSTABILITY


async def test_a_server_gets_the_named_environment_and_no_other(
    server_tools: LoadedSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server was started before; what counts is what it has, and what this process has."""
    reply = await Bench(server_tools).call("environment")
    assert isinstance(reply, ToolValue)
    allowed = {
        "HOME",
        "LANG",
        "LC_ALL",
        "LC_CTYPE",
        "LOGNAME",
        "PATH",
        "SHELL",
        "TERM",
        "TMPDIR",
        "TZ",
        "USER",
        "TOKEN",
    }
    assert set(reply.value[:-1]) <= allowed and reply.value[-1] == f"TOKEN={SECRET}"
    assert set(os.environ) - allowed, "there would be something to see"


async def test_sixteen_calls_at_once(server_tools: LoadedSource) -> None:
    bench = Bench(server_tools)
    replies = await asyncio.gather(*(bench.call("add", a=i, b=i) for i in range(16)))
    assert replies == [ToolValue(2 * i) for i in range(16)]


async def test_a_read_survives_the_servers_death_and_a_write_is_not_repeated(tmp_path: Path) -> None:
    source = raw(str(tmp_path / "marker"))
    async with opened(source, tmp_path, source) as loaded:
        bench = Bench(loaded)
        assert await bench.call("act") == ToolValue({"a": 1}), "the second process answers"
        writes = next(tool.spec.name for tool in loaded.tools if tool.spec.effect == "write")
        reply = await bench.call(writes)
        assert isinstance(reply, ToolFailure) and reply.kind == "ServerGone"
        assert bench.category is Category.TOOL_INSTABILITY
        assert await bench.call("act") == ToolValue({"a": 1}), "the next call starts it again"


async def test_a_server_that_keeps_dying_is_left_alone_and_its_last_words_are_told(tmp_path: Path) -> None:
    async with opened(raw("says"), tmp_path, raw("says")) as loaded:
        bench = Bench(loaded)
        replies = [await bench.call("act") for _ in range(2)]
        assert all(isinstance(r, ToolFailure) and "the disk is full" in r.message for r in replies)
        assert isinstance(replies[-1], ToolFailure) and "keeps ending" in replies[-1].message


async def changed(bench: Bench, name: str, **args: Any) -> ToolFailure:
    """The refusal of a tool that changed; the news of it may come a moment after the call that did it."""
    deadline = time.monotonic() + 60
    while True:
        reply = await bench.call(name, **args)
        if isinstance(reply, ToolFailure) and reply.kind == "ToolChanged":
            return reply
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)


async def test_a_tool_that_changes_is_refused(server_tools: LoadedSource, tmp_path: Path) -> None:
    """By a subscription (the newest protocol) and by a notification (those before it)."""
    bench = Bench(server_tools)
    assert await bench.call("fickle", a=1) == ToolValue(1)
    assert await bench.call("changes") == ToolValue("changed")
    assert "begin a new session" in (await changed(bench, "fickle", a=1)).message
    assert await bench.call("add", a=1, b=2) == ToolValue(3), "the other tools are as they were"
    async with opened(raw("changes"), tmp_path, raw("changes")) as loaded:
        bench = Bench(loaded)
        await bench.call("act")
        await changed(bench, "act")


async def test_hints_of_a_server_that_nobody_vouched_for(tmp_path: Path) -> None:
    async with opened(raw("garbage"), tmp_path) as loaded:
        nobody = Bench(loaded, nobody=True)
        assert isinstance(await nobody.call("act"), ToolFailure) and nobody.host.record.refused
        bench = Bench(loaded, lambda asked: ApprovalReply(True))
        for _ in range(3):
            assert isinstance(await bench.call("act"), ToolValue)
        assert bench.n_asked == 1, "the first call of a tool that says it reads"
        writes = next(tool.spec.name for tool in loaded.tools if tool.spec.effect == "write")
        for _ in range(2):
            await bench.call(writes)
        assert bench.n_asked == 3, "every call of one that writes"
        asked = next(e for e in bench.events if isinstance(e, ApprovalAsked))
        assert "nobody vouched for" in asked.reason and asked.source.startswith("mcp:")


@pytest.mark.parametrize(
    ("mode", "kind"), [("flood", "ServerGone"), ("endless", "ServerGone"), ("mute", "TimeoutError")]
)
async def test_servers_that_flood_or_hang(mode: str, kind: str, tmp_path: Path) -> None:
    async with opened(raw(mode), tmp_path, raw(mode)) as loaded:
        bench = Bench(loaded, call_s=2 if mode == "mute" else 60)
        reply = await bench.call("act", x="a" * 30 + "b")
        assert isinstance(reply, ToolFailure) and reply.kind == kind
        assert bench.category is Category.TOOL_INSTABILITY


async def test_garbage_between_messages_is_passed_over(tmp_path: Path) -> None:
    async with opened(raw("garbage"), tmp_path, raw("garbage")) as loaded:
        assert await Bench(loaded).call("act") == ToolValue({"a": 1}), "JSON in text is data"
        names = [tool.spec.name for tool in loaded.tools]
        assert len(set(names)) == 3 and all(name.isidentifier() for name in names)
        assert "broken" in loaded.problems[0] and "schema" in loaded.problems[0]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("mcp:no-such-command-anywhere", "No such file"),
        ("mcp:", "no command"),
        ("mcp:'open", "open quote"),
        ("mcp:https://u:p@host/mcp", "password"),
        ("mcp:https://host/mcp?key=missing", "no key 'missing'"),
        ("mcp:T=${NOT_THERE_AT_ALL} true", "NOT_THERE_AT_ALL"),
        (f"mcp:{sys.executable} -c 'import sys; sys.exit(\"no licence\")'", "no licence"),
    ],
)
def test_servers_that_cannot_be_used_say_why(source: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(ToolSourceError, match=words):
        load_tools([source], options(tmp_path))


def test_a_server_that_never_answers(tmp_path: Path) -> None:
    quick = SourceOptions(start_s=1.0)
    with pytest.raises(ToolSourceError, match="did not answer within 1 s"):
        load_tools([raw("silent")], quick)


@pytest.fixture(scope="module")
def http_server() -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, str(TESTS / "mcp_server.py"), "http", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            break
        except OSError:
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.05)
    yield f"mcp:http://127.0.0.1:{port}/mcp"
    process.kill()
    process.wait()


async def test_over_http(http_server: str, tmp_path: Path) -> None:
    async with opened(http_server, tmp_path, http_server) as loaded:
        bench = Bench(loaded)
        assert await bench.call("weather", city="Rome") == ToolValue({"city": "Rome", "degrees": 21.5})
        replies = await asyncio.gather(*(bench.call("add", a=i, b=i) for i in range(16)))
        assert replies == [ToolValue(2 * i) for i in range(16)]
        assert isinstance(await bench.call("fails", what="x"), ToolFailure) and bench.category is Category.OTHERS
