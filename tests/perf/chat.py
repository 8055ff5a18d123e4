"""The chat's bars: how soon it is there, how fast a key is seen while much goes on, what ten thousand turns weigh.

On a real terminal: a key is written to a pty, and the time runs until the character stands in what the program wrote.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import select
import statistics
import sys
import tempfile
import time
from collections.abc import Callable

from tests.on_pty import Terminal, terminal
from tests.perf.timing import Row

_N_KEYS = 80
_N_ROUNDS = 2
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
_BARE_PROGRAM = [sys.executable, "-c", _BARE]


def rows() -> list[Row]:
    """All of them."""
    return [*first_frame(), *keys(), *drawings(), *memory()]


def first_frame(elia: str = "") -> list[Row]:
    """From the command to the prompt on the screen, beside a Textual program that has only a field; taken in turns.
    `elia`: the program of another chat made with Textual, where it is installed."""
    taken: dict[str, list[float]] = {"chat": [], "bare": [], "elia": []}
    with tempfile.TemporaryDirectory() as home:
        for _ in range(7):
            taken["chat"].append(_first_frame_s([sys.executable, "-m", "tui.main"], b"sk a question", home))
            taken["bare"].append(_first_frame_s(_BARE_PROGRAM, b"sk me", home))
            if elia:
                taken["elia"].append(_first_frame_s([elia], b"Enter your", home))
    middle = {name: statistics.median(seconds) for name, seconds in taken.items() if seconds}
    rows = [Row("chat: first frame", middle["chat"], "s", "bare Textual", middle["bare"])]
    return [*rows, Row("chat: first frame", middle["chat"], "s", "elia", middle["elia"])] if elia else rows


def keys(elia: str = "") -> list[Row]:
    """From a key to its character on the screen: nothing runs, a stream of tokens, 10 MB of output; a bare field and
    another chat (`elia`) where nothing runs. All take turns, so that what else the machine does hits all of them."""
    child = [sys.executable, "-m", "tests.perf.chat_child"]
    seconds = str(_N_KEYS * _KEY_EVERY_S * 1.2 + 2)
    programs: dict[str, tuple[list[str], bytes, bytes]] = {
        "bare": (_BARE_PROGRAM, b"sk me", b""),
        "nothing runs": ([*child, "tokens", "0", seconds], b"ready", b""),
        "1,000 tokens/s, 5,000 turns": ([*child, "tokens", str(N_TURNS), seconds], b"ready", b"answer"),
        "10 MB of output": ([*child, "output", "0", seconds], b"ready", b"output"),
    }
    if elia:
        programs["elia"] = ([elia], b"Enter your", b"")
    taken: dict[str, list[float]] = {name: [] for name in programs}
    for _ in range(_N_ROUNDS):
        for name, program in programs.items():
            taken[name] += _key_ms(*program)
    bare = _p95(taken.pop("bare"))
    rows = []
    for name, ms in taken.items():
        of = "another chat" if name == "elia" else "chat"
        rows.append(Row(f"{of}: key to paint, p50, {name}", statistics.median(ms), "ms"))
        rows.append(Row(f"{of}: key to paint, p95, {name}", _p95(ms), "ms", "bare Textual", bare))
    return rows


def drawings() -> list[Row]:
    """What one drawing of what streams in takes of the processor, layout and paint included, and how much all do."""
    rows = []
    for what, n_turns, name in (("tokens", N_TURNS, "1,000 tokens/s, 5,000 turns"), ("output", 0, "10 MB of output")):
        with tempfile.NamedTemporaryFile("r") as report:
            command = [sys.executable, "-m", "tests.perf.chat_child", what, str(n_turns), "6", report.name]
            with terminal(command, size=(40, 120)) as t:
                t.until(b"ready", 60)
                t.seen = b""
                t.type(b"go\r")
                t.until(b"]2;toolcoder: ready", 60)
                t.type(b"\x11")
                t.end()
            found = json.load(report)
        rows.append(Row(f"chat: CPU of a drawing, {name}", found["cpu_s"] / found["n_drawn"] * 1e3, "ms"))
        rows.append(Row(f"chat: CPU of its thread, {name}", found["cpu_s"] / found["seconds"] * 100, "%"))
    return rows


def memory(n: int = 500, n_past: int = 10_000) -> list[Row]:
    """Resident memory after turns that were all drawn, and with many in the transcript; what drawing one takes."""
    drawn, whole, seconds = asyncio.run(_turns(n, n_past))
    first, last = drawn[n // 5], drawn[n]
    return [
        Row(f"chat: memory after {n:,} drawn turns", last, "MB", f"after {n // 5:,}", first),
        Row(f"chat: memory with {max(n_past, n):,} turns", whole, "MB", f"with {n:,}", last),
        Row("chat: a whole turn, drawn", seconds / n * 1e3, "ms"),
    ]


async def _turns(n: int, n_past: int) -> tuple[dict[int, float], float, float]:
    from tests.perf.chat_child import LoudSession, past_turn, past_turns
    from tui.chat.app import ChatApp
    from tui.chat.messages import Opened

    app = ChatApp(lambda request: Opened(LoudSession("tokens", 0.0), "scripted"))
    drawn: dict[int, float] = {}
    async with app.run_test(size=(100, 20)) as pilot:
        begun = time.perf_counter()
        for number in range(n + 1):
            if number % (n // 5) == 0:
                drawn[number] = _resident_mb()
            question, events = past_turn(number)
            await app.transcript.begin(question)
            for event in events:
                app.transcript.take(event)
            await pilot.pause()
        seconds = time.perf_counter() - begun
        if n < n_past:
            app.transcript.remember(past_turns(n_past))
            await pilot.pause(1.0)
        whole = _resident_mb()
    await asyncio.to_thread(app.bridge.close, 5)
    return drawn, whole, seconds


def _resident_mb() -> float:
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123  # no file in a folder
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def _first_frame_s(command: list[str], text: bytes, home: str) -> float:
    begun = time.perf_counter()
    with terminal(command, _homes(home)) as t:
        t.until(text)
        seconds = time.perf_counter() - begun
        t.process.kill()
    return seconds


def _homes(home: str) -> dict[str, str]:
    return dict.fromkeys(("TOOLCODER_HOME", "HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"), home)


def _key_ms(command: list[str], ready: bytes, running: bytes = b"") -> list[float]:
    """Of every key in a program that is ready; with `running`, after a question whose turn shows that text."""
    with tempfile.TemporaryDirectory() as home, terminal(command, _homes(home), size=(40, 120)) as t:
        t.until(ready, 60)
        time.sleep(1)  # imports that come after the first frame
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


def main() -> None:
    """`python -m tests.perf.chat [--only PART] [--elia PROGRAM] [--turns N]`."""
    parser = argparse.ArgumentParser(prog="python -m tests.perf.chat")
    parser.add_argument("--only", choices=("first_frame", "keys", "drawings", "memory"), help="not all of it")
    parser.add_argument("--elia", default="", metavar="PROGRAM", help="elia, installed in an environment of its own")
    parser.add_argument("--turns", type=int, default=500, help="that memory is taken after, all of them drawn")
    given = parser.parse_args()
    parts: dict[str, Callable[[], list[Row]]] = {
        "first_frame": lambda: first_frame(given.elia),
        "keys": lambda: keys(given.elia),
        "drawings": drawings,
        "memory": lambda: memory(given.turns),
    }
    for name, part in parts.items():
        for row in part() if given.only in (None, name) else ():
            print(row.line(), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
