"""stdout and stderr of the kernel: in the order they were written, without losing a byte.

Differences to ipykernel's stream: both streams share one ordered buffer; a writer waits while too much is unsent (so a
flood slows the code down instead of growing or being dropped); output of child processes is decoded incrementally, and
all of it belongs to the cell that ran them; a forked child does not repeat what its parent had not sent yet.
"""
# ipykernel's methods have no types.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import array
import codecs
import contextlib
import fcntl
import os
import select
import sys
import termios
import threading
import time
import weakref
from typing import Any

from ipykernel.iostream import OutStream

from .last_words import LastWords, open_last_words

_HIGH_WATER_CHARS = 1 << 20
_SLICE_CHARS = 256 << 10
_MESSAGE_CHARS = 128 << 10
_PIPE_BYTES = 64 << 10
_DRAIN_S = 10.0
# What a write and a change of the stream take beside their text: a million writes of two characters take much more.
_WRITE_CHARS = 64
_PIECE_CHARS = 1024


class _Pending:
    """What was written and not sent yet: pieces of text with their stream and the cell they belong to."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.sending = threading.RLock()
        self.pieces: list[tuple[str, dict[str, Any], list[str]]] = []
        self.n_chars = 0
        self.last_words: LastWords | None = None

    def add(self, name: str, parent: dict[str, Any], text: str) -> None:
        with self.lock:
            # What is written while the kernel starts may leave before anybody listens, and is nobody's last words.
            if self.last_words is not None and parent.get("msg_type") == "execute_request":
                self.last_words.note(name, text)
            last = self.pieces[-1] if self.pieces else None
            if last is not None and last[0] == name and last[1] is parent:
                last[2].append(text)
                self.n_chars += len(text) + _WRITE_CHARS
            else:
                self.pieces.append((name, parent, [text]))
                self.n_chars += len(text) + _PIECE_CHARS

    def take(self) -> list[tuple[str, dict[str, Any], list[str]]]:
        with self.lock:
            pieces, self.pieces, self.n_chars = self.pieces, [], 0
        return pieces


_pending = _Pending()
_streams: weakref.WeakSet[OrderedStream] = weakref.WeakSet()


def _start_child() -> None:
    # Locks may be held by threads that do not exist here, and the pieces are the parent's to send.
    global _pending  # noqa: PLW0603  a fork is process-wide too
    _pending = _Pending()


os.register_at_fork(after_in_child=_start_child)


class OrderedStream(OutStream):
    """One of the two streams; made by `KernelApp` through `outstream_class`."""

    flush_interval = 0.02

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._pipe_lock = threading.Lock()
        self._n_reads = 0
        super().__init__(*args, **kwargs)
        _streams.add(self)

    def set_parent(self, parent: Any) -> None:
        """A new cell begins."""
        super().set_parent(parent)
        _children.present = False

    def write(self, string: str) -> int:
        if not isinstance(string, str):
            raise TypeError(f"write() argument must be str, not {type(string).__name__}")
        if self.pub_thread is None:
            raise ValueError("I/O operation on closed file")
        if _children.present and self._is_master_process():
            _drain_pipes()  # what they wrote before comes first
        self._add(string)
        return len(string)

    def _add(self, string: str) -> None:
        # A lone surrogate cannot travel as UTF-8; escaped it is at least not lost.
        text = string if string.isascii() else string.encode("utf-8", "backslashreplace").decode("utf-8")
        # In slices: what is not sent yet must fit into the last words.
        for start in range(0, len(text), _SLICE_CHARS):
            self._add_slice(text[start : start + _SLICE_CHARS])

    def _add_slice(self, text: str) -> None:
        _pending.add(self.name, self.parent_header, text)
        if not self._is_master_process():
            self._flush()
        elif _pending.n_chars > _HIGH_WATER_CHARS and threading.current_thread() is not self.pub_thread.thread:
            self._wait_until_sent()
        else:
            self._schedule_flush()

    def flush(self) -> None:
        """Send what is pending, and first what child processes wrote. Waits until it is handed to the socket."""
        if self.pub_thread is None or not self._is_master_process():
            return
        if threading.current_thread() in (self.pub_thread.thread, getattr(self, "watch_fd_thread", None)):
            self._flush()
            return
        _drain_pipes()
        self._wait_until_sent()

    def _wait_until_sent(self) -> None:
        sent = threading.Event()

        def send() -> None:
            self._flush()
            sent.set()

        self.pub_thread.schedule(send)
        # No time-out: a slow reader must slow the code down. The host ends a cell that takes too long.
        while not sent.wait(1.0):
            if not self.pub_thread.thread.is_alive():
                return

    def _flush(self) -> None:
        """Sends; in the IO thread, or in a forked child where there is none."""
        self._flush_pending = False
        with _pending.sending:
            for name, parent, texts in _pending.take():
                whole = "".join(texts)
                for start in range(0, len(whole), _MESSAGE_CHARS):
                    self._send(name, parent, whole[start : start + _MESSAGE_CHARS])

    def _send(self, name: str, parent: dict[str, Any], text: str) -> None:
        self.session.pid = os.getpid()  # the session refuses to send from a forked child otherwise
        message = self.session.msg("stream", {"name": name, "text": text}, parent=parent)
        if not self._is_master_process():
            message["metadata"]["toolcoder"] = {"child": True}  # its text is not among this kernel's last words
        self.session.send(_Socket(self.pub_thread), message, ident=b"stream." + name.encode())

    def _watch_pipe_fd(self) -> None:
        """Thread: reads what C code and child processes write to the file descriptor."""
        pipe: Any = self._fid
        decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")
        while self._should_watch:
            try:
                select.select([pipe], [], [])
                with self._pipe_lock:  # `_drain_pipe` must not see the pipe empty before the text is in the buffer
                    data = os.read(pipe, _PIPE_BYTES)
                    self._add(decoder.decode(data, final=not data))
                    self._n_reads += 1
            except (OSError, ValueError):  # the descriptor or the stream was closed
                return
            if not data:
                return

    def _drain_pipe(self) -> None:
        """Wait until the watcher has read all that was in the pipe; a pipe holds no more than two of its reads."""
        if self._fid is None or threading.current_thread() is self.watch_fd_thread:
            return
        enough = self._n_reads + 3
        deadline = time.monotonic() + _DRAIN_S
        n_waiting = array.array("i", [0])
        while self._n_reads < enough and self.watch_fd_thread.is_alive() and time.monotonic() < deadline:
            with contextlib.suppress(OSError), self._pipe_lock:
                fcntl.ioctl(self._fid, termios.FIONREAD, n_waiting)
                if n_waiting[0] == 0:
                    return
            time.sleep(0.0002)


def keep_last_words(folder: str) -> None:
    """Called once, when the kernel starts: what is written is also kept where a sudden death does not reach it."""
    _pending.last_words = open_last_words(folder)


class _Socket:
    """Sends at once, in the IO thread. Handing it a message as others do puts it into a queue that only this thread
    empties: with a thousand pieces at once it would wait for itself, for ever."""

    def __init__(self, thread: Any) -> None:
        self._thread = thread

    def send_multipart(self, *args: Any, **kwargs: Any) -> None:
        self._thread._really_send(*args, **kwargs)


class _Children:
    """Whether this cell started processes or loaded C libraries: only then are the pipes worth a look at each write."""

    _STARTS = frozenset(("subprocess.Popen", "os.system", "os.fork", "os.forkpty", "os.posix_spawn", "ctypes.dlopen"))

    def __init__(self) -> None:
        self.present = False
        sys.addaudithook(self._note)

    def _note(self, event: str, args: tuple[Any, ...]) -> None:
        if event in self._STARTS:
            self.present = True


_children = _Children()


def _drain_pipes() -> None:
    for stream in list(_streams):
        stream._drain_pipe()
