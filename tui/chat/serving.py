"""What the bridge's thread does: open the session, run turn after turn, gather what streams in, close it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any, Literal

from textual.message import Message

from agent.events import Answered, CellText, Event, ModelDelta
from tui.chat.messages import EventArrived, Noted, Opened, Reopen, SessionNotOpened, SessionOpened
from tui.exit_codes import ExitCode
from tui.failures import explain
from tui.session_request import SessionLike

_GATHER_S = 0.05
"""Text that streams in is handed over this often: a screen draws no faster, and floods do not pile up in its queue."""


class Serving:
    """Owns the session. `post` must be safe to call from another thread (Textual's `post_message` is)."""

    def __init__(self, open_session: Callable[[], Opened], post: Callable[[Message], Any]) -> None:
        self._open_session = open_session
        self._post = post
        self.session: SessionLike | None = None
        self._opened: Opened | None = None
        self._is_first = True
        self._gathered: CellText | ModelDelta | None = None

    def interrupt(self) -> None:
        """Ask the running turn to stop."""
        if self.session is not None:
            self.session.interrupt()

    async def run(self, questions: asyncio.Queue[str | Reopen | None]) -> None:
        """Until None is asked; the session is closed then."""
        try:
            await self._serve(questions)
        except Exception as error:  # noqa: BLE001  # closing failed: say it, the screen may still be there
            failure = explain(error)
            self._post(SessionNotOpened(failure.message, failure.hint))

    async def _serve(self, questions: asyncio.Queue[str | Reopen | None]) -> None:
        async with AsyncExitStack() as stack:
            await self._open(stack)
            while (wanted := await questions.get()) is not None:
                match wanted:
                    case Reopen():
                        await self._close_session(stack)
                        self._open_session = wanted.open_session
                        await self._open(stack)
                    case str():
                        await self._answer(wanted, stack)

    async def _answer(self, question: str, stack: AsyncExitStack) -> None:
        if self.session is None:
            await self._open(stack)
        if self.session is None:
            self._post(EventArrived(Answered("failed", error="there is no session yet", fault="environment")))
            return
        ready = await self._with_files(question, stack)
        if ready is not None and self.session is not None:
            self._is_first = False
            await self._turn(self.session.ask(ready))

    async def _with_files(self, question: str, stack: AsyncExitStack) -> str | None:
        """The question with the files that it names; None where that failed, which is told as the turn's end."""
        attaching = self._opened.files if self._opened is not None else None
        if attaching is None:
            return question
        try:
            ready = await attaching.ready(question, is_first=self._is_first)
        except Exception as error:  # noqa: BLE001  # the turn failed before it began, and the chat goes on
            failure = explain(error)
            self._post(EventArrived(Answered("failed", error=failure.message, hint=failure.hint, fault="environment")))
            return None
        if ready.reopen is not None and not await self._open_again(ready.reopen, stack):
            why = "the session could not be opened again with the file"
            self._post(EventArrived(Answered("failed", error=why, fault="environment")))
            return None
        for note in ready.notes:
            self._post(Noted(note))
        return ready.question

    async def _open_again(self, reopen: Callable[[], Opened], stack: AsyncExitStack) -> bool:
        before, self._open_session = self._open_session, reopen
        await self._close_session(stack)
        await self._open(stack)
        if self.session is None:
            self._open_session = before  # the next question has the session as it was
        return self.session is not None

    async def _open(self, stack: AsyncExitStack) -> None:
        try:
            opened = self._open_session()
            self.session = await stack.enter_async_context(opened.session)
            self._opened, self._is_first = opened, True
        except Exception as error:  # noqa: BLE001  # the chat goes on: the person may mend it and ask again
            failure = explain(error)
            self._post(SessionNotOpened(failure.message, failure.hint))
        else:
            self._post(SessionOpened(opened))

    async def _close_session(self, stack: AsyncExitStack) -> None:
        self.session = None
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
