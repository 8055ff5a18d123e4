"""Any OpenAI-compatible endpoint as a `Model`: OpenAI, Ollama, vLLM, llama.cpp, `transformers serve`, proxies.

Two wires below: `endpoint_chat` (the common protocol) and `endpoint_ollama` (Ollama's own, for the context window).
Here: which of the two, retries, thinking kept apart, usage.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from typing import Any
from urllib.parse import urlsplit

from agent.models.base import Delta, Finish, Message, PromptStyle, TextDelta, ThinkingDelta, Usage
from agent.models.endpoint_chat import ChatCompletions
from agent.models.endpoint_errors import Endpoint, TransientFailure
from agent.models.endpoint_ollama import OllamaNative
from agent.models.endpoint_pace import EndpointLimits, RetryRule
from agent.models.thinking import Lead, ThinkSplitter
from agent.models.token_estimate import estimate_prompt_tokens, estimate_tokens

_log = logging.getLogger(__name__)

Wire = ChatCompletions | OllamaNative
_HOSTS_WITHOUT_TAGS = ("api.openai.com", "api.mistral.ai", "generativelanguage.googleapis.com")
"""Their thinking never comes inside the text, so the first answer need not be held back."""


class EndpointModel:
    """Fulfils `Model`. Nothing is imported or connected before the first `complete`."""

    prompt_style: PromptStyle = "full"

    def __init__(
        self, name: str, base_url: str, api_key: str | None = None, *, limits: EndpointLimits | None = None
    ) -> None:
        self.name = name
        self.base_url = base_url
        self._api_key = api_key
        self._limits = limits or EndpointLimits()
        self._wire: Wire | None = None
        self._connecting = asyncio.Lock()
        host = urlsplit(base_url).hostname or ""
        self._lead = Lead.TEXT if host in _HOSTS_WITHOUT_TAGS else Lead.UNKNOWN

    def __repr__(self) -> str:
        return f"EndpointModel({self.name!r}, {Endpoint(self.name, self.base_url, None).shown_url!r})"

    async def complete(
        self, messages: Sequence[Message], *, max_tokens: int | None = None, temperature: float = 0.0
    ) -> AsyncIterator[Delta]:
        events = await self._start(messages, max_tokens, temperature)
        splitter = ThinkSplitter(self._lead)
        finish: Finish | None = None
        usage: Usage | None = None
        n_tokens = 0
        async with aclosing(events):
            async for delta in events:
                match delta:
                    case Finish():
                        finish = delta
                    case Usage():
                        usage = delta
                    case ThinkingDelta():
                        if self._lead is Lead.UNKNOWN:
                            # This server keeps thinking apart, so what follows is an answer.
                            for piece in splitter.flush():
                                yield piece
                            splitter, self._lead = ThinkSplitter(Lead.TEXT), Lead.TEXT
                        n_tokens += estimate_tokens(delta.text)
                        yield delta
                    case TextDelta():
                        n_tokens += estimate_tokens(delta.text)
                        for piece in splitter.feed(delta.text):
                            yield piece
        for piece in splitter.flush():
            yield piece
        finish = finish or Finish("stop")
        # Learned from the first whole answer: whether later ones may stream before a `</think>` can be excluded.
        if splitter.unopened_close:
            self._lead = Lead.UNKNOWN
        elif finish.reason != "length":
            self._lead = Lead.TEXT
        yield finish
        yield _known_usage(usage, messages, n_tokens)

    async def aclose(self) -> None:
        wire, self._wire = self._wire, None
        if wire is not None:
            await wire.aclose()

    async def _start(
        self, messages: Sequence[Message], max_tokens: int | None, temperature: float
    ) -> AsyncGenerator[Delta, None]:
        """The deltas, of which the first has arrived. All retries happen here, before anything was passed on."""
        tenacity = await asyncio.to_thread(importlib.import_module, "tenacity")
        wire = await self._connected()
        rule = RetryRule(self._limits)

        async def attempt() -> AsyncGenerator[Delta, None]:
            events = wire.events(messages, max_tokens, temperature)
            try:
                return _started(await anext(events), events)
            except BaseException:  # also a cancellation: the connection is given back
                await events.aclose()
                raise

        retrying: Any = tenacity.AsyncRetrying(
            retry=rule.wants,
            wait=rule.wait_s,
            stop=tenacity.stop_after_attempt(self._limits.max_attempts),
            before_sleep=lambda state: _log.info("attempt %d failed: %s", state.attempt_number, _reason(state)),
            reraise=True,
        )
        try:
            started: AsyncGenerator[Delta, None] = await retrying(attempt)
            return started
        except TransientFailure as failure:
            raise failure.error from None

    async def _connected(self) -> Wire:
        async with self._connecting:  # two completions may start at once
            if self._wire is None:
                ollama = OllamaNative(Endpoint(self.name, self.base_url, self._api_key, ollama=True), self._limits)
                if await ollama.is_there():
                    self._wire = ollama
                else:
                    await ollama.aclose()
                    self._wire = ChatCompletions(Endpoint(self.name, self.base_url, self._api_key), self._limits)
            return self._wire


async def _started(first: Delta, rest: AsyncGenerator[Delta, None]) -> AsyncGenerator[Delta, None]:
    """After the first delta no attempt is repeated: what was transient is final. A failure after `Finish` is none."""
    finished = isinstance(first, Finish)
    try:
        async with aclosing(rest):
            yield first
            async for delta in rest:
                finished = finished or isinstance(delta, Finish)
                yield delta
    except TransientFailure as failure:
        if not finished:
            raise failure.error from None


def _known_usage(usage: Usage | None, messages: Sequence[Message], n_tokens: int) -> Usage:
    if usage is not None and usage.prompt_tokens > 0:
        return usage
    n_reported = usage.completion_tokens if usage is not None else 0
    return Usage(estimate_prompt_tokens(messages), n_reported or n_tokens, estimated=True)


def _reason(state: Any) -> str:
    return str(state.outcome.exception())
