"""`--auth`: a key for TMDB's half, OAuth tokens for Spotify's. Both exist on this server alone."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from dataclasses import dataclass, field
from typing import Annotated
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from agent.demo_api.failures import DemoFailure

TOKEN_S = 3600.0


@dataclass
class Access:
    """What opens the server; `tokens` maps an access token to the moment when it ends (`time.monotonic`)."""

    api_key: str = field(default_factory=lambda: f"demo-key-{secrets.token_hex(8)}", repr=False)
    client_id: str = "demo-client"
    client_secret: str = field(default_factory=lambda: f"demo-secret-{secrets.token_hex(8)}", repr=False)
    tokens: dict[str, float] = field(default_factory=dict, repr=False)
    codes: dict[str, tuple[str, str]] = field(default_factory=dict, repr=False)
    """Authorization codes, with the challenge and the redirect address that they were given for."""
    refresh_tokens: set[str] = field(default_factory=set, repr=False)
    token_s: float = TOKEN_S

    def grant(self) -> str:
        """A new access token."""
        token = f"demo-token-{secrets.token_hex(12)}"
        self.tokens[token] = time.monotonic() + self.token_s
        return token

    def check_key(self, key: str | None) -> None:
        """
        Raises:
            DemoFailure: 401.
        """
        if not key or not secrets.compare_digest(key.encode(), self.api_key.encode()):
            raise DemoFailure(401, "Invalid API key: You must be granted a valid key.", 7)

    def check_token(self, header: str | None) -> None:
        """
        Raises:
            DemoFailure: 401.
        """
        kind, _, token = (header or "").partition(" ")
        if kind.lower() != "bearer" or not token:
            raise DemoFailure(401, "No token provided")
        if token not in self.tokens:
            raise DemoFailure(401, "Invalid access token")
        if self.tokens[token] < time.monotonic():
            raise DemoFailure(401, "The access token expired")


router = APIRouter(include_in_schema=False)


@router.get("/oauth/authorize")
def authorize(
    request: Request,
    redirect_uri: str,
    client_id: str,
    code_challenge: str,
    state: str = "",
    response_type: str = "code",
    code_challenge_method: Annotated[str, Query()] = "S256",
) -> Response:
    """Where a real service shows its form; here everybody agrees at once."""
    access = access_of(request)
    if response_type != "code" or client_id != access.client_id or code_challenge_method != "S256":
        return JSONResponse({"error": "invalid_request"}, 400)
    if not redirect_uri.startswith(("http://127.0.0.1:", "http://localhost:")):
        return JSONResponse({"error": "invalid_request", "error_description": "redirect_uri"}, 400)
    code = secrets.token_hex(12)
    access.codes[code] = (code_challenge, redirect_uri)
    return RedirectResponse(f"{redirect_uri}?{urlencode({'code': code, 'state': state})}", 302)


@router.post("/oauth/token")
async def token(request: Request) -> Response:
    """Client credentials, authorization code with PKCE, refresh token."""
    access = access_of(request)
    form = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
    match form.get("grant_type"):
        case "client_credentials" if _knows_secret(access, request, form):
            return _granted(access, None)
        case "refresh_token" if form.get("refresh_token") in access.refresh_tokens:
            access.refresh_tokens.discard(form["refresh_token"])
            return _granted(access, _refresh_token(access))
        case "authorization_code":
            challenge, redirect_uri = access.codes.pop(form.get("code", ""), ("", ""))
            digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
            proved = base64.urlsafe_b64encode(digest).decode().rstrip("=")
            if challenge and proved == challenge and form.get("redirect_uri") == redirect_uri:
                return _granted(access, _refresh_token(access))
            return JSONResponse({"error": "invalid_grant"}, 400)
        case "client_credentials":
            return JSONResponse({"error": "invalid_client"}, 401)
    return JSONResponse({"error": "invalid_grant"}, 400)


def access_of(request: Request) -> Access:
    """
    Raises:
        DemoFailure: 404, the server needs no keys.
    """
    access: Access | None = request.app.state.access
    if access is None:
        raise DemoFailure(404, "This server was started without --auth")
    return access


def _knows_secret(access: Access, request: Request, form: dict[str, str]) -> bool:
    kind, _, encoded = request.headers.get("authorization", "").partition(" ")
    given = f"{form.get('client_id', '')}:{form.get('client_secret', '')}"
    if kind.lower() == "basic":
        try:
            given = base64.b64decode(encoded).decode()
        except ValueError:
            return False
    return secrets.compare_digest(given.encode(), f"{access.client_id}:{access.client_secret}".encode())


def _refresh_token(access: Access) -> str:
    made = f"demo-refresh-{secrets.token_hex(12)}"
    access.refresh_tokens.add(made)
    return made


def _granted(access: Access, refresh_token: str | None) -> Response:
    answer = {"access_token": access.grant(), "token_type": "Bearer", "expires_in": int(access.token_s)}
    return JSONResponse({**answer, "refresh_token": refresh_token} if refresh_token else answer)
