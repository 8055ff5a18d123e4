"""The server: TMDB's operations under /3, Spotify's under /v1, each with its document at `openapi.json`.

`POST /reset` forgets all changes. The header `X-Demo-Status: 429` (or 404, 500, 503) makes any operation fail that way.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from fastapi.security import APIKeyQuery, OAuth2
from starlette.exceptions import HTTPException

from agent.demo_api import (
    auth,
    spotify_library,
    spotify_music,
    spotify_player,
    spotify_playlists,
    tmdb_discover,
    tmdb_lists,
    tmdb_movies,
    tmdb_people,
    tmdb_series,
)
from agent.demo_api.account import Account
from agent.demo_api.auth import Access
from agent.demo_api.failures import DemoFailure, spotify_body, tmdb_body
from agent.version import version

Body = Callable[[DemoFailure], dict[str, object]]
STATUS_HEADER = "x-demo-status"
_MESSAGES = {404: "The resource you requested could not be found.", 429: "API rate limit exceeded"}
_WINDOW_S = 10.0


def build_app(access: Access | None = None, *, n_per_10_s: int | None = None) -> FastAPI:
    """The application. `access`: what keys open it, None: none are needed; `n_per_10_s`: more requests are 429."""
    root = FastAPI(title="toolcoder demo", version=version(), openapi_url=None, docs_url=None, redoc_url=None)
    tmdb = _half("TMDB over the demo catalogue", "Films, series and people.", _tmdb_error, _tmdb_dependencies(access))
    spotify = _half(
        "Spotify over the demo catalogue",
        "Music and one user's library.",
        _spotify_error,
        _spotify_dependencies(access),
    )
    # Fixed paths before those with placeholders: /movie/popular is no film.
    for module in (tmdb_lists, tmdb_discover, tmdb_people, tmdb_movies, tmdb_series):
        tmdb.include_router(module.router)
    for module in (spotify_music, spotify_library, spotify_playlists, spotify_player):
        spotify.include_router(module.router)
    for app in (root, tmdb, spotify):
        app.state.access = access
    spotify.state.account = Account()
    limiter = _Limiter(n_per_10_s)
    for app, error in ((tmdb, _tmdb_error), (spotify, _spotify_error)):
        app.middleware("http")(_gate(limiter, error))

    @root.post("/reset", status_code=204, response_class=Response)
    def reset() -> None:
        """Forget all changes."""
        spotify.state.account = Account()

    @root.get("/")
    def index() -> dict[str, str]:
        """Where the documents are."""
        return {"tmdb": "/3/openapi.json", "spotify": "/v1/openapi.json", "reset": "POST /reset"}

    root.include_router(auth.router)
    root.exception_handler(DemoFailure)(_handler(_spotify_error))
    root.mount("/3", tmdb)
    root.mount("/v1", spotify)
    return root


def _half(title: str, description: str, error: Body, dependencies: list[Any]) -> FastAPI:
    app = FastAPI(
        title=title,
        description=f"{description} The data is toolcoder's demo catalogue; operations follow RestBench's documents.",
        version=version(),
        docs_url=None,
        redoc_url=None,
        dependencies=dependencies,
        generate_unique_id_function=_operation_id,
        responses={404: {"description": "There is no such thing."}},
    )
    app.exception_handler(DemoFailure)(_handler(error))
    generated = app.openapi

    def document() -> dict[str, Any]:
        """FastAPI cannot say that a list is written with commas."""
        whole = generated()
        search = whole["paths"].get("/search", {}).get("get", {"parameters": []})
        for parameter in search["parameters"]:
            if parameter["schema"].get("type") == "array":
                parameter |= {"style": "form", "explode": False}
        return whole

    app.openapi = document  # type: ignore[method-assign]  # FastAPI's own way of changing the document

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, problem: RequestValidationError) -> Response:
        first = problem.errors()[0]
        where = ".".join(map(str, first["loc"][1:])) or "the request"
        failure = DemoFailure(400 if error is _spotify_error else 422, f"{where}: {first['msg']}", 5)
        return JSONResponse(error(failure), failure.status)

    @app.exception_handler(HTTPException)
    async def unknown(request: Request, problem: HTTPException) -> Response:
        return JSONResponse(error(DemoFailure(problem.status_code, str(problem.detail))), problem.status_code)

    return app


def _operation_id(route: APIRoute) -> str:
    return route.name


def _handler(error: Body) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def handle(request: Request, problem: Exception) -> Response:
        if not isinstance(problem, DemoFailure):
            raise problem
        return JSONResponse(error(problem), problem.status)

    return handle


def _tmdb_error(failure: DemoFailure) -> dict[str, object]:
    return tmdb_body(failure.status, failure.message, failure.code)


def _spotify_error(failure: DemoFailure) -> dict[str, object]:
    return spotify_body(failure.status, failure.message)


def _tmdb_dependencies(access: Access | None) -> list[Any]:
    if access is None:
        return []
    scheme = APIKeyQuery(name="api_key", scheme_name="api_key", auto_error=False)

    def check(key: str | None = Depends(scheme)) -> None:
        access.check_key(key)

    return [Depends(check)]


def _spotify_dependencies(access: Access | None) -> list[Any]:
    if access is None:
        return []
    scheme = OAuth2(
        scheme_name="oauth",
        auto_error=False,
        flows={
            "clientCredentials": {"tokenUrl": "/oauth/token", "scopes": {}},
            "authorizationCode": {
                "authorizationUrl": "/oauth/authorize",
                "tokenUrl": "/oauth/token",
                "scopes": {},
            },
        },
    )

    def check(header: str | None = Depends(scheme)) -> None:
        access.check_token(header)

    return [Depends(check)]


class _Limiter:
    """Counts requests over the last ten seconds."""

    def __init__(self, most: int | None) -> None:
        self._most = most
        self._seen: deque[float] = deque()

    def wait_s(self) -> float:
        """Seconds until the next request may come; 0 if this one may pass."""
        if self._most is None:
            return 0.0
        now = time.monotonic()
        while self._seen and self._seen[0] < now - _WINDOW_S:
            self._seen.popleft()
        if len(self._seen) >= self._most:
            return max(1.0, self._seen[0] + _WINDOW_S - now)
        self._seen.append(now)
        return 0.0


def _gate(limiter: _Limiter, error: Body) -> Callable[[Request, Any], Awaitable[Response]]:
    async def gate(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        wanted = request.headers.get(STATUS_HEADER, "")
        wait_s = limiter.wait_s()
        if wait_s or wanted == "429":
            failure = DemoFailure(429, _MESSAGES[429], 25)
            return JSONResponse(error(failure), 429, {"retry-after": str(int(wait_s) or 1)})
        if wanted.isdecimal() and 400 <= int(wanted) <= 599:
            failure = DemoFailure(int(wanted), _MESSAGES.get(int(wanted), "As the header asked."))
            return JSONResponse(error(failure), failure.status)
        return await call_next(request)

    return gate
