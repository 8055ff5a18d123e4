"""The host's side of a call: one test per way that a call can end, with its category and its events."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

from agent.calls.categories import Category
from agent.catalogue.effect import effect
from agent.events import ApprovalAsked, ApprovalGiven, Event, PersonAsked, ToolCalled, ToolReturned
from agent.tools.host import HostRules, ToolHost
from agent.tools.policy import HostLimits
from agent.tools.python.in_process import FunctionTool
from sandbox.kernel import BindFailure, ToolFailure, ToolRequest, ToolValue

made: list[str] = []


def double(x: int) -> int:
    """Double."""
    return 2 * x


def fails(x: int) -> int:
    """Fail."""
    raise LookupError(f"nothing with id {x}")


def unreachable() -> None:
    """Fail like a network."""
    raise ConnectionResetError("reset by peer")


def slow() -> None:
    """Take too long."""
    time.sleep(1)


def raw() -> Any:
    """Return bytes."""
    return b"abc"


def endless() -> str:
    """Return a lot."""
    return "x" * 5000


def own_error() -> dict[str, str]:
    """Return an error object."""
    return {"error": "scan not found"}


@effect("write")
def create(name: str) -> dict[str, int]:
    """Create."""
    made.append(name)
    return {"id": len(made)}


class Bench:
    """A host with its events, and a person who answers futures as told."""

    def __init__(self, person: Callable[[Any], Any] | None = None, **options: Any) -> None:
        made.clear()
        self.events: list[Event] = []
        self.person = person
        tools = [
            FunctionTool(f, source="test") for f in (double, fails, unreachable, slow, raw, endless, own_error, create)
        ]
        rules = HostRules(limits=HostLimits(call_s=0.2, result_bytes=1000))
        self.host = ToolHost(tools, self.emit, rules=rules, **options)
        self.host.begin_cell(1)

    def emit(self, event: Event) -> None:
        self.events.append(event)
        if isinstance(event, ApprovalAsked | PersonAsked) and self.person:
            event.answer.set_result(self.person(event))

    async def call(self, name: str, /, **args: Any) -> Any:
        return await self.host.call(ToolRequest("c1", name, args))

    def category(self) -> Category:
        return next(e.category for e in reversed(self.events) if isinstance(e, ToolReturned))


async def test_a_good_call_is_recorded_with_its_value() -> None:
    bench = Bench()
    assert await bench.call("double", x=2) == ToolValue(4)
    assert bench.events[0] == ToolCalled("c1", "double", {"x": 2}, 1)
    assert bench.category() is Category.ALL_RIGHT
    assert bench.host.record.calls == [("double", {"x": 2}, 4)]


@pytest.mark.parametrize(
    ("name", "args", "category", "kind", "words"),
    [
        ("fails", {"x": 9}, Category.TOOL_CALL_FAILURE, "LookupError", "nothing with id 9"),
        ("double", {"x": "two"}, Category.TOOL_CALL_FAILURE, "ValueError", "double(x: int)"),
        ("unreachable", {}, Category.TOOL_INSTABILITY, "ConnectionResetError", "reset"),
        ("slow", {}, Category.TOOL_INSTABILITY, "TimeoutError", "within 0.2 s"),
        ("raw", {}, Category.TOOL_CALL_FAILURE, "ResultError", "no JSON"),
        ("endless", {}, Category.TOOL_CALL_FAILURE, "ResultError", "5,002 bytes"),
    ],
)
async def test_failures_become_values_with_their_category(
    name: str, args: dict[str, Any], category: Category, kind: str, words: str
) -> None:
    bench = Bench()
    reply = await bench.call(name, **args)
    assert isinstance(reply, ToolFailure)
    assert reply.kind == kind and words in reply.message
    assert bench.category() is category
    assert bench.host.record.calls == []


async def test_an_error_object_of_the_tool_is_passed_on_and_counted_as_others() -> None:
    bench = Bench()
    assert await bench.call("own_error") == ToolValue({"error": "scan not found"})
    assert bench.category() is Category.OTHERS


def test_failed_binds_by_pythons_own_words() -> None:
    bench = Bench()
    for message, category in (
        ("double() missing 1 required positional argument: 'x'", Category.PARAMETER_MISSING),
        ("double() got an unexpected keyword argument 'y'", Category.PARAMETER_HALLUCINATION),
        ("double() takes 1 positional argument but 2 were given", Category.PARAMETER_HALLUCINATION),
    ):
        bench.host.bind_failed(BindFailure("c2", "double", [1], {"y": 2}, message))
        assert bench.category() is category
    assert bench.events[0] == ToolCalled("c2", "double", {"[0]": 1, "y": 2}, 1)


async def test_a_write_is_approved_by_the_person() -> None:
    bench = Bench(lambda e: True)
    assert await bench.call("create", name="a") == ToolValue({"id": 1})
    assert ApprovalGiven("c1", "create", True, "person") in bench.events


async def test_a_write_that_the_person_refuses_does_not_happen() -> None:
    bench = Bench(lambda e: False)
    reply = await bench.call("create", name="a")
    assert isinstance(reply, ToolFailure) and reply.kind == "PermissionError"
    assert made == [] and bench.host.record.refused


async def test_a_write_with_nobody_there_is_refused_and_with_yes_allowed() -> None:
    nobody = Bench(interactive=False)
    assert isinstance(await nobody.call("create", name="a"), ToolFailure)
    assert nobody.host.record.refused and made == []
    policy = Bench(interactive=False, approve="yes")
    assert await policy.call("create", name="a") == ToolValue({"id": 1})
    assert ApprovalGiven("c1", "create", True, "policy") in policy.events


async def test_a_repair_does_not_make_a_change_twice() -> None:
    bench = Bench(approve="yes")
    await bench.call("create", name="a")
    assert bench.host.changes_made == "create(name='a')"
    bench.host.begin_cell(2)
    assert await bench.call("create", name="a") == ToolValue({"id": 1})
    assert await bench.call("create", name="a") == ToolValue({"id": 2})
    bench.host.begin_cell(3)
    assert await bench.call("create", name="a") == ToolValue({"id": 1})
    bench.host.begin_question()
    bench.host.begin_cell(4)
    assert await bench.call("create", name="a") == ToolValue({"id": 3})


async def test_ask_user_with_and_without_a_person() -> None:
    bench = Bench(lambda e: e.choices[1])
    assert await bench.call("ask_user", question="Which?", choices=["a", "b"]) == ToolValue("b")
    alone = Bench(interactive=False)
    assert isinstance(await alone.call("ask_user", question="Which?", choices=["a", "b"]), ToolFailure)
    assert alone.host.record.question == ("Which?", ("a", "b"))


async def test_sixteen_calls_at_once() -> None:
    bench = Bench()
    replies = await asyncio.gather(*(bench.call("double", x=i) for i in range(16)))
    assert replies == [ToolValue(2 * i) for i in range(16)]
