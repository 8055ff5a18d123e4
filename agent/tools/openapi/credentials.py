"""The secrets of one source: what they are, which of them an operation needs, and how they are hidden.

Values stay out of `repr`. Where they come from is `schemes`, how they are put on a request `transport`.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import quote

HIDDEN = "[secret]"


class SecretStore(Protocol):
    """Where keys are kept. Who fulfils it: the command line, over the environment and `toolcoder keys`."""

    def get(self, name: str) -> str | None:
        """The key of this name, or None."""
        ...

    def put(self, name: str, value: str) -> None:
        """Keep a token that was renewed."""
        ...

    def remember(self, value: str) -> str:
        """Take note of a secret that came from elsewhere, so that nothing shows it."""
        ...


class NoSecrets:
    """A store without keys."""

    def get(self, name: str) -> str | None:
        return None

    def put(self, name: str, value: str) -> None:
        return None

    def remember(self, value: str) -> str:
        return value


@dataclass(frozen=True)
class ApiKey:
    """`location`: header, query or cookie."""

    location: str
    name: str
    value: str = field(repr=False)


@dataclass(frozen=True)
class Bearer:
    value: str = field(repr=False)


@dataclass(frozen=True)
class Basic:
    """`user:password`."""

    value: str = field(repr=False)


@dataclass(frozen=True)
class OAuthClient:
    """Client credentials, or (with `refresh_token`) what a login gave; `agent.tools.openapi.oauth` gets the tokens."""

    token_url: str
    client_id: str
    client_secret: str | None = field(repr=False)
    scopes: tuple[str, ...] = ()
    refresh_token: str | None = field(default=None, repr=False)
    login_key: str | None = None
    """The key that holds the login, where a renewed token is kept; None for client credentials."""


Credential = ApiKey | Bearer | Basic | OAuthClient


class Credentials:
    """The credentials of one source, by the name of their security scheme; "" is a token for whatever scheme."""

    def __init__(self, by_scheme: Mapping[str, Credential], origin: str | None, default: tuple[Any, ...] = ()) -> None:
        self._by_scheme = dict(by_scheme)
        self.origin = origin
        self._default = default

    def needed(self, security: tuple[tuple[str, ...], ...] | None) -> tuple[str, ...]:
        """The schemes to use for an operation: the first alternative that we have everything for."""
        alternatives = self._default if security is None else security
        if "" in self._by_scheme:
            return () if () in alternatives and len(alternatives) == 1 else ("",)
        for schemes in alternatives:
            if schemes and all(scheme in self._by_scheme for scheme in schemes):
                return tuple(schemes)
        return ()

    def of(self, schemes: tuple[str, ...]) -> list[tuple[str, Credential]]:
        return [(scheme, self._by_scheme[scheme]) for scheme in schemes if scheme in self._by_scheme]

    @property
    def sent_as_parameters(self) -> frozenset[tuple[str, str]]:
        """(location, name) of the keys: a document that lists them as parameters too must not ask the model."""
        return frozenset((c.location, c.name) for c in self._by_scheme.values() if isinstance(c, ApiKey))

    def hide(self, text: str) -> str:
        """The text without any of the secrets, also not encoded: servers repeat what they were sent."""
        for value in self._values():
            forms = {value, quote(value, safe=""), quote(value), base64.b64encode(value.encode()).decode()}
            for form in sorted(forms, key=len, reverse=True):
                text = text.replace(form, HIDDEN)
        return text

    def _values(self) -> list[str]:
        found: list[str | None] = []
        for credential in self._by_scheme.values():
            match credential:
                case ApiKey() | Bearer():
                    found.append(credential.value)
                case Basic():
                    found += [credential.value, credential.value.partition(":")[2]]
                case OAuthClient():
                    found += [credential.client_secret, credential.refresh_token]
        return sorted({value for value in found if value and len(value) >= 4}, key=len, reverse=True)
