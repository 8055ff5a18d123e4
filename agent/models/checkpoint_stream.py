"""From tokens in a generating thread to text in the event loop, each piece as soon as its characters are whole."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

MAX_PENDING_TOKENS = 8
"""A character has at most four bytes: after more tokens than that, a broken one is passed on as it is."""


class TextPieces:
    """Decodes while tokens arrive. A token alone may be part of a character, or decode differently after its
    neighbours, so each piece is the difference between two decodings of the last few tokens."""

    def __init__(self, decode: Callable[[Sequence[int]], str]) -> None:
        self._decode = decode
        self._ids: list[int] = []
        self._n_shown = 0
        """How many of `_ids` are passed on already; they stay as context for the next ones."""

    def feed(self, token_id: int) -> str:
        self._ids.append(token_id)
        return self._take(last=False)

    def flush(self) -> str:
        return self._take(last=True)

    def _take(self, last: bool) -> str:
        before = self._decode(self._ids[: self._n_shown])
        text = self._decode(self._ids)
        n_pending = len(self._ids) - self._n_shown
        if text.endswith("\ufffd") and not last and n_pending < MAX_PENDING_TOKENS:
            return ""
        self._ids, self._n_shown = self._ids[self._n_shown :], n_pending
        return text[len(before) :]


class TokenQueue:
    """What `transformers` calls a streamer (`put`, `end`, in its thread), read with `async for` in the loop."""

    def __init__(self, decode: Callable[[Sequence[int]], str]) -> None:
        self._pieces = TextPieces(decode)
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[str | None] = asyncio.Queue()
        self._prompt_seen = False

    def put(self, ids: Any) -> None:
        """Token ids as a tensor; the first call brings the prompt, which is not part of the answer."""
        if not self._prompt_seen:
            self._prompt_seen = True
            return
        for token_id in ids.flatten().tolist():
            self._send(self._pieces.feed(token_id))

    def end(self) -> None:
        self._send(self._pieces.flush())
        self._loop.call_soon_threadsafe(self._queue.put_nowait, None)

    def _send(self, text: str) -> None:
        if text:
            self._loop.call_soon_threadsafe(self._queue.put_nowait, text)

    async def __aiter__(self) -> AsyncIterator[str]:
        while (text := await self._queue.get()) is not None:
            yield text
