"""The category of a call's feedback, from the exception that the host saw, never from text (TL-Training, Table 14)."""

from __future__ import annotations

from typing import Any

from agent.calls.categories import Category
from agent.tools.ask_user import NobodyThere


class UnknownTool(Exception):
    """There is no tool of this name."""


class ArgumentsRefused(Exception):
    """The arguments do not fit the tool's schema."""


class ResultRefused(Exception):
    """The result is no JSON, or too large."""


class CallRefused(Exception):
    """A person or a rule refused the call."""


def category_of_bind(name: str, message: str) -> Category:
    """A call that never left the kernel; `message` is the text of its error, which Python words, not the tool.

    Where the arguments do not bind it begins with the function's name; else one of them is nothing that can be sent.
    """
    if not message.startswith(f"{name}()"):
        return Category.TOOL_CALL_FAILURE
    return Category.PARAMETER_MISSING if " missing " in message else Category.PARAMETER_HALLUCINATION


def category_of_exception(error: BaseException) -> Category:
    """A call that raised on the host. Connections, time-outs and HTTP status errors are the tool's instability."""
    if isinstance(error, UnknownTool):
        return Category.TOOL_HALLUCINATION
    if isinstance(error, ArgumentsRefused | ResultRefused):
        return Category.TOOL_CALL_FAILURE
    if isinstance(error, CallRefused | NobodyThere):
        return Category.OTHERS
    if isinstance(error, ConnectionError | TimeoutError) or _is_http_error(error):
        return Category.TOOL_INSTABILITY
    return Category.TOOL_CALL_FAILURE


def category_of_value(value: Any) -> Category:
    """A call that returned: an error object of the tool's own is Others, everything else All Right."""
    if isinstance(value, dict) and len(value) <= 2 and isinstance(value.get("error"), str) and value["error"]:
        return Category.OTHERS
    return Category.ALL_RIGHT


def _is_http_error(error: BaseException) -> bool:
    """By the class's own family, so that no HTTP library need be imported: httpx, requests, urllib3 and urllib."""
    return any(
        base.__module__.split(".")[0] in {"httpx", "httpcore", "requests", "urllib3", "urllib", "aiohttp"}
        for base in type(error).__mro__
    )
