"""OAuth's authorization code with PKCE: the person agrees in a browser, the token comes back to this machine.

Who calls it: `toolcoder keys login SOURCE`. What is kept is the refresh token (or, where there is none, nothing).
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import html
import secrets as random
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from agent.errors import ToolSourceError
from agent.tools.openapi.address import parse_address
from agent.tools.openapi.credentials import OAuthClient, SecretStore
from agent.tools.openapi.document import ApiDocument, read_document
from agent.tools.openapi.oauth import ask_for_token
from agent.tools.openapi.references import References
from agent.tools.openapi.schemes import bound_token_url, login_key, security_schemes

PATH = "/callback"
_LINE_BYTES = 16_384


async def login(
    source: str, secrets: SecretStore, show: Callable[[str], None], *, port: int = 0, wait_s: float = 300.0
) -> str:
    """Let the person log in for the key that `source` names; the name under which the login is kept.

    `show` gets the address to open. `port` is that of the redirect address, where the service wants a registered one.

    Raises:
        ToolSourceError: the source names no key, its document has no such flow, or the login came to nothing.
        agent.tools.openapi.failures.CredentialProblem: the authorization server gives no token.
    """
    address = parse_address(source)
    origin = address.named_origin
    if len(address.keys) != 1 or origin is None:
        raise ToolSourceError(
            "a login needs one key and the server that it is for",
            "openapi:FILE_OR_URL?server=URL&key=NAME; the key NAME holds the client's id, or id:secret",
        )
    ((scheme, key),) = address.keys.items()
    document = await asyncio.to_thread(read_document, address)
    flow = _flow(document, scheme)
    token_url = bound_token_url(str(flow.tokenUrl), address, origin, document)
    value = secrets.get(key)
    if not value:
        raise ToolSourceError(
            f"there is no key {key!r}", f"toolcoder keys set {key}, with the client's id or id:secret"
        )
    client_id, _, client_secret = value.partition(":")
    client = OAuthClient(token_url, client_id, client_secret or None)
    verifier, state = random.token_urlsafe(48), random.token_urlsafe(24)
    async with _Callback(state, port) as callback:
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        query = {
            "response_type": "code",
            "client_id": client_id,
            "redirect_uri": callback.url,
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        if flow.scopes:
            query["scope"] = " ".join(flow.scopes)
        authorize = bound_token_url(str(flow.authorizationUrl), address, origin, document)
        show(f"{authorize}{'&' if urlsplit(authorize).query else '?'}{urlencode(query)}")
        try:
            async with asyncio.timeout(wait_s):
                code = await callback.code
        except TimeoutError:
            raise ToolSourceError(f"nobody logged in within {wait_s:g} s", "run the command again") from None
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": callback.url,
            "code_verifier": verifier,
        }
        answer = await ask_for_token(client, form)
    kept = answer.get("refresh_token")
    if not isinstance(kept, str) or not kept:
        raise ToolSourceError(
            "the service gave a token, but none that can be renewed", "store a ready token and write token=NAME"
        )
    await asyncio.to_thread(secrets.put, login_key(key), kept)
    return login_key(key)


def _flow(document: ApiDocument, scheme: str) -> Any:
    schemes = security_schemes(document, References(document.raw))
    found = [s.flows.authorizationCode for n, s in schemes.items() if s.flows and scheme in {"", n}]
    if not found or found[0] is None:
        raise ToolSourceError(
            "the document describes no login (the flow authorizationCode of OAuth 2)",
            "store a key or a ready token instead: key=NAME, token=NAME",
        )
    return found[0]


class _Callback:
    """A server on this machine for one request: the browser comes back to it with the code."""

    def __init__(self, state: str, port: int) -> None:
        self._state = state
        self._port = port
        self.code: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.url = ""

    async def __aenter__(self) -> _Callback:
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", self._port, limit=_LINE_BYTES)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}{PATH}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(10):
                request = (await reader.readline()).decode("latin-1").split(" ")
            parts = urlsplit(request[1] if len(request) > 1 else "")
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            is_ours = parts.path == PATH and random.compare_digest(
                query.get("state", "").encode(), self._state.encode()
            )
            if not is_ours:  # another page of the browser, or somebody who guesses
                said, status = "This is not the answer that is waited for.", "404 Not Found"
            elif code := query.get("code"):
                said, status = "You are logged in; this window may be closed.", "200 OK"
                if not self.code.done():
                    self.code.set_result(code)
            else:
                why = query.get("error_description") or query.get("error") or "no reason"
                said, status = f"The service refused: {why}", "200 OK"
                if not self.code.done():
                    self.code.set_exception(ToolSourceError(f"the service refused the login: {why[:200]}"))
            body = f"<!doctype html><meta charset=utf-8><p>{html.escape(said)}".encode()
            lines = [
                f"HTTP/1.1 {status}",
                "content-type: text/html",
                f"content-length: {len(body)}",
                "connection: close",
            ]
            writer.write("\r\n".join([*lines, "", ""]).encode() + body)
            await writer.drain()
        except (TimeoutError, ConnectionError, ValueError):
            return  # a browser that gave up; another request may come
        finally:
            writer.close()
