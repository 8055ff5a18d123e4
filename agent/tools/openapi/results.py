"""From a response to the value that the program gets: JSON, lines of JSON, events, text, or bytes as base64."""

from __future__ import annotations

import base64
import codecs
import json
from typing import Any

from agent.tools.openapi.failures import ResponseRefused
from agent.tools.openapi.operations import is_json, is_lines, is_text

BINARY_LIMIT_BYTES = 16 << 20
MESSAGE_CHARACTERS = 1_500


def value_of(body: bytes, content_type: str) -> Any:
    """The value; None for an empty body.

    Raises:
        ResponseRefused: the body is not what its content type says, or too large to be passed on.
    """
    if not body.strip():
        return None
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "text/event-stream":
        return _events(body, content_type)
    if is_lines(kind):
        return [_json(line, kind) for line in body.replace(b"\x1e", b"\n").splitlines() if line.strip()]
    if is_json(kind) and kind:
        return _json(body, kind)
    if not kind:  # nobody says what it is
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            pass
    if is_text(kind):
        return _text(body, content_type)
    if len(body) > BINARY_LIMIT_BYTES:
        raise ResponseRefused(
            f"the response is {len(body):,} bytes of {kind or 'unknown content'}, more than the {BINARY_LIMIT_BYTES:,} "
            "that are passed on"
        )
    return {
        "content_type": kind or "application/octet-stream",
        "n_bytes": len(body),
        "base64": base64.b64encode(body).decode(),
    }


def error_text(body: bytes, content_type: str) -> str:
    """What an error's body says, on one line and short: the usual fields of error objects, else its text."""
    text = _text(body[:65_536], content_type)
    if is_json(content_type) or text[:1] in "{[":
        try:
            found = _message(json.loads(text), 0)
            text = found or text
        except (ValueError, RecursionError):
            pass
    elif "html" in content_type.lower():
        return ""
    return " ".join(text.split())[:MESSAGE_CHARACTERS]


def _message(value: Any, depth: int) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and depth < 3:
        for key in ("status_message", "message", "error_description", "error", "detail", "title", "errors", "Message"):
            if value.get(key):
                inner = _message(value[key], depth + 1)
                if inner:
                    return inner
    if isinstance(value, list) and value:
        return json.dumps(value)[:MESSAGE_CHARACTERS]
    return ""


def _json(body: bytes, kind: str) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        shown = body[:80].decode("utf-8", "replace")
        raise ResponseRefused(f"the response says that it is {kind} but is no JSON: {shown!r}") from error


def _events(body: bytes, content_type: str) -> list[Any]:
    found = []
    for block in _text(body, content_type).replace("\r\n", "\n").split("\n\n"):
        data = "\n".join(line[5:].removeprefix(" ") for line in block.split("\n") if line.startswith("data:"))
        if data and data != "[DONE]":
            try:
                found.append(json.loads(data))
            except (ValueError, RecursionError):
                found.append(data)
    return found


def _text(body: bytes, content_type: str) -> str:
    name = "utf-8"
    for part in content_type.split(";")[1:]:
        key, _, value = part.strip().partition("=")
        if key.lower() == "charset":
            name = value.strip("\"' ") or name
    try:
        codecs.lookup(name)
    except (LookupError, ValueError):
        name = "utf-8"
    try:
        return body.decode(name, "replace")
    except (LookupError, ValueError):  # `charset=base64` is a codec as well, but none of text
        return body.decode("utf-8", "replace")
