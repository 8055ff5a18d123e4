"""A program on a pseudo-terminal, as a person would run it."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]


@dataclass
class Terminal:
    """The program's streams are all the terminal; `seen` is every byte that it wrote."""

    process: subprocess.Popen[bytes]
    descriptor: int
    seen: bytes = b""

    def until(self, text: bytes, timeout_s: float = 60.0) -> None:
        """Wait for a text."""
        end = time.monotonic() + timeout_s
        while text not in self.seen:
            assert self._read(end - time.monotonic()), f"{text!r} did not come: {self.words[-2000:]}"

    @property
    def words(self) -> str:
        """What was written without colours, cursor moves and lines, for messages."""
        return " ".join(
            re.sub(r"\x1b\[[\x30-\x3f]*[\x40-\x7e]|[─│]", " ", self.seen.decode("utf-8", "replace")).split()
        )

    def end(self, timeout_s: float = 60.0) -> int:
        """Wait for the program's end; its exit status."""
        end = time.monotonic() + timeout_s
        while self._read(end - time.monotonic()):
            assert time.monotonic() < end, f"it goes on: {self.words[-2000:]}"
        return self.process.wait(max(end - time.monotonic(), 5.0))

    def type(self, text: bytes) -> None:
        """Press keys."""
        os.write(self.descriptor, text)

    def _read(self, timeout_s: float) -> bool:
        if not select.select([self.descriptor], [], [], max(timeout_s, 0))[0]:
            return False
        try:
            data = os.read(self.descriptor, 65536)
        except OSError:  # Linux: the other side was closed
            return False
        self.seen += data
        return bool(data)


@contextmanager
def terminal(
    command: Sequence[str], env: dict[str, str] | None = None, size: tuple[int, int] = (40, 120)
) -> Iterator[Terminal]:
    """Run `command` with a terminal of `size` (lines, columns) that is its controlling one."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "TERM": "xterm-256color", **(env or {})},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509  # this test starts no threads
    )
    os.close(theirs)
    try:
        yield Terminal(process, ours)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        os.close(ours)
