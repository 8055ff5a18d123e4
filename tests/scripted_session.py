"""A session that plays events from a script: front ends are tested against streams made by hand."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterable
from types import TracebackType
from typing import Self

from agent.calls.categories import Category
from agent.events import (
    Answered,
    CellEnded,
    CellStarted,
    CellText,
    Event,
    FunctionReused,
    FunctionStored,
    ModelDelta,
    ProgramWritten,
    QuestionAsked,
    RepairStarted,
    SessionStarted,
    StageEnded,
    StageStarted,
    TokenUsage,
    ToolCalled,
    ToolReturned,
)

Step = Event | float | threading.Event | Callable[[], Event]
"""An event, seconds to wait, something that the test sets, or a function called in the session's loop (for events that
carry a future)."""


class ScriptedSession:
    """Fulfils `tui.session_request.SessionLike`. An event with a future is followed by waiting for it.

    A step may also be an exception, which is raised.
    """

    def __init__(self, *turns: Iterable[Step | Exception], close_s: float = 0.0) -> None:
        self._turns = [list(turn) for turn in turns]
        self._close_s = close_s
        self._running: asyncio.Task[object] | None = None
        self.questions: list[str] = []
        self.replies: list[object] = []
        self.n_interrupts = 0
        self.closed = False

    async def ask(self, question: str) -> AsyncIterator[Event]:
        self.questions.append(question)
        interrupted = asyncio.get_running_loop().create_future()
        self._interrupted = interrupted
        yield QuestionAsked(question)
        for step in self._turns.pop(0):
            if interrupted.done():
                break
            if isinstance(step, Exception):
                raise step
            if isinstance(step, int | float):
                await asyncio.wait({interrupted}, timeout=step)
                continue
            if isinstance(step, threading.Event):
                while not step.is_set() and not interrupted.done():
                    await asyncio.wait({interrupted}, timeout=0.01)
                continue
            event = step() if callable(step) else step
            yield event
            answer = getattr(event, "answer", None)
            if isinstance(answer, asyncio.Future):
                await asyncio.wait({answer, interrupted}, return_when=asyncio.FIRST_COMPLETED)
                self.replies.append(answer.result() if answer.done() else "interrupted")
        if interrupted.done():
            yield Answered("interrupted", error="interrupted")

    def interrupt(self) -> None:
        self.n_interrupts += 1
        if not self._interrupted.done():
            self._interrupted.set_result(None)

    async def __aenter__(self) -> Self:
        self._interrupted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.sleep(self._close_s)
        self.closed = True


def whole_turn(answer: str = "Sofia Coppola directed 8 films.") -> list[Step]:
    """A turn with everything in it, a repair included."""
    return [
        SessionStarted("20261120-101500-k3f9", "0.1.0", "scripted", "named by --model", "full", "docker, network none"),
        StageStarted("plan"),
        ModelDelta("plan", "def count_films"),
        StageEnded("plan", seconds=0.5, usage=TokenUsage(100, 20)),
        StageStarted("implement"),
        StageEnded("implement", seconds=1.0, usage=TokenUsage(200, 40)),
        ProgramWritten("films = search_films(nam='Sofia')\nlen(films)"),
        CellStarted(1, "films = search_films(nam='Sofia')\nlen(films)"),
        ToolCalled("c1", "search_films", {"nam": "Sofia"}, 1),
        ToolReturned("c1", "search_films", Category.PARAMETER_HALLUCINATION, message="unexpected keyword argument"),
        CellEnded(1, "error", 0.2, error={"exception": "TypeError", "message": "unexpected keyword argument 'nam'"}),
        RepairStarted(1, "TypeError", "unexpected keyword argument 'nam'", 1),
        FunctionReused("films_of", "e0"),
        CellStarted(2, "..."),
        CellText(2, "stdout", "counting\n"),
        ToolCalled("c2", "search_films", {"name": "Sofia"}, 2),
        ToolReturned("c2", "search_films", Category.ALL_RIGHT, value=[1, 2]),
        ToolCalled("c3", "search_films", {"name": "cut short"}, 2),
        CellEnded(2, "ok", 0.3, result="8", result_json="8", n_stdout_bytes=9),
        FunctionStored("count_films", "e1", "count films of a director"),
        Answered("answered", answer, seconds=2.5, usage=TokenUsage(300, 60, 0.01), repairs=1),
    ]
