"""Secrets that tools need: found by name when they are used, and remembered so that nothing else ever shows them.

A person writes a name, never a value: `${WEATHER_TOKEN}` is a variable of the environment, `${keys:weather}` a key as
in `toolcoder keys list`. What was handed out is known to the redaction of logs, messages and results.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterable, Mapping

from agent.errors import ToolSourceError

_PLACE = re.compile(r"\$\{(?:(keys):)?([A-Za-z_][A-Za-z0-9_-]*)\}")
_SECRET_VARIABLE = re.compile(r"(?:^|_)(?:API_?KEY|KEY|TOKEN|SECRET|PASSWORD|PASSWD|PAT|CREDENTIALS?)$", re.IGNORECASE)
_MIN_CHARS = 8
_FRESH_S = 1.0


class Vault:
    """One per process that runs tools. Who calls it: the sources, when they start something or send something.

    `get_key` gives a stored key's value or None, `put_key` keeps a renewed token, `stored` lists all stored values.
    """

    def __init__(
        self,
        get_key: Callable[[str], str | None] = lambda _: None,
        put_key: Callable[[str, str], object] = lambda _, __: None,
        stored: Callable[[], Iterable[str]] = tuple,
    ) -> None:
        self._get_key = get_key
        self._put_key = put_key
        self._stored = stored
        self._given: dict[str, None] = {}
        self._seen: list[str] = []
        self._seen_at = float("-inf")

    def get(self, name: str) -> str | None:
        """The key `name`, as in `toolcoder keys set`; None: there is none."""
        value = self._get_key(name)
        return self.remember(value) if value else None

    def put(self, name: str, value: str) -> None:
        """Keep a token that was renewed."""
        self._put_key(name, self.remember(value))

    def fill(self, text: str, where: str) -> str:
        """`text` with its placeholders filled in; `where` says where it stands, for the error.

        Raises:
            ToolSourceError: a variable or key is not there.
        """

        def value(found: re.Match[str]) -> str:
            in_keys, name = found.groups()
            filled = self.get(name) if in_keys else os.environ.get(name, "")
            if not filled:
                hint = f"store it with `toolcoder keys set {name}`" if in_keys else f"set the variable {name}"
                raise ToolSourceError(f"{where} needs {found[0]}, which is not there", hint)
            return self.remember(filled)

        return _PLACE.sub(value, text)

    def remember(self, value: str) -> str:
        """Take note of a secret that came from elsewhere (a fetched token), so that it is never shown."""
        self._given[value] = None
        return value

    def known_values(self) -> list[str]:
        """All values that must never be shown: stored keys, secrets of the environment, and what was handed out."""
        if time.monotonic() - self._seen_at > _FRESH_S:  # asked at every call and record; keys change rarely
            self._seen = [*self._stored(), *secrets_of(os.environ)]
            self._seen_at = time.monotonic()
        return [*self._seen, *self._given]


def secrets_of(environment: Mapping[str, str]) -> list[str]:
    """Values of variables whose names say that they are secret (`GITHUB_TOKEN`, `DB_PASSWORD`)."""
    return [v for name, v in environment.items() if len(v) >= _MIN_CHARS and _SECRET_VARIABLE.search(name)]
