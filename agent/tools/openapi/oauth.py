"""Access tokens: fetched when first needed, kept until they end, renewed when the server no longer takes them."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import httpx

from agent.tools.openapi.credentials import OAuthClient, SecretStore
from agent.tools.openapi.failures import CredentialProblem

_EARLY_S = 30.0
_LIMIT_BYTES = 1 << 20
_DEFAULT_LIFE_S = 3600.0


class TokenKeeper:
    """The access token of one OAuth client."""

    def __init__(self, client: OAuthClient, secrets: SecretStore, *, timeout_s: float = 20.0) -> None:
        self._client = client
        self._secrets = secrets
        self._timeout_s = timeout_s
        self._refresh_token = client.refresh_token
        self._token = ""
        self._ends = 0.0
        self._locks: dict[asyncio.AbstractEventLoop, asyncio.Lock] = {}

    @property
    def values(self) -> tuple[str, ...]:
        """What must never be shown."""
        return tuple(value for value in (self._token, self._refresh_token or "") if value)

    async def token(self) -> str:
        """A token that is still good; one fetch, however many calls wait for it.

        Raises:
            CredentialProblem: the authorization server gives none.
        """
        lock = self._locks.setdefault(asyncio.get_running_loop(), asyncio.Lock())
        async with lock:
            if not self._token or time.monotonic() >= self._ends:
                await self._fetch()
            return self._token

    def forget(self, token: str) -> None:
        """The server refused this token; the next call fetches another."""
        if token == self._token:
            self._token = ""

    async def _fetch(self) -> None:
        client = self._client
        if self._refresh_token:
            form = {"grant_type": "refresh_token", "refresh_token": self._refresh_token}
        else:
            form = {"grant_type": "client_credentials"}
            if client.scopes:
                form["scope"] = " ".join(client.scopes)
        answer = await ask_for_token(client, form, self._timeout_s)
        self._token = self._secrets.remember(answer["access_token"])
        life_s = answer.get("expires_in")
        self._ends = (
            time.monotonic() + (float(life_s) if isinstance(life_s, int | float) else _DEFAULT_LIFE_S) - _EARLY_S
        )
        renewed = answer.get("refresh_token")
        if isinstance(renewed, str) and renewed and client.login_key and renewed != self._refresh_token:
            self._refresh_token = renewed
            await asyncio.to_thread(self._secrets.put, client.login_key, renewed)


async def ask_for_token(client: OAuthClient, form: dict[str, str], timeout_s: float = 20.0) -> dict[str, Any]:
    """One request at the token address: the answer, with `access_token` in it.

    The client's secret goes into the header, as the standard prefers; a server that refuses that gets it in the form.

    Raises:
        CredentialProblem: no answer, a refusal, or no token in it.
    """
    try:
        async with httpx.AsyncClient(timeout=timeout_s, follow_redirects=False) as http:
            if client.client_secret:
                response = await http.post(client.token_url, data=form, auth=(client.client_id, client.client_secret))
                if response.status_code in {400, 401}:
                    whole = {**form, "client_id": client.client_id, "client_secret": client.client_secret}
                    response = await http.post(client.token_url, data=whole)
            else:
                response = await http.post(client.token_url, data={**form, "client_id": client.client_id})
            if len(response.content) > _LIMIT_BYTES:
                raise CredentialProblem("the authorization server's answer is too large")
            answer = response.json() if response.status_code == 200 else {}
    except (httpx.HTTPError, ValueError) as error:
        raise CredentialProblem(f"the authorization server gave no token: {type(error).__name__}") from None
    if not isinstance(answer, dict) or not isinstance(answer.get("access_token"), str) or not answer["access_token"]:
        raise CredentialProblem(f"the authorization server gave no token (status {response.status_code})")
    return answer
