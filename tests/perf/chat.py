"""The chat's bars: how soon it is there, how fast a key is seen while much goes on, what ten thousand turns weigh.

On a real terminal: a key is written to a pty, and the time runs until the character stands in what the program wrote.
"""

from __future__ import annotations

import asyncio
import os
import select
import statistics
import sys
import tempfile
import time

from tests.on_pty import Terminal, terminal
from tests.perf.timing import Row

_N_KEYS = 80
_FIRST_KEY = 0x2460  # circled digits: nothing else on the screen has them
_KEY_EVERY_S = 0.1
N_TURNS = 5_000
_BARE = """
from textual.app import App
from textual.widgets import TextArea

class Bare(App):
    def compose(self):
        yield TextArea(placeholder="Ask me")

Bare().run()
"""


def rows() -> list[Row]:
    """All of them."""
    return [*first_frame(), *keys(), *memory()]


def first_frame() -> list[Row]:
    """From the command to the prompt on the screen, beside a Textual program that has only a field; taken in turns."""
    ours, bare = [], []
    with tempfile.TemporaryDirectory() as home:
        for _ in range(7):
            ours.append(_first_frame_s([sys.executable, "-m", "tui.main"], b"sk a question", home))
            bare.append(_first_frame_s([sys.executable, "-c", _BARE], b"sk me", home))
    return [Row("chat: first frame", statistics.median(ours), "s", "bare Textual", statistics.median(bare))]


def keys() -> list[Row]:
    """From a key to its character on the screen: nothing runs, a stream of tokens, 10 MB of output; bare Textual."""
    bare = _key_ms([sys.executable, "-c", _BARE], b"sk me")
    child = [sys.executable, "-m", "tests.perf.chat_child"]
    seconds = str(_N_KEYS * _KEY_EVERY_S * 1.2 + 2)
    found = [
        ("nothing runs", _key_ms([*child, "tokens", "0", seconds], b"ready")),
        ("1,000 tokens/s, 5,000 turns", _key_ms([*child, "tokens", str(N_TURNS), seconds], b"ready", b"answer")),
        ("10 MB of output", _key_ms([*child, "output", "0", seconds], b"ready", b"output")),
    ]
    rows = []
    for name, taken in found:
        rows.append(Row(f"chat: key to paint, p50, {name}", statistics.median(taken), "ms"))
        rows.append(Row(f"chat: key to paint, p95, {name}", _p95(taken), "ms", "bare Textual", _p95(bare)))
    return rows


def memory(n: int = 500, n_past: int = 10_000) -> list[Row]:
    """Resident memory after turns that were all drawn, and with many in the transcript; what drawing one takes."""
    first, last, whole, seconds = asyncio.run(_turns(n, n_past))
    return [
        Row(f"chat: memory after {n:,} drawn turns", last, "MB", f"after {n // 5:,}", first),
        Row(f"chat: memory with {n_past:,} turns", whole, "MB", f"with {n:,}", last),
        Row("chat: a whole turn, drawn", seconds / n * 1e3, "ms"),
    ]


async def _turns(n: int, n_past: int) -> tuple[float, float, float, float]:
    from tests.perf.chat_child import LoudSession, past_turn, past_turns
    from tui.chat.app import ChatApp
    from tui.chat.messages import Opened

    app = ChatApp(lambda request: Opened(LoudSession("tokens", 0.0), "scripted"))
    first = 0.0
    async with app.run_test(size=(100, 20)) as pilot:
        begun = time.perf_counter()
        for number in range(n):
            question, events = past_turn(number)
            await app.transcript.begin(question)
            for event in events:
                app.transcript.take(event)
            await pilot.pause()
            if number == n // 5:
                first = _resident_mb()
        seconds = time.perf_counter() - begun
        last = _resident_mb()
        app.transcript.remember(past_turns(n_past))
        await pilot.pause(1.0)
        whole = _resident_mb()
    await asyncio.to_thread(app.bridge.close, 5)
    return first, last, whole, seconds


def _resident_mb() -> float:
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123  # no file in a folder
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def _first_frame_s(command: list[str], text: bytes, home: str) -> float:
    begun = time.perf_counter()
    with terminal(command, {"TOOLCODER_HOME": home}) as t:
        t.until(text)
        seconds = time.perf_counter() - begun
        t.type(b"\x11")
        t.end()
    return seconds


def _key_ms(command: list[str], ready: bytes, running: bytes = b"") -> list[float]:
    """Of every key in a program that is ready; with `running`, after a question whose turn shows that text."""
    with terminal(command, size=(40, 120)) as t:
        t.until(ready, 60)
        if running:
            t.type(b"go\r")
            t.until(running, 20)
        found = [_press(t, chr(_FIRST_KEY + number)) for number in range(_N_KEYS)]
        t.process.kill()
    return found


def _press(t: Terminal, character: str) -> float:
    wanted = character.encode()
    t.seen = b""
    begun = time.perf_counter()
    t.type(wanted)
    seen = 0.0
    while (left := begun + _KEY_EVERY_S - time.perf_counter()) > 0 or not seen:
        if not select.select([t.descriptor], [], [], max(left, 0.001))[0]:
            if not seen and left < -5:
                raise TimeoutError(f"{character} was never drawn")
            continue
        t.seen += os.read(t.descriptor, 65536)
        if not seen and wanted in t.seen:
            seen = time.perf_counter() - begun
    return seen * 1e3


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


if __name__ == "__main__":
    for row in rows():
        print(row.line())  # noqa: T201
