"""Secrets never reach the log: every string of a record goes through a `Redactor` before it is written.

Two nets. Known values (the keys this process uses) are removed wherever they stand, also percent-encoded or escaped as
in JSON. Patterns with an anchor of their own (a vendor's prefix, `Bearer`, a parameter's or key's name) catch secrets
that a user pasted or a tool returned. Patterns without an anchor (any long random string) would eat hashes and ids.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote, quote_plus

REDACTED = "[redacted]"
MIN_SECRET_CHARS = 6
"""Shorter known values are left: removing `test` or `none` everywhere would destroy the log and hide nothing."""

_NAMES = (
    r"(?:x[-_])?api[-_]?key|apikey|access[-_]?token|refresh[-_]?token|auth[-_]?token|client[-_]?secret"
    r"|secret[-_]?(?:access[-_]?)?key|private[-_]?key|passwd|password|authorization"
)
_SECRET_NAME = re.compile(rf"(?:{_NAMES})", re.IGNORECASE)

# Each rule: what must stand in the lower-cased text for it to be worth trying (a search for a literal is some hundred
# times faster than a pattern), and the pattern. A group, where there is one, is the secret; what stands around it is
# kept, so that a reader still sees what was there. Repetitions before an anchor are bounded: hostile text must not cost
# more than its length.
_RULES: tuple[tuple[tuple[str, ...], re.Pattern[str]], ...] = tuple(
    (hints, re.compile(pattern, re.DOTALL))
    for hints, pattern in (
        (("sk-",), r"(?<![A-Za-z0-9])sk-(?=[A-Za-z_-]{0,80}\d)[A-Za-z0-9_-]{16,}"),
        (("gho_", "ghp_", "ghu_", "ghs_", "ghr_"), r"(?<![A-Za-z0-9])gh[opusr]_[A-Za-z0-9]{30,}"),
        (("github_pat_",), r"(?<![A-Za-z0-9])github_pat_[A-Za-z0-9_]{22,}"),
        (("glpat-",), r"(?<![A-Za-z0-9])glpat-[A-Za-z0-9_-]{20,}"),
        (("akia", "asia"), r"(?<![A-Za-z0-9])(?:AKIA|ASIA)[0-9A-Z]{16}(?![0-9A-Z])"),
        (("aiza",), r"(?<![A-Za-z0-9])AIza[0-9A-Za-z_-]{35}"),
        (("hf_",), r"(?<![A-Za-z0-9])hf_[A-Za-z0-9]{30,}"),
        (("xox",), r"(?<![A-Za-z0-9])xox[abeprs]-[A-Za-z0-9-]{10,}"),
        (("eyj",), r"(?<![A-Za-z0-9])eyJ[A-Za-z0-9_-]{8,2000}+\.eyJ[A-Za-z0-9_-]{8,20000}+\.[A-Za-z0-9_-]{8,}"),
        (
            ("private key-----",),
            r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----.*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|\Z)",
        ),
        (("bearer",), r"\b(?i:bearer)[ \t]{1,8}([A-Za-z0-9._~+/=-]{16,})"),
        (("basic",), r"\b(?i:authorization)\W{1,6}(?i:basic)[ \t]{1,8}([A-Za-z0-9+/=_-]{6,})"),
        # NAME is what our own advice writes there.
        (("=",), rf"[?&;](?i:{_NAMES}|key|token|secret|sig|signature)=(?!NAME\b)([^&\s\"'<>\\#]+)"),
        (
            ("_key=", "secret=", "password=", "token="),
            r"\b[A-Z0-9_]{0,60}(?:API_KEY|SECRET|SECRET_KEY|ACCESS_KEY|PASSWORD|TOKEN)=([^\s\"'&;]{6,})",
        ),
        # name: "value" and name = "value", in JSON, in Python, and escaped inside another JSON string
        (
            ("key", "token", "secret", "passw", "authorization"),
            rf"(?<![A-Za-z0-9])(?i:{_NAMES})\\{{0,8}}[\"']?\s{{0,8}}[:=]\s{{0,8}}\\{{0,8}}[\"']([^\"'\\]{{6,}})",
        ),
        (("://",), r"://[^\s/:@\"']{1,64}:([^\s/@\"']{1,256})@"),
    )
)


class Redactor:
    """Removes secrets from JSON values. `secrets` is asked at every record: keys may be set while a session runs."""

    def __init__(self, secrets: Callable[[], Iterable[str]] | None = None) -> None:
        self._secrets = secrets
        self._known: tuple[str, ...] = ()
        self._known_re: re.Pattern[str] | None = None
        self._forms: list[str] = []

    def text(self, text: str) -> str:
        """`text` without secrets; applying it again changes nothing."""
        self._refresh()
        return self._text(text)

    def value(self, value: Any) -> Any:
        """A JSON value (dict, list, str, number, bool, None) with every string redacted, keys too."""
        self._refresh()
        return self._value(value)

    def known_in_json(self, text: str) -> str:
        """JSON text without known secrets, and nothing else changed: for what a program gets from a tool."""
        self._refresh()
        if self._known_re is None or not any(form in text for form in self._forms):
            return text  # a search for a literal costs a hundredth of the pattern's
        return self._known_re.sub(REDACTED, text)

    def field(self, name: str, value: Any) -> Any:
        """The value of an entry called `name`, which may itself say that the value is secret."""
        self._refresh()
        return self._entry(name, value)

    def _refresh(self) -> None:
        known = tuple(dict.fromkeys(s for s in (self._secrets() if self._secrets else ()) if s))
        if known == self._known:
            return
        self._known = known
        spellings = {form for secret in known if len(secret) >= MIN_SECRET_CHARS for form in _spellings(secret)}
        longest_first = sorted(spellings, key=len, reverse=True)
        self._known_re = re.compile("|".join(map(re.escape, longest_first))) if spellings else None
        self._forms = longest_first

    def _value(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, dict):
            return {self._text(key): self._entry(key, item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._value(item) for item in value]
        return value

    def _entry(self, key: str, item: Any) -> Any:
        if isinstance(item, str) and item and _SECRET_NAME.fullmatch(key):
            return REDACTED
        return self._value(item)

    def _text(self, text: str) -> str:
        if self._known_re is not None:
            text = self._known_re.sub(REDACTED, text)
        lowered = text.lower()
        for hints, pattern in _RULES:
            if any(hint in lowered for hint in hints):
                text = pattern.sub(_secret_part, text)
        return text


def _secret_part(match: re.Match[str]) -> str:
    """The match with its group, or all of it where it has none, replaced."""
    whole = match.group(0)
    if not match.re.groups:
        return REDACTED
    start, end = match.span(1)
    return whole[: start - match.start()] + REDACTED + whole[end - match.start() :]


def _spellings(secret: str) -> set[str]:
    """The forms in which a known secret may stand in a text: plain, percent-encoded, escaped in JSON (also JSON inside
    JSON inside JSON) or by `repr`."""
    plain = {
        secret,
        quote(secret, safe="", errors="replace"),
        quote(secret, errors="replace"),
        quote_plus(secret, errors="replace"),
    }
    forms = plain | {repr(secret)[1:-1]}
    escaped = {secret}
    for _ in range(3):
        escaped = {json.dumps(form, ensure_ascii=ascii_only)[1:-1] for form in escaped for ascii_only in (True, False)}
        forms |= escaped
    return forms
