"""Frames over one pair of byte streams: what the relay in a container and its other end on the host speak.

Both ends run this file; it needs the standard library only. A frame is its kind (1 byte), its stream (4), the length of
its payload (4) and the payload. Whatever is no such frame ends the relay: the other end may be hostile.
"""

from __future__ import annotations

import selectors
import struct
from collections.abc import Callable, Iterator
from typing import Protocol

HELLO, OPEN, DATA, END, RESET, CREDIT = range(6)
GREETING = b"toolcoder-relay 1"
PIECE_BYTES = 64 << 10
_FULL_BYTES = 256 << 10
_LIMIT_BYTES = 1 << 20
_HEADER = struct.Struct(">BII")
_READ, _WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE


class BrokenRules(Exception):
    """The other end sent what it must not, or is no relay at all."""


class Transport(Protocol):
    """The two byte streams, neither of which blocks. Their descriptors may be one and the same."""

    read_fd: int
    write_fd: int

    def read(self) -> bytes | None:
        """What has come; None where nothing has, empty at the end."""
        ...

    def write(self, data: memoryview) -> int:
        """How many bytes were taken: 0 where there is no room."""
        ...


class Frames:
    """Sends and takes frames; both ends greet before anything else."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._received = bytearray()
        self._unsent = bytearray()
        self._interest: dict[int, int] = {}
        self._is_deaf = False
        self.greeted = False
        self.ended = False
        """The transport has nothing more to say."""

    @property
    def full(self) -> bool:
        """So much is unsent that no more data should be given to `send`."""
        return len(self._unsent) >= _FULL_BYTES

    @property
    def empty(self) -> bool:
        """All that was given to `send` is written."""
        return not self._unsent

    def send(self, kind: int, stream: int, payload: bytes = b"") -> None:
        """Put a frame in line.

        Raises:
            BrokenRules: far too much is in line: the other end asks for replies that it does not read.
        """
        if len(self._unsent) > _LIMIT_BYTES:
            raise BrokenRules("replies are asked for and not read")
        if not self._is_deaf:
            self._unsent += _HEADER.pack(kind, stream, len(payload)) + payload

    def flush(self) -> None:
        """Write as much as there is room for."""
        while self._unsent:
            try:
                with memoryview(self._unsent)[: 2 * PIECE_BYTES] as piece:
                    n = self._transport.write(piece)
            except (BrokenPipeError, ConnectionResetError):
                # The other end is gone; what it said before is still to be taken.
                self._is_deaf = True
                self._unsent.clear()
                return
            if n == 0:
                return
            del self._unsent[:n]

    def take(self) -> Iterator[tuple[int, int, bytes]]:
        """Kind, stream and payload of each frame that has come.

        All there is: TLS keeps what it has decrypted where no selector sees it. The streams' windows bound it.
        """
        while (data := self._transport.read()) is not None:
            if not data:
                self.ended = True
                return
            self._received += data
            yield from self._parse()

    def watch(self, selector: selectors.BaseSelector, ready: Callable[[int], None]) -> None:
        """Have `ready` called when there is something to take or room to flush; nothing any more at the end."""
        wanted: dict[int, int] = {}
        if not self.ended:
            wanted[self._transport.read_fd] = _READ
            if self._unsent:
                wanted[self._transport.write_fd] = wanted.get(self._transport.write_fd, 0) | _WRITE
        for fd in self._interest.keys() - wanted.keys():
            selector.unregister(fd)
        for fd, interest in wanted.items():
            if fd not in self._interest:
                selector.register(fd, interest, ready)
            elif self._interest[fd] != interest:
                selector.modify(fd, interest, ready)
        self._interest = wanted

    def _parse(self) -> Iterator[tuple[int, int, bytes]]:
        at = 0
        while len(self._received) - at >= _HEADER.size:
            kind, stream, size = _HEADER.unpack_from(self._received, at)
            if size > PIECE_BYTES or (not self.greeted and (kind, size) != (HELLO, len(GREETING))):
                raise BrokenRules(f"no frame of a relay: {bytes(self._received[at : at + 300])!r}")
            start = at + _HEADER.size
            if len(self._received) - start < size:
                break
            at = start + size
            payload = bytes(self._received[start:at])
            if kind != HELLO:
                yield kind, stream, payload
            elif self.greeted or payload != GREETING:
                raise BrokenRules(f"an unexpected greeting: {payload!r}")
            else:
                self.greeted = True
        del self._received[:at]
