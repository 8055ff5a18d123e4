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

_N_KEYS = 100
_FIRST_KEY = 0x2460  # circled digits: nothing else on the screen has them
_KEY_EVERY_S = 0.1
N_TURNS = 5_000


def rows() -> list[Row]:
    """All of them."""
    return [*first_frame(), *keys(), *memory()]


def first_frame() -> list[Row]:
    """From the command to the prompt on the screen."""
    seconds = []
    with tempfile.TemporaryDirectory() as home:
        for _ in range(7):
            begun = time.perf_counter()
            with terminal([sys.executable, "-m", "tui.main"], {"TOOLCODER_HOME": home}) as t:
                t.until(b"sk a question")
                seconds.append(time.perf_counter() - begun)
                t.type(b"\x11")
                t.end()
    return [Row("chat: first frame", statistics.median(seconds), "s")]


def keys() -> list[Row]:
    """From a key to its character on the screen, p95: quiet, under a stream of tokens, under 10 MB of output."""
    quiet = _key_ms("tokens", 0, asks=False)
    tokens = _key_ms("tokens", N_TURNS, asks=True)
    output = _key_ms("output", 0, asks=True)
    floor = _p95(quiet)
    return [
        Row("chat: key to paint, p95, nothing runs", floor, "ms"),
        Row("chat: key to paint, p50, 1,000 tokens/s, 5,000 turns", statistics.median(tokens), "ms"),
        Row("chat: key to paint, p95, 1,000 tokens/s, 5,000 turns", _p95(tokens), "ms", "nothing runs", floor),
        Row("chat: key to paint, p95, 10 MB of output", _p95(output), "ms", "nothing runs", floor),
    ]


def memory(n: int = 2_000) -> list[Row]:
    """Resident memory after a tenth of the turns and after all of them, and what a turn takes to be drawn."""
    first, last, seconds = asyncio.run(_turns(n))
    return [
        Row(f"chat: memory after {n:,} turns", last, "MB", f"after {n // 10:,}", first),
        Row("chat: a whole turn, drawn", seconds / n * 1e3, "ms"),
    ]


async def _turns(n: int) -> tuple[float, float, float]:
    from tests.perf.chat_child import LoudSession, past_turn
    from tui.chat.app import ChatApp
    from tui.chat.messages import Opened

    app = ChatApp(lambda request: Opened(LoudSession("tokens", 0.0), "scripted"))
    first = 0.0
    async with app.run_test(size=(120, 40)) as pilot:
        begun = time.perf_counter()
        for number in range(n):
            question, events = past_turn(number)
            await app.transcript.begin(question)
            for event in events:
                app.transcript.take(event)
            await pilot.pause()
            if number == n // 10:
                first = _resident_mb()
        seconds = time.perf_counter() - begun
        last = _resident_mb()
    await asyncio.to_thread(app.bridge.close, 5)
    return first, last, seconds


def _resident_mb() -> float:
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123  # no file in a folder
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def _key_ms(what: str, n_turns: int, *, asks: bool) -> list[float]:
    seconds = _N_KEYS * _KEY_EVERY_S * 1.2 + 2
    command = [sys.executable, "-m", "tests.perf.chat_child", what, str(n_turns), str(seconds)]
    with terminal(command, size=(40, 120)) as t:
        t.until(b"ready", 60)
        if asks:
            t.type(b"go\r")
            t.until(b"answer" if what == "tokens" else b"output", 20)
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
