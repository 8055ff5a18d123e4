"""The category of an exception, from its type's name and its message (PAPERS 2.1, table).

Types are compared without their module: `requests.exceptions.ReadTimeout` and `httpx.ReadTimeout` say the same.
"""

from __future__ import annotations

import re

from agent.calls.categories import Category
from train.mae.bindings import of_binding
from train.mae.messages import NO_TOOL, of_failure, of_http_status

_UNSTABLE = frozenset(
    """ConnectionError ConnectionRefusedError ConnectionResetError ConnectionAbortedError BrokenPipeError TimeoutError
    Timeout ReadTimeout WriteTimeout ConnectTimeout PoolTimeout ConnectTimeoutError ReadTimeoutError MaxRetryError
    RetryError NewConnectionError NameResolutionError ProtocolError RemoteDisconnected RemoteProtocolError ConnectError
    ReadError WriteError IncompleteRead ChunkedEncodingError ContentDecodingError SSLError SSLCertVerificationError
    SSLEOFError SSLZeroReturnError ProxyError HTTPError HTTPStatusError URLError gaierror herror timeout NetworkError
    TransportError ClientConnectorError ClientConnectionError ClientConnectorSSLError ClientConnectorDNSError
    ClientConnectorCertificateError ClientResponseError ClientOSError ClientPayloadError ContentTypeError
    ServerDisconnectedError ServerTimeoutError ServerConnectionError ConnectionTimeoutError SocketTimeoutError
    TooManyRedirects RateLimitError RateLimitExceeded TooManyRequests TooManyRequestsError ServiceUnavailable
    ServiceUnavailableError InternalServerError BadGateway GatewayTimeout DeadlineExceeded ResourceExhausted
    ThrottlingException EndpointConnectionError ConnectionClosedError ConnectionClosed APIConnectionError
    APITimeoutError APIStatusError AuthenticationError PermissionDeniedError Unauthorized Forbidden NotFoundError
    APIError ApiException HttpError HttpException HTTPException AxiosError FetchError AbortError ToolUnstable
    UnknownHostException SocketTimeoutException ConnectException SocketException ReadTimeoutException WebSocketException
    BadStatusLine CannotSendRequest ResponseNotReady HttpProcessingError Unreachable NodeUnavailable""".split()
)
_UNSTABLE_PART = re.compile(r"Timeout|Unavailable|Disconnected|ConnectError|Rpc(?:Error)?$|RateLimit|Throttl")
_HTTP_LIBRARIES = (
    "requests.",
    "httpx.",
    "httpcore.",
    "urllib3.",
    "aiohttp.",
    "urllib.error",
    "http.client",
    "websockets.",
)
_NO_TOOL = frozenset(
    {"UnknownTool", "ToolNotFound", "ToolNotFoundError", "UnknownToolError", "NoSuchToolError", "ReferenceError"}
)
_SCHEMA = frozenset(
    {"ValidationError", "ArgumentsRefused", "RequestValidationError", "ValidationException", "ZodError"}
)
_VAGUE = frozenset(
    """OSError IOError error Exception RuntimeError ValueError ToolError OperationalError ToolException McpError Error
    ClientError BadRequestError""".split()
)
"""Names that say nothing: the message decides."""
_NAME = re.compile(r"name '[^']{1,200}' is not def")
_NO_FUNCTION = re.compile(r"^\S+ is not a function\b")
_MODULE_LACKS = re.compile(r"(?:module|package) '[^']{1,200}' has no attribute", re.IGNORECASE)
_TOOLS_OBJECT = re.compile(
    r"'\w{0,60}(?:tool|api|function|plugin|client)\w{0,60}' object has no attribute", re.IGNORECASE
)


def of_exception(kind: str, message: str, *, inside: bool = False) -> Category:
    """`kind`: the type's name, with or without its module. `inside`: it was raised in the tool's own code, so that
    what it says of names and arguments is not about the call."""
    name = kind.rpartition(".")[2]
    if (known := _of_own_words(name, message)) is not None:
        return known
    if not inside:
        if name in ("NameError", "ReferenceError") and (_NAME.search(message) or name == "ReferenceError"):
            return Category.TOOL_HALLUCINATION
        if name in _NO_TOOL or name in ("ImportError", "ModuleNotFoundError"):
            return Category.TOOL_HALLUCINATION
        if name == "AttributeError" and (_MODULE_LACKS.match(message) or _TOOLS_OBJECT.match(message)):
            return Category.TOOL_HALLUCINATION
        if name == "TypeError" and _NO_FUNCTION.search(message):
            return Category.TOOL_HALLUCINATION
        if name in ("TypeError", "ArgumentError", *_SCHEMA) and (bound := of_binding(message)) is not None:
            return bound
    if name in _SCHEMA or name.endswith("ValidationError"):
        return of_binding(message) or Category.TOOL_CALL_FAILURE
    if not inside and (len(message.split()) > 2 or name in ("KeyError", "LookupError")) and NO_TOOL.search(message):
        return Category.TOOL_HALLUCINATION
    if not inside and "BadRequest" in name and (bound := of_binding(message)) is not None:
        return bound
    if name == "TypeError" and not inside and (told := of_failure(message)) is Category.TOOL_INSTABILITY:
        return told  # Node: "TypeError: fetch failed"
    if name in _UNSTABLE or _UNSTABLE_PART.search(name) or kind.startswith(_HTTP_LIBRARIES):
        return (None if inside else of_binding(message)) or Category.TOOL_INSTABILITY
    if name in _VAGUE:
        found = of_failure(message) or of_http_status(message)
        return found if found is not None and (not inside or found is Category.TOOL_INSTABILITY) else _default(name)
    return Category.TOOL_CALL_FAILURE


def _of_own_words(name: str, message: str) -> Category | None:
    """Names that are the seam of this project's own host (agent.tools.feedback)."""
    if name in ("ToolReported", "NobodyThere") or (name == "PermissionError" and not message.startswith("[Errno")):
        return Category.OTHERS
    return None


def _default(name: str) -> Category:
    return Category.TOOL_INSTABILITY if name in ("ClientError", "BadRequestError") else Category.TOOL_CALL_FAILURE
