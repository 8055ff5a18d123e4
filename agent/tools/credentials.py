"""Secrets that tools need: found by name when they are used, and remembered so that nothing else ever shows them.

A person writes a name, never a value: `${WEATHER_TOKEN}` is a variable of the environment, `${keys:weather}` a key as
in `toolcoder keys list`. What was handed out is known to the redaction of logs, messages and results.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from agent.errors import ToolSourceError

_PLACE = re.compile(r"\$\{(?:(keys):)?([A-Za-z_][A-Za-z0-9_-]*)\}")
_SECRET_VARIABLE = re.compile(r"(?:^|_)(?:API_?KEY|KEY|TOKEN|SECRET|PASSWORD|PASSWD|PAT|CREDENTIALS?)$", re.IGNORECASE)
_MIN_CHARS = 8
_FRESH_S = 1.0


@dataclass(frozen=True)
class Grant:
    """Headers that a person bound to one origin (`https://api.example.com`), with placeholders in their values."""

    origin: str
    headers: Mapping[str, str]


class Credentials:
    """One per process that runs tools. `find_key` gives a stored key's value, `known` all stored values."""

    def __init__(
        self,
        find_key: Callable[[str], str | None] = lambda _: None,
        known: Callable[[], Iterable[str]] = tuple,
        grants: Iterable[Grant] = (),
    ) -> None:
        self._find_key = find_key
        self._known = known
        self._grants = {origin_of(g.origin): g for g in grants}
        self._given: dict[str, None] = {}
        self._seen: list[str] = []
        self._seen_at = float("-inf")

    def key(self, name: str) -> str | None:
        """The key `name`, as in `toolcoder keys set`; None: there is none."""
        value = self._find_key(name)
        return self.remember(value) if value else None

    def fill(self, text: str, what: str) -> str:
        """`text` with its placeholders filled in; `what` says where it stands, for the error.

        Raises:
            ToolSourceError: a variable or key is not there.
        """

        def value(found: re.Match[str]) -> str:
            in_keys, name = found.groups()
            filled = self.key(name) if in_keys else os.environ.get(name, "")
            if not filled:
                hint = f"store it with `toolcoder keys set {name}`" if in_keys else f"set the variable {name}"
                raise ToolSourceError(f"{what} names {found[0]}, which is not there", hint)
            return self.remember(filled)

        return _PLACE.sub(value, text)

    def headers_for(self, url: str) -> dict[str, str]:
        """The headers that the person granted to this address's origin, filled in; {} for every other origin."""
        grant = self._grants.get(origin_of(url))
        if grant is None:
            return {}
        return {name: self.fill(text, f"the header {name} for {grant.origin}") for name, text in grant.headers.items()}

    def remember(self, value: str) -> str:
        """Take note of a secret that came from elsewhere (a fetched OAuth token), so that it is never shown."""
        self._given[value] = None
        return value

    def known_values(self) -> list[str]:
        """All values that must never be shown: stored keys, secrets of the environment, and what was handed out."""
        if time.monotonic() - self._seen_at > _FRESH_S:
            self._seen = [*self._known(), *secrets_of(os.environ)]
            self._seen_at = time.monotonic()
        return [*self._seen, *self._given]


def secrets_of(environment: Mapping[str, str]) -> list[str]:
    """Values of variables whose names say that they are secret (`GITHUB_TOKEN`, `DB_PASSWORD`)."""
    return [v for name, v in environment.items() if len(v) >= _MIN_CHARS and _SECRET_VARIABLE.search(name)]


def origin_of(url: str) -> str:
    """`scheme://host:port` in small letters, the port always written, so that equal origins are equal texts.

    Raises:
        ToolSourceError: it is no address of http or https.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}[parts.scheme.lower()]
        if not parts.hostname:
            raise ValueError("no host")
    except (ValueError, KeyError) as error:
        raise ToolSourceError(
            f"{url!r} is no address of http or https", "write https://host or http://host:port"
        ) from error
    return f"{parts.scheme.lower()}://{parts.hostname.lower()}:{port}"
