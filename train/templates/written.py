"""Calls as text with the places of their names and values: Python syntax and JSON, shared by the templates."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from agent.calls.syntax import Expression, read_calls, write_call
from train.rows import Call
from train.templates.base import CallSpan, Segment


class Pen:
    """Writes a segment piece by piece and keeps where names and values came to stand."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._spans: list[CallSpan] = []

    def write(self, text: str) -> Pen:
        self._parts.append(text)
        self._length += len(text)
        return self

    def call(self, span: CallSpan, text: str) -> Pen:
        """A call whose span counts from the beginning of `text`."""
        self._spans.append(span.moved(self._length))
        return self.write(text)

    def segment(self, is_target: bool) -> Segment:
        return Segment("".join(self._parts), is_target, tuple(self._spans))


def python_call(call: Call) -> tuple[str, CallSpan]:
    """`name(k='v', n=3)` and where its parts are."""
    text = write_call(call.name, call.args)
    values = []
    at = len(call.name) + 1
    for key, value in call.args.items():
        written = repr(value)
        if not key.isidentifier():
            continue
        begin = at + len(key) + 1
        quoted = 1 if isinstance(value, str) else 0
        values.append((begin + quoted, begin + len(written) - quoted))
        at = begin + len(written) + 2
    return text, CallSpan(call.name, 0, len(text), 0, len(call.name), tuple(values))


def json_arguments(args: Mapping[str, Any]) -> tuple[str, tuple[tuple[int, int], ...]]:
    """A JSON object as `json.dumps` writes it (no ASCII escapes), and where its values are."""
    at, pieces, values = 1, [], []
    for key, value in args.items():
        begin = f"{json.dumps(key, ensure_ascii=False)}: "
        written = dumped(value)
        quoted = 1 if isinstance(value, str) else 0
        at += len(begin)
        values.append((at + quoted, at + len(written) - quoted))
        at += len(written) + 2
        pieces.append(begin + written)
    return "{" + ", ".join(pieces) + "}", tuple(values)


def json_call(call: Call, arguments_key: str) -> tuple[str, CallSpan]:
    """`{"name": "f", "<arguments_key>": {...}}` and where its parts are."""
    name = json.dumps(call.name, ensure_ascii=False)
    args, values = json_arguments(call.args)
    before, between = '{"name": ', f', "{arguments_key}": '
    text = f"{before}{name}{between}{args}}}"
    name_at, args_at = len(before) + 1, len(before) + len(name) + len(between)
    moved = tuple((args_at + start, args_at + end) for start, end in values)
    return text, CallSpan(call.name, 0, len(text), name_at, name_at + len(name) - 2, moved)


def action(call: Call, before: str, between: str) -> tuple[str, CallSpan]:
    """A call of two lines, its name after `before` and its JSON arguments after `between`."""
    args, values = json_arguments(call.args)
    args_at = len(before) + len(call.name) + len(between)
    moved = tuple((args_at + start, args_at + end) for start, end in values)
    text = f"{before}{call.name}{between}{args}"
    return text, CallSpan(call.name, 0, len(text), len(before), len(before) + len(call.name), moved)


def dumped(value: Any) -> str:
    """JSON on one line; what JSON does not know is written as its text."""
    return json.dumps(value, ensure_ascii=False, default=str)


def read_python_calls(
    text: str, parameters: Mapping[str, tuple[str, ...]] | None = None
) -> tuple[str, tuple[Call, ...]] | None:
    """What stands before the first call, and all calls in Python syntax; None where there is none.

    Positional arguments take the parameters' names where the tool is known, else `arg0`, `arg1`.
    """
    read = read_calls(text)
    if not read.calls:
        return None
    calls = []
    for parsed in read.calls:
        names = (parameters or {}).get(parsed.name, ())
        names = names if len(names) >= len(parsed.args) else tuple(f"arg{i}" for i in range(len(parsed.args)))
        positional = dict(zip(names, parsed.args, strict=False))
        calls.append(Call(parsed.name, {k: plain(v) for k, v in {**positional, **parsed.kwargs}.items()}))
    return text[: read.calls[0].start].strip(), tuple(calls)


def plain(value: Any) -> Any:
    """JSON. What is no literal (`city=London`) becomes an object that equals no gold value: run, it would fail."""
    return {"expression": value.source} if isinstance(value, Expression) else value


def read_json_arguments(text: str) -> dict[str, Any] | None:
    """An object of arguments at the beginning of a text; None where there is none. '' and `null` are no arguments."""
    text = text.strip()
    if text in ("", "null", "None"):
        return {}
    try:
        value, _ = json.JSONDecoder(strict=False).raw_decode(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
