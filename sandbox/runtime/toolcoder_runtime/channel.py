"""The socket to the broker on the host: length-prefixed JSON, one connection per thread, remade after a fork.

A frame is four bytes of length (big-endian) and that many bytes of UTF-8 JSON; one request, one reply.
"""

from __future__ import annotations

import json
import os
import socket
import struct
import threading
from typing import Any

from .record import Record

ADDRESS_VARIABLE = "TOOLCODER_BROKER"
LIMIT_BYTES = 64 << 20

_connections = threading.local()


def _forget_connections() -> None:
    global _connections  # noqa: PLW0603  a fork is process-wide too
    # The child's copies are closed when collected; the parent's connections stay as they are.
    _connections = threading.local()


os.register_at_fork(after_in_child=_forget_connections)


def encode(message: dict[str, Any]) -> bytes:
    """JSON of a request.

    Raises:
        TypeError: a value that JSON cannot hold, in the words of `json` ("Object of type bytes is not ...").
        ValueError: NaN, an infinity, a cycle, or more than the size limit.
    """
    try:
        data = json.dumps(message, default=_plain, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    except RecursionError:
        raise ValueError("the arguments are nested too deeply") from None
    payload = data.encode("utf-8", "backslashreplace")
    if len(payload) > LIMIT_BYTES:
        raise ValueError(f"the arguments take {len(payload)} bytes, the limit is {LIMIT_BYTES}")
    return payload


def exchange(payload: bytes) -> Record:
    """Send one request, wait for its reply. An interrupt or an error in between drops the connection."""
    connection = getattr(_connections, "socket", None)
    if connection is None or _is_over(connection):
        connection = _connections.socket = connect()
    try:
        connection.sendall(struct.pack(">I", len(payload)) + payload)
        (size,) = struct.unpack(">I", _receive(connection, 4))
        reply = _receive(connection, size)
    except BaseException:
        _connections.socket = None
        connection.close()
        raise
    decoded: Record = json.loads(reply, object_hook=Record)
    return decoded


def connect() -> socket.socket:
    """A new connection to the broker.

    Raises:
        ConnectionError: nobody answers for tools.
    """
    address = os.environ.get(ADDRESS_VARIABLE)
    if not address:
        raise ConnectionError("this kernel has no connection to tools")
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.connect(address)
    except OSError as error:
        connection.close()
        raise ConnectionError(f"the tools cannot be reached: {error}") from None
    return connection


def _is_over(connection: socket.socket) -> bool:
    """Whether the host has closed it since the last call: its client died, and another one has come back to us."""
    try:
        connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return False
    except OSError:
        pass
    connection.close()  # also where something is to be read: nothing was asked on it
    return True


def _receive(connection: socket.socket, size: int) -> bytearray:
    buffer = bytearray(size)
    view = memoryview(buffer)
    while view:
        n = connection.recv_into(view)
        if n == 0:
            raise ConnectionError("the connection to the tools was closed")
        view = view[n:]
    return buffer


def _plain(value: Any) -> Any:
    """Scalars and arrays of numpy as plain values; numpy is not imported for it."""
    if type(value).__module__ == "numpy" and hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")
