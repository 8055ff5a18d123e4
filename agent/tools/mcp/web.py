"""The HTTP client for a server's address: its headers, its time-outs, and a bound on what one response may have."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx2
    from mcp.client._transport import Transport, TransportStreams

RESPONSE_BYTES = 256 << 20
"""A response, an event stream included: each call has its own."""


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
            return response

    # No read time-out: an event stream is silent between messages, and every call has a limit of its own.
    timeout = httpx2.Timeout(None, connect=connect_s, pool=connect_s)
    return httpx2.AsyncClient(headers=dict(headers), timeout=timeout, transport=Transport(), trust_env=True)
