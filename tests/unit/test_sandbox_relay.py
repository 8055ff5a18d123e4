"""The relay's streams between two real ends over a socket: complete, apart from each other, and bounded."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.relay import ExecTransport
from sandbox.runtime.toolcoder_runtime.relay_frames import (
    CREDIT,
    DATA,
    END,
    GREETING,
    HELLO,
    OPEN,
    PIECE_BYTES,
    RESET,
    BrokenRules,
)
from sandbox.runtime.toolcoder_runtime.relay_streams import BROKER_WINDOW_BYTES, KERNEL_WINDOW_BYTES, Relay


class Plain:
    """A transport over one socket."""

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        self.connection = connection
        self.read_fd = self.write_fd = connection.fileno()

    def read(self) -> bytes | None:
        try:
            return self.connection.recv(100_000)
        except BlockingIOError:
            return None

    def write(self, data: memoryview) -> int:
        try:
            return self.connection.send(data)
        except BlockingIOError:
            return 0


class End:
    """One end of a relay, in a thread; `left` and `failure` tell how it ended."""

    def __init__(self, connection: socket.socket, folder: Path, first: int, listens: dict[str, bytes]) -> None:
        self.folder = folder
        self.connection = connection
        self.failure: BaseException | None = None
        self.relay = Relay(
            Plain(connection),
            lambda name: str(folder / f"to-{name.decode()}") if name in (b"a", b"b") else None,
            first=first,
            patience_s=0.3,
        )
        self._sign, self.stop = socket.socketpair()
        self.relay.stop_at(self._sign)
        self._listeners = []
        for path, name in listens.items():
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(str(folder / path))
            listener.listen()
            self.relay.listen(listener, name)
            self._listeners.append(listener)
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        try:
            self.relay.greet()
            self.relay.run()
            self.relay.drain(1.0)
        except (BrokenRules, OSError) as error:
            self.failure = error
        finally:
            self.relay.close()
            self.connection.close()

    def close(self) -> None:
        self.stop.close()
        self.thread.join(5)
        assert not self.thread.is_alive()
        self._sign.close()
        for listener in self._listeners:
            listener.close()


@pytest.fixture
def folder(private_home: Path) -> Path:
    return private_home


@pytest.fixture
def ends(folder: Path) -> Iterator[tuple[End, End]]:
    here, there = socket.socketpair()
    # What a connection to `a` asks for is taken to `to-a`, and from the other end, `b` to `to-b`.
    host = End(here, folder, 1, {"a": b"a"})
    inside = End(there, folder, 2, {"b": b"b"})
    yield host, inside
    host.close()
    inside.close()


@contextlib.contextmanager
def server(folder: Path, name: str) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / name))
        listener.listen()
        listener.settimeout(5)
        yield listener


def dial(folder: Path, name: str) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(5)
    connection.connect(str(folder / name))
    return connection


def read_all(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(1 << 20), b""))


@pytest.mark.parametrize(("path", "target"), [("a", "to-a"), ("b", "to-b")])
def test_what_is_sent_arrives_whole_in_both_directions(
    ends: tuple[End, End], folder: Path, path: str, target: str
) -> None:
    there, back = bytes(range(256)) * 40_000, b"answer" * 500_000
    with server(folder, target) as listener, dial(folder, path) as client:
        served, _ = listener.accept()
        served.settimeout(5)
        got: list[bytes] = []

        def answer() -> None:
            got.append(read_all(served))  # up to the half-closed end, after which the answer still arrives
            served.sendall(back)
            served.close()

        thread = threading.Thread(target=answer)
        thread.start()
        client.sendall(there)
        client.shutdown(socket.SHUT_WR)
        assert read_all(client) == back
        thread.join(5)
        assert got == [there]


def test_a_connection_that_nobody_reads_holds_up_no_other_one(ends: tuple[End, End], folder: Path) -> None:
    with server(folder, "to-a") as listener, dial(folder, "a") as stuck, dial(folder, "a") as other:
        unread, _ = listener.accept()
        served, _ = listener.accept()
        stuck.settimeout(0.3)
        with pytest.raises(TimeoutError):
            stuck.sendall(b"x" * 50_000_000)
        began = time.monotonic()
        for _ in range(100):
            other.sendall(b"ping")
            assert served.recv(4) == b"ping"
            served.sendall(b"pong")
            assert other.recv(4) == b"pong"
        assert time.monotonic() - began < 20
        # Nothing was lost meanwhile: what the relay took comes, and then the end.
        unread.settimeout(5)
        stuck.close()
        assert set(read_all(unread)) == {ord("x")}
        unread.close()
        served.close()


def test_a_connection_waits_for_a_socket_that_comes_later(ends: tuple[End, End], folder: Path) -> None:
    with dial(folder, "a") as client:
        client.sendall(b"early")
        with server(folder, "to-a") as listener:
            served, _ = listener.accept()
            assert served.recv(5) == b"early"
            served.close()
            assert read_all(client) == b""


def test_a_connection_to_nowhere_is_closed(ends: tuple[End, End], folder: Path) -> None:
    with dial(folder, "a") as client:
        assert read_all(client) == b""


def test_many_connections_at_once_and_one_too_many(ends: tuple[End, End], folder: Path) -> None:
    clients = []
    with server(folder, "to-b") as listener:
        listener.listen(400)
        served = []
        for _ in range(300):
            clients.append(dial(folder, "b"))
            served.append(listener.accept()[0])
        with dial(folder, "b") as extra:
            assert read_all(extra) == b""
        clients[7].close()
        served[7].settimeout(5)
        assert served[7].recv(1) == b""
        for connection in (*clients, *served):
            connection.close()


def test_the_end_of_the_transport_loses_nothing_that_has_come(ends: tuple[End, End], folder: Path) -> None:
    host, inside = ends
    with server(folder, "to-b") as listener, dial(folder, "b") as client:
        served, _ = listener.accept()
        client.sendall(b"x" * BROKER_WINDOW_BYTES)
        time.sleep(0.2)
        inside.close()
        assert len(read_all(served)) == BROKER_WINDOW_BYTES
        served.close()
    host.thread.join(5)
    assert host.failure is None


def frame(kind: int, stream: int, payload: bytes = b"") -> bytes:
    return struct.pack(">BII", kind, stream, len(payload)) + payload


HOSTILE = {
    "no relay": b"sh: python: not found\r\n" + b" " * 20,
    "no greeting": frame(OPEN, 2, b"b"),
    "a second greeting": frame(HELLO, 0, GREETING) * 2,
    "a large frame": frame(HELLO, 0, GREETING) + struct.pack(">BII", DATA, 2, PIECE_BYTES + 1),
    "a stream of ours": frame(HELLO, 0, GREETING) + frame(OPEN, 3, b"b"),
    "a stream again": frame(HELLO, 0, GREETING) + frame(OPEN, 2, b"b") * 2,
    "more than the window": frame(HELLO, 0, GREETING)
    + frame(OPEN, 2, b"b")
    + frame(DATA, 2, b"x" * PIECE_BYTES) * (BROKER_WINDOW_BYTES // PIECE_BYTES + 1),
    "data after the end": frame(HELLO, 0, GREETING) + frame(OPEN, 2, b"b") + frame(END, 2) + frame(DATA, 2, b"x"),
    "too much credit": frame(HELLO, 0, GREETING) + frame(OPEN, 2, b"b") + frame(CREDIT, 2, b"\0\0\0\1"),
    "an unknown kind": frame(HELLO, 0, GREETING) + frame(OPEN, 2, b"b") + frame(77, 2),
}


@pytest.mark.parametrize("sent", HOSTILE.values(), ids=HOSTILE.keys())
def test_an_end_that_breaks_the_rules_ends_the_relay(folder: Path, sent: bytes) -> None:
    here, there = socket.socketpair()
    host = End(here, folder, 1, {})
    with there:
        there.settimeout(5)
        there.sendall(sent)
        host.thread.join(5)
        assert isinstance(host.failure, BrokenRules)
    host.close()


def test_an_end_that_asks_and_never_reads_is_not_served_for_ever(folder: Path) -> None:
    here, there = socket.socketpair()
    host = End(here, folder, 1, {})
    with there:
        there.settimeout(5)
        # Each is answered, as there is no such place; the answers are not read.
        asked = b"".join(frame(OPEN, 2 * i, b"?") for i in range(1, 500_000))
        with pytest.raises(OSError, match=r"reset|pipe"):
            there.sendall(frame(HELLO, 0, GREETING) + asked)
    host.thread.join(5)
    assert isinstance(host.failure, BrokenRules)
    host.close()


def test_frames_about_streams_that_are_gone_are_passed_over(folder: Path) -> None:
    here, there = socket.socketpair()
    host = End(here, folder, 1, {})
    there.settimeout(5)
    there.sendall(frame(HELLO, 0, GREETING) + b"".join(frame(kind, 8, b"") for kind in (DATA, END, RESET)))
    assert there.recv(100) == frame(HELLO, 0, GREETING)  # what is not read makes a broken connection of an end
    there.close()
    host.thread.join(5)
    assert host.failure is None
    host.close()


def test_both_windows_let_more_through_than_one_frame() -> None:
    assert min(KERNEL_WINDOW_BYTES, BROKER_WINDOW_BYTES) >= 2 * PIECE_BYTES


def exec_frame(kind: int, payload: bytes) -> bytes:
    return struct.pack(">BxxxI", kind, len(payload)) + payload


def test_an_execs_output_is_taken_apart_wherever_it_is_cut() -> None:
    sent = exec_frame(1, b"one") + exec_frame(2, b"warning") + exec_frame(1, b"") + exec_frame(1, b"two" * 50_000)
    here, there = socket.socketpair()
    transport = ExecTransport(here)
    found = b""
    for start in range(60):
        there.sendall(sent[start : start + 1])
        found += transport.read() or b""
    there.sendall(sent[60:])
    while len(found) < 150_003:
        found += transport.read() or b""
    assert found == b"one" + b"two" * 50_000
    assert b"".join(transport.stderr) == b"warning"
    assert transport.read() is None
    there.close()
    assert transport.read() == b""
    transport.close()


def test_of_an_execs_stderr_the_last_part_is_kept() -> None:
    here, there = socket.socketpair()
    transport = ExecTransport(here)
    for i in range(2000):
        there.sendall(exec_frame(2, f"line {i}\n".encode() * 10))
        assert transport.read() is None
    kept = b"".join(transport.stderr)
    assert kept.endswith(b"line 1999\n") and len(kept) < 25_000
    there.sendall(b"\x09 no exec at all")
    with pytest.raises(BrokenRules, match="no output of a program"):
        transport.read()
    there.close()
    transport.close()
