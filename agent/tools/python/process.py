"""The worker process of one Python source: started when needed, killed when a call in it cannot be ended otherwise.

Frames go over two pipes of their own; what tools print comes over stdout and is handed on as text. Nothing here is
pickled: the person's interpreter is another one, and JSON is all that a program in the sandbox could use anyhow.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import signal
import struct
import subprocess
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from agent.calls.categories import Category
from agent.errors import ToolSourceError
from agent.tools.feedback import RemoteFailure

GRACE_S = 0.5
"""A call that nobody waits for any more has this long to end by itself; then its process is killed."""
_LINE_BYTES = 1 << 16
_FOLDER = Path(__file__).parent
_START = """
import os, sys
sys.path[:] = [p for p in sys.path if p] + [os.getcwd()]
sys.path.insert(0, os.environ["TOOLCODER_WORKER_PATH"])
import runpy
runpy.run_module("toolcoder_worker", run_name="__main__")
"""
"""The work folder comes last on the path: what lies there must not stand for the standard library."""

Waiting = tuple[asyncio.AbstractEventLoop, "asyncio.Future[dict[str, Any]]"]


@dataclass
class _Running:
    """One process and what waits for it."""

    process: subprocess.Popen[bytes]
    requests: IO[bytes]
    replies: IO[bytes]
    waiting: dict[int, Waiting] = field(default_factory=dict)
    writing: threading.Lock = field(default_factory=threading.Lock)
    is_dead: bool = False
    was_killed: bool = False
    """By us, since a call in it hung."""
    given_up: int = 0
    settled: threading.Event = field(default_factory=threading.Event)
    """Not set while it is unknown whether a call that was given up takes the process with it."""

    def __post_init__(self) -> None:
        self.settled.set()


class WorkerProcess:
    """Serves one source. `say` gets what its tools print. Calls may come from any event loop."""

    def __init__(self, source: str, python: str, say: Callable[[str], None], start_s: float) -> None:
        self._source = source
        self._python = python
        self._say = say
        self._start_s = start_s
        self._ids = itertools.count(1)
        self._running: _Running | None = None
        self._starting = threading.Lock()
        self._is_closed = False

    def start(self) -> dict[str, Any]:
        """Start the process and import the source; what it offers. Blocking.

        Raises:
            ToolSourceError: the interpreter cannot be started, or the source cannot be used.
        """
        running = self._spawn()
        timer = threading.Timer(self._start_s, self._kill, [running])
        timer.start()
        try:
            _send(running, {"op": "load", "source": self._source})
            loaded = _receive(running.replies)
        except OSError:
            loaded = None
        finally:
            timer.cancel()
        if loaded is None or "error" in loaded:
            is_slow = running.is_dead
            self._kill(running)
            running.replies.close()
            raise self._not_loaded(loaded, running, is_slow)
        self._running = running
        threading.Thread(target=self._read, args=(running,), name="worker replies", daemon=True).start()
        return loaded

    async def call(self, name: str, args: Mapping[str, Any]) -> Any:
        """What the function returned; the process is started again where it ended meanwhile.

        Raises:
            RemoteFailure: the function raised, or its process ended.
            ToolSourceError: the process could not be started again.
        """
        running = self._running
        if running is not None and not running.settled.is_set():
            await asyncio.to_thread(running.settled.wait, GRACE_S + self._start_s)
            running = self._running
        if running is None or running.is_dead:
            running = await asyncio.to_thread(self._restarted)
        number = next(self._ids)
        loop = asyncio.get_running_loop()
        reply: asyncio.Future[dict[str, Any]] = loop.create_future()
        running.waiting[number] = (loop, reply)
        try:
            request = {"op": "call", "id": number, "name": name, "args": dict(args)}
            try:
                await asyncio.to_thread(_send, running, request) if _is_large(args) else _send(running, request)
            except (OSError, ValueError):  # it ended a moment ago, and its pipe is closed
                self._end(running)
            answer = await reply
        except asyncio.CancelledError:
            self._give_up(running, number)
            raise
        if "value" in answer:
            return answer["value"]
        raise _failure(answer)

    async def close(self) -> None:
        """End the process and what it started. Safe to call twice."""
        await asyncio.to_thread(self.kill)

    def kill(self) -> None:
        """The same, blocking."""
        self._is_closed = True
        with self._starting:
            running, self._running = self._running, None
        if running is not None:
            self._kill(running)

    def _spawn(self) -> _Running:
        child_in, requests = os.pipe()
        replies, child_out = os.pipe()
        environment = {**os.environ, "TOOLCODER_WORKER_PATH": str(_FOLDER), "PYTHONUNBUFFERED": "1"}
        try:
            process = subprocess.Popen(
                [self._python, "-c", _START, str(child_in), str(child_out)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=(child_in, child_out),
                env=environment,
                start_new_session=True,  # Ctrl-C is ours to handle; what a tool starts ends with it
            )
        except OSError as error:
            os.close(requests)
            os.close(replies)
            raise ToolSourceError(
                f"{self._python} cannot be started for the tool source {self._source}: {error.strerror}",
                "name a Python interpreter: python in [tools] of the settings, or ?python=PATH behind the file",
            ) from error
        finally:
            os.close(child_in)
            os.close(child_out)
        assert process.stdout is not None
        threading.Thread(target=self._hand_on, args=(process.stdout,), name="worker output", daemon=True).start()
        return _Running(process, os.fdopen(requests, "wb"), os.fdopen(replies, "rb"))

    def _restarted(self) -> _Running:
        with self._starting:  # several calls may find it dead at once
            if self._is_closed:
                raise RemoteFailure("ToolStopped", f"{self._source} was closed", Category.TOOL_CALL_FAILURE)
            if self._running is None or self._running.is_dead:
                self.start()
            assert self._running is not None
            return self._running

    def _read(self, running: _Running) -> None:
        """The replies, in a thread, until the process ends."""
        while (reply := _receive(running.replies)) is not None:
            waiting = running.waiting.pop(reply["id"], None)
            if waiting is not None:
                _tell(waiting, reply)
            if reply["id"] == running.given_up:
                running.settled.set()
        self._end(running)
        running.replies.close()

    def _end(self, running: _Running) -> None:
        """The process is over: whoever waits for it is told why."""
        self._kill(running)
        code = running.process.returncode
        how = f"by {signal.Signals(-code).name}" if code < 0 else f"with status {code}"
        told = {"kind": "ToolStopped", "message": f"the process of {self._source} ended {how}; its state is lost"}
        if running.was_killed:
            told["message"] = f"another call of {self._source} hung, and its process was ended; call again"
            told["unstable"] = True  # type: ignore[assignment]  # JSON
        for waiting in [running.waiting.pop(number) for number in list(running.waiting)]:
            _tell(waiting, told)

    def _give_up(self, running: _Running, number: int) -> None:
        """Nobody waits for this call any more. A coroutine can be cancelled; a thread can only go with its process."""

        def kill_if_it_runs() -> None:
            try:
                if running.waiting.pop(number, None) is not None and not running.is_dead:
                    running.was_killed = True
                    self._say(f"{self._source} did not answer: its process was ended, and what it kept is lost\n")
                    self._kill(running)
                    with contextlib.suppress(ToolSourceError, RemoteFailure):  # the next call will say so
                        self._restarted()  # now, so that the next call need not wait for it
            finally:
                running.settled.set()

        running.given_up = number
        running.settled.clear()
        with contextlib.suppress(OSError, ValueError):
            _send(running, {"op": "cancel", "id": number})
        timer = threading.Timer(GRACE_S, kill_if_it_runs)
        timer.daemon = True
        timer.start()

    def _kill(self, running: _Running) -> None:
        running.is_dead = True
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(running.process.pid, signal.SIGKILL)
        running.process.wait()
        with contextlib.suppress(OSError):
            running.requests.close()

    def _hand_on(self, output: IO[bytes]) -> None:
        """By lines, so that no secret is cut in two before it can be hidden."""
        with output:
            while line := output.readline(_LINE_BYTES):
                self._say(line.decode("utf-8", "replace"))

    def _not_loaded(self, loaded: dict[str, Any] | None, running: _Running, is_slow: bool) -> ToolSourceError:
        if loaded is not None:
            return ToolSourceError(loaded["error"], loaded["hint"])
        if is_slow:
            return ToolSourceError(
                f"the tool source {self._source} was not imported within {self._start_s:g} s",
                "do slow work in the functions, not on import",
            )
        return ToolSourceError(
            f"the process of the tool source {self._source} ended with status {running.process.returncode} on import",
            f"try it: {self._python} {self._source}",
        )


def _failure(answer: dict[str, Any]) -> RemoteFailure:
    category = Category.TOOL_INSTABILITY if answer.get("unstable") else Category.TOOL_CALL_FAILURE
    return RemoteFailure(answer["kind"], answer["message"], category, answer.get("status"), answer.get("retry_after_s"))


def _send(running: _Running, message: dict[str, Any]) -> None:
    payload = json.dumps(message).encode()
    with running.writing:
        running.requests.write(struct.pack(">I", len(payload)) + payload)
        running.requests.flush()


def _receive(replies: IO[bytes]) -> dict[str, Any] | None:
    """The next frame; None at the end, also where it breaks off."""
    try:
        head = replies.read(4)
        body = replies.read(struct.unpack(">I", head)[0]) if len(head) == 4 else b""
        message = json.loads(body)
    except (OSError, ValueError):
        return None
    return message if isinstance(message, dict) else None


def _tell(waiting: Waiting, reply: dict[str, Any]) -> None:
    loop, future = waiting

    def tell() -> None:
        if not future.done():
            future.set_result(reply)

    with contextlib.suppress(RuntimeError):  # its loop was closed meanwhile: nobody waits any more
        loop.call_soon_threadsafe(tell)


def _is_large(args: Mapping[str, Any]) -> bool:
    return any(isinstance(v, str | list | dict) and len(v) > 10_000 for v in args.values())
