"""Adding an OpenAPI document: cold as a command does it, warm, and ten megabytes of it."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from tests.perf.timing import Row, command_s, median_s

_LOAD = "from agent.tools.openapi.source import load_openapi; load_openapi({source!r})"


def rows() -> list[Row]:
    """The demo API's document of films (54 paths), and one with 3,000 operations."""
    from agent.demo_api.app import build_app
    from agent.tools.openapi.source import load_openapi

    app = build_app()
    mounted = {route.path: route.app for route in app.routes if hasattr(route, "app")}
    with tempfile.TemporaryDirectory() as folder:
        films, large = Path(folder) / "films.json", Path(folder) / "large.json"
        films.write_text(json.dumps(mounted["/3"].openapi()))
        large.write_text(json.dumps(_large()))
        source, huge = (f"openapi:{file}?server=http://127.0.0.1:9" for file in (films, large))
        floor = command_s([sys.executable, "-c", "import httpx, pydantic"], 5)
        cold = command_s([sys.executable, "-c", _LOAD.format(source=source)], 5)
        warm = median_s(lambda: load_openapi(source), 5)
        slow = median_s(lambda: load_openapi(huge), 2)
    return [
        Row("add a document of 54 paths, a new process", cold, "s", "httpx and pydantic alone", floor),
        Row("add a document of 54 paths, warm", warm * 1e3, "ms"),
        Row("add a document of 10 MB, 3,000 operations", slow, "s"),
    ]


def _large() -> dict[str, object]:
    fields = {f"field_{i}": {"type": "string", "description": "what it is " * 8} for i in range(25)}
    content = {"application/json": {"schema": {"type": "object", "properties": fields}}}
    paths = {
        f"/things/{i}": {
            "get": {"operationId": f"thing_{i}", "responses": {"200": {"description": "ok", "content": content}}}
        }
        for i in range(3_000)
    }
    return {"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": paths}
