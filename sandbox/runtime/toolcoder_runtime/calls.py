"""Tool stubs: real Python functions whose body runs on the host.

The stub's source has the true signature and docstring and an empty body. Python itself binds the arguments to it, so a
wrong call raises exactly Python's own `TypeError`; a bound call goes to the broker.
"""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Callable
from typing import Any

from . import channel
from .cells import current_cell


class ToolError(Exception):
    """A tool answered with an error. `kind` names it ("LookupError"), `message` says what is wrong."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(f"{kind}: {message}" if message else kind)
        self.kind = kind
        self.message = message

    def __reduce__(self) -> tuple[Any, ...]:
        return ToolError, (self.kind, self.message)


ToolError.__module__ = "toolcoder_runtime"


def make_tool(exchange: Callable[[bytes], dict[str, Any]]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator of stubs whose calls are answered by `exchange`: an encoded request in, the decoded reply out."""

    def tool(function: Callable[..., Any]) -> Callable[..., Any]:
        """Decorator of generated stubs: keeps name, signature and docstring; a call is answered by the host.

        The call raises `TypeError` for arguments that do not fit and `ToolError` where the tool reports an error.
        """
        signature = inspect.signature(function)
        name = function.__name__

        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            try:
                function(*args, **kwargs)
            except TypeError as error:
                _report(exchange, name, args, kwargs, str(error))
                wrong = TypeError(str(error))
                wrong.add_note(f"The signature is {name}{signature}")  # the message stays Python's own
                raise wrong from None
            bound = signature.bind(*args, **kwargs).arguments
            try:
                payload = channel.encode({"op": "call", "cell": current_cell(), "name": name, "args": bound})
            except (TypeError, ValueError) as error:
                _report(exchange, name, args, kwargs, str(error))
                raise type(error)(f"{name}() was given an argument that cannot be sent: {error}") from None
            reply = exchange(payload)
            if "value" in reply:
                return reply["value"]
            raise ToolError(reply["kind"], reply["message"])

        return call

    return tool


tool = make_tool(channel.exchange)


def _report(
    exchange: Callable[[bytes], dict[str, Any]], name: str, args: tuple[Any, ...], kwargs: dict[str, Any], message: str
) -> None:
    """Tell the host of a call that Python refused; it belongs into the record like every other call."""
    report: dict[str, Any] = {"op": "bind_failed", "cell": current_cell(), "name": name, "message": message}
    report["args"] = [_shown(value) for value in args]
    report["kwargs"] = {key: _shown(value) for key, value in kwargs.items()}
    try:
        exchange(channel.encode(report))
    except ConnectionError:
        # The TypeError that follows is the better message; without a host there is no record to complete.
        pass


def _shown(value: Any) -> Any:
    """The value itself where it is small JSON, else the start of its repr."""
    try:
        encoded = channel.encode({"value": value})
    except (TypeError, ValueError):
        return repr(value)[:1000]
    return json.loads(encoded)["value"] if len(encoded) <= 100_000 else repr(value)[:1000]
