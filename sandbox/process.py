"""A kernel's process with its connections: started, asked to stop, killed, removed. One per life of a kernel."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from sandbox.broker import Broker
from sandbox.errors import EngineGone, KernelStartFailed, SandboxError
from sandbox.events import Lease
from sandbox.kernel import ToolHandler
from sandbox.last_words import LastWords
from sandbox.launching import Launched, Launcher
from sandbox.lease import Card, is_held_again, remember, write_card
from sandbox.rundir import RunDir
from sandbox.watch import Exit
from sandbox.wire import Message, Wire, ends_request, log

_START_S = 30.0
_ANSWER_S = 5.0
_ATTACH_S = 6.0
"""For a cell that ignores its interrupt; then a fresh process is better than a longer wait."""


class Crash:
    """The handler of tool calls raised: our machinery failed, not the code."""

    def __init__(self, error: BaseException) -> None:
        self.error = error


class KernelProcess:
    """A kernel that answers, from `start` to `close`. `inbox` of its wire also tells of its `Exit` and of a `Crash`."""

    def __init__(self, rundir: RunDir) -> None:
        self._rundir = rundir
        self.broker: Broker | None = None
        self.wire: Wire | None = None
        self._launched: Launched | None = None
        self._last_words: LastWords | None = None

    @classmethod
    async def start(cls, launcher: Launcher) -> KernelProcess:
        """Launch and wait until it answers. It is nobody's yet: `equip` makes it a session's.

        Raises:
            SandboxError: it did not come up; nothing of it is left.
        """
        return await cls(RunDir.create())._come_up(launcher.launch, _START_S)

    @classmethod
    async def attach(cls, launcher: Launcher, rundir: RunDir) -> KernelProcess:
        """Go on with the kernel of a client that died, whose folder is claimed. Its guard interrupted what it ran.

        Raises:
            SandboxError: it is gone or does not answer; nothing of it is left.
        """
        return await cls(rundir)._come_up(launcher.attach, _ATTACH_S)

    async def _come_up(self, launch: Callable[[RunDir], Awaitable[Launched]], patience_s: float) -> KernelProcess:
        try:
            async with asyncio.timeout(patience_s):
                await self._until_it_answers(launch)
        except TimeoutError:
            await self.close()
            raise KernelStartFailed(f"The kernel did not answer within {patience_s:.0f} s.", _DOCTOR) from None
        except BaseException:  # also a cancellation: no container stays
            await self.close()
            raise
        return self

    async def equip(self, handler: ToolHandler | None, stubs: str, call_ids: Iterator[int]) -> None:
        """Make it a session's: answer its tool calls by `handler`, numbered by `call_ids`, and define the stubs.

        Raises:
            SandboxError: the stubs cannot be defined; the caller closes it.
        """
        assert self.broker is not None
        self.broker.serve(handler, call_ids)
        if stubs:
            try:
                async with asyncio.timeout(_START_S):
                    await self._define(stubs)
            except TimeoutError:
                raise KernelStartFailed(f"The stubs were not defined within {_START_S:.0f} s.", _DOCTOR) from None

    def rest(self) -> None:
        """Stop the process where there is a guard: it costs no CPU until `wake`, and still ends with its client."""
        assert self.broker is not None
        self.broker.order("rest")

    def wake(self) -> None:
        """Let it go on after `rest`."""
        assert self.broker is not None
        self.broker.order("wake")

    async def outlive_client(self, lease: Lease, key: str) -> None:
        """From now on the process waits that long for a new client when we die. `key` is what it was made from.

        Where nobody inside could wait for it, or the session's folder cannot be written, all stays as it is.
        """
        assert self.broker is not None
        if not self.broker.has_guard:
            return
        try:
            await asyncio.to_thread(self._note, lease, key)
        except OSError as error:
            log.warning("this session's kernel could not be found again after a crash: %s", error)
            return
        self.broker.order(f"lease {lease.seconds:g}")

    def mark(self, card: Card) -> None:
        """For `sandbox list`, for which a kernel without a card is there too."""
        with contextlib.suppress(OSError):
            write_card(self._rundir.path, card)

    def _note(self, lease: Lease, key: str) -> None:
        write_card(self._rundir.path, Card(lease.session, lease.seconds, key=key))
        is_held_again(self._rundir.path)
        remember(lease, self._rundir.path)

    async def _until_it_answers(self, launch: Callable[[RunDir], Awaitable[Launched]]) -> None:
        # Also without tools: the kernel ends by itself when this connection does, however our process ends.
        self.broker = Broker(self._rundir.broker, None, lambda error: self.tell(Crash(error)))
        await self.broker.start()
        self._launched = launched = await launch(self._rundir)
        self.wire = wire = Wire(launched.manager)
        ready = asyncio.create_task(wire.ready())
        try:
            waiting: list[asyncio.Future[Any]] = [ready, launched.exited]
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            if not ready.done():
                raise self._did_not_start(launched.exited.result())
            ready.result()
        finally:
            ready.cancel()
        launched.exited.add_done_callback(lambda ended: self.tell(ended.result()))
        self._last_words = LastWords.open(self._rundir.sockets)
        self._rundir.close_for_all()
        await self.broker.held.wait()

    async def _define(self, stubs: str) -> None:
        from sandbox.collect import Collector

        assert self.wire is not None
        cell_id = self.wire.execute(stubs, silent=True)
        collector = Collector(cell_id, 0)
        while True:
            message = await self.wire.receive()
            if isinstance(message, Exit):
                raise KernelStartFailed("The kernel died while the tools were defined.", _DOCTOR)
            collector.events(message)
            if ends_request(message) == cell_id:
                break
        if collector.error is not None:
            raise KernelStartFailed(f"The stubs of the tools are not valid Python:\n{collector.error.text}")

    def _did_not_start(self, ended: Exit) -> SandboxError:
        why = "it ran out of memory" if ended.out_of_memory else f"its exit code is {ended.code}"
        if ended.engine_gone:
            return EngineGone("The container engine stopped answering while a kernel was starting.", "Start it again.")
        last_words = self._rundir.read_start_log()
        text = f"The kernel ended before it answered; {why}."
        return KernelStartFailed(f"{text}\n{last_words}" if last_words else text, _DOCTOR)

    def last_words(self, cell_id: str) -> list[Message]:
        """What the dead process wrote and could not send any more, as messages of the cell."""
        if self._last_words is None or self.wire is None:
            return []
        words = self._last_words.missing(self.wire.n_heard)
        parent = {"msg_id": cell_id}
        return [
            {"msg_type": "stream", "parent_header": parent, "content": {"name": name, "text": text}}
            for name, text in words
        ]

    def tell(self, item: Exit | Crash) -> None:
        if self.wire is not None:
            self.wire.tell(item)

    async def is_fit(self) -> bool:
        """Whether it answers and is what its launcher would start now: a spare may have died, its image be another."""
        if self._launched is None or not self.alive:
            return False
        return all(await asyncio.gather(self._launched.is_current(), self._answers()))

    async def _answers(self) -> bool:
        try:
            async with asyncio.timeout(_ANSWER_S):
                await self._define("pass")
        except (TimeoutError, KernelStartFailed):
            return False
        return True

    @property
    def exited(self) -> asyncio.Future[Exit]:
        """Done when the process is gone."""
        assert self._launched is not None
        return self._launched.exited

    @property
    def alive(self) -> bool:
        return self._launched is not None and not self._launched.exited.done()

    async def interrupt(self) -> None:
        """Like Ctrl-C at a terminal; the code may ignore it."""
        if self._launched is None or not self.alive:
            return
        # The guard is there at once; an engine takes tens of milliseconds to find its container.
        if self.broker is None or not self.broker.order("interrupt"):
            await self._launched.interrupt()

    async def kill(self) -> None:
        """End the process at once."""
        if self._launched is not None and self.alive:
            await self._launched.kill()

    async def close(self) -> None:
        """Remove everything; never fails, safe to call twice."""
        if self._launched is not None:
            await self._launched.remove()
        if self.broker is not None:
            await self.broker.close()
        if self.wire is not None:
            await self.wire.close()
        if self._last_words is not None:
            self._last_words.close()
        self._rundir.remove()

    def close_now(self) -> None:
        """The same without an event loop: at the interpreter's exit."""
        if self.broker is not None:
            self.broker.order("end")  # should the engine not answer: no lease begins
        if self._launched is not None:
            self._launched.remove_now()
        self._rundir.remove()


_DOCTOR = "Run `toolcoder doctor` to see what is wrong."
