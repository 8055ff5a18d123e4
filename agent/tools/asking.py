"""The person, as the host of the tools sees them: asked one thing at a time, with the time that they take counted."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from agent.events import Event


class Asker:
    """Puts futures into events and waits for them. `interactive`: somebody is there."""

    def __init__(self, emit: Callable[[Event], None], *, interactive: bool) -> None:
        self.interactive = interactive
        self._emit = emit
        self._one = asyncio.Lock()
        self._waited_s = 0.0
        self._since: float | None = None

    @property
    def person_s(self) -> float:
        """Seconds in all that calls waited for a reply: see `sandbox.kernel.ToolHandler.person_s`."""
        return self._waited_s + (time.monotonic() - self._since if self._since is not None else 0.0)

    async def ask(self, event: Callable[[asyncio.Future[Any]], Event | None]) -> Any:
        """The reply to what `event` makes of a future; one question at a time, however many threads call.

        `event` is called when its turn has come; None: the question has meanwhile been settled.
        """
        async with self._one:
            future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
            asked = event(future)
            if asked is None:
                return None
            self._emit(asked)
            self._since = time.monotonic()
            try:
                return await future
            finally:
                self._waited_s, self._since = self.person_s, None
