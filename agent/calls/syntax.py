"""Calls written as Python, `search(query='Rome', limit=3)`: read by `ast`, never evaluated, and written.

Who calls it: templates that ask a model for such calls, the scoring of predictions, the reward. Any quotes, numbers,
nested values, keyword and positional arguments, one call or several, prose or a fence around them. What a model wrote
wrong is said exactly (`BadCall`), because a format error is the worst of rewards and must not be the parser's own.

Departures from Python: a parameter may be called like a keyword (`rate(from='EUR')`, which real services do), and what
is no literal (a name, a nested call, `1 + 2`) stands for itself as an `Expression` that equals no literal.
"""

from __future__ import annotations

import ast
import keyword
import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agent.calls.syntax_scan import BadCall, call_ends_at, candidates, escaped_keywords, unfenced

MOST_CHARS = 100_000
"""Longer texts are refused: no model's turn is that long, and looking for calls must stay quick."""
_MOST_FAILURES = 64
_MOST_CALLS = 256
_KEYWORD = "_toolcoder_kw_"
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")

__all__ = ["BadCall", "CallsRead", "Expression", "ParsedCall", "parse_call", "parse_calls", "read_calls", "write_call"]


@dataclass(frozen=True)
class Expression:
    """A value that is no literal: its source, normalised. Equal to the same expression only."""

    source: str


@dataclass(frozen=True)
class ParsedCall:
    """A call as it was written. `start`, `end`: where it stands in the text (characters)."""

    name: str
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    start: int = 0
    end: int = 0

    def bound(self, parameters: Sequence[str]) -> dict[str, Any]:
        """All arguments by name; positional ones take the names of `parameters` (the tool's, in order).

        Raises:
            BadCall: more positional arguments than parameters, or one given twice.
        """
        if len(self.args) > len(parameters):
            takes = f"takes {len(parameters)} positional arguments but {len(self.args)} were given"
            raise BadCall(f"{self.name}() {takes}", self.start)
        named = dict(zip(parameters, self.args, strict=False))
        for name in named:
            if name in self.kwargs:
                raise BadCall(f"{self.name}() got multiple values for argument '{name}'", self.start)
        return {**named, **self.kwargs}


@dataclass(frozen=True)
class CallsRead:
    """Everything that a text has: its calls in order, and what looked like one and is none."""

    calls: tuple[ParsedCall, ...]
    problems: tuple[BadCall, ...] = ()


def parse_call(text: str) -> ParsedCall:
    """The one call of the text.

    Raises:
        BadCall: there is none, or more than one.
    """
    calls = parse_calls(text)
    if len(calls) > 1:
        raise BadCall(f"{len(calls)} calls where one was asked for", calls[1].start)
    return calls[0]


def parse_calls(text: str) -> tuple[ParsedCall, ...]:
    """All calls of the text, at least one; prose and broken calls beside good ones are passed over.

    Raises:
        BadCall: there is none; the message says what was wrong with the first that looked like one.
    """
    read = read_calls(text)
    if read.calls:
        return read.calls
    raise read.problems[0] if read.problems else BadCall("there is no call in it", 0)


def read_calls(text: str) -> CallsRead:
    """The calls of the text and the problems. Never raises: whatever a model writes is data."""
    if len(text) > MOST_CHARS:
        return CallsRead((), (BadCall(f"{len(text)} characters, more than {MOST_CHARS}", 0),))
    code, offset = unfenced(text)
    try:
        whole = _whole(code, offset)
    except BadCall as problem:
        return CallsRead((), (problem,))
    if whole is not None:
        return CallsRead(whole)
    return _in_prose(code, offset)


def write_call(name: str, args: Mapping[str, Any]) -> str:
    """`name(k='v')`, which `parse_call` reads back. A key that is no identifier goes into `**{...}`."""
    plain = [f"{key}={value!r}" for key, value in args.items() if key.isidentifier()]
    odd = {key: value for key, value in args.items() if not key.isidentifier()}
    return f"{name}({', '.join([*plain, *([f'**{odd!r}'] if odd else [])])})"


def _whole(code: str, offset: int) -> tuple[ParsedCall, ...] | None:
    """Where the text is nothing but calls (one a line, or a list of them, results assigned or not); else None."""
    lead = len(code) - len(code.lstrip())
    try:
        body = _parsed(code.strip()).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    lines = _LINE.findall(code.strip())
    nodes: list[ast.expr] = []
    for statement in body:
        match statement:
            case ast.Expr(value=ast.List(elts=items) | ast.Tuple(elts=items)):
                nodes += items
            case ast.Expr(value=value) | ast.Assign(value=value):
                nodes.append(value.value if isinstance(value, ast.Await) else value)
            case _:
                return None
    if not nodes or not all(isinstance(node, ast.Call) and _dotted(node.func) for node in nodes):
        return None
    return tuple(_call(node, *_span(node, lines, offset + lead)) for node in nodes if isinstance(node, ast.Call))


def _in_prose(code: str, offset: int) -> CallsRead:
    calls: list[ParsedCall] = []
    problems: list[BadCall] = []
    done = 0
    for start, opening, is_apart in candidates(code):
        if start < done:
            continue
        if len(problems) >= _MOST_FAILURES or len(calls) >= _MOST_CALLS:
            break
        try:
            end = call_ends_at(code, opening)
            call = _one(code[start:end], offset + start, offset + end)
        except BadCall as problem:
            # A word before a bracket in the middle of prose, "film(s", is not an attempt at a call.
            if is_apart or "=" in code[opening : opening + 40]:
                problems.append(BadCall(problem.what, offset + start))
            continue
        if not is_apart and any(isinstance(value, Expression) for value in call.args):
            continue  # "the film(s) and actor(s)"
        calls.append(call)
        done = end
    return CallsRead(tuple(calls), tuple(problems))


def _one(source: str, start: int, end: int) -> ParsedCall:
    try:
        node: ast.AST = _parsed(source).body[0]
    except SyntaxError as error:
        try:
            node = _parsed(escaped_keywords(source, _KEYWORD)).body[0]
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise BadCall(f"{error.msg}: {(error.text or source).strip()[:80]}", start) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise BadCall(f"no Python: {error}", start) from error
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call) or not _dotted(node.value.func):
        raise BadCall("it is no plain call", start)
    return _call(node.value, start, end)


def _parsed(source: str) -> ast.Module:
    """The tree; what Python warns of in a model's text (`'\\d'`) is no concern of ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(source)


def _call(node: ast.Call, start: int, end: int) -> ParsedCall:
    name = _dotted(node.func)
    args: list[Any] = []
    for argument in node.args:
        if isinstance(argument, ast.Starred):
            value = _value(argument.value)
            if not isinstance(value, list | tuple):
                raise BadCall(f"{name}(): what stands after * is no list", start)
            args += value
        else:
            args.append(_value(argument))
    kwargs: dict[str, Any] = {}
    for pair in node.keywords:
        value = _value(pair.value)
        items: Iterable[tuple[Any, Any]] = [((pair.arg or "").removeprefix(_KEYWORD), value)]
        if pair.arg is None:
            if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
                raise BadCall(f"{name}(): what stands after ** is no dictionary of names", start)
            items = value.items()
        for key, item in items:
            if key in kwargs:
                raise BadCall(f"keyword argument repeated: {key}", start)
            kwargs[key] = item
    return ParsedCall(name, tuple(args), kwargs, start, end)


def _value(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, RecursionError, MemoryError):
        return Expression(ast.unparse(node))


def _dotted(node: ast.expr) -> str:
    """`search`, `spotify.search`; '' where it is anything else."""
    match node:
        case ast.Name(id=name) if not keyword.iskeyword(name):
            return name
        case ast.Attribute(value=value, attr=attribute):
            before = _dotted(value)
            return f"{before}.{attribute}" if before else ""
    return ""


def _span(node: ast.expr, lines: Sequence[str], offset: int) -> tuple[int, int]:
    """Offsets of a node in characters; `ast` counts lines from 1 and columns in bytes of UTF-8."""

    def at(line: int, column: int) -> int:
        return offset + sum(map(len, lines[: line - 1])) + len(lines[line - 1].encode()[:column].decode())

    return at(node.lineno, node.col_offset), at(node.end_lineno or node.lineno, node.end_col_offset or 0)
