"""Names of sessions: sortable by time, short enough to type, unique enough for one machine."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime

_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # without those that look alike
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def new_session_id(now: datetime | None = None) -> str:
    """Such as `20261120-101500-k3f9`: the time in UTC and four random letters."""
    moment = (now or datetime.now(UTC)).astimezone(UTC)
    return f"{moment:%Y%m%d-%H%M%S}-{''.join(secrets.choice(_LETTERS) for _ in range(4))}"


def check_session_id(session_id: str) -> str:
    """Return it.

    Raises:
        ValueError: it could not be the name of a log (a path, for instance).
    """
    if not _ID.fullmatch(session_id):
        raise ValueError(f"not a session id: {session_id!r}")
    return session_id
