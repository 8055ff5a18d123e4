"""The chat with a scripted session, as `tests.perf.chat` measures it: `... tests.perf.chat_child WHAT N S [REPORT]`."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from agent.events import (
    Answered,
    CellEnded,
    CellStarted,
    CellText,
    Event,
    ModelDelta,
    ProgramWritten,
    StageEnded,
    StageStarted,
    TokenUsage,
)
from tui.chat.messages import Opened

PROGRAM = "films = films_of('Sofia Coppola')\nfor film in films:\n    print(film['title'])\nlen(films)"
ANSWER = "Sofia Coppola directed **8 films**, the first of them *The Virgin Suicides*.\n\n1. one\n2. two\n"
_SENTENCE = "The next of them, `film`, came out **later** and had a cast of its own, as the list says. "


def past_turn(number: int) -> tuple[str, list[Event]]:
    """A whole turn that is over."""
    return (
        f"Question {number}: how many films did person {number} direct?",
        [
            StageStarted("plan"),
            StageEnded("plan", product="def plan():\n    ...", seconds=0.5, usage=TokenUsage(100, 20)),
            StageStarted("implement"),
            StageEnded("implement", product=PROGRAM, seconds=1.0, usage=TokenUsage(200, 40)),
            ProgramWritten(PROGRAM),
            CellStarted(1, PROGRAM),
            CellText(1, "stdout", "Lost in Translation\nSomewhere\n"),
            CellEnded(1, "ok", 0.2),
            StageStarted("answer"),
            StageEnded("answer", product=ANSWER, seconds=0.4, usage=TokenUsage(100, 30)),
            Answered("answered", ANSWER, seconds=2.2, usage=TokenUsage(400, 90)),
        ],
    )


class LoudSession:
    """Its first turn streams: `tokens`, 1,000 a second of Markdown, or `output`, 10 MB of a cell as fast as it can."""

    def __init__(self, what: str, seconds: float) -> None:
        self._what = what
        self._seconds = seconds

    async def ask(self, question: str) -> AsyncIterator[Event]:
        if self._what == "tokens":
            yield StageStarted("answer")
            async for delta in self._tokens():
                yield delta
            yield StageEnded("answer", seconds=self._seconds)
        else:
            yield ProgramWritten(PROGRAM)
            yield CellStarted(1, PROGRAM)
            line = "\x1b[32mline\x1b[0m of the output of a program that prints very much\n"
            piece = line * (65_536 // len(line))
            end = time.monotonic() + self._seconds
            for number in range(160):
                yield CellText(1, "stdout", piece)
                await asyncio.sleep(max(end - time.monotonic(), 0) / (160 - number))
            yield CellEnded(1, "ok", self._seconds)
        yield Answered("answered", ANSWER, seconds=self._seconds)

    async def _tokens(self) -> AsyncIterator[Event]:
        words = [f"{word} " for word in _SENTENCE.split()]
        begun, n_sent = time.monotonic(), 0
        while (passed := time.monotonic() - begun) < self._seconds:
            while n_sent < passed * 1_000:
                end = "\n\n" if n_sent % 80 == 79 else ""
                yield ModelDelta("answer", words[n_sent % len(words)] + end)
                n_sent += 1
            await asyncio.sleep(0.01)

    def interrupt(self) -> None:
        """Nobody interrupts a measurement."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


def main(what: str, n_turns: int, seconds: float, report: str = "") -> None:
    """`report`: a file for what drawing took of the processor while the session streamed, and how often it was done."""
    from tui.chat.app import ChatApp
    from tui.chat.messages import EventArrived
    from tui.chat.transcript.pace import Pace

    n_drawn = 0
    draw = Pace._run

    def counted(pace: Pace) -> None:
        nonlocal n_drawn
        n_drawn += 1
        draw(pace)

    class Measured(ChatApp):
        begun: tuple[float, float] | None = None

        def on_mount(self) -> None:
            self.transcript.remember(past_turns(n_turns))

        async def on_event_arrived(self, message: EventArrived) -> None:
            self.begun = self.begun or (time.thread_time(), time.monotonic())
            if report and isinstance(message.event, Answered):
                cpu_s, lasted = time.thread_time() - self.begun[0], time.monotonic() - self.begun[1]
                found = {"cpu_s": cpu_s, "seconds": lasted, "n_drawn": n_drawn}
                Path(report).write_text(json.dumps(found), "ascii")  # all is over
            await super().on_event_arrived(message)

    Pace._run = counted  # type: ignore[method-assign]  # counted, and otherwise itself
    app = Measured(lambda request: Opened(LoudSession(what, seconds), "scripted"))
    app.run()
    if app.crash is not None:
        raise app.crash


def past_turns(n: int) -> Iterable[tuple[str, list[Event]]]:
    return (past_turn(number) for number in range(n))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), *sys.argv[4:])
