"""Documents of the real world, read from packages that ship them, from RestBench, and from what FastAPI writes."""

from __future__ import annotations

import importlib.util
import json
import os
from pathlib import Path
from typing import Any

import pytest

from agent.calls.stubs import documentation, stub_module
from agent.tools.base import LoadedSource
from agent.tools.checks import schema_problem
from agent.tools.openapi.source import load_openapi

_SHARED = Path(os.environ.get("TOOLCODER_SHARED", Path(__file__).parents[3] / "shared"))
SERVER = "?server=http://127.0.0.1:9"


def packaged(package: str, path: str) -> Path | None:
    """A file of an installed package, which is not imported for that."""
    spec = importlib.util.find_spec(package)
    places = list(spec.submodule_search_locations or ()) if spec else []
    return next((Path(place) / path for place in places if (Path(place) / path).is_file()), None)


AIRFLOW = "api_fastapi/core_api/openapi"
DOCUMENTS: dict[str, tuple[Path | None, int]] = {
    "tmdb": (_SHARED / "data/restbench/tmdb_oas.json", 54),
    "spotify": (_SHARED / "data/restbench/spotify_oas.json", 40),
    "jupyterlab": (packaged("jupyterlab_server", "rest-api.yml"), 12),
    "airflow": (packaged("airflow", f"{AIRFLOW}/v2-rest-api-generated.yaml"), 100),
    "airflow ui": (packaged("airflow", f"{AIRFLOW}/_private_ui.yaml"), 20),
    "airflow login": (
        packaged("airflow", "api_fastapi/auth/managers/simple/openapi/v2-simple-auth-manager-generated.yaml"),
        3,
    ),
}
there = {name: (path, n) for name, (path, n) in DOCUMENTS.items() if path is not None and path.is_file()}


@pytest.fixture(scope="module", params=sorted(DOCUMENTS))
def loaded(request: pytest.FixtureRequest) -> tuple[LoadedSource, int]:
    if request.param not in there:
        pytest.skip(f"the document of {request.param} is not on this machine (`make test` installs the packages)")
    path, n = there[request.param]
    return load_openapi(f"openapi:{path}{SERVER}"), n


def test_every_operation_becomes_a_function(loaded: tuple[LoadedSource, int]) -> None:
    source, n = loaded
    assert source.problems == ()
    assert len(source.tools) >= n
    names = [tool.spec.name for tool in source.tools]
    assert len(set(names)) == len(names)
    compile(stub_module(tool.spec for tool in source.tools), "stubs", "exec")


def test_schemas_are_sound_and_texts_short(loaded: tuple[LoadedSource, int]) -> None:
    for tool in loaded[0].tools:
        assert schema_problem(tool.spec.schema) == "", tool.spec.name
        assert "\n" not in tool.spec.purpose and 3 <= len(tool.spec.purpose) <= 140
        assert len(documentation(tool.spec)) < 20_000, tool.spec.name


def test_most_results_have_a_type(loaded: tuple[LoadedSource, int]) -> None:
    returns = [tool.spec.returns for tool in loaded[0].tools]
    assert sum(text != "Any" for text in returns) / len(returns) > 0.6


def test_names_and_schemas_are_the_same_at_every_load(loaded: tuple[LoadedSource, int]) -> None:
    again = load_openapi(loaded[0].name)
    assert [tool.spec for tool in again.tools] == [tool.spec for tool in loaded[0].tools]


def test_what_fastapi_writes(tmp_path: Path) -> None:
    """The demo API's documents, whose optional bodies and fields are `anyOf` with null."""
    from agent.demo_api.app import build_app

    app = build_app()
    mounted: dict[str, Any] = {route.path: route.app for route in app.routes if hasattr(route, "app")}
    for path, n in (("/3", 54), ("/v1", 40)):
        file = tmp_path / f"{path[1:]}.json"
        file.write_text(json.dumps(mounted[path].openapi()))
        source = load_openapi(f"openapi:{file}{SERVER}")
        assert (len(source.tools), source.problems) == (n, ())
        compile(stub_module(tool.spec for tool in source.tools), "stubs", "exec")
        signatures = {tool.spec.name: tool.spec.signature for tool in source.tools}
    assert signatures["create_playlist"] == (
        "create_playlist(user_id: str, name: str, public: bool = True, collaborative: bool = False, "
        "description: str = '') -> Playlist"
    )
    assert signatures["add_tracks"].startswith("add_tracks(playlist_id: str, position: int | None = None, uris: str |")
    assert "body_uris: list[str] | None = None" in signatures["add_tracks"]
