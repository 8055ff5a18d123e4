"""The host's end of the relay: where Unix sockets do not reach into the container, its channels come through one exec.

No port is opened and nothing of the host is mounted: the five channels of the kernel appear as Unix sockets in the run
folder, and connections to the broker arrive from inside. What comes is the container's claim; it is bounded, and the
relay ends where it breaks the rules. A thread of its own, because clients without a running event loop use it too.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sandbox.broker import SOCKET
from sandbox.podman import is_podman
from sandbox.rundir import RunDir
from sandbox.runtime.toolcoder_runtime.relay import CHANNELS, TOOLS
from sandbox.runtime.toolcoder_runtime.relay_frames import BrokenRules
from sandbox.runtime.toolcoder_runtime.relay_streams import Relay

if TYPE_CHECKING:
    from docker import DockerClient

KERNEL_UID = 1000
RELAY_UID = 1001
"""Not the kernel's user: the code of the session must not be able to stop the relay or to read its memory."""
_COMMAND = ["python", "-S", "-m", "toolcoder_runtime.relay"]
_STDERR = 2
_LAST_WORDS_BYTES = 20_000
_READ_BYTES = 256 << 10
_BROKER_PATIENCE_S = 1.0
_DRAIN_S = 0.5
_WOULD_BLOCK = (BlockingIOError, TimeoutError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class HostRelay:
    """Runs from `open` to `close`, or until the exec ends; `ended` is set when all that came has been handed on."""

    def __init__(self, exec_socket: Any, rundir: RunDir, on_end: Callable[[], None]) -> None:
        self._rundir = rundir
        self._on_end = on_end
        self._transport = ExecTransport(exec_socket)
        self._sign, self._stop = socket.socketpair()
        self._listeners = [self._listener(name.decode()) for name in CHANNELS]
        self._closed = False
        self.ended = threading.Event()
        self.reason = ""
        self._thread = threading.Thread(target=self._work, name="relay", daemon=True)
        self._thread.start()

    @classmethod
    def open(cls, client: DockerClient, container: str, rundir: RunDir, on_end: Callable[[], None]) -> HostRelay:
        """Start the relay in a running container; the kernel's sockets are there when this returns. Blocking.

        `on_end` is called, in a thread, when the relay has ended by itself.

        Raises:
            docker.errors.APIError: the engine refused, or the container is not running any more.
        """
        # podman gives the sockets' folders to the kernel's user alone: code can end the relay there, and its kernel.
        user = KERNEL_UID if is_podman(client) else RELAY_UID
        created = client.api.exec_create(
            container, _COMMAND, stdin=True, stdout=True, stderr=True, tty=False,
            user=f"{user}:{user}", workdir="/",
        )  # fmt: skip
        return cls(client.api.exec_start(created["Id"], socket=True), rundir, on_end)

    @property
    def last_words(self) -> str:
        """What was written to the exec's stderr: a kernel that did not come up says there why."""
        return b"".join(self._transport.stderr).decode(errors="replace").strip()

    def close(self) -> None:
        """End the relay inside, close all connections. Safe to call twice."""
        self._closed = True
        with contextlib.suppress(OSError):
            self._stop.send(b"x")
        if threading.current_thread() is not self._thread:
            self._thread.join(timeout=_DRAIN_S * 2)

    def _listener(self, name: str) -> socket.socket:
        path = self._rundir.sockets / name
        path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(str(path))
        listener.listen(16)
        return listener

    def _address_of(self, name: bytes) -> str | None:
        return str(self._rundir.broker / SOCKET) if name == TOOLS else None

    def _work(self) -> None:
        relay = Relay(self._transport, self._address_of, first=1, patience_s=_BROKER_PATIENCE_S)
        relay.stop_at(self._sign)
        for listener, name in zip(self._listeners, CHANNELS, strict=True):
            relay.listen(listener, name)
        try:
            relay.greet()
            relay.run()
            relay.drain(_DRAIN_S)
            self.reason = "its process in the container ended"
        except BrokenRules as error:
            self.reason = f"the container sent {error}"
        except OSError as error:
            self.reason = f"the connection to the engine broke ({error})"
        finally:
            relay.close()
            self._transport.close()
            for listener in (*self._listeners, self._sign, self._stop):
                listener.close()
            if self.last_words:
                self._rundir.write_start_log(self.last_words.encode())
            self.ended.set()
        if not self._closed:
            self._on_end()


class ExecTransport:
    """An exec's stdio as the engine's API gives it: stdout and stderr come in frames over one socket."""

    _HEADER = struct.Struct(">BxxxI")

    def __init__(self, exec_socket: Any) -> None:
        self._owner = exec_socket  # closes the connection when it is collected
        # Over TLS or ssh the engine's library returns the connection itself, else a file made of it.
        self._socket: Any = getattr(exec_socket, "_sock", exec_socket)
        self._socket.setblocking(False)
        self.read_fd = self.write_fd = int(self._socket.fileno())
        self._head = b""
        self._left = 0
        self._kind = 0
        self._n_stderr = 0
        self.stderr: deque[bytes] = deque()

    def read(self) -> bytes | None:
        """The next bytes of stdout; None where none have come, empty at the end."""
        while True:
            try:
                data = self._socket.recv(_READ_BYTES if not self._left else min(self._left, _READ_BYTES))
            except _WOULD_BLOCK:
                return None
            except ssl.SSLEOFError:
                return b""
            if not data:
                return b""
            stdout = self._stdout(data)
            if stdout:
                return stdout

    def write(self, data: memoryview) -> int:
        try:
            return int(self._socket.send(data))
        except _WOULD_BLOCK:
            return 0

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            self._socket.close()
            self._owner.close()

    def _stdout(self, data: bytes) -> bytes:
        parts: list[bytes] = []
        at = 0
        while at < len(data):
            if not self._left:
                missing = self._HEADER.size - len(self._head)
                self._head += data[at : at + missing]
                at += missing
                if len(self._head) < self._HEADER.size:
                    break
                self._kind, self._left = self._HEADER.unpack(self._head)
                if self._kind > _STDERR:
                    raise BrokenRules(f"no output of a program: {self._head + data[at : at + 300]!r}")
                self._head = b""
            piece = data[at : at + self._left]
            at += len(piece)
            self._left -= len(piece)
            if self._kind == _STDERR:
                self._note(piece)
            else:
                parts.append(piece)
        return b"".join(parts)

    def _note(self, piece: bytes) -> None:
        """The last of stderr is kept."""
        self.stderr.append(piece)
        self._n_stderr += len(piece)
        while self._n_stderr > _LAST_WORDS_BYTES and len(self.stderr) > 1:
            self._n_stderr -= len(self.stderr.popleft())
