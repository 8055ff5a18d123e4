"""A session: one kernel, one model, one log, any number of questions. The only face of the loop to front ends.

A failure of model, tools or sandbox never escapes from `ask`: it becomes the turn's `Answered`.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from types import TracebackType
from typing import Any, Literal, Self

from agent.errors import AgentError
from agent.events import Answered, Event, FeedbackGiven, QuestionAsked
from agent.loop.budget import Meter
from agent.loop.completion import Completer
from agent.loop.desk import Desk
from agent.loop.ending import ended
from agent.loop.history import REMEMBERED_CHARS, fitted, remembered, with_newest
from agent.loop.journal import Journal
from agent.loop.memory import Memory
from agent.loop.options import SessionOptions
from agent.loop.outcome import shorten
from agent.loop.parts import build
from agent.loop.past import Past
from agent.loop.turn import Turn
from agent.prompts import prompt_set
from agent.prompts.base import Exchange, PromptContext, PromptSet
from sandbox.errors import SandboxError

MAX_QUESTION_CHARS = 32_000


class Session:
    """Use as `async with`; the kernel starts in the background with the first question."""

    def __init__(self, options: SessionOptions) -> None:
        self.options = options
        self.id = options.session_id
        self._queue: asyncio.Queue[Event | None] = asyncio.Queue()
        self._journal = Journal(options.log)
        self._parts = build(options, self._emit)
        self._kernel = self._parts.kernel
        self._starting: asyncio.Task[None] | None = None
        self._turn: asyncio.Task[Answered] | None = None
        self._interrupted = False
        self._insisting: asyncio.Task[None] | None = None
        past = options.past or Past()
        self._is_begun = False
        self._n_turns = past.n_turns
        self._history = tuple(replace(e, answer=shorten(e.answer, REMEMBERED_CHARS)) for e in past.exchanges)
        self._shown = fitted(self._history, options.history_tokens)
        self._touched = {turn: list(entries) for turn, entries in past.touched.items()}
        self.desk = Desk(self._parts, self._journal.write, self._drained)
        """What a person does with the session besides asking."""

    @property
    def history(self) -> tuple[Exchange, ...]:
        """What was asked and answered so far, in a resumed session also before."""
        return self._history

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Stop what runs and remove the kernel; safe to call twice. One part that fails keeps no other from closing."""
        async with contextlib.AsyncExitStack() as stack:  # the last one first
            stack.push_async_callback(self._parts.close)
            stack.push_async_callback(self._cancel, self._starting)
            stack.push_async_callback(self._cancel, self._turn)

    def interrupt(self) -> None:
        """Stop the running turn at whatever stage it is; it ends with `Answered(status="interrupted")`.

        Asked again, a program that has not stopped yet gets no more time: its kernel is killed at once.
        """
        if self._turn is None or self._turn.done():
            return
        if self._interrupted:  # cancelling once more would only cut the clean-up of the first short
            self._insisting = asyncio.ensure_future(self._kernel.interrupt())
            return
        self._interrupted = True
        self._turn.cancel()

    async def ask(self, question: str) -> AsyncIterator[Event]:
        """Answer one question; the last event is always `Answered`. One question at a time.

        Raises:
            ValueError: the question is empty or longer than `MAX_QUESTION_CHARS`.
            RuntimeError: the last question is still being answered.
            Exception: a fault of ours; the log has the turn's end all the same.
        """
        if not question.strip():
            raise ValueError("the question is empty")
        if len(question) > MAX_QUESTION_CHARS:
            raise ValueError(f"the question has {len(question):,} characters; {MAX_QUESTION_CHARS:,} are possible")
        if self._turn is not None and not self._turn.done():
            raise RuntimeError("the last question is still being answered")
        self._n_turns += 1
        self._interrupted = False
        meter = Meter(self.options.budget)
        if not self._is_begun:
            self._is_begun = True
            self._emit(self._parts.header())
            self._parts.files.opened()
        self._emit(QuestionAsked(question, self._n_turns))
        self._turn = asyncio.create_task(self._answer(question.strip(), meter))
        self._turn.add_done_callback(lambda _: self._queue.put_nowait(None))
        try:
            while (event := await self._queue.get()) is not None:
                for seen in await self._journal.take(event):
                    yield seen
            for seen in self._finish(meter):
                yield seen
        finally:
            await self._cancel(self._turn)
            while not self._queue.empty():
                self._queue.get_nowait()

    async def rate(self, rating: Literal["up", "down"], correction: str = "", turn: int = 0) -> list[Event]:
        """A person's verdict on an answer (0: the last one), for the log and for the functions that it came from.

        Raises:
            ValueError: there is no such turn.
            RuntimeError: a question is being answered.
        """
        turn = turn or self._n_turns
        if not 0 < turn <= self._n_turns:
            raise ValueError("there is no answer to rate yet" if not self._n_turns else f"there is no turn {turn}")
        if self._turn is not None and not self._turn.done():
            raise RuntimeError("the last question is still being answered")
        self._emit(FeedbackGiven(turn, rating, correction))
        await self._parts.keeper.judge(self._touched.get(turn, ()), rating)
        return self._drained()

    def _drained(self) -> list[Event]:
        """What was emitted outside of a turn, logged."""
        events: list[Event] = []
        while not self._queue.empty():
            event = self._queue.get_nowait()
            events += self._journal.write(event) if event is not None else []
        return events

    def _finish(self, meter: Meter) -> list[Event]:
        """The turn's `Answered`, last; before it what there is to say of the log."""
        assert self._turn is not None
        try:
            answered = self._turn.result()
        except asyncio.CancelledError:  # before the turn's first step
            if not self._interrupted:
                raise
            answered = Answered("interrupted", error="interrupted", seconds=meter.seconds)
        except Exception as error:
            what = f"unexpected {type(error).__name__}: {error}"
            over = Answered("failed", error=what, fault="agent", seconds=meter.seconds, usage=meter.total)
            self._journal.write(replace(over, changed=self._parts.host.changed))
            raise
        return self._journal.write(answered)[::-1]

    async def _answer(self, question: str, meter: Meter) -> Answered:
        """The turn with every failure turned into its `Answered`."""
        parts = self._parts
        prompts = prompt_set(self.options.model.prompt_style)
        completer = Completer(self.options.model, prompts, meter, self._emit)
        memory = Memory(parts.keeper, self._emit, self.id, self.options.redact)
        turn = Turn(
            completer,
            parts.runner,
            memory,
            self._emit,
            self._kernel_ready,
            self._check_kernel,
            parts.shortlist,
            parts.packages,
            self.options.mode,
        )
        parts.runner.turn = self._n_turns
        parts.host.begin_question()
        if self._starting is None or _has_failed(self._starting):
            self._starting = asyncio.create_task(self._kernel.start())
            self._starting.add_done_callback(_has_failed)  # looked at: a direct answer never waits for the kernel
        self._touched[self._n_turns] = memory.touched
        async with self.desk.quiet:
            context = self._context(question, prompts)
            answered = await ended(turn, context, meter, self._emit, lambda: self._interrupted)
            await self._settle_files(answered)
        answered = replace(answered, changed=parts.host.changed)
        if exchange := remembered(question, answered, turn.program):
            self._history = (*self._history, exchange)
            self._shown = with_newest(self._shown, exchange, self.options.history_tokens)
        return replace(answered, seconds=meter.seconds, usage=meter.total, repairs=turn.repairs.n_repairs)

    async def _context(self, question: str, prompts: PromptSet) -> PromptContext:
        """What is known before the first stage. Where earlier programs ran, that is also what the kernel holds: it is
        asked, after it was had back."""
        parts, state = self._parts, self._parts.state
        tools = await asyncio.to_thread(parts.shortlist.shown, self._asked_about(question))
        held: tuple[str, ...] = ()
        if prompts.follows_up and not state.is_empty:
            await self._kernel_ready()
            await state.before()
            held = await state.held(self.options.history_tokens)
        return PromptContext(
            question,
            tools=tools,
            n_hidden_tools=len(parts.shortlist.tools) - len(tools),
            history=self._shown,
            held=held,
            restored=state.told,
            files=await asyncio.to_thread(parts.files.listing),
            work_mode=parts.files.mode,
        )

    async def _settle_files(self, answered: Answered) -> None:
        """An interrupt while the person looks at changes refuses them; the answer is there already."""
        try:
            await self._parts.files.settle(answered=answered.status == "answered")
        except asyncio.CancelledError:
            if not self._interrupted:
                raise
            asyncio.current_task().uncancel()  # type: ignore[union-attr]  # we are inside a task

    def _asked_about(self, question: str) -> str:
        """What tools are looked for by: "and the latest one?" needs the question before it."""
        return "\n".join([*(exchange.question for exchange in self._history[-1:]), question])

    async def _kernel_ready(self) -> None:
        assert self._starting is not None
        await asyncio.shield(self._starting)

    def _check_kernel(self) -> None:
        if self._starting is not None and self._starting.done():
            self._starting.result()

    def _emit(self, event: Event) -> None:
        self._queue.put_nowait(event)

    @staticmethod
    async def _cancel(task: asyncio.Task[Any] | None) -> None:
        if task is not None and not task.done():
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, AgentError, SandboxError):
                await task


def _has_failed(task: asyncio.Task[Any]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)
