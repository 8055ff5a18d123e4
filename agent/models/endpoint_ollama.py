"""Ollama's native API, because only there the context window can be asked for.

Ollama's OpenAI-compatible path ignores `num_ctx` and cuts a longer prompt to its default window (4096 tokens on most
machines) with status 200; `/api/chat` takes `options.num_ctx`. `truncate` and `shift` false turn the silent cut into an
error on versions that know them; older ones ignore both, so the reported count is checked too.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from agent.errors import ContextTooSmall, ModelError
from agent.models import endpoint_errors as errors
from agent.models.base import Delta, Finish, Message, TextDelta, ThinkingDelta, Usage
from agent.models.context_window import check_not_cut, surely_longer, window_for, window_hint
from agent.models.endpoint_pace import EndpointLimits, TokenClock
from agent.models.token_estimate import estimate_prompt_tokens

if TYPE_CHECKING:
    import httpx

ASK_TIMEOUT_S = 2.0
"""For questions about the server; completions have limits of their own."""


class OllamaNative:
    """One model of an Ollama server; remembers the window it asked for, since a change reloads the model."""

    def __init__(self, endpoint: errors.Endpoint, limits: EndpointLimits) -> None:
        self._endpoint = endpoint
        self._limits = limits
        self._client: httpx.AsyncClient | None = None
        self._window_tokens = 0
        self._max_window_tokens: int | None = None
        self._asked_model = False

    async def is_there(self) -> bool:
        """Whether the server is an Ollama: it tells its version under `/api/version`, beside `/v1`."""
        parts = urlsplit(self._endpoint.base_url)
        if parts.path.rstrip("/") not in ("", "/v1") or (parts.hostname or "").endswith("openai.com"):
            return False
        answer = await self._ask("GET", "/api/version")
        return isinstance(answer.get("version"), str)

    async def model_names(self) -> list[str]:
        return [str(model["name"]) for model in _models(await self._ask("GET", "/api/tags")) if "name" in model]

    async def aclose(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def events(
        self, messages: Sequence[Message], max_tokens: int | None, temperature: float
    ) -> AsyncGenerator[Delta, None]:
        """As `ChatCompletions.events`."""
        n_estimated = estimate_prompt_tokens(messages)
        await self._choose_window(n_estimated, max_tokens)
        options: dict[str, Any] = {"num_ctx": self._window_tokens, "temperature": temperature}
        if max_tokens is not None:
            options["num_predict"] = max_tokens
        body = {
            "model": self._endpoint.model,
            "messages": [{"role": message.role, "content": message.content} for message in messages],
            "stream": True,
            "options": options,
            "truncate": False,
            "shift": False,
        }
        clock = TokenClock(self._endpoint, self._limits)
        finished = False
        async with aclosing(self._lines(clock, body)) as lines:
            async for line in lines:
                for delta in self._deltas(line):
                    match delta:
                        case TextDelta() | ThinkingDelta():
                            clock.token()
                        case Finish():
                            finished = True
                        case Usage():
                            check_not_cut(n_estimated, delta.prompt_tokens, ollama=True)
                    yield delta
        if not finished:
            raise errors.cut_failure(self._endpoint) if clock.started else errors.empty_failure(self._endpoint)

    async def _choose_window(self, n_estimated: int, max_tokens: int | None) -> None:
        if not self._asked_model:
            self._asked_model = True
            about = await self._ask("POST", "/api/show", {"model": self._endpoint.model})
            self._max_window_tokens = model_window(about)
            # A window that the model is loaded with, or made with, is kept where it is larger.
            self._window_tokens = max(configured_window(about), await self._loaded_window())
        limit = self._max_window_tokens
        if limit is not None and surely_longer(n_estimated, limit):
            raise ContextTooSmall(
                f"a prompt of about {n_estimated:,} tokens does not fit {self._endpoint.model}, "
                f"whose context window has {limit:,}",
                window_hint(ollama=True),
            )
        self._window_tokens = window_for(n_estimated, max_tokens, at_least=self._window_tokens, at_most=limit)

    async def _loaded_window(self) -> int:
        for model in _models(await self._ask("GET", "/api/ps")):
            if self._endpoint.model in (model.get("name"), str(model.get("name")).removesuffix(":latest")):
                n_tokens = model.get("context_length")
                return n_tokens if isinstance(n_tokens, int) else 0
        return 0

    async def _lines(self, clock: TokenClock, body: dict[str, Any]) -> AsyncGenerator[dict[str, Any], None]:
        httpx = await _httpx()
        client = await self._connected()
        request = client.build_request("POST", "/api/chat", json=body)
        try:
            async with clock.waiting():
                response = await client.send(request, stream=True)
        except httpx.HTTPError as failure:
            raise errors.connection_failure(self._endpoint, str(failure) or type(failure).__name__) from None
        try:
            if response.status_code != 200:
                async with clock.waiting():
                    text = (await response.aread()).decode("utf-8", "replace")
                raise await self._failure(response.status_code, text, response.headers)
            lines = aiter(response.aiter_lines())
            while (line := await self._next_line(clock, lines)) is not None:
                if line.strip():
                    yield await self._parse(line)
        except httpx.HTTPError as failure:
            raise errors.cut_failure(self._endpoint, str(failure) or type(failure).__name__) from None
        finally:
            await response.aclose()

    async def _next_line(self, clock: TokenClock, lines: AsyncIterator[str]) -> str | None:
        async with clock.waiting():
            return await anext(lines, None)

    async def _parse(self, line: str) -> dict[str, Any]:
        if errors.is_html(line):
            raise errors.html_error(self._endpoint, line)
        try:
            value = json.loads(line)
        except ValueError:
            raise errors.not_an_api(self._endpoint, line) from None
        if not isinstance(value, dict):
            raise errors.not_an_api(self._endpoint, line)
        if "error" in value:  # sent within the stream, after status 200
            raise await self._failure(500, line, {})
        return value

    def _deltas(self, line: dict[str, Any]) -> list[Delta]:
        try:
            return deltas_of(line)
        except (AttributeError, TypeError, ValueError):  # the right keys with values of other kinds
            raise errors.not_an_api(self._endpoint, json.dumps(line)) from None

    async def _failure(
        self, status: int, body: str, headers: Mapping[str, str]
    ) -> ModelError | errors.TransientFailure:
        known = errors.status_error(self._endpoint, status, body, headers)
        return known or errors.unknown_model(self._endpoint, await self.model_names())

    async def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """A small question; empty where the server gives no such answer."""
        httpx = await _httpx()
        client = await self._connected()
        try:
            response = await client.request(method, path, json=body, timeout=ASK_TIMEOUT_S)
            answer = response.json() if response.status_code == 200 else {}
        except (httpx.HTTPError, ValueError):
            return {}
        return answer if isinstance(answer, dict) else {}

    async def _connected(self) -> httpx.AsyncClient:
        httpx = await _httpx()
        if self._client is None:  # no await from here on: two completions may start at once
            key = self._endpoint.api_key
            self._client = httpx.AsyncClient(
                base_url=self._endpoint.base_url.rstrip("/").removesuffix("/v1"),
                headers={"Authorization": f"Bearer {key}"} if key else {},
                timeout=httpx.Timeout(None, connect=self._limits.connect_s),
                trust_env=not self._endpoint.is_local,
            )
        return self._client


def deltas_of(line: dict[str, Any]) -> list[Delta]:
    """The deltas in one line of `/api/chat`."""
    deltas: list[Delta] = []
    message = line.get("message") or {}
    if thinking := message.get("thinking"):
        deltas.append(ThinkingDelta(str(thinking)))
    if text := message.get("content"):
        deltas.append(TextDelta(str(text)))
    if line.get("done"):
        deltas.append(Finish(str(line.get("done_reason") or "stop")))
        # Versions before July 2024 leave the count out when the prompt was cached: then 0, which means unknown.
        deltas.append(Usage(int(line.get("prompt_eval_count") or 0), int(line.get("eval_count") or 0)))
    return deltas


def model_window(about: dict[str, Any]) -> int | None:
    """The longest context the model was made for, from `/api/show`."""
    info = about.get("model_info")
    if not isinstance(info, dict):
        return None
    lengths = [value for key, value in info.items() if key.endswith(".context_length") and isinstance(value, int)]
    return max(lengths, default=None)


def configured_window(about: dict[str, Any]) -> int:
    """`num_ctx` of the model's own Modelfile, 0 without one."""
    match = re.search(r"^num_ctx\s+(\d+)", str(about.get("parameters") or ""), re.MULTILINE)
    return int(match.group(1)) if match else 0


def _models(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """The records of a list of models; other servers speak this API too, each in its own way."""
    models = answer.get("models")
    return [model for model in models if isinstance(model, dict)] if isinstance(models, list) else []


async def _httpx() -> Any:
    return await asyncio.to_thread(importlib.import_module, "httpx")
