"""The session's thread: its own event loop, so that nothing a session does (imports, models, Docker) stalls the screen.

The screen calls the methods; what happens comes back as messages. Futures inside events belong to this thread's loop,
so replies go through `reply` too.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

from textual.message import Message

from agent.errors import AgentError
from tui.chat.messages import Opened, Reopen
from tui.session_request import SessionLike

if TYPE_CHECKING:
    from agent.events import ApprovalAsked, PersonAsked
    from agent.file_events import DecisionAsked
    from tui.chat.serving import Serving

_T = TypeVar("_T")


class NoSession(AgentError):
    """There is no session to ask; why was shown when it could not be opened."""


class Bridge:
    """Owns the session. `post` must be safe to call from another thread (Textual's `post_message` is)."""

    def __init__(self, open_session: Callable[[], Opened], post: Callable[[Message], Any]) -> None:
        self._open_session = open_session
        self._post = post
        self._questions: asyncio.Queue[str | Reopen | None] = asyncio.Queue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._serving: Serving | None = None
        self._running = threading.Event()
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
        self._call(self._questions.put_nowait, Reopen(open_session))

    async def call(self, function: Callable[[SessionLike], Awaitable[_T]]) -> _T:
        """What a coroutine gives that runs in the session's loop, also beside a turn; for panels and ratings.

        Raises:
            NoSession: there is none.
            Exception: whatever `function` raises.
        """

        async def run() -> _T:
            session = self._serving.session if self._serving is not None else None
            if session is None:
                raise NoSession("there is no session yet", "wait until the status line says ready")
            return await function(session)

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
        if self._serving is not None:
            self._serving.interrupt()

    def _main(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._running.set()
        from tui.chat.serving import Serving  # here, in this thread: with it come the events

        self._serving = Serving(self._open_session, self._post)
        await self._serving.run(self._questions)
