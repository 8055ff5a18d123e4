"""The last step of a request: credentials are put on below everything that logs, raises or follows redirects.

httpx logs the address of each request and keeps the request in its exceptions; what is added here is in neither. A
request to another origin than the one that the person named passes without credentials.
"""

from __future__ import annotations

import base64
import urllib.request
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

import httpx

from agent.tools.openapi.address import origin_of
from agent.tools.openapi.credentials import ApiKey, Basic, Bearer, Credential, Credentials, OAuthClient, SecretStore
from agent.tools.openapi.oauth import TokenKeeper

SCHEMES = "toolcoder.schemes"
"""The request's extension that names the security schemes of its operation."""
TOKENS = "toolcoder.tokens"
"""The response's extension with the access tokens that its request had, by scheme."""
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class CredentialTransport(httpx.AsyncBaseTransport):
    """Adds credentials to requests for the bound origin. One per source and event loop; tokens are shared."""

    def __init__(self, inner: httpx.AsyncBaseTransport, credentials: Credentials, tokens: Tokens) -> None:
        self._inner = inner
        self._credentials = credentials
        self._tokens = tokens

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        schemes = request.extensions.get(SCHEMES, ())
        used: dict[str, str] = {}
        if schemes and self._credentials.origin == origin_of(str(request.url)):
            for scheme, credential in self._credentials.of(schemes):
                if isinstance(credential, OAuthClient):
                    used[scheme] = await self._tokens.token(scheme, credential)
                request = _with(request, credential, used.get(scheme, ""))
        response = await self._inner.handle_async_request(request)
        response.extensions[TOKENS] = used
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


def _with(request: httpx.Request, credential: Credential, token: str) -> httpx.Request:
    url, headers = request.url, request.headers.copy()
    match credential:
        case ApiKey("query", name, value):
            query = "&".join(
                part for part in (url.query.decode(), f"{quote(name, safe='')}={quote(value, safe='')}") if part
            )
            url = url.copy_with(query=query.encode())
        case ApiKey("cookie", name, value):
            headers["cookie"] = "; ".join(part for part in (headers.get("cookie", ""), f"{name}={value}") if part)
        case ApiKey(_, name, value):
            headers[name] = value
        case Bearer(value):
            headers["authorization"] = f"Bearer {value}"
        case Basic(value):
            headers["authorization"] = f"Basic {base64.b64encode(value.encode()).decode()}"
        case OAuthClient():
            headers["authorization"] = f"Bearer {token}"
    return httpx.Request(request.method, url, headers=headers, stream=request.stream, extensions=request.extensions)


class Tokens:
    """The access tokens of a source, by scheme."""

    def __init__(self, secrets: SecretStore) -> None:
        self._secrets = secrets
        self._keepers: dict[str, TokenKeeper] = {}

    async def token(self, scheme: str, client: OAuthClient) -> str:
        """
        Raises:
            CredentialProblem: the authorization server gives none.
        """
        if scheme not in self._keepers:
            self._keepers[scheme] = TokenKeeper(client, self._secrets)
        return await self._keepers[scheme].token()

    def forget(self, used: Mapping[str, str]) -> bool:
        """The server refused these tokens. False: there were none, so that trying again is no use."""
        for scheme, token in used.items():
            self._keepers[scheme].forget(token)
        return bool(used)

    @property
    def values(self) -> list[str]:
        """What must never be shown."""
        return [value for keeper in self._keepers.values() for value in keeper.values]


def network(base_url: str) -> httpx.AsyncBaseTransport:
    """The real network, through the proxy that the environment names for this server; never one for this machine."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    proxy = urllib.request.getproxies().get(parts.scheme)
    if not proxy or host in _LOOPBACK or urllib.request.proxy_bypass(host):
        proxy = None
    limits = httpx.Limits(max_connections=32, max_keepalive_connections=16, keepalive_expiry=30.0)
    return httpx.AsyncHTTPTransport(proxy=proxy, limits=limits)
