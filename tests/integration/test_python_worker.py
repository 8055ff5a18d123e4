"""Tools in Python, in their worker process: types both ways, and functions that hang, exit, crash or talk."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.calls.categories import Category
from agent.errors import ToolSourceError
from agent.events import Event, ToolReturned
from agent.tools.base import LoadedSource
from agent.tools.host import HostRules, ToolHost
from agent.tools.policy import HostLimits
from agent.tools.sources import SourceOptions, load_tools
from sandbox.kernel import ToolFailure, ToolReply, ToolRequest, ToolValue

pytestmark = pytest.mark.timeout(180)
TYPES = '''
from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import enum
import uuid
from pathlib import Path
from typing import Annotated, AsyncIterator, Iterator, NamedTuple, Optional

from pydantic import BaseModel, Field
from toolcoder_tools import writes


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclasses.dataclass
class Point:
    x: float
    y: float = 0.0


class Line(BaseModel):
    when: dt.datetime
    points: list[Point]
    color: Color = Color.RED


class Pair(NamedTuple):
    a: int
    b: str


def shift(p: Point, by: float = 1) -> Point:
    """Move a point.

    Parameters
    ----------
    p : Point
        Where it is.
    by : float, optional
        How far.

    Returns
    -------
    Point
        Where it went.
    """
    return Point(p.x + by, p.y)


def kinds(color: Color, day: dt.date, ident: Optional[uuid.UUID] = None, where: Path = Path("/tmp")) -> list[str]:
    """Say what came.

    :param color: The color
        of it.
    :param datetime.date day: When.
    :returns: The kinds.
    """
    return [color.name, type(day).__name__, type(ident).__name__, type(where).__name__]


def line(given: Line, n: Annotated[int, Field(gt=0)] = 1) -> Line:
    """Give it back."""
    return given


def odd() -> list[object]:
    """What JSON has not."""
    return [Pair(1, "x"), {3, 1, 2}, dt.timedelta(minutes=1), Color.BLUE, Path("/a"), dt.date(2026, 1, 2)]


def count(k: int) -> Iterator[int]:
    """Count."""
    yield from range(k)


async def count_later(k: int) -> AsyncIterator[int]:
    """Count, later."""
    for i in range(k):
        await asyncio.sleep(0)
        yield i


@writes
def post(text: str) -> str:
    """Change something."""
    return text


def anything(*values: int) -> int:
    """Cannot be a tool."""
    return len(values)
'''
BAD = '''
import asyncio
import os
import sys
import time

kept = []


def keep(x: int) -> list[int]:
    """Remember."""
    kept.append(x)
    return kept


def hang() -> None:
    """Hang."""
    time.sleep(600)


async def hang_later() -> None:
    """Hang as a coroutine, which can be cancelled."""
    await asyncio.sleep(600)


def leave() -> None:
    """Exit the interpreter."""
    sys.exit(3)


def vanish() -> None:
    """End the process."""
    os._exit(7)


def crash() -> None:
    """Read where nothing is."""
    import ctypes

    ctypes.string_at(0)


def talk() -> int:
    """Print, in every way."""
    print("printed")
    os.write(1, b"written\\n")
    os.system("echo by a child")
    return 1


def out_of_reach() -> None:
    """Fail like a network."""
    raise ConnectionResetError("reset by peer")


def raw() -> bytes:
    """Bytes are no JSON."""
    return b"x"
'''


class Bench:
    def __init__(self, loaded: LoadedSource, call_s: float = 60) -> None:
        self.events: list[Event] = []
        rules = HostRules(limits=HostLimits(call_s=call_s, n_tries=1))
        self.host = ToolHost(loaded.tools, self.events.append, approve="yes", rules=rules)
        self.host.begin_cell(1)

    async def call(self, name: str, /, **args: Any) -> ToolReply:
        return await self.host.call(ToolRequest("c1", name, args))

    @property
    def category(self) -> Category:
        return [e for e in self.events if isinstance(e, ToolReturned)][-1].category


@pytest.fixture(scope="module")
def typed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoadedSource]:
    path = tmp_path_factory.mktemp("typed") / "typed.py"
    path.write_text(TYPES)
    loaded = load_tools([str(path)])
    yield loaded
    asyncio.run(loaded.close())


said: list[str] = []


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoadedSource]:
    path = tmp_path_factory.mktemp("bad") / "bad.py"
    path.write_text(BAD)
    loaded = load_tools([str(path)], SourceOptions(say=said.append))
    yield loaded
    asyncio.run(loaded.close())


def test_specs(typed: LoadedSource) -> None:
    specs = {tool.spec.name: tool.spec for tool in typed.tools}
    assert specs["shift"].signature == "shift(p: Point, by: float = 1) -> Point"
    assert [p.description for p in specs["shift"].parameters] == ["Where it is.", "How far."]
    assert specs["shift"].returns_description == "Where it went."
    kinds = specs["kinds"]
    assert kinds.signature == (
        "kinds(color: Literal['red', 'blue'], day: str, ident: str | None = None, where: str = ...) -> list[str]"
    )
    assert [p.description for p in kinds.parameters] == [
        "The color of it.",
        "When. (an ISO 8601 date)",
        "A UUID",
        "A path",
    ]
    assert {r.name for r in specs["line"].records} == {"Line", "Point"}
    assert specs["count"].returns == "list[int]" and specs["count_later"].returns == "list[int]"
    assert specs["post"].effect == "write" and "anything" not in specs
    assert "takes *values" in typed.problems[0]


async def test_values_both_ways(typed: LoadedSource) -> None:
    bench = Bench(typed)
    assert await bench.call("shift", p={"x": 1}) == ToolValue({"x": 2.0, "y": 0.0})
    reply = await bench.call("kinds", color="blue", day="2026-01-05", ident="12345678123456781234567812345678")
    assert reply == ToolValue(["BLUE", "date", "UUID", "PosixPath"])
    given = {"when": "2026-01-01T00:00:00Z", "points": [{"x": 1}]}
    reply = await bench.call("line", given=given)
    assert reply == ToolValue({**given, "points": [{"x": 1.0, "y": 0.0}], "color": "red"})
    assert await bench.call("odd") == ToolValue([{"a": 1, "b": "x"}, [1, 2, 3], 60.0, "blue", "/a", "2026-01-02"])
    assert await bench.call("count", k=3) == ToolValue([0, 1, 2])
    assert await bench.call("count_later", k=3) == ToolValue([0, 1, 2])


@pytest.mark.parametrize(
    ("name", "args", "words"),
    [
        ("shift", {"p": {"x": 1, "z": 2}}, "'z' was unexpected"),
        ("kinds", {"color": "green", "day": "2026-01-05"}, "'green' is not one of"),
        ("kinds", {"color": "red", "day": "soon"}, "Invalid isoformat"),
        ("line", {"given": {"when": "x", "points": []}}, "valid datetime"),
        ("line", {"given": {"when": "2026-01-01T00:00:00Z", "points": []}, "n": 0}, "minimum of 0"),
        ("count", {"k": 1_000_001}, "more than 1,000,000 items"),
    ],
)
async def test_values_that_do_not_fit(name: str, args: dict[str, Any], words: str, typed: LoadedSource) -> None:
    bench = Bench(typed)
    reply = await bench.call(name, **args)
    assert isinstance(reply, ToolFailure) and words in reply.message
    assert bench.category is Category.TOOL_CALL_FAILURE


async def test_state_is_kept_and_sixteen_calls_run_at_once(bad: LoadedSource) -> None:
    bench = Bench(bad)
    first = await bench.call("keep", x=1)
    assert isinstance(first, ToolValue)
    replies = await asyncio.gather(*(bench.call("keep", x=i) for i in range(16)))
    assert all(isinstance(r, ToolValue) for r in replies)
    last = await bench.call("keep", x=99)
    assert isinstance(last, ToolValue) and len(last.value) == len(first.value) + 17


@pytest.mark.parametrize(
    ("name", "kind", "words", "category"),
    [
        ("leave", "ToolStopped", "it ended by SystemExit: 3", Category.TOOL_CALL_FAILURE),
        ("vanish", "ToolStopped", "ended with status 7", Category.TOOL_CALL_FAILURE),
        ("crash", "ToolStopped", "SIGSEGV", Category.TOOL_CALL_FAILURE),
        ("out_of_reach", "ConnectionResetError", "reset by peer", Category.TOOL_INSTABILITY),
        ("raw", "ResultError", "no JSON", Category.TOOL_CALL_FAILURE),
    ],
)
async def test_functions_that_fail(name: str, kind: str, words: str, category: Category, bad: LoadedSource) -> None:
    bench = Bench(bad)
    reply = await bench.call(name)
    assert isinstance(reply, ToolFailure) and reply.kind == kind and words in reply.message
    assert bench.category is category
    assert isinstance(await bench.call("keep", x=1), ToolValue), "the next call finds a process"


async def test_functions_that_hang(bad: LoadedSource) -> None:
    before = await Bench(bad).call("keep", x=1)
    assert isinstance(before, ToolValue)
    quick = Bench(bad, call_s=0.3)
    reply = await quick.call("hang_later")
    assert isinstance(reply, ToolFailure) and reply.kind == "TimeoutError"
    kept = await Bench(bad).call("keep", x=2)
    assert isinstance(kept, ToolValue) and len(kept.value) == len(before.value) + 1, "a coroutine was cancelled"
    assert isinstance(await quick.call("hang"), ToolFailure) and quick.category is Category.TOOL_INSTABILITY
    deadline = time.monotonic() + 60
    while not any("its process was ended" in text for text in said):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
    fresh = await Bench(bad).call("keep", x=3)
    assert isinstance(fresh, ToolValue) and fresh.value == [3], "a thread could only go with its process"


async def test_what_tools_print_is_handed_on_and_breaks_nothing(bad: LoadedSource) -> None:
    assert await Bench(bad).call("talk") == ToolValue(1)
    deadline = time.monotonic() + 60
    while not {"printed\n", "written\n", "by a child\n"} <= set(said):
        assert time.monotonic() < deadline, said
        await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("raise RuntimeError('boom')", r"failed on import \(line 1\): RuntimeError: boom"),
        ("import sys\nsys.exit(3)", r"line 2.*SystemExit"),
        ("x = 1\ndef (", r"line 2.*SyntaxError"),
        ("import no_such_module_here", "ModuleNotFoundError"),
        ("import os\nos._exit(5)", "status 5 on import"),
        ("x = 1", "no public function"),
        ("def f(*a): ...", "no usable function"),
    ],
)
def test_a_file_that_fails_on_import_says_where(tmp_path: Path, text: str, what: str) -> None:
    path = tmp_path / "bad.py"
    path.write_text(text)
    with pytest.raises(ToolSourceError, match=what):
        load_tools([str(path)])


def test_sources_that_do_not_exist(tmp_path: Path) -> None:
    for source, what in (
        (str(tmp_path / "none.py"), "no file"),
        ("no_such_package.module", "no_such_package"),
        ("no source", "neither a file"),
        ("http://host/x", "openapi:http://host/x"),
        ("x.py?pyhton=/usr/bin/python3", "unknown option"),
        ("x.py?python=/no/python", "no interpreter"),
    ):
        with pytest.raises(ToolSourceError) as caught:
            load_tools([source])
        assert what in f"{caught.value} {caught.value.hint}"
    (tmp_path / "slow.py").write_text("import time\ntime.sleep(600)")
    with pytest.raises(ToolSourceError, match="not imported within 1 s"):
        load_tools([str(tmp_path / "slow.py")], SourceOptions(start_s=1.0))


def test_two_tools_of_one_name_are_prefixed_whatever_comes_first(tmp_path: Path) -> None:
    for name in ("mine.py", "theirs.py"):
        (tmp_path / name).write_text("def find(x: int) -> int:\n    'Find.'\n    return x\n")
    with (tmp_path / "theirs.py").open("a") as file:
        file.write("def print(x: int) -> int:\n    'A name of a builtin.'\n    return x\n")
    sources = [str(tmp_path / name) for name in ("mine.py", "theirs.py")]
    for order in (sources, sources[::-1]):
        loaded = load_tools(order)
        assert {t.spec.name for t in loaded.tools} == {"mine_find", "theirs_find", "print_"}
        asyncio.run(loaded.close())


@pytest.mark.slow
async def test_another_interpreter_without_our_packages(tmp_path: Path) -> None:
    """A bare environment: the person's file finds neither pydantic nor us, and works."""
    make = [sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "venv")]
    await asyncio.to_thread(subprocess.run, make, check=True)
    python = tmp_path / "venv" / "bin" / "python"
    path = tmp_path / "mine.py"
    path.write_text(
        "import dataclasses, datetime, sys\n"
        "@dataclasses.dataclass\nclass P:\n    x: int\n    day: datetime.date\n"
        "def where(p: P) -> dict[str, str]:\n"
        "    'Say where it runs.'\n"
        "    try:\n        import pydantic\n        found = 'pydantic'\n"
        "    except ImportError:\n        found = 'nothing'\n"
        "    return {'prefix': sys.prefix, 'found': found, 'day': p.day.isoformat()}\n"
    )
    loaded = await asyncio.to_thread(load_tools, [f"{path}?python={python}"])
    reply = await Bench(loaded).call("where", p={"x": 1, "day": "2026-01-02"})
    await loaded.close()
    assert reply == ToolValue({"prefix": str(tmp_path / "venv"), "found": "nothing", "day": "2026-01-02"})
