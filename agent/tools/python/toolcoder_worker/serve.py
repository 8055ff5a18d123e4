"""Calls by frame: four bytes of length and JSON, requests in, replies out in any order.

A plain function runs in a thread of its own, a coroutine on one event loop that lives as long as the process (clients
that a tool keeps between calls belong to a loop). What tools print goes wherever stdout goes, never into a frame.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import json
import struct
import sys
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any, BinaryIO

from . import convert
from .describe import Undescribable, argument_hints, describe
from .load import SourceFailed, load_functions

LIMIT_BYTES = 256 << 20
INSTABLE = {"httpx", "httpx2", "httpcore", "requests", "urllib3", "urllib", "aiohttp"}
"""Families whose exceptions say that a service was out of reach or failed."""


class Server:
    """One source. Its functions keep what they keep in their module between calls."""

    def __init__(self, incoming: BinaryIO, outgoing: BinaryIO) -> None:
        self._incoming = incoming
        self._outgoing = outgoing
        self._writing = threading.Lock()
        self._functions: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: dict[int, asyncio.Future[Any]] = {}

    def run(self) -> None:
        """Until the host closes its end."""
        while (request := self._read()) is not None:
            operation = request["op"]
            if operation == "load":
                self._load(request["source"])
            elif operation == "call":
                self._start(request)
            elif operation == "cancel":
                self._cancel(request["id"])

    def _load(self, source: str) -> None:
        described: list[dict[str, Any]] = []
        problems: list[str] = []
        try:
            for function in load_functions(source):
                try:
                    described.append(describe(function))
                    self._functions[function.__name__] = (function, argument_hints(function))
                except Undescribable as error:
                    problems.append(f"{error}; {error.hint}")
        except SourceFailed as error:
            self._write({"error": str(error), "hint": error.hint})
            return
        self._write({"tools": described, "problems": problems, "python": sys.version.split()[0]})

    def _start(self, request: dict[str, Any]) -> None:
        function, hints = self._functions[request["name"]]
        if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
            asyncio.run_coroutine_threadsafe(self._awaited(request, function, hints), self._event_loop())
        else:
            work = threading.Thread(target=self._called, args=(request, function, hints), daemon=True)
            work.name = f"tool-{request['name']}"
            work.start()

    def _called(self, request: dict[str, Any], function: Callable[..., Any], hints: dict[str, Any]) -> None:
        try:
            value = function(**_arguments(hints, request["args"]))
            if inspect.isawaitable(value):  # a decorator hid that it is a coroutine function
                value = asyncio.run_coroutine_threadsafe(_await(value), self._event_loop()).result()
            reply = self._value(value)
        except BaseException as error:  # noqa: BLE001  it belongs to the call, not to this thread
            reply = _failure(error)
        self._reply(request["id"], reply)

    async def _awaited(self, request: dict[str, Any], function: Callable[..., Any], hints: dict[str, Any]) -> None:
        number = request["id"]
        try:
            made = function(**_arguments(hints, request["args"]))
            # A task of its own: cancelling it, by us or by the function itself, ends this call and nothing else.
            work = asyncio.ensure_future(_all_of(made) if inspect.isasyncgen(made) else made)
            self._tasks[number] = work
            await asyncio.wait([work])
            if work.cancelled():
                raise _Cancelled
            reply = self._value(work.result())
        except BaseException as error:  # noqa: BLE001  it belongs to the call, not to the loop
            reply = _failure(error)
        self._tasks.pop(number, None)
        self._reply(number, reply)

    def _value(self, value: Any) -> dict[str, Any]:
        return {"value": convert.to_json(value)}

    def _cancel(self, number: int) -> None:
        task = self._tasks.get(number)
        if task is not None and self._loop is not None:
            self._loop.call_soon_threadsafe(task.cancel)

    def _event_loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            threading.Thread(target=self._loop.run_forever, name="coroutines", daemon=True).start()
        return self._loop

    def _reply(self, number: int, reply: dict[str, Any]) -> None:
        sys.stdout.flush()  # what it printed comes before what it gave
        try:
            self._write({"id": number, **reply})
        except (TypeError, ValueError, RecursionError) as error:
            self._write({"id": number, "kind": "ResultError", "message": f"its result is no JSON: {error}"})

    def _write(self, message: dict[str, Any]) -> None:
        payload = json.dumps(message).encode()
        if len(payload) > LIMIT_BYTES:
            raise ValueError(f"it has {len(payload):,} bytes, more than the {LIMIT_BYTES:,} that are passed on")
        with self._writing, contextlib.suppress(BrokenPipeError):  # the host is gone, and so are we in a moment
            self._outgoing.write(struct.pack(">I", len(payload)) + payload)
            self._outgoing.flush()

    def _read(self) -> dict[str, Any] | None:
        head = self._incoming.read(4)
        if len(head) < 4:
            return None
        (size,) = struct.unpack(">I", head)
        body = self._incoming.read(size)
        return json.loads(body) if len(body) == size else None


class _Cancelled(Exception):
    pass


def _arguments(hints: dict[str, Any], args: dict[str, Any]) -> dict[str, Any]:
    return {name: convert.from_json(hints[name], v) if name in hints else v for name, v in args.items()}


async def _await(value: Any) -> Any:
    return await value


async def _all_of(values: AsyncIterator[Any]) -> list[Any]:
    items = []
    async for item in values:
        items.append(item)
        if len(items) > convert.MAX_YIELDED:
            raise convert.TooMany(f"it yields more than {convert.MAX_YIELDED:,} items")
    return items


def _failure(error: BaseException) -> dict[str, Any]:
    """The exception as data: class, text, whether its class says that a service failed, and what HTTP libraries keep
    of its answer."""
    kind, text = type(error).__name__, _text_of(error)
    if isinstance(error, _Cancelled):
        kind, text = "ToolStopped", "it ended by CancelledError"
    elif not isinstance(error, Exception) or isinstance(error, (StopIteration, StopAsyncIteration)):
        kind, text = "ToolStopped", f"it ended by {kind}: {text}" if text else f"it ended by {kind}"
    families = {base.__module__.partition(".")[0] for base in type(error).__mro__}
    unstable = isinstance(error, (ConnectionError, TimeoutError)) or not families.isdisjoint(INSTABLE)
    told = {"kind": kind, "message": text, "unstable": unstable}
    return {**told, "status": _status(error) if unstable else None, "retry_after_s": _retry_after_s(error)}


def _status(error: BaseException) -> int | None:
    """httpx and requests have a response, urllib's error has a code, aiohttp's a status."""
    response = getattr(error, "response", None)
    for status in (
        getattr(response, "status_code", None),
        getattr(error, "code", None),
        getattr(error, "status", None),
    ):
        if type(status) is int:
            return status
    return None


def _retry_after_s(error: BaseException) -> float | None:
    try:
        text = str(getattr(getattr(error, "response", error), "headers", {})["retry-after"])
    except Exception:  # noqa: BLE001  any class may have any `headers`; it is only a courtesy
        return None
    return float(text[:9]) if text.isdecimal() else None


def _text_of(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as failure:  # noqa: BLE001  any class may have a broken __str__; the call failed anyhow
        return f"its text cannot be shown: {type(failure).__name__}"
