"""The category of a call's feedback, from the exception that the host saw, never from text (TL-Training, Table 14).

Exception
├── ToolFault              a failure that knows its category and the name under which the program sees it
│   ├── UnknownTool        Tool Hallucination
│   ├── ArgumentsRefused   Tool Call Failure: they do not fit the schema
│   ├── ResultRefused      Tool Call Failure: no JSON, too large, endless
│   ├── CallRefused        Others: a person, a rule or a budget refused the call
│   ├── ToolUnstable       Tool Instability: HTTP status, transport, rate limit, a server that died
│   ├── ToolReported       Others: the tool answered with an error object of its own
│   └── RemoteFailure      an exception of another process; its category was found there, from its class
└── anything else          by its class: connections, time-outs and HTTP libraries are Tool Instability
"""

from __future__ import annotations

from typing import Any

from agent.calls.categories import Category
from agent.tools.ask_user import NobodyThere

PASSING_STATUS = (429, 502, 503, 504)
"""What a service may not answer a moment later."""
HTTP_FAMILIES = frozenset({"httpx", "httpx2", "httpcore", "requests", "urllib3", "urllib", "aiohttp"})


class ToolFault(Exception):
    """Base of the failures that know their category. `kind`: the exception's name for the program; '': its class's."""

    category = Category.TOOL_CALL_FAILURE
    kind = ""


class UnknownTool(ToolFault):
    """There is no tool of this name."""

    category = Category.TOOL_HALLUCINATION
    kind = "ValueError"


class ArgumentsRefused(ToolFault):
    """The arguments do not fit the tool's schema."""

    kind = "ValueError"


class ResultRefused(ToolFault):
    """The result is no JSON, or too large."""

    kind = "ResultError"


class CallRefused(ToolFault):
    """A person, a rule or a budget refused the call."""

    category = Category.OTHERS
    kind = "PermissionError"


class ToolUnstable(ToolFault):
    """The service behind a tool failed: an HTTP status, the transport, a rate limit, a server that died.

    `may_retry`: the same read may go well a moment later (429, 502, 503, 504, a broken connection);
    `retry_after_s`: not before this many seconds, where the service said so; `status`: HTTP's.
    """

    category = Category.TOOL_INSTABILITY

    def __init__(
        self,
        message: str,
        *,
        kind: str = "",
        may_retry: bool = False,
        retry_after_s: float | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind or "ToolUnstable"
        self.may_retry = may_retry
        self.retry_after_s = retry_after_s
        self.status = status


class ToolReported(ToolFault):
    """The tool answered, and its answer is an error of its own making."""

    category = Category.OTHERS
    kind = "ToolReported"


class RemoteFailure(ToolFault):
    """An exception in the process where the tool runs: its class's name, its text, its category from its class; the
    HTTP status and the wait that the service asked for, where its HTTP library says them."""

    def __init__(
        self,
        kind: str,
        message: str,
        category: Category,
        status: int | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.category = category
        self.may_retry = category is Category.TOOL_INSTABILITY and status in (None, *PASSING_STATUS)
        self.status = status
        self.retry_after_s = retry_after_s


def category_of_bind(name: str, message: str) -> Category:
    """A call that never left the kernel; `message` is the text of its error, which Python words, not the tool.

    Where the arguments do not bind it begins with the function's name; else one of them is nothing that can be sent.
    """
    if not message.startswith(f"{name}()"):
        return Category.TOOL_CALL_FAILURE
    return Category.PARAMETER_MISSING if " missing " in message else Category.PARAMETER_HALLUCINATION


def category_of_exception(error: BaseException) -> Category:
    """A call that raised on the host. Connections, time-outs and HTTP status errors are the tool's instability."""
    if isinstance(error, ToolFault):
        return error.category
    if isinstance(error, NobodyThere):
        return Category.OTHERS
    return Category.TOOL_INSTABILITY if is_unstable(error) else Category.TOOL_CALL_FAILURE


def category_of_value(value: Any) -> Category:
    """A call that returned: an error object of the tool's own is Others, everything else All Right."""
    if isinstance(value, dict) and len(value) <= 2 and isinstance(value.get("error"), str) and value["error"]:
        return Category.OTHERS
    return Category.ALL_RIGHT


def is_unstable(error: BaseException) -> bool:
    """By the class's own family, so that no HTTP library need be imported: httpx, requests, urllib3 and urllib."""
    return isinstance(error, ConnectionError | TimeoutError) or any(
        base.__module__.split(".")[0] in HTTP_FAMILIES for base in type(error).__mro__
    )


def kind_of(error: Exception) -> str:
    """The exception's name as the program sees it."""
    if isinstance(error, NobodyThere):
        return CallRefused.kind
    return (error.kind if isinstance(error, ToolFault) else "") or type(error).__name__


def status_of(error: BaseException) -> int | None:
    """The HTTP status that an error stands for, as our failures and the usual libraries keep it."""
    response = getattr(error, "response", None)
    for status in (getattr(error, "status", None), getattr(response, "status_code", None)):
        if isinstance(status, int):
            return status
    code = getattr(error, "code", None)  # of urllib's HTTPError; other classes keep other things there
    return code if isinstance(code, int) and is_unstable(error) else None


def retry_after_of(error: BaseException) -> float | None:
    """Seconds that the service asked to wait, where it did."""
    asked = getattr(error, "retry_after_s", None)
    return float(asked) if isinstance(asked, int | float) else None


def is_surely_undone(error: Exception) -> bool:
    """Whether a change that failed so was not made: it was refused before or by the service, or there was no
    connection. A time-out, a cut connection or a process that died leave it open."""
    if (status := status_of(error)) is not None:
        return 400 <= status < 500 and status != 408
    kind = kind_of(error)
    if isinstance(error, ResultRefused) or kind == "ToolStopped":
        return False
    if "ConnectError" in f"{kind} {error}" or kind in ("ConnectionRefusedError", "CredentialProblem"):
        return True
    return category_of_exception(error) is not Category.TOOL_INSTABILITY
