"""What the SDK, its HTTP client and the server fail by, as the failures of a tool."""

from __future__ import annotations

from agent.tools.feedback import PASSING_STATUS, ArgumentsRefused, ToolFault, ToolUnstable, UnknownTool
from agent.tools.mcp.web import HTTP_STATUS


class ProtocolFailure(ToolFault):
    """The server answers with an error of the protocol, or with what is no answer."""

    kind = "McpError"


def is_connection_lost(error: BaseException) -> bool:
    """Whether the connection is of no use any more; another one may be."""
    from mcp import MCPError
    from mcp.types import CONNECTION_CLOSED
    from pydantic import ValidationError

    error = _innermost(error)
    if isinstance(error, MCPError):
        return error.error.code == CONNECTION_CLOSED or "session" in error.error.message.lower()
    return not isinstance(error, ToolFault | ValidationError)


def failure_of(error: BaseException, shown: str, why: str, is_hostile: bool) -> ToolFault:
    """The failure for whatever a request ended by. `why` is the reason for the connection's end, where it is known."""
    from mcp import MCPError
    from mcp.types import INVALID_PARAMS, METHOD_NOT_FOUND, REQUEST_TIMEOUT
    from pydantic import ValidationError

    error = _innermost(error)
    if isinstance(error, ToolFault):
        return error
    if isinstance(error, ValidationError):
        return ProtocolFailure(f"{shown} answered what the protocol does not allow")
    if is_connection_lost(error):
        reason = why or ("" if isinstance(error, MCPError) else reason_of(error))
        told = f"{shown} ended while it was asked{f': {reason}' if reason else ''}"
        return ToolUnstable(told, kind="ServerGone", may_retry=not is_hostile)
    assert isinstance(error, MCPError)
    text = error.error.message[:2000]
    if error.error.code == HTTP_STATUS:
        return _answered_with(error.error.data, f"{shown} answered {text}")
    if error.error.code == REQUEST_TIMEOUT:
        return ToolUnstable(f"{shown} did not answer in time", kind="TimeoutError")
    if error.error.code == INVALID_PARAMS:
        return ArgumentsRefused(text)
    if error.error.code == METHOD_NOT_FOUND:
        return UnknownTool(text)
    return ProtocolFailure(text)


def _answered_with(data: object, message: str) -> ToolUnstable:
    """An HTTP status of 400 and above; `data` is `web`'s."""
    told = data if isinstance(data, dict) else {}
    wait, status = str(told.get("retry_after", "")), told.get("status")
    return ToolUnstable(
        message,
        kind="HTTPStatusError",
        may_retry=status in PASSING_STATUS,
        retry_after_s=float(wait) if wait.isdecimal() else None,
        status=status if isinstance(status, int) else None,
    )


def reason_of(error: BaseException) -> str:
    """The innermost reason in words."""
    error = _innermost(error)
    if isinstance(error, OSError) and error.strerror:
        return error.strerror + (f": {error.filename}" if error.filename else "")
    return str(error)[:500] or type(error).__name__


def _innermost(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup) and error.exceptions:
        error = error.exceptions[0]
    return error
