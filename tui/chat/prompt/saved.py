"""When the draft is written: soon after each key, never in the way of one; and what earlier chats left is read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from textual.timer import Timer

from tui.chat.prompt.drafts import Draft, Drafts

_SAVE_S = 0.3


class _HasTimers(Protocol):
    def set_timer(self, delay: float, callback: Callable[[], object]) -> Timer: ...


class SavedDraft:
    """`draft` gives what is typed and waits now; `timers` is the widget whose timers are used."""

    def __init__(self, drafts: Drafts, draft: Callable[[], Draft], timers: _HasTimers) -> None:
        self._drafts = drafts
        self._draft = draft
        self._timers = timers
        self._timer: Timer | None = None
        self._saving = asyncio.Lock()

    def soon(self) -> None:
        """Something changed."""
        if self._timer is None:
            self._timer = self._timers.set_timer(_SAVE_S, self._save)

    def close(self) -> None:
        """The chat ends: write it now. What is in it stays for the next chat."""
        self._drafts.save(self._draft())
        self._drafts.close()

    async def left(self) -> list[Draft]:
        """What chats that are gone left behind, the newest last."""
        return await asyncio.to_thread(self._drafts.open)

    async def _save(self) -> None:
        self._timer = None
        async with self._saving:
            await asyncio.to_thread(self._drafts.save, self._draft())
