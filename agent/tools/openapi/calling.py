"""Sending requests: limits on time and size, redirects, renewal of tokens, errors as exceptions."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from agent.tools.openapi.address import origin_of
from agent.tools.openapi.credentials import HIDDEN, Credentials, SecretStore
from agent.tools.openapi.failures import ApiTimeout, ApiUnreachable, RedirectRefused, ResponseRefused, status_error
from agent.tools.openapi.request import ApiRequest
from agent.tools.openapi.results import error_text, value_of
from agent.tools.openapi.transport import SCHEMES, TOKENS, CredentialTransport, Tokens, network
from agent.version import version

MAX_REDIRECTS = 5
_REDIRECTS = {301, 302, 303, 307, 308}


@dataclass(frozen=True)
class CallLimits:
    """Of one call. The broker has a time-out of its own, which is longer."""

    connect_s: float = 10.0
    total_s: float = 50.0
    body_bytes: int = 24 << 20


class ApiClient:
    """One per source: connections, credentials, limits. Made for any event loop; `aclose` ends its connections."""

    def __init__(
        self, credentials: Credentials, secrets: SecretStore, *, limits: CallLimits | None = None, hint: str = ""
    ) -> None:
        self._credentials = credentials
        self._tokens = Tokens(secrets)
        self._limits = limits or CallLimits()
        self._hint = hint
        self._clients: dict[tuple[asyncio.AbstractEventLoop, str], httpx.AsyncClient] = {}

    async def call(self, base_url: str, request: ApiRequest, schemes: tuple[str, ...]) -> Any:
        """Send and read; see `results.value_of` for the value.

        Raises:
            ApiFailure: no connection, no answer in time, an error status, a redirect that is not followed.
            ResponseRefused: the response is too large, has no end, or is not what it says.
        """
        try:
            async with asyncio.timeout(self._limits.total_s):
                response, body = await self._sent(base_url, request, schemes)
                if response.status_code == 401 and self._tokens.forget(response.extensions.get(TOKENS, {})):
                    response, body = await self._sent(base_url, request, schemes)
        except TimeoutError:
            raise ApiTimeout(f"the server did not finish its answer within {self._limits.total_s:g} s") from None
        except httpx.TimeoutException as error:
            raise ApiTimeout(f"the server does not answer ({type(error).__name__})") from None
        except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL) as error:
            text = self._hide(" ".join(str(error).split())[:200])
            # `from None`: the error holds the request.
            raise ApiUnreachable(f"no usable connection: {type(error).__name__}: {text}", may_retry=True) from None
        return self._value(response, body)

    async def aclose(self) -> None:
        """End the connections; calls after that make new ones."""
        clients, self._clients = self._clients, {}
        for (loop, _), client in clients.items():
            if loop is asyncio.get_running_loop():
                with contextlib.suppress(httpx.HTTPError):
                    await client.aclose()

    async def _sent(self, base_url: str, request: ApiRequest, schemes: tuple[str, ...]) -> tuple[httpx.Response, bytes]:
        client = self._client(base_url)
        url = httpx.URL(base_url.rstrip("/") + request.target)
        method = request.method
        content: dict[str, Any] = {"files": list(request.parts)} if request.parts else {"content": request.content}
        for _ in range(MAX_REDIRECTS + 1):
            outgoing = client.build_request(
                method, url, headers=request.headers, **content, extensions={SCHEMES: schemes}
            )
            response = await client.send(outgoing, stream=True)
            try:
                if response.status_code not in _REDIRECTS or "location" not in response.headers:
                    return response, await self._body(response)
                url, method, keeps_body = self._redirect(outgoing, response)
            finally:
                await response.aclose()
            if not keeps_body:
                content = {"content": None}
        raise RedirectRefused(f"more than {MAX_REDIRECTS} redirects")

    def _redirect(self, request: httpx.Request, response: httpx.Response) -> tuple[httpx.URL, str, bool]:
        """Where to go instead: only within the origin, and a change is never made anew by another method's rules."""
        url = request.url.join(response.headers["location"])  # httpx has refused what is no address already
        if origin_of(str(url)) != origin_of(str(request.url)):
            raise RedirectRefused(
                f"the server redirects to another place, {self._hide(origin_of(str(url)))[:100]}, which is not followed"
            )
        if response.status_code in {307, 308} or request.method in {"GET", "HEAD", "OPTIONS"}:
            return url, request.method, True
        return url, "GET", False

    async def _body(self, response: httpx.Response) -> bytes:
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > self._limits.body_bytes:
                if response.status_code >= 400:
                    break
                raise ResponseRefused(
                    f"the response is larger than {self._limits.body_bytes >> 20} MB or has no end; ask for less"
                )
        return bytes(body)

    def _value(self, response: httpx.Response, body: bytes) -> Any:
        status = response.status_code
        content_type = response.headers.get("content-type", "")
        if status < 400:
            return self._hidden(value_of(body, content_type))
        said = self._hide(error_text(body, content_type))
        message = f"{status} {response.reason_phrase}" + (f": {said}" if said else "")
        if status == 401 and self._hint:
            message += f" ({self._hint})"
        raise status_error(message, status, _retry_after_s(response.headers.get("retry-after", "")))

    def _hide(self, text: str) -> str:
        text = self._credentials.hide(text)
        for value in self._tokens.values:
            text = text.replace(value, HIDDEN)
        return text

    def _hidden(self, value: Any) -> Any:
        """A value without secrets in its texts: some services repeat the key in what they return."""
        if not self._credentials.origin:
            return value
        return _mapped(value, self._hide)

    def _client(self, base_url: str) -> httpx.AsyncClient:
        key = (asyncio.get_running_loop(), origin_of(base_url))
        if key not in self._clients:
            self._clients = {k: c for k, c in self._clients.items() if not k[0].is_closed()}
            transport = CredentialTransport(network(base_url), self._credentials, self._tokens)
            self._clients[key] = httpx.AsyncClient(
                transport=transport,
                timeout=self._timeout(),
                follow_redirects=False,
                headers={"user-agent": f"toolcoder/{version()}"},
            )
        return self._clients[key]

    def _timeout(self) -> httpx.Timeout:
        return httpx.Timeout(self._limits.total_s, connect=self._limits.connect_s)


def _mapped(value: Any, change: Any) -> Any:
    match value:
        case str():
            return change(value)
        case list():
            return [_mapped(each, change) for each in value]
        case dict():
            return {key: _mapped(each, change) for key, each in value.items()}
    return value


def _retry_after_s(text: str) -> float | None:
    """Seconds, from a number or a date; None where it says nothing usable."""
    if text.strip().isdecimal():
        return float(text.strip()[:9])
    try:
        return max(parsedate_to_datetime(text).timestamp() - time.time(), 0.0)
    except (TypeError, ValueError, OverflowError):
        return None
