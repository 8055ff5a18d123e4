"""Many connections over one relay: Unix sockets on this side, numbered streams of frames on the other.

Both ends run this file; it needs the standard library only. Each direction of a stream has a window: nobody sends more
than the receiver has room for, so a connection that is not read holds up itself and no other one.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Callable
from contextlib import suppress

from .relay_frames import CREDIT, DATA, END, GREETING, HELLO, OPEN, PIECE_BYTES, RESET, BrokenRules, Frames, Transport

KERNEL_WINDOW_BYTES = 1 << 20
"""Of a connection to one of the kernel's channels. Such streams have odd numbers: the host opens them."""
BROKER_WINDOW_BYTES = 256 << 10
"""Of a connection to the broker, of which there may be many. Even numbers: opened by the container."""
_N_STREAMS = 300
_RETRY_S = 0.003
_READ, _WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE


class Stream:
    """One relayed connection: a socket on this side, and what is on its way to it."""

    def __init__(self, number: int, connection: socket.socket | None = None) -> None:
        self.number = number
        self.connection = connection
        self.window = KERNEL_WINDOW_BYTES if number % 2 else BROKER_WINDOW_BYTES
        self.credit = self.window
        self.address = ""
        self.deadline = 0.0
        self.unwritten = bytearray()
        self.n_consumed = 0
        self.ended_here = False
        self.ended_there = False
        self.interest = 0


class Relay:
    """Relays until the transport ends, `stop_at` gives a sign or the other end breaks the rules.

    `address_of` tells where a connection that the other end asks for leads to: a Unix socket's path, or None. It is
    tried for `patience_s`, and `on_wait` is called now and then meanwhile. `first` is the number of our first stream.
    """

    def __init__(
        self,
        transport: Transport,
        address_of: Callable[[bytes], str | None],
        *,
        first: int,
        patience_s: float,
        on_wait: Callable[[], None] = lambda: None,
    ) -> None:
        self._frames = Frames(transport)
        self._address_of = address_of
        self._next = first
        self._last_seen = 0
        self._patience_s = patience_s
        self._on_wait = on_wait
        self._selector = selectors.DefaultSelector()
        self._streams: dict[int, Stream] = {}
        self._waiting: dict[int, Stream] = {}
        self._held: set[int] = set()
        self._stopped = False
        self._finishing = False

    @property
    def greeted(self) -> bool:
        return self._frames.greeted

    def greet(self) -> None:
        """Say that a relay is here; both ends do, the host first."""
        self._frames.send(HELLO, 0, GREETING)

    def listen(self, listener: socket.socket, name: bytes) -> None:
        """Relay each connection to this socket to where the other end takes `name`."""
        listener.setblocking(False)
        self._selector.register(listener, _READ, lambda mask: self._accept(listener, name))

    def call_at(self, listener: socket.socket, called: Callable[[socket.socket], None]) -> None:
        """Have `called` called with each connection to this socket, which is not relayed."""

        def accept(mask: int) -> None:
            with suppress(OSError):
                called(listener.accept()[0])

        listener.setblocking(False)
        self._selector.register(listener, _READ, accept)

    def finish(self) -> None:
        """End when all that our side's connections said has been sent: nobody is left to say more."""
        self._finishing = True

    def stop_at(self, sign: socket.socket) -> None:
        """End when this socket becomes readable: for other threads."""

        def stop(mask: int) -> None:
            self._stopped = True

        self._selector.register(sign, _READ, stop)

    def run(self, until: Callable[[], bool] = lambda: False) -> None:
        """Relay; returns at the transport's end, at the sign to stop, after `finish`, or when `until()` holds.

        Raises:
            BrokenRules: by the other end.
            OSError: the transport failed.
        """
        while not (self._stopped or self._frames.ended or until()):
            if self._finishing and self._is_said():
                return
            self._step(None)

    def drain(self, patience_s: float) -> None:
        """After the transport's end: hand on what has come, as long as somebody takes it."""
        for stream in list(self._streams.values()):
            stream.ended_there = stream.ended_here = True
            self._write(stream)
        deadline = time.monotonic() + patience_s
        while self._streams and not self._stopped and (left_s := deadline - time.monotonic()) > 0:
            self._step(left_s)

    def close(self) -> None:
        """Drop all connections."""
        for stream in list(self._streams.values()):
            self._drop(stream)
        self._selector.close()

    def _is_said(self) -> bool:
        self._frames.flush()
        speaking = (stream for stream in self._streams.values() if stream.connection is not None)
        return self._frames.empty and all(stream.ended_here for stream in speaking if stream.number % 2)

    def _step(self, timeout_s: float | None) -> None:
        if not self._frames.ended:
            self._frames.flush()
        self._frames.watch(self._selector, self._transport_ready)
        if self._held and not self._frames.full:
            held, self._held = self._held, set()
            for number in held & self._streams.keys():
                self._watch(self._streams[number])
        for key, mask in self._selector.select(_RETRY_S if self._waiting else timeout_s):
            key.data(mask)
        for stream in list(self._waiting.values()):
            self._connect(stream)
        if self._waiting:
            self._on_wait()

    def _transport_ready(self, mask: int) -> None:
        if mask & _READ:
            for kind, number, payload in self._frames.take():
                self._take(kind, number, payload)

    def _take(self, kind: int, number: int, payload: bytes) -> None:
        stream = self._streams.get(number)
        if kind == OPEN:
            self._opened(number, payload)
        elif stream is None:
            return  # dropped on this side meanwhile
        elif kind == DATA:
            if stream.ended_there or len(stream.unwritten) + len(payload) > stream.window:
                raise BrokenRules("more data than there is room for")
            stream.unwritten += payload
            self._write(stream)
        elif kind == END:
            stream.ended_there = True
            self._write(stream)
        elif kind == RESET:
            self._drop(stream)
        elif kind == CREDIT and len(payload) == 4:
            stream.credit += int.from_bytes(payload, "big")
            if stream.credit > stream.window:
                raise BrokenRules("more credit than the window has")
            self._watch(stream)
        else:
            raise BrokenRules(f"a frame of kind {kind}")

    def _opened(self, number: int, name: bytes) -> None:
        if number % 2 == self._next % 2 or number <= self._last_seen:
            raise BrokenRules(f"stream {number} cannot be opened")
        self._last_seen = number
        address = self._address_of(name)
        if address is None or len(self._streams) >= _N_STREAMS:
            self._frames.send(RESET, number)
            return
        stream = self._streams[number] = self._waiting[number] = Stream(number)
        stream.address = address
        stream.deadline = time.monotonic() + self._patience_s

    def _connect(self, stream: Stream) -> None:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.setblocking(False)
        try:
            connection.connect(stream.address)
        except OSError:  # it is not there yet, nobody listens yet, or too many are in line
            connection.close()
            if time.monotonic() > stream.deadline:
                self._reset(stream)
            return
        self._waiting.pop(stream.number, None)
        stream.connection = connection
        self._write(stream)

    def _accept(self, listener: socket.socket, name: bytes) -> None:
        try:
            connection, _ = listener.accept()
        except OSError:  # it went away again, or no descriptors are left for now
            time.sleep(0.001)
            return
        if len(self._streams) >= _N_STREAMS:
            connection.close()
            return
        connection.setblocking(False)
        stream = self._streams[self._next] = Stream(self._next, connection)
        self._next += 2
        self._frames.send(OPEN, stream.number, name)
        self._watch(stream)

    def _ready(self, stream: Stream, mask: int) -> None:
        if mask & _WRITE:
            self._write(stream)
        if mask & _READ and stream.interest & _READ and not self._frames.full:
            self._read(stream)

    def _read(self, stream: Stream) -> None:
        assert stream.connection is not None
        try:
            data = stream.connection.recv(min(PIECE_BYTES, stream.credit))
        except BlockingIOError:
            return
        except OSError:
            self._reset(stream)
            return
        stream.credit -= len(data)
        stream.ended_here = not data
        self._frames.send(DATA if data else END, stream.number, data)
        self._settle(stream)

    def _write(self, stream: Stream) -> None:
        if stream.connection is None:
            return
        try:
            while stream.unwritten:
                with memoryview(stream.unwritten)[:PIECE_BYTES] as piece:
                    n = stream.connection.send(piece)
                del stream.unwritten[:n]
                stream.n_consumed += n
        except BlockingIOError:
            pass
        except OSError:
            self._reset(stream)
            return
        if stream.n_consumed >= stream.window // 4 and not stream.ended_there:
            self._frames.send(CREDIT, stream.number, stream.n_consumed.to_bytes(4, "big"))
            stream.n_consumed = 0
        if stream.ended_there and not stream.unwritten:
            with suppress(OSError):
                stream.connection.shutdown(socket.SHUT_WR)
        self._settle(stream)

    def _settle(self, stream: Stream) -> None:
        if stream.ended_here and stream.ended_there and not stream.unwritten:
            self._drop(stream)
        else:
            self._watch(stream)

    def _watch(self, stream: Stream) -> None:
        """Wait for what this stream can go on with."""
        if stream.connection is None:
            return
        interest = _WRITE if stream.unwritten else 0
        if not stream.ended_here and stream.credit > 0:
            if self._frames.full:
                self._held.add(stream.number)
            else:
                interest |= _READ
        if interest == stream.interest:
            return
        if not interest:
            self._selector.unregister(stream.connection)
        elif stream.interest:
            self._selector.modify(stream.connection, interest, lambda mask: self._ready(stream, mask))
        else:
            self._selector.register(stream.connection, interest, lambda mask: self._ready(stream, mask))
        stream.interest = interest

    def _reset(self, stream: Stream) -> None:
        self._drop(stream)
        if not self._frames.ended:
            self._frames.send(RESET, stream.number)

    def _drop(self, stream: Stream) -> None:
        self._streams.pop(stream.number, None)
        self._waiting.pop(stream.number, None)
        if stream.connection is not None:
            if stream.interest:
                self._selector.unregister(stream.connection)
                stream.interest = 0
            stream.connection.close()
