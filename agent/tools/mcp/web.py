"""The HTTP client for a server's address: its headers, its time-outs, and a bound on what one response may have.

A response of 400 and above without an error of the protocol in it gets one that has the status: the SDK would only say
that the server returned an error.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx2
    from mcp.client._transport import Transport, TransportStreams

RESPONSE_BYTES = 256 << 20
"""A response, an event stream included: each call has its own."""
HTTP_STATUS = -32_077
"""The code of the error that stands for a status; of those that the protocol leaves to implementations."""
_TOLD_BYTES = 64 << 10
_TOLD_CHARS = 500


def http_transport(url: str, headers: Mapping[str, str], connect_s: float) -> Transport:
    """The SDK's transport over a client of ours, which is closed with it."""
    from mcp.client.streamable_http import streamable_http_client

    @asynccontextmanager
    async def opened() -> AsyncGenerator[TransportStreams, None]:
        async with (
            http_client(headers, connect_s) as client,
            streamable_http_client(url, http_client=client) as streams,
        ):
            yield streams

    return opened()


def http_client(headers: Mapping[str, str], connect_s: float) -> httpx2.AsyncClient:
    """A client that sends `headers`. Redirects to another origin are refused by the SDK's transport."""
    import httpx2

    class Bounded(httpx2.AsyncByteStream):
        """Passes on what comes, up to the bound."""

        def __init__(self, inner: httpx2.AsyncByteStream) -> None:
            self._inner = inner

        async def __aiter__(self) -> AsyncIterator[bytes]:
            n_bytes = 0
            async for piece in self._inner:
                n_bytes += len(piece)
                if n_bytes > RESPONSE_BYTES:
                    raise httpx2.ReadError(f"a response of more than {RESPONSE_BYTES:,} bytes")
                yield piece

        async def aclose(self) -> None:
            await self._inner.aclose()

    class Transport(httpx2.AsyncHTTPTransport):
        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            response = await super().handle_async_request(request)
            assert isinstance(response.stream, httpx2.AsyncByteStream)
            response.stream = Bounded(response.stream)
            has_session = response.status_code == 404 and "mcp-session-id" in request.headers  # the SDK's own concern
            if request.method != "POST" or response.status_code < 400 or has_session:
                return response
            try:
                content = await _first_bytes(response.stream)
            finally:
                await response.aclose()
            headers = {"content-type": "application/json"}
            return httpx2.Response(response.status_code, headers=headers, content=_with_error(response, content))

    # No read time-out: an event stream is silent between messages, and every call has a limit of its own.
    timeout = httpx2.Timeout(None, connect=connect_s, pool=connect_s)
    return httpx2.AsyncClient(headers=dict(headers), timeout=timeout, transport=Transport(), trust_env=True)


async def _first_bytes(stream: httpx2.AsyncByteStream) -> bytes:
    content = b""
    async for piece in stream:
        content += piece
        if len(content) > _TOLD_BYTES:
            break
    return content[:_TOLD_BYTES]


def _with_error(response: httpx2.Response, content: bytes) -> bytes:
    """The body if it is an error of the protocol, else one that tells the status and the body's beginning."""
    try:
        body: Any = json.loads(content)
        error = body.get("error") if isinstance(body, dict) else None
        if isinstance(error, dict) and isinstance(error.get("code"), int) and isinstance(error.get("message"), str):
            return content
    except (ValueError, RecursionError):
        pass
    is_text = response.headers.get("content-type", "").lower().startswith(("text/plain", "application/json"))
    words = " ".join(content.decode("utf-8", "replace").split())[:_TOLD_CHARS] if is_text else ""
    message = f"HTTP {response.status_code} {response.reason_phrase}".strip() + (f": {words}" if words else "")
    data = {"status": response.status_code, "retry_after": response.headers.get("retry-after", "")}
    error = {"code": HTTP_STATUS, "message": message, "data": data}
    return json.dumps({"jsonrpc": "2.0", "id": None, "error": error}).encode()
