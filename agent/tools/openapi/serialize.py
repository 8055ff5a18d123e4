"""How a parameter's value is written into a path, a query, a header or a cookie (OpenAPI's styles and `explode`)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from agent.tools.feedback import ArgumentsRefused
from agent.tools.openapi.operations import ApiParameter

_RESERVED = ":/?#[]@!$&'()*+,;="
_DELIMITERS = {"spaceDelimited": "%20", "pipeDelimited": "%7C", "form": ","}


def path_text(parameter: ApiParameter, value: Any) -> str:
    """One segment of a path, percent-encoded.

    Raises:
        ArgumentsRefused: it would change which operation is called (empty, `.` or `..`).
    """
    name = quote(parameter.name, safe="")
    match parameter.style:
        case "label":
            text = "." + _joined(value, "." if parameter.explode else ",", parameter)
        case "matrix" if parameter.explode and isinstance(value, list):
            text = "".join(f";{name}={_quoted(each)}" for each in value)
        case "matrix" if parameter.explode and isinstance(value, dict):
            text = "".join(f";{_quoted(k)}={_quoted(v)}" for k, v in value.items())
        case "matrix":
            text = f";{name}={_joined(value, ',', parameter)}"
        case _:
            text = _joined(value, ",", parameter)
    if text in {"", ".", ".."}:
        raise ArgumentsRefused(f"{parameter.name} may not be {value!r}: it is part of the request's path")
    return text


def query_text(parameter: ApiParameter, value: Any) -> list[str]:
    """`name=value` parts of a query, percent-encoded; none where there is nothing to say."""
    safe = _RESERVED.replace("&", "").replace("#", "").replace("+", "") if parameter.allow_reserved else ""
    name = quote(parameter.name, safe="")
    if parameter.as_json:
        return [f"{name}={quote(_json(value), safe='')}"]
    match value:
        case dict() if parameter.style == "deepObject":
            return _deep(name, value, safe)
        case dict() if parameter.explode:
            return [f"{_quoted(k)}={_quoted(v, safe)}" for k, v in value.items() if v is not None]
        case dict():
            flat = [piece for k, v in value.items() if v is not None for piece in (k, v)]
            return [f"{name}={_delimiter(parameter).join(_quoted(piece, safe) for piece in flat)}"] if flat else []
        case list() if parameter.explode or parameter.style == "deepObject":
            return [f"{name}={_quoted(each, safe)}" for each in value]
        case list():
            return [f"{name}={_delimiter(parameter).join(_quoted(each, safe) for each in value)}"] if value else []
    return [f"{name}={_quoted(value, safe)}"]


def header_text(parameter: ApiParameter, value: Any) -> str:
    """A header's value.

    Raises:
        ArgumentsRefused: a line break or another control character in it.
    """
    text = _json(value) if parameter.as_json else _plain_joined(parameter, value)
    if any(ord(c) < 32 or ord(c) == 127 for c in text):
        raise ArgumentsRefused(f"{parameter.name} may not hold line breaks: it is sent as a header")
    return text


def cookie_text(parameter: ApiParameter, value: Any) -> str:
    """`name=value`, percent-encoded."""
    text = _json(value) if parameter.as_json else _plain_joined(parameter, value)
    return f"{quote(parameter.name, safe='')}={quote(text, safe='')}"


def scalar(value: Any) -> str:
    """A single value as text: booleans as JSON writes them, no `.0` behind whole numbers."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case dict() | list():
            return _json(value)
    return str(value)


def form_pairs(name: str, value: Any, style: Mapping[str, Any]) -> list[tuple[str, str]]:
    """A property of a form: arrays repeat the name unless `explode` is false, objects are JSON or deepObject."""
    if isinstance(value, dict) and style.get("style") == "deepObject":
        return [(f"{name}[{key}]", scalar(each)) for key, each in value.items()]
    if isinstance(value, list) and str(style.get("contentType", "")).endswith("json"):
        return [(name, _json(value))]
    if isinstance(value, list):
        if style.get("explode", True) is False:
            return [(name, ",".join(map(scalar, value)))]
        return [(name, scalar(each)) for each in value]
    return [(name, scalar(value))]


def _joined(value: Any, separator: str, parameter: ApiParameter) -> str:
    if parameter.as_json:
        return quote(_json(value), safe="")
    if isinstance(value, list):
        return separator.join(map(_quoted, value))
    if isinstance(value, dict):
        if parameter.explode:
            return separator.join(f"{_quoted(k)}={_quoted(v)}" for k, v in value.items())
        return ",".join(_quoted(piece) for pair in value.items() for piece in pair)
    return _quoted(value)


def _plain_joined(parameter: ApiParameter, value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(scalar, value))
    if isinstance(value, dict):
        if parameter.explode:
            return ",".join(f"{k}={scalar(v)}" for k, v in value.items())
        return ",".join(scalar(piece) for pair in value.items() for piece in pair)
    return scalar(value)


def _deep(prefix: str, value: Mapping[str, Any], safe: str) -> list[str]:
    parts = []
    for key, each in value.items():
        name = f"{prefix}[{_quoted(key)}]"
        if isinstance(each, dict):
            parts += _deep(name, each, safe)
        elif isinstance(each, list):
            parts += [f"{name}={_quoted(item, safe)}" for item in each]
        elif each is not None:
            parts.append(f"{name}={_quoted(each, safe)}")
    return parts


def _delimiter(parameter: ApiParameter) -> str:
    return _DELIMITERS.get(parameter.style, ",")


def _quoted(value: Any, safe: str = "") -> str:
    return quote(scalar(value), safe=safe)


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
