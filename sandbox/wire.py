"""The kernel's channels: requests out on shell, messages in from IOPub, in order and with back-pressure.

Only the shell and IOPub channels are used, through the sockets that jupyter_client makes. The reply on shell tells
nothing that IOPub does not: a cell ends with the idle status, which comes after all of its output.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Any

# Few and bounded: a kernel that prints faster than we read must wait, not fill our memory.
_UNREAD_MESSAGES = 64
_LARGEST_MESSAGE_BYTES = 256 << 20
_LARGEST_PARSED_BYTES = 40 << 20
"""Nothing larger is ever shown, and as Python objects it could take twenty times as much."""
_ASK_AGAIN_S = 0.05
_RECONNECT_MS = 5

log = logging.getLogger("toolcoder.sandbox")
log.addHandler(logging.NullHandler())

Message = dict[str, Any]
TOO_LARGE: Message = {"msg_type": "too_large"}
"""Stands for a message that was dropped unread."""


class Wire:
    """Connected to one kernel from `ready` to `close`. `inbox` also takes what others have to tell the running cell."""

    def __init__(self, manager: Any) -> None:
        import zmq.asyncio

        self._manager = manager
        self._context = zmq.asyncio.Context()
        self._context.rcvhwm = _UNREAD_MESSAGES
        self._context.maxmsgsize = _LARGEST_MESSAGE_BYTES
        self._context.linger = 0
        self._context.reconnect_ivl = _RECONNECT_MS  # the kernel's sockets appear some time after we look for them
        manager.context = self._context
        self._iopub = manager.connect_iopub()
        self._shell = manager.connect_shell()
        self._room = asyncio.Semaphore(_UNREAD_MESSAGES)
        self._hurry = False
        self._awaited = ""
        self.over = asyncio.Event()
        """Set when the end of what `execute` sent last has arrived, though perhaps not been received yet."""
        self._inbox: asyncio.Queue[tuple[bool, Any]] = asyncio.Queue()
        self._reader = asyncio.create_task(self._read(), name="iopub")

    async def ready(self) -> None:
        """Wait until both channels work: a request's idle status arrives on IOPub. The caller sets the time-out."""
        asked: set[str] = set()
        while True:
            asked.add(self.send("kernel_info_request", {}))
            with suppress(TimeoutError):
                async with asyncio.timeout(_ASK_AGAIN_S):
                    while True:
                        message = await self.receive()
                        if isinstance(message, dict) and ends_request(message) in asked:
                            return

    def send(self, kind: str, content: dict[str, Any]) -> str:
        """Send a request; its id."""
        message = self._manager.session.msg(kind, content)
        self._drop_replies()
        self._manager.session.send(self._shell, message)
        return str(message["header"]["msg_id"])

    def execute(self, code: str, *, silent: bool = False) -> str:
        """Ask for a cell to be run; the id that its messages carry as their parent."""
        content = {"code": code, "silent": silent, "store_history": False, "user_expressions": {}}
        self._hurry = False
        self.over.clear()
        self._awaited = self.send("execute_request", content | {"allow_stdin": False, "stop_on_error": False})
        return self._awaited

    def hurry(self) -> None:
        """Read on even when nobody receives: the cell was interrupted, and its end may be behind much output."""
        self._hurry = True
        self._room.release()

    async def receive(self) -> Any:
        """The next message of IOPub (a dict), or what was given to `tell`."""
        takes_room, item = await self._inbox.get()
        if takes_room:
            self._room.release()
        return item

    def tell(self, item: Any) -> None:
        """Put something else in line behind the messages that have arrived."""
        self._inbox.put_nowait((False, item))

    async def close(self) -> None:
        """Close the channels. Safe to call twice."""
        self._reader.cancel()
        await asyncio.gather(self._reader, return_exceptions=True)
        self._context.destroy(linger=0)

    async def _read(self) -> None:
        session = self._manager.session
        while True:
            frames = await self._iopub.recv_multipart()
            try:
                if sum(map(len, frames)) > _LARGEST_PARSED_BYTES:
                    message = TOO_LARGE
                else:
                    _, parts = session.feed_identities(frames)
                    message = session.deserialize(parts)
            except Exception:  # noqa: BLE001  the code inside can send anything, also what fails in the parser
                log.debug("an invalid message from the kernel was dropped")
                continue
            # At once and not when it is received: a slow reader of events must not make an ended cell look stuck.
            if ends_request(message) == self._awaited:
                self.over.set()
            bounded = not self._hurry
            if bounded:
                await self._room.acquire()
            self._inbox.put_nowait((bounded, message))

    def _drop_replies(self) -> None:
        import zmq

        while self._shell.getsockopt(zmq.EVENTS) & zmq.POLLIN:
            # The future is done at once, as the socket has said that there is something.
            self._shell.recv_multipart(flags=zmq.NOBLOCK).add_done_callback(_retrieve)


def ends_request(message: Message) -> str | None:
    """The id of the request that this message ends, or None."""
    content = message.get("content")
    if message.get("msg_type") == "status" and isinstance(content, dict) and content.get("execution_state") == "idle":
        return parent_of(message)
    return None


def parent_of(message: Message) -> str | None:
    """The id of the request that this message belongs to."""
    parent = message.get("parent_header")
    found = parent.get("msg_id") if isinstance(parent, dict) else None
    return found if isinstance(found, str) else None


def _retrieve(future: asyncio.Future[Any]) -> None:
    if not future.cancelled():
        future.exception()
