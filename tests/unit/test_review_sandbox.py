"""The host's side against an engine that refuses, code that floods, and a person who presses Esc again and again."""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest

from agent.events import CellStarted, ToolCalled
from sandbox import broker as broker_module
from sandbox.broker import Broker
from sandbox.cell_run import CellRun
from sandbox.collect import Collector
from sandbox.errors import EngineGone
from sandbox.events import CellEnd, CellLimits, CellResult, KernelEvent
from sandbox.process import KernelProcess
from sandbox.uninterrupted import uninterrupted
from sandbox.watch import Exit
from sandbox.wire import TOO_LARGE
from tests.contract.kernel_harness import Tools
from tests.unit.loop_script import PROGRAM, QUESTION, fenced, of, scripted, session


class SilentWire:
    """A kernel that never says anything."""

    def __init__(self) -> None:
        self.inbox: asyncio.Queue[Any] = asyncio.Queue()
        self.over = asyncio.Event()

    def execute(self, code: str) -> str:
        return "cell"

    async def receive(self) -> Any:
        return await self.inbox.get()

    def hurry(self) -> None: ...


class Process:
    """Its engine refuses to pass signals on, as Docker does where a security module forbids them."""

    broker = None

    def __init__(self, kill_works: bool) -> None:
        self.wire = SilentWire()
        self.exited: asyncio.Future[Exit] = asyncio.get_running_loop().create_future()
        self._kill_works = kill_works

    def last_words(self, cell_id: str) -> list[object]:
        return []

    async def interrupt(self) -> None:
        raise EngineGone("The container engine failed: permission denied")

    async def kill(self) -> None:
        if not self._kill_works:
            raise RuntimeError("the engine's answer is no HTTP")
        self.exited.set_result(Exit(137))
        self.tell(Exit(137))

    def tell(self, item: Any) -> None:
        self.wire.inbox.put_nowait(item)


def cell_of(process: Process) -> CellRun:
    return CellRun(cast("KernelProcess", process), "code", CellLimits(wall_s=0.05, interrupt_grace_s=0.05), None)


async def test_a_cell_ends_also_where_the_interrupt_cannot_be_sent() -> None:
    cell = cell_of(Process(kill_works=True))
    async with asyncio.timeout(5):
        events = [event async for event in cell.events()]
    assert isinstance(events[-1], CellEnd) and events[-1].status == "timeout" and events[-1].died
    assert cell.lost_kernel


async def test_a_kernel_that_cannot_even_be_killed_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.cell_run._KILL_S", 0.05)
    cell = cell_of(Process(kill_works=False))

    async def read() -> list[KernelEvent]:
        return [event async for event in cell.events()]

    with pytest.raises(EngineGone):
        await asyncio.wait_for(read(), 60)
    assert cell.lost_kernel, "its process may still run that cell: it must not get the next one"


async def test_clean_up_goes_on_however_often_it_is_cancelled() -> None:
    done: list[str] = []

    async def clean_up() -> None:
        await asyncio.sleep(0.2)
        done.append("removed")

    task = asyncio.create_task(uninterrupted(clean_up()))
    for _ in range(4):
        await asyncio.sleep(0.02)
        task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert done == ["removed"]


async def test_esc_pressed_four_times_waits_for_the_cells_end_like_pressed_once() -> None:
    stubborn = "import time\ntry:\n    time.sleep(30)\nexcept KeyboardInterrupt:\n    time.sleep(1)\n" + PROGRAM
    async with session(scripted(implementation=fenced(stubborn)), kernel_kind="local") as talk:
        async for event in talk.ask(QUESTION):
            if isinstance(event, CellStarted):
                for delay_s in (0.5, 0.6, 0.7, 0.8):
                    asyncio.get_running_loop().call_later(delay_s, talk.interrupt)
            last = event
        assert getattr(last, "status", "") == "interrupted"
        assert not [t.get_name() for t in asyncio.all_tasks() if t.get_name() == "stop-cell"]


async def test_calls_of_a_fresh_kernel_do_not_take_the_ids_of_the_dead_one() -> None:
    dies = PROGRAM + "\n__import__('os')._exit(3)"
    model = scripted(implementation=fenced(dies), code_review=fenced(PROGRAM))
    async with session(model, kernel_kind="local") as talk:
        calls = of(ToolCalled, [event async for event in talk.ask(QUESTION)])
    assert len(calls) == 4 and len({call.id for call in calls}) == 4


def test_a_result_deeper_or_larger_than_the_kernel_makes_is_no_json() -> None:
    for encoded in ("[" * 900 + "]" * 900, '"' + "x" * (1 << 20) + '"'):
        data = {"text/plain": "x", "application/vnd.toolcoder.value+json": encoded}
        content = {"msg_type": "execute_result", "content": {"data": data}, "parent_header": {"msg_id": "cell"}}
        assert Collector("cell", 100).events(content) == [CellResult("x", None)]


def test_a_message_that_was_dropped_for_its_size_counts_as_cut() -> None:
    collector = Collector("cell", 100)
    assert collector.events(TOO_LARGE) == [] and collector.cut


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[tuple[Broker, Tools]]:
    tools = Tools()
    broker = Broker(tmp_path, tools, lambda error: None)
    await broker.start()
    broker.open_cell("cell", 200)
    yield broker, tools
    await broker.close()


class Client:
    """Code inside, that speaks to the socket itself."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def connected(cls, broker: Broker) -> Client:
        return cls(*await asyncio.open_unix_connection(str(broker.path)))

    def send(self, name: str = "echo", **args: Any) -> None:
        payload = json.dumps({"op": "call", "cell": "cell", "name": name, "args": args}).encode()
        self.writer.write(struct.pack(">I", len(payload)) + payload)

    async def reply(self) -> dict[str, Any]:
        (size,) = struct.unpack(">I", await self.reader.readexactly(4))
        return cast("dict[str, Any]", json.loads(await self.reader.readexactly(size)))

    async def call(self, name: str = "echo", **args: Any) -> dict[str, Any]:
        self.send(name, **args)
        return await self.reply()

    def close(self) -> None:
        self.writer.close()


async def test_large_arguments_are_answered_up_to_a_sum_and_the_connection_stays(
    broker: tuple[Broker, Tools], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker_module, "_CELL_BYTES", 7 << 20)
    client = await Client.connected(broker[0])
    for _ in range(2):
        assert len((await client.call(value="x" * (3 << 20)))["value"]) == 3 << 20
    assert (await client.call(value="x" * (3 << 20)))["kind"] == "ToolBudgetExceeded"
    broker[0].open_cell("cell", 200)
    assert (await client.call(value=1))["value"] == 1
    client.close()


async def test_what_a_cell_left_behind_is_not_even_read(broker: tuple[Broker, Tools]) -> None:
    client = await Client.connected(broker[0])
    broker[0].close_cell()
    assert (await client.call(value="x" * (3 << 20)))["kind"] == "CellEnded"
    assert broker[1].calls == []
    client.close()


async def test_a_half_sent_large_request_holds_the_others_up_for_a_while_only(
    broker: tuple[Broker, Tools], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker_module, "_PATIENCE_S", 0.3)
    slow, other = await Client.connected(broker[0]), await Client.connected(broker[0])
    slow.writer.write(struct.pack(">I", 2 << 20) + b"[")
    await asyncio.sleep(0.05)
    assert (await other.call(value=1))["value"] == 1, "small ones do not wait"
    assert len((await asyncio.wait_for(other.call(value="x" * (2 << 20)), 60))["value"]) == 2 << 20
    assert await slow.reader.read() == b"", "it was hung up on"
    slow.close()
    other.close()


async def test_connections_are_limited(broker: tuple[Broker, Tools], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker_module, "_N_CONNECTIONS", 3)
    clients = [await Client.connected(broker[0]) for _ in range(3)]
    assert [(await client.call(value=1))["value"] for client in clients] == [1, 1, 1]
    one_more = await Client.connected(broker[0])
    assert await one_more.reader.read() == b""
    clients[0].close()
    await asyncio.sleep(0.05)
    again = await Client.connected(broker[0])
    assert (await again.call(value=2))["value"] == 2
    for client in (*clients, one_more, again):
        client.close()


async def test_a_name_of_a_megabyte_reaches_no_tool(broker: tuple[Broker, Tools]) -> None:
    client = await Client.connected(broker[0])
    assert (await client.call("x" * 900_000))["kind"] == "BadRequest"
    assert broker[1].calls == []
    client.close()
