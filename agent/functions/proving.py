"""Runs inside a clean kernel, where its text is the first cell: a program once more, then each function on its own.

Standard library only. The tools' stubs are in the globals already; the host answers them from a record. Each proof runs
in a process forked for it: nothing that one leaves behind is there for the next, so that one kernel serves many.
"""

from __future__ import annotations

import ast
import functools
import inspect
import json
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

_MAX_JSON_CHARS = 200_000
"""Arguments and values beyond this prove nothing: an entry is a small text."""
_MAX_ERROR_CHARS = 2000
_SIZE_CHARS = 12


def toolcoder_prove(source: str, names: list[str], tools: list[str]) -> dict[str, Any]:
    """Run a program and note, of each function in `names`, its first call that ended and whose arguments and value are
    JSON: `args` by name, `value`, and which tool calls of the run (`first`, `end`) were made in it. See `_apart`."""
    return _apart(lambda: _prove(source, names, tools))


def toolcoder_check(source: str, call: str, tools: list[str]) -> dict[str, Any]:
    """Define a stored function in a fresh namespace and make its verifying call; its value, as JSON types, in a list of
    one (None is a value too). See `_apart`."""
    return _apart(lambda: [_check(source, call, tools)])


def _apart(work: Callable[[], Any]) -> dict[str, Any]:
    """`{"value": work()}`, or `{"error": ...}` with the failure in words, from a process of its own."""
    if threading.current_thread() is not threading.main_thread():
        return _outcome(work)  # a thread of somebody's process (the fake kernel): no fork of all that
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _work_and_end(work, writing)
    os.close(writing)
    try:
        with os.fdopen(reading, "rb") as pipe:
            size = pipe.read(_SIZE_CHARS)
            # Not until the end: what the program started and left behind may hold the other side for ever.
            text = pipe.read(int(size)) if len(size) == _SIZE_CHARS else b""
    finally:  # an interrupt too: also what the program started itself and left behind
        for group in (os.killpg, os.kill):  # the group may not be made yet
            with suppress(OSError):
                group(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
    if not text:
        return {"error": f"it ended the process it ran in ({os.waitstatus_to_exitcode(status)})"}
    outcome: dict[str, Any] = json.loads(text)
    return outcome


def _work_and_end(work: Callable[[], Any], writing: int) -> None:
    """The forked process: prints nothing, has a folder of its own, and does not return."""
    try:
        os.setpgid(0, 0)
        nothing = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nothing, descriptor)
        sys.stdout = sys.stderr = os.fdopen(nothing, "w", encoding="utf-8")
        folder = tempfile.mkdtemp()
        os.chdir(folder)
        tempfile.tempdir = folder
        try:
            text = json.dumps(_outcome(work))
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        with os.fdopen(writing, "w", encoding="ascii") as pipe:
            pipe.write(f"{len(text):{_SIZE_CHARS}}{text}")
    finally:
        os._exit(0)


def _outcome(work: Callable[[], Any]) -> dict[str, Any]:
    try:
        return {"value": work()}
    except KeyboardInterrupt:  # the cell's time is over
        raise
    except BaseException as error:  # noqa: BLE001  also SystemExit: whatever ends it is the outcome
        return {"error": f"{type(error).__name__}: {error}"[:_MAX_ERROR_CHARS]}


def _prove(source: str, names: list[str], tools: list[str]) -> dict[str, dict[str, Any]]:
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


def _check(source: str, call: str, tools: list[str]) -> Any:
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
