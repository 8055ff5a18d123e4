"""A session: one kernel, one model, one log, any number of questions. The only face of the loop to front ends.

A failure of model, tools or sandbox never escapes from `ask`: it becomes the turn's `Answered`.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Literal, Self

import sandbox
from agent.calls.stubs import stub_module
from agent.errors import AgentError, SessionLogError
from agent.events import (
    Answered,
    BudgetReached,
    CellDisplayed,
    CellEnded,
    ErrorSeen,
    Event,
    FeedbackGiven,
    QuestionAsked,
    ToolCalled,
    ToolReturned,
)
from agent.functions.base import FunctionRepository
from agent.functions.proof import Prover
from agent.functions.upkeep import DEFAULT_LIMIT
from agent.log.ids import new_session_id
from agent.log.writer import SessionLog
from agent.loop.budget import Budget, BudgetExceeded, Meter
from agent.loop.completion import Completer, StageFailed
from agent.loop.execution import Runner, shorten
from agent.loop.header import header
from agent.loop.keeper import Keeper
from agent.loop.memory import Memory
from agent.loop.packages import MissingPackages, PackageOptions
from agent.loop.restoring import State
from agent.loop.session_files import FileOptions, SessionFiles
from agent.loop.shortlist import Shortlist
from agent.loop.turn import Turn
from agent.models.base import Model
from agent.prompts import prompt_set
from agent.prompts.base import Exchange, PromptContext
from agent.tools.asking import Asker
from agent.tools.base import Tool, schema_hash
from agent.tools.gate import Approve
from agent.tools.host import HostRules, ToolHost
from agent.tools.retrieval import ToolIndex
from sandbox.errors import SandboxError
from sandbox.events import CellLimits, ContainerLimits, KernelOptions, Lease, SpoolOptions
from sandbox.kernel import Kernel
from sandbox.pool import Pool
from sandbox.replay import RecordingHandler
from sandbox.shelf import Shelf

MAX_QUESTION_CHARS = 32_000
_REMEMBERED = 4_000
"""Characters of an answer that later questions of the session are asked with."""


@dataclass(frozen=True)
class SessionOptions:
    """All that a session is made from. `approve="no"`: nobody is there, a change is refused."""

    model: Model
    tools: Sequence[Tool]
    model_reason: str = ""
    kernel_kind: Literal["docker", "bubblewrap", "local", "fake"] = "docker"
    transport: Literal["auto", "socket", "relay"] = "auto"
    runtime: str | None = None
    image: str = "toolcoder-kernel"
    files: FileOptions = field(default_factory=FileOptions)
    packages: PackageOptions | None = None
    """None: a package that is missing is never offered."""
    repository: FunctionRepository | None = None
    n_functions: int = DEFAULT_LIMIT
    """Stored functions that are kept; beyond it those used least make room."""
    log: SessionLog | None = None
    spool: SpoolOptions | None = None
    """Where whole outputs, plots and the like are kept; None: nowhere."""
    n_spares: int = 0
    """Kernels kept ready: for the first question, and for the one after a kernel's death."""
    lease: Lease | None = None
    """With it the kernel outlives a client that dies, and a session that names the same comes back to it."""
    session_id: str = field(default_factory=new_session_id)
    budget: Budget = field(default_factory=Budget)
    approve: Approve = "ask"
    interactive: bool = True
    container: ContainerLimits = field(default_factory=ContainerLimits)
    cell: CellLimits = field(default_factory=CellLimits)
    rules: HostRules = field(default_factory=HostRules)
    close_tools: Callable[[], Awaitable[None]] | None = None
    """Ends what the tools' sources started."""
    tool_index: ToolIndex | None = None
    """Finds among tools that are too many to list; None: all are listed."""
    redact: Callable[[Any], Any] | None = None
    """Removes secrets from a JSON value, before a function's recorded tool results are kept."""


class Session:
    """Use as `async with`; the kernel starts in the background with the first question."""

    def __init__(self, options: SessionOptions) -> None:
        self.options = options
        self.id = options.session_id
        self._queue: asyncio.Queue[Event | None] = asyncio.Queue()
        self._shelf = Shelf()
        self._host = ToolHost(
            options.tools,
            self._emit,
            approve=options.approve,
            interactive=options.interactive,
            rules=options.rules,
            shelf=self._shelf,
        )
        self._shortlist = Shortlist(tuple(tool.spec for tool in self._host.tools), options.tool_index)
        stubs = stub_module(self._shortlist.tools)
        # A function that needs the work folder is of no use elsewhere.
        alone = KernelOptions(
            image=options.image,
            limits=options.container,
            stubs=stubs,
            transport=options.transport,
            runtime=options.runtime,
        )
        ask = Asker(self._emit, interactive=options.interactive).ask
        self._files = SessionFiles(options.files, self._emit, ask)
        kernel = self._files.kernel_options(alone)
        self._calls = RecordingHandler(self._host, self._shelf)
        self._pool = Pool(options.n_spares)
        self._kernel: Kernel = sandbox.open_kernel(
            replace(kernel, spool=options.spool, lease=options.lease), self._calls, options.kernel_kind, self._pool
        )
        self._packages = (
            MissingPackages(options.packages, self._kernel, self._emit, ask, self._files.holds_module)
            if options.packages is not None
            else None
        )
        kind = options.kernel_kind
        schemas = {tool.spec.name: schema_hash(tool.spec) for tool in self._host.tools}
        self._keeper = Keeper(
            options.repository,
            schemas,
            self._emit,
            lambda: Prover(lambda handler: sandbox.open_kernel(self._like(alone), handler, kind), list(schemas)),
            options.n_functions,
        )
        state = State(self._kernel, self._calls, self._emit)
        self._runner = Runner(self._kernel, self._host, self._emit, options.cell, self._files, state)
        self._starting: asyncio.Task[None] | None = None
        self._turn: asyncio.Task[Answered] | None = None
        self._interrupted = False
        self._insisting: asyncio.Task[None] | None = None
        self._n_turns = 0
        self._history: tuple[Exchange, ...] = ()
        self._touched: dict[int, list[str]] = {}

    def _like(self, alone: KernelOptions) -> KernelOptions:
        """With the packages that were added meanwhile: a function that was just written may need them."""
        image = self._packages.image if self._packages is not None else None
        return alone if image is None else replace(alone, image=image)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Stop what runs and remove the kernel; safe to call twice. One part that fails keeps no other from closing."""
        async with contextlib.AsyncExitStack() as parts:  # the last one first
            if self.options.log is not None:
                parts.callback(self.options.log.close)
            if self.options.repository is not None:
                parts.push_async_callback(asyncio.to_thread, self.options.repository.close)
            parts.push_async_callback(self.options.model.aclose)
            if self.options.tool_index is not None:
                parts.callback(self.options.tool_index.stop)
            if self.options.close_tools is not None:
                parts.push_async_callback(self.options.close_tools)
            parts.push_async_callback(self._files.close)
            parts.callback(self._shelf.close)
            parts.push_async_callback(self._pool.close)
            parts.push_async_callback(self._kernel.close)
            parts.push_async_callback(self._cancel, self._starting)
            parts.push_async_callback(self._cancel, self._turn)

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
        if self._n_turns == 1:
            self._emit(header(self.id, self.options.model, self.options.model_reason, self._kernel, self._host.tools))
            self._files.opened()
        self._emit(QuestionAsked(question, self._n_turns))
        self._turn = asyncio.create_task(self._answer(question.strip(), meter))
        self._turn.add_done_callback(lambda _: self._queue.put_nowait(None))
        try:
            while (event := await self._queue.get()) is not None:
                for seen in await self._log(event):
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
        await self._keeper.judge(self._touched.get(turn, ()), rating)
        events: list[Event] = []
        while not self._queue.empty():
            event = self._queue.get_nowait()
            events += self._logged(event) if event is not None else []
        return events

    def _finish(self, meter: Meter) -> list[Event]:
        """The turn's `Answered`, last; before it what there is to say of the log."""
        assert self._turn is not None
        try:
            answered = self._turn.result()
        except asyncio.CancelledError:  # before the turn's first step, or while it looked into the work folder
            if not self._interrupted:
                raise
            answered = Answered("interrupted", error="interrupted", seconds=meter.seconds)
        except Exception as error:
            what = f"unexpected {type(error).__name__}: {error}"
            self._logged(Answered("failed", error=what, fault="agent", seconds=meter.seconds, usage=meter.total))
            raise
        return self._logged(answered)[::-1]

    async def _answer(self, question: str, meter: Meter) -> Answered:
        """The turn with every failure turned into its `Answered`."""
        completer = Completer(self.options.model, prompt_set(self.options.model.prompt_style), meter, self._emit)
        memory = Memory(self._keeper, self._emit, self.id, self.options.redact)
        turn = Turn(completer, self._runner, memory, self._emit, self._kernel_ready, self._shortlist, self._packages)
        tools = await asyncio.to_thread(self._shortlist.shown, self._asked_about(question))
        context = PromptContext(
            question,
            tools=tools,
            n_hidden_tools=len(self._shortlist.tools) - len(tools),
            history=self._history,
            files=await asyncio.to_thread(self._files.listing),
            work_mode=self._files.mode,
        )
        if self._starting is None or _has_failed(self._starting):
            self._starting = asyncio.create_task(self._kernel.start())
            self._starting.add_done_callback(_has_failed)  # looked at: a direct answer never waits for the kernel
        self._touched[self._n_turns] = memory.touched
        answered = await self._guarded(turn, context, meter)
        await self._settle_files(answered)
        if answered.status == "answered":
            self._history = (*self._history, Exchange(question, shorten(answered.answer, _REMEMBERED), turn.program))
        return replace(answered, seconds=meter.seconds, usage=meter.total, repairs=turn.n_repairs)

    async def _guarded(self, turn: Turn, context: PromptContext, meter: Meter) -> Answered:
        limit = asyncio.timeout(meter.seconds_left)
        try:
            async with limit:
                return await turn.run(context)
        except asyncio.CancelledError:
            if not self._interrupted:
                raise
            asyncio.current_task().uncancel()  # type: ignore[union-attr]  # we are inside a task
            return Answered("interrupted", error="interrupted")
        except TimeoutError:
            if not limit.expired():
                raise
            over = BudgetExceeded("seconds", self.options.budget.max_seconds or 0.0, round(meter.seconds, 1))
            return self._over(over, turn)
        except BudgetExceeded as over:
            return self._over(over, turn)
        except StageFailed as failed:
            return Answered(
                "failed", error=str(failed), hint="try again, or choose a stronger model with --model", fault="agent"
            )
        except (AgentError, SandboxError) as error:
            self._emit(ErrorSeen(type(error).__name__, str(error), error.hint))
            return Answered("failed", error=str(error), hint=error.hint, fault="environment")

    async def _settle_files(self, answered: Answered) -> None:
        """An interrupt while the person looks at changes refuses them; the answer is there already."""
        try:
            await self._files.settle(answered=answered.status == "answered")
        except asyncio.CancelledError:
            if not self._interrupted:
                raise
            asyncio.current_task().uncancel()  # type: ignore[union-attr]  # we are inside a task

    def _over(self, over: BudgetExceeded, turn: Turn) -> Answered:
        self._emit(BudgetReached(over.what, over.limit, over.used))
        return Answered("budget", turn.so_far, error=str(over), hint="raise the limit, or ask for less at a time")

    def _asked_about(self, question: str) -> str:
        """What tools are looked for by: "and the latest one?" needs the question before it."""
        return "\n".join([*(exchange.question for exchange in self._history[-1:]), question])

    async def _kernel_ready(self) -> None:
        assert self._starting is not None
        await asyncio.shield(self._starting)

    def _emit(self, event: Event) -> None:
        self._queue.put_nowait(event)

    async def _log(self, event: Event) -> list[Event]:
        """The same in a thread where the event may be large: encoding 30 MB takes a while."""
        if isinstance(event, ToolCalled | ToolReturned | CellEnded | CellDisplayed) and self.options.log is not None:
            return await asyncio.to_thread(self._logged, event)
        return self._logged(event)

    def _logged(self, event: Event) -> list[Event]:
        """Write the event; a log that cannot be written is reported once and the turn goes on."""
        log = self.options.log
        if log is None:
            return [event]
        try:
            log.write(event)
        except SessionLogError as error:
            return [event, ErrorSeen("log", str(error), error.hint)]
        return [event]

    @staticmethod
    async def _cancel(task: asyncio.Task[Any] | None) -> None:
        if task is not None and not task.done():
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, AgentError, SandboxError):
                await task


def _has_failed(task: asyncio.Task[Any]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)
