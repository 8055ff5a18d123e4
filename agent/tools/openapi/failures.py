"""How a call of an operation fails. The log's category comes with the class (`agent.tools.feedback`).

ToolUnstable                    Tool Instability
└── ApiFailure
    ├── ApiUnreachable          no connection, cut connection, broken protocol; a read may be tried again
    ├── ApiTimeout              no answer in time
    ├── RedirectRefused         the server points to another origin, or in circles
    ├── CredentialProblem       there is no usable token
    └── ApiStatusError          4xx and 5xx, with `status`
        ├── BadRequest          400, 422
        ├── NotAuthorized       401, 403
        ├── NotFound            404, 410
        ├── TooManyRequests     429, with `retry_after_s`; a read may be tried again
        └── ServerFailed        5xx; 502, 503 and 504 may be tried again
ResultRefused                   Tool Call Failure
└── ResponseRefused             too large, without an end, or not what its content type says
"""

from __future__ import annotations

from agent.tools.feedback import PASSING_STATUS, ResultRefused, ToolUnstable


class ApiFailure(ToolUnstable):
    """Base of the failures that are the server's or the network's. Its text never holds an address or a secret."""

    def __init__(
        self,
        message: str,
        *,
        may_retry: bool = False,
        retry_after_s: float | None = None,
        status: int | None = None,
    ) -> None:
        kind = type(self).__name__
        super().__init__(message, kind=kind, may_retry=may_retry, retry_after_s=retry_after_s, status=status)


class ApiUnreachable(ApiFailure):
    """No usable connection."""


class ApiTimeout(ApiFailure):
    """The server did not answer in time."""


class RedirectRefused(ApiFailure):
    """The answer is a redirect that is not followed."""


class CredentialProblem(ApiFailure):
    """There is no usable token."""


class ApiStatusError(ApiFailure):
    """The server answered with an error status."""

    def __init__(self, message: str, status: int, retry_after_s: float | None = None) -> None:
        super().__init__(message, may_retry=status in PASSING_STATUS, retry_after_s=retry_after_s, status=status)


class BadRequest(ApiStatusError):
    """400 or 422: the server does not accept the arguments."""


class NotAuthorized(ApiStatusError):
    """401 or 403: the credential is missing, wrong, or not enough."""


class NotFound(ApiStatusError):
    """404 or 410."""


class TooManyRequests(ApiStatusError):
    """429."""


class ServerFailed(ApiStatusError):
    """5xx."""


class ResponseRefused(ResultRefused):
    """The response cannot be passed on."""


_BY_STATUS: dict[int, type[ApiStatusError]] = {
    400: BadRequest,
    422: BadRequest,
    401: NotAuthorized,
    403: NotAuthorized,
    404: NotFound,
    410: NotFound,
    429: TooManyRequests,
}


def status_error(message: str, status: int, retry_after_s: float | None) -> ApiStatusError:
    """The error of the class that belongs to the status."""
    kind = _BY_STATUS.get(status, ServerFailed if status >= 500 else ApiStatusError)
    return kind(message, status, retry_after_s)
