"""Runs inside a clean kernel, where its text is the first cell: a program once more, then each function on its own.

Standard library only. The tools' stubs are in the globals already; the host answers them from a record.
"""

from __future__ import annotations

import ast
import functools
import inspect
import json
from collections.abc import Callable
from typing import Any

_MAX_JSON_CHARS = 200_000
"""Arguments and values beyond this prove nothing: an entry is a small text."""


def toolcoder_prove(source: str, names: list[str], tools: list[str]) -> dict[str, dict[str, Any]]:
    """Run a program and note, of each function in `names`, its first call that ended and whose arguments and value are
    JSON: `args` by name, `value`, and which tool calls of the run (`first`, `end`) were made in it."""
    seen: dict[str, dict[str, Any]] = {}
    n_calls = [0]
    space = _fresh(tools, lambda stub: _counted(stub, n_calls))
    space["_toolcoder_noted"] = lambda name, function: _noted(name, function, seen, n_calls)
    body: list[ast.stmt] = []
    for statement in ast.parse(source).body:
        body.append(statement)
        if isinstance(statement, ast.FunctionDef) and statement.name in names:
            name = statement.name
            body.extend(ast.parse(f"{name} = _toolcoder_noted({name!r}, {name})").body)
    exec(compile(ast.Module(body, []), "<cell>", "exec", dont_inherit=True), space)
    return {name: note for name, note in seen.items() if note}


def toolcoder_check(source: str, call: str, tools: list[str]) -> Any:
    """Define a stored function in a fresh namespace and make its verifying call; its value, as JSON types.

    Raises:
        TypeError: the value is no JSON.
    """
    space = _fresh(tools, lambda stub: stub)
    exec(compile(source, "<cell>", "exec", dont_inherit=True), space)
    node = ast.parse(call, mode="eval").body
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        raise ValueError(f"{call!r} is no call of a function")
    args = [_record(ast.literal_eval(value)) for value in node.args]
    kwargs = {str(k.arg): _record(ast.literal_eval(k.value)) for k in node.keywords}
    text = _as_json(space[node.func.id](*args, **kwargs))
    if text is None:
        raise TypeError(f"{node.func.id}() returned something that is no JSON value")
    return json.loads(text)


def _fresh(tools: list[str], wrap: Callable[[Any], Any]) -> dict[str, Any]:
    """A namespace with the stubs and what their module offers besides, and nothing of earlier cells."""
    names = ["Any", "Literal", "ToolError"]
    offered: dict[str, Any] = {name: globals()[name] for name in names if name in globals()}
    stubs = {name: wrap(globals()[name]) for name in tools}
    return {"__name__": "__main__", "__builtins__": __builtins__, **offered, **stubs}


def _counted(stub: Callable[..., Any], n_calls: list[int]) -> Callable[..., Any]:
    @functools.wraps(stub)
    def call(*args: Any, **kwargs: Any) -> Any:
        n_calls[0] += 1
        return stub(*args, **kwargs)

    return call


def _noted(
    name: str, function: Callable[..., Any], seen: dict[str, dict[str, Any]], n_calls: list[int]
) -> Callable[..., Any]:
    signature = inspect.signature(function)

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if name in seen:
            return function(*args, **kwargs)
        seen[name] = {}  # a recursive call is part of the first
        given = _as_json(dict(signature.bind(*args, **kwargs).arguments))  # now: the function may change them
        first = n_calls[0]
        try:
            value = function(*args, **kwargs)
        except BaseException:  # whatever ends it, it is no proof
            del seen[name]
            raise
        returned = _as_json(value)
        if given is None or returned is None:
            del seen[name]
        else:
            seen[name] = {
                "args": json.loads(given),
                "value": json.loads(returned),
                "first": first,
                "end": n_calls[0],
            }
        return value

    return call


def _as_json(value: Any) -> str | None:
    """JSON text of JSON types and NumPy's numbers; None for what JSON would change silently, or what is too long."""
    try:
        text = json.dumps(_plain(value), allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return None
    return text if len(text) <= _MAX_JSON_CHARS else None


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise TypeError("a key is no text")
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if type(value).__module__ == "numpy" and getattr(value, "shape", None) == ():
        return value.item()
    return value


def _record(value: Any) -> Any:
    """Objects as the stubs return them: their fields can be read as attributes too."""
    from toolcoder_runtime import Record

    if isinstance(value, dict):
        return Record({key: _record(item) for key, item in value.items()})
    if isinstance(value, list):
        return [_record(item) for item in value]
    return value
