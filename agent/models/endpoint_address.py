"""An endpoint's address and key, looked at before anything is sent: a slip of the pen is no failure of the network."""

from __future__ import annotations

from urllib.parse import urlsplit

from agent.errors import ModelRefusedKey, ModelUnreachable


def checked_url(url: str) -> str:
    """The base URL itself.

    Raises:
        ModelUnreachable: no server can be at this address.
    """
    try:
        parts = urlsplit(url)
        is_good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, an unclosed bracket
        is_good = False
    if is_good and url.isprintable() and " " not in url:
        return url
    shown = url.rpartition("@")[2].partition("?")[0]  # without what may be secret
    raise ModelUnreachable(
        f"{shown!r} is no base URL of an endpoint",
        "It looks like http://localhost:11434/v1; OPENAI_BASE_URL sets it, or base_url in [model] of the settings.",
    )


def checked_key(key: str | None) -> str | None:
    """The key itself.

    Raises:
        ModelRefusedKey: it cannot be sent as one: it holds blanks, line ends or letters beyond ASCII.
    """
    if key is None or (key.isascii() and key.isprintable() and " " not in key):
        return key
    raise ModelRefusedKey(
        "the API key holds characters that no key has, such as a line end or a letter with an accent",
        "Set it again with `toolcoder keys set` or OPENAI_API_KEY.",
    )
