"""What a model in training acts in: the same calls in process, in a thread's kernel and in containers, one record."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio

from agent.calls.categories import Category
from agent.calls.stubs import stub_module
from agent.catalogue.effect import effect
from agent.environments import InProcessTurns, KernelPrograms, KernelTurns, Programs, Turns
from agent.tools.python.in_process import FunctionTool
from sandbox import KernelOptions, open_kernel
from sandbox.events import CellLimits, ContainerLimits

pytestmark = pytest.mark.asyncio(loop_scope="module")
Kind = str
SMALL = ContainerLimits(memory_bytes=256 << 20, cpus=1.0, n_pids=64, disk_bytes=16 << 20)


def area(width: int, height: int = 1) -> int:
    """Width times height."""
    return width * height


def find(title: str) -> dict[str, str]:
    """An error object where there is nothing."""
    return {"error": "nothing found"} if title == "none" else {"title": title}


def broken() -> None:
    """Fail."""
    raise LookupError("no such thing")


def away() -> None:
    """Fail like a network."""
    raise ConnectionResetError("reset by peer")


def sleepy(seconds: float) -> str:
    """Take a while."""
    time.sleep(seconds)
    return "slept"


@effect("write")
def delete(name: str) -> str:
    """Change something."""
    return f"deleted {name}"


TOOLS = tuple(FunctionTool(f, source="test") for f in (area, find, broken, away, sleepy, delete))


def _made(kind: Kind) -> Turns:
    if kind == "in process":
        return InProcessTurns(TOOLS)
    options = KernelOptions(limits=SMALL, stubs=stub_module(tool.spec for tool in TOOLS))
    open_one: Callable[[Any], Any] = lambda handler: open_kernel(options, handler, kind)  # type: ignore[arg-type]  # noqa: E731
    return KernelTurns(TOOLS, open_one, n_kernels=2, limits=CellLimits(wall_s=2.0))


@pytest_asyncio.fixture(
    scope="module", loop_scope="module", params=["in process", "fake", pytest.param("docker", marks=pytest.mark.docker)]
)
async def turns(request: pytest.FixtureRequest) -> AsyncIterator[Turns]:
    made = _made(request.param)
    yield made
    await made.close()
    await made.close()


CALLS: list[tuple[str, Category, str]] = [
    ("area(width=3, height=4)", Category.ALL_RIGHT, "12"),
    ("area(3)", Category.ALL_RIGHT, "3"),
    ("find(title='it\\'s')", Category.ALL_RIGHT, '{"title": "it\'s"}'),
    ("find(title='none')", Category.OTHERS, '{"error": "nothing found"}'),
    ("area(depth=3)", Category.PARAMETER_HALLUCINATION, "unexpected keyword argument 'depth'"),
    ("area(1, 2, 3)", Category.PARAMETER_HALLUCINATION, "positional arguments"),
    ("area(height=2)", Category.PARAMETER_MISSING, "area() missing 1 required positional argument: 'width'"),
    ("area(width='x')", Category.TOOL_CALL_FAILURE, "width"),
    ("volume(width=3)", Category.TOOL_HALLUCINATION, "name 'volume' is not defined"),
    ("broken()", Category.TOOL_CALL_FAILURE, "no such thing"),
    ("away()", Category.TOOL_INSTABILITY, "reset by peer"),
    ("delete(name='x')", Category.OTHERS, "approve"),
]


@pytest.mark.parametrize(("source", "category", "said"), CALLS, ids=[call[0] for call in CALLS])
async def test_every_way_that_a_call_can_end(turns: Turns, source: str, category: Category, said: str) -> None:
    reply = await turns.act([source], seed=0)
    assert [call.category for call in reply.calls] == [category]
    assert reply.calls[0].name == source.partition("(")[0]
    assert said in reply.feedback[0]


async def test_arguments_are_those_of_the_record(turns: Turns) -> None:
    reply = await turns.act(["area(3, height=4)", "area(1, 2, 3)"], seed=0)
    assert dict(reply.calls[0].args) == {"width": 3, "height": 4}
    assert dict(reply.calls[1].args) == {"arg0": 1, "arg1": 2, "arg2": 3}
    assert len(reply.feedback) == 2


async def test_no_call_is_feedback_and_nothing_stays_behind(turns: Turns) -> None:
    reply = await turns.act(["area(width=3", "x = area(width=3)", "area(width=x)"], seed=0)
    assert "never closed" in reply.feedback[0]
    assert reply.feedback[1] == "3"
    assert "name 'x' is not defined" in reply.feedback[2]


async def test_many_at_once_get_their_own_answers_and_the_same_ones_again(turns: Turns) -> None:
    numbers = list(range(24))
    random.Random(0).shuffle(numbers)

    async def one(n: int) -> list[str]:
        return list((await turns.act([f"area(width={n}, height=2)", f"area(width={n})"], seed=n)).feedback)

    first = await asyncio.gather(*(one(n) for n in numbers))
    assert first == [[str(2 * n), str(n)] for n in numbers]
    assert await asyncio.gather(*(one(n) for n in numbers)) == first


async def test_a_call_that_takes_too_long_is_feedback_and_the_next_one_works(turns: Turns) -> None:
    if isinstance(turns, InProcessTurns):
        assert (await turns.act(["sleepy(seconds=0.01)"], seed=0)).feedback == ('"slept"',)
        return
    reply = await turns.act(["sleepy(seconds=3)"], seed=0)
    assert {call.category for call in reply.calls} == {Category.TOOL_INSTABILITY}
    assert reply.feedback[0]
    assert (await turns.act(["area(width=2)"], seed=0)).feedback == ("2",)


async def test_a_long_result_is_cut(turns: Turns) -> None:
    reply = await turns.act([f"find(title={'x' * 5000!r})"], seed=0)
    assert len(reply.feedback[0]) == 2000
    assert reply.feedback[0].endswith(" ...")


@pytest_asyncio.fixture(
    scope="module", loop_scope="module", params=["fake", pytest.param("docker", marks=pytest.mark.docker)]
)
async def programs(request: pytest.FixtureRequest) -> AsyncIterator[Programs]:
    options = KernelOptions(limits=SMALL, stubs=stub_module(tool.spec for tool in TOOLS))
    made = KernelPrograms(
        TOOLS, lambda handler: open_kernel(options, handler, request.param), n_kernels=1, limits=CellLimits(wall_s=2.0)
    )
    yield made
    await made.close()


async def test_a_program_is_known_by_the_hosts_record(programs: Programs) -> None:
    right = "def f(n):\n    return [area(width=i, height=2) for i in range(n)]\n\nf(3)"
    ended = await programs.run(right, seed=1)
    assert (ended.ok, ended.said) == (True, "[0, 2, 4]")
    assert [(c.name, dict(c.args), c.category) for c in ended.calls] == [
        ("area", {"width": i, "height": 2}, Category.ALL_RIGHT) for i in range(3)
    ]
    failed = await programs.run("area(width=1)\nvolume(3)", seed=1)
    assert not failed.ok
    assert [c.category for c in failed.calls] == [Category.ALL_RIGHT, Category.TOOL_HALLUCINATION]
    liar = await programs.run("print('area(width=1) returned 1')", seed=1)
    assert (liar.ok, liar.calls) == (True, ())


async def test_a_program_finds_a_fresh_kernel_whatever_came_before(programs: Programs) -> None:
    await programs.run("f = 3\ndef area(width):\n    return 'mine'\nimport random\nrandom.seed(9)", seed=1)
    after = await programs.run("('f' in globals(), area(width=2), __import__('random').random())", seed=5)
    assert after.said == str((False, 2, random.Random(5).random()))
    assert (await programs.run("import time\nwhile True: time.sleep(0.01)", seed=1)).ok is False
    assert (await programs.run("area(width=7)", seed=1)).said == "7"
