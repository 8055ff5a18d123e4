"""What an attempt is and where it is made: a real kernel, tools that remember, and things on the host to be reached.

An attempt is judged by what can be observed on the host. That the code inside got an exception is not enough: code that
attacks would not tell.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.container import OWNER_LABEL
from sandbox.events import CellFile, CellLimits, KernelEvent
from sandbox.files.inbox import Inbox, Received
from sandbox.files.limits import MB, FileLimits
from sandbox.kernel import Kernel
from sandbox.rundir import base_folder
from tests.contract.kernel_harness import Cell, Tools, opened, run

SETTLE_S = 60.0
FILE_LIMITS = FileLimits(out_bytes=8 * MB, out_session_bytes=20 * MB, n_out=100)


@dataclass(frozen=True)
class Attempt:
    """One attack. `code` runs as a cell; `observe` asserts on the host what must be true after it.

    `{words}` in the code that `Arena.words` has are replaced. `ends` are the ways in which the cell may end.
    """

    id: str
    tries: str
    expected: str
    code: str
    observe: Callable[[Arena, Cell], Awaitable[None]]
    ends: tuple[str, ...] = ("ok",)
    limits: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.id


class Arena:
    """One kernel for all attempts (a dead one replaces itself), and the host's side of them."""

    def __init__(self) -> None:
        self.tools = Tools()
        self.kernel: Kernel = opened("docker", self.tools)
        self.secret = secrets.token_hex(16)
        self._stack = ExitStack()
        self.folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="tc-abuse-")))
        self.folder.joinpath("secret.txt").write_text(self.secret)
        self.abstract = f"toolcoder-abuse-{secrets.token_hex(4)}"
        self.tcp = self._listen(socket.AF_INET, ("0.0.0.0", 0))
        self.udp = self._stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        self.udp.bind(("0.0.0.0", 0))
        self.udp.setblocking(False)
        self.local = self._listen(socket.AF_UNIX, "\0" + self.abstract)
        self.around = Path()
        self.received: list[Received] = []
        self.may_die_late = False
        self.n_descriptors = 0

    @property
    def words(self) -> dict[str, str]:
        """What stands for `{name}` in an attempt's code."""
        return {
            "{port}": str(self.tcp.getsockname()[1]),
            "{udp_port}": str(self.udp.getsockname()[1]),
            "{addresses}": repr(["127.0.0.1", "172.17.0.1", "10.0.2.2", _own_address()]),
            "{abstract}": self.abstract,
            "{secret_file}": str(self.folder / "secret.txt"),
            "{folder}": str(self.folder),
            "{run_folders}": str(base_folder()),
            "{host_pid}": str(os.getpid()),
        }

    async def attempt(self, attempt: Attempt) -> Cell:
        """Make it, and see that it had the end that was expected and that the kernel serves afterwards."""
        code = attempt.code
        for word, value in self.words.items():
            code = code.replace(word, value)
        self.n_descriptors = open_descriptors()
        with tempfile.TemporaryDirectory(prefix="tc-abuse-out-") as around:
            self.around = Path(around)
            limits = CellLimits(**({"wall_s": 20.0} | attempt.limits))
            cell = Cell(tuple(await asyncio.wait_for(self._run(code, limits), 90)))
            assert cell.end.status in attempt.ends, (cell.end, cell.stdout[-2000:])
            self.may_die_late = "died" in attempt.ends and cell.end.status != "died"
            await attempt.observe(self, cell)
        return cell

    @property
    def out(self) -> Path:
        """Where the files go that this attempt hands over."""
        return self.around / "session" / "out"

    async def _run(self, code: str, limits: CellLimits) -> list[KernelEvent]:
        """The events; files are put together as a session does, a piece at a time."""
        inbox = Inbox(self.out, None, FILE_LIMITS)
        events: list[KernelEvent] = []
        self.received = []
        async for event in self.kernel.run(code, limits):
            if not isinstance(event, CellFile):
                events.append(event)
            elif (told := inbox.take(event)) is not None:
                self.received.append(told)
        inbox.close()
        return events

    async def still_serves(self) -> None:
        """The next cell of the session runs, and its tools answer.

        What an attempt did to the kernel may take effect after its cell (a signal on its way through process 1): where
        it may die, it may die now instead, once.
        """
        code = "search_films('some')[0].title"
        cell = await asyncio.wait_for(run(self.kernel, code, wall_s=30), 60)
        if self.may_die_late and cell.end.status == "died":
            cell = await asyncio.wait_for(run(self.kernel, code, wall_s=30), 60)
        self.may_die_late = False
        assert cell.end.status == "ok" and cell.result is not None, cell.end
        assert cell.result.text == "'Somewhere'"

    def nobody_came(self) -> None:
        """No lure was reached."""
        for listener in (self.tcp, self.local):
            with suppress(BlockingIOError):
                connection, _ = listener.accept()
                connection.close()
                raise AssertionError("something inside reached the host")
        with suppress(BlockingIOError):
            raise AssertionError(f"a datagram came out: {self.udp.recv(100)!r}")

    def secret_is_kept(self, cell: Cell) -> None:
        """What only the host knows is in nothing that the cell said, and stands where it stood."""
        assert self.secret not in repr(cell.events)
        assert self.folder.joinpath("secret.txt").read_text() == self.secret
        assert sorted(path.name for path in self.folder.iterdir()) == ["secret.txt"]

    async def settled(self, there: Callable[[], bool]) -> None:
        """Wait until something on the host is as it must be; engines take a moment."""
        deadline = time.monotonic() + SETTLE_S
        while not await asyncio.to_thread(there):
            assert time.monotonic() < deadline, self.processes()
            await asyncio.sleep(0.1)

    def containers(self) -> list[dict[str, Any]]:
        """Ours: those whose folder is in this test's place for such folders."""
        import docker

        client = docker.from_env()
        try:
            found = client.api.containers(all=True, filters={"label": OWNER_LABEL})
            return [c for c in found if Path(c["Labels"][OWNER_LABEL]).is_relative_to(base_folder())]
        finally:
            client.close()

    def disk_bytes(self) -> int:
        """What our containers hold on the host's disk: their own layers, and their folders."""
        import docker

        client = docker.from_env()
        try:
            ours = {"name": [name for c in self.containers() for name in c["Names"]]}
            layers = sum(c.get("SizeRw", 0) for c in client.api.containers(all=True, size=True, filters=ours))
        finally:
            client.close()
        files = [path.lstat() for path in base_folder().rglob("*") if path.is_file()]
        return layers + sum(status.st_blocks * 512 for status in files)

    def processes(self) -> list[str]:
        """The command lines of everything that runs in our containers, as the host sees it."""
        import docker

        client = docker.from_env()
        try:
            return [row[-1] for c in self.containers() for row in client.api.top(c["Id"])["Processes"]]
        finally:
            client.close()

    async def close(self) -> None:
        await self.kernel.close()
        self._stack.close()

    def _listen(self, family: int, address: Any) -> socket.socket:
        listener = self._stack.enter_context(socket.socket(family, socket.SOCK_STREAM))
        listener.bind(address)
        listener.listen()
        listener.setblocking(False)
        return listener


def open_descriptors() -> int:
    """How many this process has."""
    return len(list(Path("/proc/self/fd").iterdir()))


async def no_one_came(arena: Arena, cell: Cell) -> None:
    arena.nobody_came()
    arena.secret_is_kept(cell)


async def nothing_changed(arena: Arena, cell: Cell) -> None:
    arena.secret_is_kept(cell)


def says(*lines: str) -> Callable[[Arena, Cell], Awaitable[None]]:
    """The lines that the cell printed, beside that nothing came out or in: for attempts whose failure is the proof."""

    async def observe(arena: Arena, cell: Cell) -> None:
        await no_one_came(arena, cell)
        assert cell.stdout.splitlines() == list(lines), cell.stdout

    return observe


def died(*causes: str) -> Callable[[Arena, Cell], Awaitable[None]]:
    """The kernel's death was named so."""

    async def observe(arena: Arena, cell: Cell) -> None:
        assert cell.end.died is not None, cell.end
        assert cell.end.died.cause in causes, cell.end
        assert cell.end.died.message

    return observe


def _own_address() -> str:
    """This machine's address on the way out, though nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])
