"""The session's thread: its own event loop, so that nothing a session does (imports, models, Docker) stalls the screen.

The screen calls the methods; what happens comes back as messages. Futures inside events belong to this thread's loop,
so replies go through `reply` too.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from textual.message import Message

from agent.errors import AgentError
from agent.events import Answered, ApprovalAsked, CellText, Event, ModelDelta, PersonAsked
from agent.file_events import DecisionAsked
from tui.chat.messages import EventArrived, Opened, SessionNotOpened, SessionOpened
from tui.exit_codes import ExitCode
from tui.failures import explain
from tui.session_request import SessionLike

_T = TypeVar("_T")
_GATHER_S = 0.05
"""Text that streams in is handed over this often: a screen draws no faster, and floods do not pile up in its queue."""


@dataclass(frozen=True)
class _Reopen:
    """Close the session and open another one."""

    open_session: Callable[[], Opened]


class NoSession(AgentError):
    """There is no session to ask; why was shown when it could not be opened."""


class Bridge:
    """Owns the session. `post` must be safe to call from another thread (Textual's `post_message` is)."""

    def __init__(self, open_session: Callable[[], Opened], post: Callable[[Message], Any]) -> None:
        self._open_session = open_session
        self._post = post
        self._questions: asyncio.Queue[str | _Reopen | None] = asyncio.Queue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._session: SessionLike | None = None
        self._running = threading.Event()
        self._gathered: CellText | ModelDelta | None = None
        self._early: list[tuple[Callable[..., object], tuple[object, ...]]] = []
        self._thread = threading.Thread(target=self._main, name="session", daemon=True)

    def start(self) -> None:
        """Start the thread and wait until it takes calls (a moment; the session itself opens afterwards)."""
        self._thread.start()
        self._running.wait()
        for function, args in self._early:
            self._call(function, *args)

    def ask(self, question: str) -> None:
        """Run a turn; `EventArrived` messages follow, the last with an `Answered`, whatever happens."""
        self._call(self._questions.put_nowait, question)

    def interrupt(self) -> None:
        """Ask the running turn to stop."""
        self._call(self._interrupt)

    def reply(self, asked: ApprovalAsked | PersonAsked | DecisionAsked, value: Any) -> None:
        """Answer an approval (bool) or a question (str or None); too late is no error."""
        self._call(lambda: None if asked.answer.done() else asked.answer.set_result(value))

    def reopen(self, open_session: Callable[[], Opened]) -> None:
        """Close the session after its turn and open another; `SessionOpened` or `SessionNotOpened` follows."""
        self._call(self._questions.put_nowait, _Reopen(open_session))

    async def call(self, function: Callable[[SessionLike], Awaitable[_T]]) -> _T:
        """What a coroutine gives that runs in the session's loop, also beside a turn; for panels and ratings.

        Raises:
            NoSession: there is none.
            Exception: whatever `function` raises.
        """

        async def run() -> _T:
            if self._session is None:
                raise NoSession("there is no session yet", "wait until the status line says ready")
            return await function(self._session)

        if self._loop is None or self._loop.is_closed():
            raise NoSession("there is no session yet", "wait until the status line says ready")
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(run(), self._loop))

    def close(self, timeout_s: float) -> bool:
        """Stop what runs and remove the kernel; False where that is not done in time (it goes on in the background)."""
        self._call(self._interrupt)
        self._call(self._questions.put_nowait, None)
        if self._thread.ident is None:  # left before it was started
            return True
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _call(self, function: Callable[..., object], *args: object) -> None:
        if self._loop is None:  # a question typed before the first frame was whole
            self._early.append((function, args))
        elif not self._loop.is_closed() and self._thread.is_alive():
            self._loop.call_soon_threadsafe(function, *args)

    def _interrupt(self) -> None:
        if self._session is not None:
            self._session.interrupt()

    def _main(self) -> None:
        try:
            asyncio.run(self._serve())
        except Exception as error:  # noqa: BLE001  # closing failed: say it, the screen may still be there
            failure = explain(error)
            self._post(SessionNotOpened(failure.message, failure.hint))

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._running.set()
        async with AsyncExitStack() as stack:
            await self._open(stack)
            while (wanted := await self._questions.get()) is not None:
                match wanted:
                    case _Reopen():
                        await self._close_session(stack)
                        self._open_session = wanted.open_session
                        await self._open(stack)
                    case str():
                        await self._answer(wanted, stack)

    async def _answer(self, question: str, stack: AsyncExitStack) -> None:
        if self._session is None:
            await self._open(stack)
        if self._session is None:
            self._post(EventArrived(Answered("failed", error="there is no session yet", fault="environment")))
            return
        await self._turn(self._session.ask(question))

    async def _open(self, stack: AsyncExitStack) -> None:
        try:
            opened = self._open_session()
            self._session = await stack.enter_async_context(opened.session)
        except Exception as error:  # noqa: BLE001  # the chat goes on: the person may mend it and ask again
            failure = explain(error)
            self._post(SessionNotOpened(failure.message, failure.hint))
        else:
            self._post(SessionOpened(opened))

    async def _close_session(self, stack: AsyncExitStack) -> None:
        self._session = None
        try:
            await stack.aclose()  # it can be entered again
        except Exception as error:  # noqa: BLE001  # the old one is gone either way; the next one is what counts
            failure = explain(error)
            self._post(SessionNotOpened(failure.message, failure.hint))

    async def _turn(self, events: AsyncIterator[Event]) -> None:
        last: Event | None = None
        try:
            async for event in events:
                last = event
                self._hand_over(event)
        except Exception as error:  # noqa: BLE001  # a failed turn must not end the chat
            failure = explain(error)
            fault: Literal["agent", "environment"] = "environment" if failure.code is ExitCode.NOT_READY else "agent"
            last = Answered("failed", error=failure.message, hint=failure.hint, fault=fault)
            self._hand_over(last)
        if not isinstance(last, Answered):
            self._hand_over(Answered("failed", error="the turn ended without an answer", fault="agent"))

    def _hand_over(self, event: Event) -> None:
        """Post an event; pieces of one text are gathered first."""
        match self._gathered, event:
            case (ModelDelta(stage=a, thinking=s) as held, ModelDelta(stage=b, thinking=t)) if (a, s) == (b, t):
                self._gathered = ModelDelta(b, held.text + event.text, t)
            case (CellText(cell=a, stream=s) as held, CellText(cell=b, stream=t)) if (a, s) == (b, t):
                self._gathered = CellText(b, t, held.text + event.text)
            case _:
                self._give_gathered()
                if isinstance(event, ModelDelta | CellText):
                    self._gathered = event
                    asyncio.get_running_loop().call_later(_GATHER_S, self._give_gathered)
                else:
                    self._post(EventArrived(event))

    def _give_gathered(self) -> None:
        held, self._gathered = self._gathered, None
        if held is not None:
            self._post(EventArrived(held))
