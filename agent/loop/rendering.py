"""A result as plain text, for models without an answer stage and where that stage fails."""

from __future__ import annotations

import json
from typing import Any

_LABELS = ("title", "name", "character")
_MAX_LINES = 200


def plain_answer(result_json: str | None, result: str, output: str) -> str:
    """What a person reads of a program's value; the printed output stands in where there is no value."""
    if result_json is not None:
        value = json.loads(result_json)
        if value is not None:
            return _text(value)
    elif result and result != "None":
        return result
    return output.strip() or "The program ran, but gave no result."


def _text(value: Any) -> str:
    match value:
        case bool():
            return "Yes" if value else "No"
        case str():
            return value
        case float():
            return f"{value:.10g}"
        case []:
            return "Nothing found."
        case list():
            lines = [_line(item) for item in value[:_MAX_LINES]]
            rest = len(value) - _MAX_LINES
            return "\n".join([*lines, *([f"... and {rest} more"] if rest > 0 else [])])
        case dict():
            label = _label(value)
            return label or "\n".join(f"{k}: {_line(v)}" for k, v in value.items())
        case _:
            return str(value)


def _line(item: Any) -> str:
    match item:
        case dict():
            return _label(item) or ", ".join(f"{k} {_line(v)}" for k, v in item.items())
        case list():
            return ", ".join(_line(i) for i in item)
        case None:
            return "unknown"
        case _:
            return _text(item)


def _label(record: dict[str, Any]) -> str | None:
    """A record by its title or name, with its year where it has one."""
    for key in _LABELS:
        if isinstance(record.get(key), str):
            year = record.get("year")
            return f"{record[key]} ({year})" if isinstance(year, int) else str(record[key])
    return None
