"""The kernel's channels: requests out on shell, messages in from IOPub, in order and with back-pressure.

Only the shell and IOPub channels are used, through the sockets that jupyter_client makes. The reply on shell tells
nothing that IOPub does not: a cell ends with the idle status, which comes after all of its output.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Any

from sandbox.framing import n_values

# Few and bounded: a kernel that prints faster than we read must wait, not fill our memory.
_UNREAD_MESSAGES = 8
_UNREAD_BYTES = 8 << 20
_LARGEST_MESSAGE_BYTES = 24 << 20
"""Our kernels send nothing larger; whoever does so all the same loses the connection for a moment."""
_MOST_VALUES = 300_000
"""Numbers, lists and the like in one message: as Python objects they take up to twenty times their size as text."""
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
        self.n_heard = {"stdout": 0, "stderr": 0}
        """Bytes of the streams of cells that have arrived, forked children's left aside: as the last words count."""
        self._n_unread_bytes = 0
        self._has_room = asyncio.Event()
        self._inbox: asyncio.Queue[tuple[int, Any]] = asyncio.Queue()
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
        return self.send("execute_request", content | {"allow_stdin": False, "stop_on_error": False})

    async def receive(self) -> Any:
        """The next message of IOPub (a dict), or what was given to `tell`."""
        n_bytes, item = await self._inbox.get()
        self._n_unread_bytes -= n_bytes
        self._has_room.set()
        return item

    def tell(self, item: Any) -> None:
        """Put something else in line behind the messages that have arrived."""
        self._inbox.put_nowait((0, item))

    async def close(self) -> None:
        """Close the channels. Safe to call twice."""
        self._reader.cancel()
        await asyncio.gather(self._reader, return_exceptions=True)
        self._context.destroy(linger=0)

    async def _read(self) -> None:
        session = self._manager.session
        while True:
            frames = await self._iopub.recv_multipart()
            n_bytes = sum(map(len, frames))
            try:
                if n_bytes > _LARGEST_MESSAGE_BYTES or any(n_values(frame) > _MOST_VALUES for frame in frames):
                    message = TOO_LARGE
                else:
                    _, parts = session.feed_identities(frames)
                    message = session.deserialize(parts)
                self._count(message)
            except Exception:  # noqa: BLE001  the code inside can send anything, also what fails in the parser
                log.debug("an invalid message from the kernel was dropped")
                continue
            while self._n_unread_bytes > _UNREAD_BYTES:
                self._has_room.clear()
                await self._has_room.wait()
            self._n_unread_bytes += n_bytes
            self._inbox.put_nowait((n_bytes, message))

    def _count(self, message: Message) -> None:
        content, metadata, parent = (message.get(part) for part in ("content", "metadata", "parent_header"))
        of_a_cell = isinstance(parent, dict) and parent.get("msg_type") == "execute_request"
        if message.get("msg_type") == "stream" and isinstance(content, dict) and not metadata and of_a_cell:
            name, text = content.get("name"), content.get("text")
            if isinstance(name, str) and name in self.n_heard and isinstance(text, str):
                self.n_heard[name] += len(text.encode("utf-8", "backslashreplace"))

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
