"""What a person sees of a program on a pseudo-terminal: the screen, kept by an emulator, and the modes it leaves."""

from __future__ import annotations

import re
import termios
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pyte

from tests.on_pty import Terminal, terminal

_PRIVATE_MODES = re.compile(rb"\x1b\[\?([\d;]+)([hl])")
_KITTY = re.compile(rb"\x1b\[([<>])[\d;]*u")
_ON_AT_REST = {b"7", b"25"}
"""Line wrap and the cursor."""
_UNKNOWN_TO_PYTE = re.compile(rb"\x1b\[[<>=][\d;]*[a-zA-Z]|\x1b\[[\d;]*\$p|\x1b\[\?[\d;]*\$p|\x1b_G[^\x1b]*\x1b\\")


class Seen:
    """A terminal with its screen."""

    def __init__(self, terminal: Terminal, size: tuple[int, int]) -> None:
        self.terminal = terminal
        self._screen = pyte.Screen(size[1], size[0])
        self._stream = pyte.ByteStream(self._screen)
        self._n_fed = 0

    @property
    def text(self) -> str:
        """The screen's lines as they stand now."""
        data = self.terminal.seen[self._n_fed :]
        self._n_fed += len(data)
        self._stream.feed(_UNKNOWN_TO_PYTE.sub(b"", data))
        return "\n".join(line.rstrip() for line in self._screen.display)

    def until(self, *texts: str, timeout_s: float = 60.0) -> str:
        """Wait until all of these stand on the screen at once; the screen."""
        end = time.monotonic() + timeout_s
        while not all(text in (screen := self.text) for text in texts):
            left = end - time.monotonic()
            assert left > 0, f"{texts} did not come:\n{screen}"
            if not self.terminal._read(min(left, 0.2)):
                assert self.terminal.process.poll() is None, f"it ended before {texts} came:\n{screen}"
        return screen

    def type(self, *keys: str) -> None:
        """Press keys, one after the other, as a person does."""
        for key in keys:
            self.terminal.type(_KEYS.get(key, key).encode())
            time.sleep(0.05)


_KEYS = {
    "Enter": "\r", "Esc": "\x1b", "F1": "\x1bOP", "F2": "\x1bOQ", "F3": "\x1bOR", "F4": "\x1bOS", "F5": "\x1b[15~",
    "F9": "\x1b[20~", "Ctrl-C": "\x03", "Ctrl-D": "\x04", "Ctrl-Q": "\x11", "Down": "\x1b[B",
}  # fmt: skip


@contextmanager
def seen(
    command: Sequence[str], env: dict[str, str] | None = None, size: tuple[int, int] = (40, 120)
) -> Iterator[Seen]:
    """Run a program on a terminal of `size` (lines, columns)."""
    # What the runner of the tests says of its own terminal is not ours.
    with terminal(command, {**(env or {}), "LINES": str(size[0]), "COLUMNS": str(size[1])}, size) as t:
        yield Seen(t, size)


def modes_left_on(written: bytes) -> set[bytes]:
    """The terminal's modes that are not as a shell wants them after all that was written; empty where it is clean."""
    state: dict[bytes, bytes] = {}
    for numbers, how in _PRIVATE_MODES.findall(written):
        for number in numbers.split(b";"):
            state[number] = how
    left = {mode for mode, how in state.items() if (how == b"h") != (mode in _ON_AT_REST)}
    pushed = sum(1 if how == b">" else -1 for how in _KITTY.findall(written))
    return left | ({b"kitty keyboard"} if pushed > 0 else set())


def line_settings(descriptor: int) -> list[object]:
    """What `stty` says: echo, line mode and the like."""
    return termios.tcgetattr(descriptor)[:4]
