"""Errors as the two services give them.

DemoFailure         status, the service's own code or none, message
"""

from __future__ import annotations

TMDB_NOT_FOUND = (34, "The resource you requested could not be found.")
TMDB_BAD_KEY = (7, "Invalid API key: You must be granted a valid key.")
TMDB_BAD_PAGE = (22, "Invalid page: Pages start at 1 and max at 500. They are expected to be an integer.")
TMDB_BAD_PARAMETERS = (5, "Invalid parameters: Your request parameters are incorrect.")
TMDB_TOO_MANY = (25, "Your request count is over the allowed limit.")
TMDB_DOWN = (9, "Service offline: This service is temporarily offline, try again later.")


class DemoFailure(Exception):
    """An operation's error; `code` is TMDB's number for it."""

    def __init__(self, status: int, message: str, code: int = 0) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code


def tmdb_not_found() -> DemoFailure:
    """404 in TMDB's words."""
    code, message = TMDB_NOT_FOUND
    return DemoFailure(404, message, code)


def spotify_not_found(what: str) -> DemoFailure:
    """404 in Spotify's words."""
    return DemoFailure(404, f"Non existing id: '{what}'" if what else "Resource not found")


def tmdb_body(status: int, message: str, code: int) -> dict[str, object]:
    """TMDB's form of an error."""
    code = code or {404: 34, 401: 7, 422: 5, 429: 25}.get(status, 9)
    return {"success": False, "status_code": code, "status_message": message}


def spotify_body(status: int, message: str) -> dict[str, object]:
    """Spotify's form of an error."""
    return {"error": {"status": status, "message": message}}
