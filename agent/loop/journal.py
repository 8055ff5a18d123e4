"""Every event into the session's log, before a front end sees it."""

from __future__ import annotations

import asyncio

from agent.errors import SessionLogError
from agent.events import CellDisplayed, CellEnded, ErrorSeen, Event, ToolCalled, ToolReturned
from agent.log.writer import SessionLog


class Journal:
    """`log` None: nothing is kept. A log that cannot be written is told once, and the turn goes on."""

    def __init__(self, log: SessionLog | None) -> None:
        self._log = log

    def write(self, event: Event) -> list[Event]:
        """The event, and after it what there is to say of the log."""
        if self._log is None:
            return [event]
        try:
            self._log.write(event)
        except SessionLogError as error:
            return [event, ErrorSeen("log", str(error), error.hint)]
        return [event]

    async def take(self, event: Event) -> list[Event]:
        """The same in a thread where the event may be large: encoding 30 MB takes a while."""
        if isinstance(event, ToolCalled | ToolReturned | CellEnded | CellDisplayed) and self._log is not None:
            return await asyncio.to_thread(self.write, event)
        return self.write(event)
