"""Process 1 of the container: the kernel's parent, which outlives no client.

It holds a connection to the client. When that ends, however the client died, everything in the container ends: at once,
or after a lease in which a new client may come to the same socket. No code of the session can prevent it: what is sent
to process 1 from inside its container does nothing unless it asked for it, nobody may trace it, and the socket's folder
is mounted read-only. The clock is the one that goes on while the machine sleeps and that nobody can set.

The client's orders, one per line: `rest` and `wake` (stop the kernel and let it go on: a spare costs no CPU),
`interrupt`, `lease SECONDS`, `end`. As every process 1 it also passes signals on and collects processes whose parents
are gone.

Where this is not process 1 (a bare local kernel) only a thread is left: the client's end is the kernel's end.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import socket
import threading
import time

from . import channel
from .memory import TELL_OOM_VARIABLE, n_killed_for_memory
from .relay_place import wait_for_last_words

LEASE_VARIABLE = "TOOLCODER_LEASE_S"
_HOLD = b'\0\0\0\x0d{"op":"hold"}'
_HOLD_AS_GUARD = b'\0\0\0\x1a{"op":"hold","guard":true}'
_START_S = 20.0  # the relay of an engine far away takes its time
_CLIENT_LOST_CODE, _OUT_OF_MEMORY_CODE = 84, 85  # `sandbox/watch.py` knows them
_RETRY_S = 0.1
_FIRST_RETRY_S = 0.01
_CONNECT_S = 0.5
_PR_SET_DUMPABLE = 4
_PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)


def guard() -> None:
    """Returns in the process that becomes the kernel; the other one, if any, never returns.

    Raises:
        ConnectionError: there should be a client, and there is none.
    """
    address = os.environ.get(channel.ADDRESS_VARIABLE)
    connection = _first_connection(address) if address else None
    if os.getpid() != 1:
        if connection is not None:
            threading.Thread(target=_end_with, args=(connection,), name="client-watch", daemon=True).start()
        return
    kernel = os.fork()
    if kernel == 0:
        if connection is not None:
            connection.close()
        os.setpgid(0, 0)
        return
    # No tracing, no reading of this process's memory or descriptors, by whatever the kernel runs.
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    os._exit(_Guard(kernel, connection, address or "").watch())


def _first_connection(address: str) -> socket.socket:
    deadline = time.monotonic() + _START_S
    while True:
        connection = _connect(address)
        if connection is not None:
            return connection
        if time.monotonic() > deadline:
            raise ConnectionError(f"nobody listens at {address}")
        time.sleep(_FIRST_RETRY_S)


def _connect(address: str) -> socket.socket | None:
    """A connection that the client keeps open; None where there is none to be had now."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(_CONNECT_S)  # the session's code could fill the queue of the socket
    try:
        connection.connect(address)
        connection.sendall(_HOLD_AS_GUARD if os.getpid() == 1 else _HOLD)
    except OSError:
        connection.close()
        return None
    connection.settimeout(None)
    return connection


def _end_with(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while connection.recv(64):
            pass
    os._exit(0)


class _Guard:
    def __init__(self, kernel: int, connection: socket.socket | None, address: str) -> None:
        self._kernel = kernel
        self._connection = connection
        self._address = address
        self._lease_s = float(os.environ.get(LEASE_VARIABLE) or 0)
        self._lost_at = 0.0
        self._orders = b""
        self._tells_oom = bool(os.environ.get(TELL_OOM_VARIABLE))
        self._n_killed = n_killed_for_memory() if self._tells_oom else 0
        self._wake, wake = os.pipe()
        os.set_blocking(self._wake, False)
        os.set_blocking(wake, False)
        for number in (signal.SIGCHLD, *_PASSED_ON):
            signal.signal(number, _note)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)

    def watch(self) -> int:
        """The exit code of the container: the kernel's, or one of its own where the client's end was the reason."""
        while True:
            # Before each wait: a child may have ended before its signal was asked for.
            code = self._collect()
            if code is not None:
                wait_for_last_words()
                is_oom = code == 128 + signal.SIGKILL and self._tells_oom and n_killed_for_memory() > self._n_killed
                return _OUT_OF_MEMORY_CODE if is_oom else code
            waiting = [self._wake] if self._connection is None else [self._wake, self._connection.fileno()]
            is_lost = self._connection is None and bool(self._address)
            ready, _, _ = select.select(waiting, [], [], _RETRY_S if is_lost else None)
            if self._wake in ready:
                self._pass_on(os.read(self._wake, 1024))
            if self._connection is not None and self._connection.fileno() in ready and not self._obey():
                return _CLIENT_LOST_CODE
            if is_lost and not self._find_client():
                return _CLIENT_LOST_CODE

    def _collect(self) -> int | None:
        """Collect what has ended; the kernel's exit code as a shell shows it if it was among them."""
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return None
                if pid == self._kernel:
                    code = os.waitstatus_to_exitcode(status)
                    return code if code >= 0 else 128 - code
        return None

    def _pass_on(self, numbers: bytes) -> None:
        for number in numbers:
            if number in _PASSED_ON:
                self._signal(number)

    def _obey(self) -> bool:
        """Read the client's orders; False where all must end now."""
        assert self._connection is not None
        try:
            data = self._connection.recv(1024)
        except OSError:
            data = b""
        if not data:
            return self._lose_client()
        *lines, self._orders = (self._orders + data).split(b"\n")
        for line in lines:
            match line.split():
                case [b"rest"]:
                    self._signal(signal.SIGSTOP)
                case [b"wake"]:
                    self._signal(signal.SIGCONT)
                case [b"interrupt"]:
                    self._signal(signal.SIGINT)
                case [b"lease", seconds]:
                    self._lease_s = float(seconds)
                case [b"end"]:
                    return False
        return True

    def _lose_client(self) -> bool:
        """The lease begins, if there is one."""
        assert self._connection is not None
        self._connection.close()
        self._connection = None
        self._lost_at = _now()
        self._orders = b""
        if self._lease_s <= 0:
            return False
        self._signal(signal.SIGINT)  # nobody waits for the running cell, and nobody is left to end it in time
        return True

    def _find_client(self) -> bool:
        self._connection = _connect(self._address)
        return self._connection is not None or _now() - self._lost_at < self._lease_s

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._kernel, number)


def _now() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


def _note(number: int, frame: object) -> None:
    """The number arrives through the wake-up descriptor; without a handler nothing would."""
