"""The chat completions protocol through the `openai` client: one request, its stream as deltas, its failures as ours.

Text deltas from here still contain `<think>` tags; `EndpointModel` splits them.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import re
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from agent.errors import ModelError
from agent.models import endpoint_errors as errors
from agent.models.base import Delta, Finish, Message, TextDelta, ThinkingDelta, Usage
from agent.models.context_window import check_not_cut
from agent.models.endpoint_pace import EndpointLimits, TokenClock
from agent.models.endpoint_request import Quirks
from agent.models.token_estimate import estimate_prompt_tokens

if TYPE_CHECKING:
    from openai import APIStatusError, AsyncOpenAI, AsyncStream

NO_KEY = "none"
"""Sent where no key is set: the client insists on one, servers without keys ignore it."""
LIST_TIMEOUT_S = 5.0


class ChatCompletions:
    """One endpoint's `/chat/completions`; keeps the connections and what the server turned out to refuse."""

    def __init__(self, endpoint: errors.Endpoint, limits: EndpointLimits) -> None:
        self._endpoint = endpoint
        self._limits = limits
        self._quirks = Quirks()
        self._client: AsyncOpenAI | None = None

    async def events(
        self, messages: Sequence[Message], max_tokens: int | None, temperature: float
    ) -> AsyncGenerator[Delta, None]:
        """Text, thinking, finish and usage as they come.

        Raises:
            ModelError: final.
            TransientFailure: worth another attempt if nothing was passed on.
        """
        await self._connected()  # the client's import is no waiting for the server
        clock = TokenClock(self._endpoint, self._limits)
        stream = await self._open(clock, messages, max_tokens, temperature)
        n_estimated = estimate_prompt_tokens(messages)
        finished = False
        try:
            async with aclosing(self._bodies(clock, stream)) as bodies:
                async for body in bodies:
                    for delta in self._deltas(body):
                        match delta:
                            case TextDelta() | ThinkingDelta():
                                clock.token()
                            case Finish():
                                finished = True
                            case Usage():
                                check_not_cut(n_estimated, delta.prompt_tokens + _cached_apart(body))
                        yield delta
        finally:
            await stream.close()
        if not finished:
            raise errors.cut_failure(self._endpoint) if clock.started else errors.empty_failure(self._endpoint)

    async def model_names(self) -> list[str]:
        """What `/models` lists; empty where there is no such list."""
        openai = await _openai()
        client = await self._connected()
        try:
            async with asyncio.timeout(LIST_TIMEOUT_S):
                page = await client.models.list()
            return [model.id for model in page.data or []]
        except (openai.OpenAIError, TimeoutError, TypeError, ValueError, AttributeError, *_transport_errors()):
            # Whatever a server does instead of listing: the names only help a message.
            return []

    async def aclose(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def _connected(self) -> AsyncOpenAI:
        openai = await _openai()
        if self._client is None:  # no await from here on: two completions may start at once
            # Proxies of the environment are for other hosts than this one.
            http = openai.DefaultAsyncHttpxClient(trust_env=False) if self._endpoint.is_local else None
            self._client = openai.AsyncOpenAI(
                api_key=self._endpoint.api_key or NO_KEY,
                base_url=self._endpoint.base_url,
                max_retries=0,  # ours know what was passed on already
                timeout=openai.Timeout(None, connect=self._limits.connect_s),
                http_client=http,
            )
        return self._client

    async def _open(
        self, clock: TokenClock, messages: Sequence[Message], max_tokens: int | None, temperature: float
    ) -> AsyncStream[Any]:
        openai = await _openai()
        client = await self._connected()
        while True:
            request = self._quirks.request(self._endpoint.model, messages, max_tokens, temperature)
            try:
                async with clock.waiting():
                    stream: AsyncStream[Any] = await client.chat.completions.create(**request)
                return stream
            except openai.APIStatusError as failure:
                if not self._quirks.learn(failure.status_code, failure.response.text, request):
                    raise await self._status_failure(failure) from None
            except openai.APITimeoutError:
                raise errors.connection_failure(
                    self._endpoint, f"no connection within {self._limits.connect_s:g} s"
                ) from None
            except openai.APIConnectionError as failure:
                raise errors.connection_failure(self._endpoint, _root_cause(failure)) from None
            except openai.OpenAIError as failure:
                raise ModelError(f"the openai client refuses: {self._endpoint.redact(str(failure))}") from None

    async def _status_failure(self, failure: APIStatusError) -> ModelError | errors.TransientFailure:
        body = failure.response.text
        known = errors.status_error(self._endpoint, failure.status_code, body, failure.response.headers)
        if known is not None:
            return known
        offered = await self.model_names()
        path_is_wrong = not offered and not re.search("model", errors.body_message(body), re.IGNORECASE)
        if path_is_wrong or self._endpoint.model in offered:
            return errors.no_such_path(self._endpoint)
        return errors.unknown_model(self._endpoint, offered)

    async def _bodies(self, clock: TokenClock, stream: AsyncStream[Any]) -> AsyncGenerator[dict[str, Any], None]:
        """The stream's events as plain dictionaries; an answer that is no stream counts as one event."""
        openai = await _openai()
        content_type = stream.response.headers.get("content-type", "")
        try:
            if "event-stream" not in content_type:
                async with clock.waiting():
                    text = (await stream.response.aread()).decode("utf-8", "replace")
                yield self._whole_body(text, content_type)
                return
            chunks = aiter(stream)
            while True:
                async with clock.waiting():
                    chunk = await anext(chunks, None)
                if chunk is None:
                    return
                if not isinstance(chunk, openai.BaseModel):
                    raise errors.not_an_api(self._endpoint, str(chunk))
                # Servers take liberties with the types (finish reasons of their own): no warnings about that.
                yield chunk.model_dump(warnings=False)
        except json.JSONDecodeError as failure:
            raise errors.not_an_api(self._endpoint, failure.doc) from None
        except openai.APIConnectionError as failure:
            raise errors.cut_failure(self._endpoint, _root_cause(failure)) from None
        except openai.APIError as failure:  # an error sent as an event of the stream
            code = failure.code if isinstance(failure.code, int) else 500
            said = json.dumps({"error": failure.body}) if failure.body is not None else failure.message
            known = errors.status_error(self._endpoint, code, said, {})
            raise known or errors.unknown_model(self._endpoint, []) from None
        except _transport_errors() as failure:  # openai 2 lets these through
            raise errors.cut_failure(self._endpoint, str(failure) or type(failure).__name__) from None

    def _deltas(self, body: dict[str, Any]) -> list[Delta]:
        try:
            return deltas_of(body)
        except (AttributeError, TypeError, ValueError):  # the right keys with values of other kinds
            raise errors.not_an_api(self._endpoint, json.dumps(body, default=str)) from None

    def _whole_body(self, text: str, content_type: str) -> dict[str, Any]:
        if errors.is_html(text, content_type):
            raise errors.html_error(self._endpoint, text)
        try:
            body = json.loads(text)
        except ValueError:
            raise errors.not_an_api(self._endpoint, text) from None
        if not isinstance(body, dict) or ("choices" not in body and "usage" not in body):
            raise errors.not_an_api(self._endpoint, text)
        return body


def deltas_of(body: dict[str, Any]) -> list[Delta]:
    """The deltas in one event of the stream, or in one whole answer."""
    deltas: list[Delta] = []
    for choice in (body.get("choices") or [])[:1]:
        part = choice.get("delta") or choice.get("message") or {}
        # `reasoning_content`: DeepSeek, vLLM, llama.cpp; `reasoning`: OpenRouter, newer vLLM, Ollama.
        if thinking := part.get("reasoning_content") or part.get("reasoning"):
            deltas.append(ThinkingDelta(str(thinking)))
        if text := part.get("content") or part.get("refusal"):
            deltas.append(TextDelta(str(text)))
        if choice.get("finish_reason"):
            deltas.append(Finish(str(choice["finish_reason"])))
    if usage := body.get("usage"):
        n_prompt = int(usage.get("prompt_tokens") or 0)
        n_cached = min(_cached(usage), n_prompt)
        deltas.append(Usage(n_prompt, int(usage.get("completion_tokens") or 0), cached_tokens=n_cached))
    return deltas


def _cached_apart(body: dict[str, Any]) -> int:
    """Cached prompt tokens. Most servers count them within `prompt_tokens`; adding them only makes the check milder."""
    return _cached(body["usage"])


def _cached(usage: dict[str, Any]) -> int:
    """As OpenAI and vLLM tell it, else as DeepSeek does."""
    details = usage.get("prompt_tokens_details")
    n_cached = details.get("cached_tokens") if isinstance(details, dict) else None
    n_cached = usage.get("prompt_cache_hit_tokens") if n_cached is None else n_cached
    return n_cached if isinstance(n_cached, int) and n_cached > 0 else 0


def _root_cause(failure: BaseException) -> str:
    cause: BaseException = failure
    while cause.__cause__ is not None:
        cause = cause.__cause__
    return str(cause) or type(cause).__name__


def _transport_errors() -> tuple[type[Exception], ...]:
    """The base error of the HTTP library below the openai client: httpx up to version 2, httpx2 from version 3."""
    loaded = [sys.modules[name] for name in ("httpx", "httpx2") if name in sys.modules]
    return tuple(module.HTTPError for module in loaded)


async def _openai() -> Any:
    """The `openai` package, imported (1.2 s) without holding up the event loop."""
    return await asyncio.to_thread(importlib.import_module, "openai")
