"""Tools that behave badly: none ends the program, hangs it, or is recorded as something that it was not."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from agent.calls.categories import Category
from agent.events import Event, ToolCalled, ToolReturned
from agent.tools.host import HostRules, ToolHost
from agent.tools.policy import HostLimits
from agent.tools.python.in_process import FunctionTool
from agent.tools.python.toolcoder_worker import convert
from sandbox.kernel import BindFailure, ToolFailure, ToolReply, ToolRequest, ToolValue
from tests.unit.loop_script import PSEUDO, events_of, fenced, of, scripted, session


def exits() -> None:
    """End the program."""
    sys.exit(3)


def presses_ctrl_c() -> None:
    """Raise what Ctrl-C raises."""
    raise KeyboardInterrupt


def takes_from_nothing() -> int:
    """A forgotten default."""
    return next(iter([]))


async def exits_in_the_loop() -> None:
    """End the program from a coroutine."""
    raise SystemExit("no")


async def cancels_itself() -> None:
    """A coroutine that awaits what was cancelled."""
    raise asyncio.CancelledError


class Bench:
    def __init__(self, *functions: Callable[..., Any]) -> None:
        self.events: list[Event] = []
        tools = [FunctionTool(f, source="test") for f in functions]
        self.host = ToolHost(tools, self.events.append, rules=HostRules(limits=HostLimits(call_s=5)))
        self.host.begin_cell(1)

    async def call(self, name: str, /, **args: Any) -> ToolReply:
        return await self.host.call(ToolRequest("c1", name, args))

    @property
    def category(self) -> Category:
        return of(ToolReturned, self.events)[-1].category  # type: ignore[no-any-return]


@pytest.mark.parametrize("function", [exits, presses_ctrl_c, takes_from_nothing, exits_in_the_loop, cancels_itself])
async def test_what_would_end_the_program_is_the_tools_own_failure(function: Callable[..., Any]) -> None:
    bench = Bench(function)
    started = time.monotonic()
    reply = await bench.call(function.__name__)
    assert isinstance(reply, ToolFailure) and reply.kind == "ToolStopped" and "it ended by" in reply.message
    assert bench.category is Category.TOOL_CALL_FAILURE and time.monotonic() - started < 20


async def test_a_cancelled_call_is_still_cancelled() -> None:
    async def waits() -> None:
        """Wait."""
        await asyncio.sleep(60)

    call = asyncio.create_task(Bench(waits).call("waits"))
    await asyncio.sleep(0.05)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call


def test_a_tool_that_hangs_does_not_keep_the_program() -> None:
    program = """
        import asyncio, time
        from agent.tools.host import HostRules, ToolHost
        from agent.tools.policy import HostLimits
        from agent.tools.python.in_process import FunctionTool
        from sandbox.kernel import ToolRequest

        def hangs() -> None:
            "Hang."
            time.sleep(600)

        rules = HostRules(limits=HostLimits(call_s=0.1))
        host = ToolHost([FunctionTool(hangs, source="test")], lambda event: None, rules=rules)

        async def main():
            replies = await asyncio.gather(*(host.call(ToolRequest(str(i), "hangs", {})) for i in range(40)))
            assert all("did not answer within 0.1 s" in reply.message for reply in replies)
            assert await asyncio.to_thread(lambda: 1) == 1

        asyncio.run(main())
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=True, timeout=60)


async def test_a_time_out_of_the_tools_own_keeps_its_words() -> None:
    def prints() -> None:
        """Print."""
        raise TimeoutError("the printer is offline")

    bench = Bench(prints)
    assert await bench.call("prints") == ToolFailure("TimeoutError", "the printer is offline")
    assert bench.category is Category.TOOL_INSTABILITY


async def test_a_recorded_value_does_not_change_when_the_tool_goes_on() -> None:
    kept: dict[Any, int] = {}

    def note(key: int) -> dict[Any, int]:
        """Note a number; return all of them."""
        kept[key] = 1
        return kept

    bench = Bench(note)
    assert await bench.call("note", key=1) == ToolValue({"1": 1}), "as the program gets it: JSON has text keys"
    assert await bench.call("note", key=2) == ToolValue({"1": 1, "2": 1})
    assert [e.value for e in of(ToolReturned, bench.events)] == [{"1": 1}, {"1": 1, "2": 1}]
    assert [value for _, _, value in bench.host.record.calls] == [{"1": 1}, {"1": 1, "2": 1}]


async def test_a_generator_that_never_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    def numbers() -> Iterator[int]:
        """Count."""
        i = 0
        while True:
            yield (i := i + 1)

    monkeypatch.setattr(convert, "MAX_YIELDED", 1000)
    reply = await Bench(numbers).call("numbers")
    assert isinstance(reply, ToolFailure) and "more than 1,000 items" in reply.message


async def test_a_tool_that_nobody_has_is_a_hallucination_also_at_the_broker() -> None:
    bench = Bench(exits)
    reply = await bench.call("exit_all")
    assert isinstance(reply, ToolFailure) and "no tool 'exit_all'" in reply.message and "exits" in reply.message
    assert bench.category is Category.TOOL_HALLUCINATION


@pytest.mark.parametrize(
    "message",
    [
        "Object of type set is not JSON serializable",
        "Out of range float values are not JSON compliant",
        "Circular reference detected",
        "the arguments take 70000000 bytes, the limit is 67108864",
    ],
)
def test_an_argument_that_cannot_be_sent_is_no_invented_parameter(message: str) -> None:
    bench = Bench(exits)
    bench.host.bind_failed(BindFailure("c1", "exits", [], {}, message))
    assert bench.category is Category.TOOL_CALL_FAILURE


async def test_the_ids_of_calls_are_unique_over_a_whole_session() -> None:
    model = scripted(
        tool_selection=fenced(PSEUDO.replace("search_people", "find_person")),
        planning_reconstruction=fenced(PSEUDO.replace("search_people", "find_person")),
    )
    async with session(model) as talk:
        ids = [e.id for _ in range(2) for e in of(ToolCalled, (await events_of(talk))[1])]
    assert len(ids) == len(set(ids)) == 10
