"""Documents of several files: what is brought in, and what is left where it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from agent.calls.spec import ToolSpec
from agent.tools.base import LoadedSource
from agent.tools.openapi.source import load_openapi

MAIN = """
openapi: 3.1.0
info: {title: shop, version: '1'}
paths:
  /films/{id}: {$ref: 'paths/film.yaml'}
  /films:
    get:
      operationId: films
      parameters: [{$ref: 'shared/parameters.yaml#/limit'}]
      responses:
        '200': {description: ok, content: {application/json: {schema: {$ref: './shared/schemas.json#/Films'}}}}
"""
FILM = """
get:
  operationId: film
  parameters:
    - {name: id, in: path, required: true, schema: {type: integer}}
  responses:
    '200': {description: ok, content: {application/json: {schema: {$ref: '../shared/schemas.json#/Film'}}}}
"""
SCHEMAS = {
    "Film": {
        "type": "object",
        "required": ["title", "cast"],
        "properties": {"title": {"type": "string"}, "cast": {"$ref": "person.json"}},
    },
    "Films": {"type": "array", "items": {"$ref": "#/Film"}},
}
PERSON = {
    "type": "object",
    "required": ["name", "films"],
    "properties": {"name": {"type": "string"}, "films": {"$ref": "schemas.json#/Films"}},
}


def shop(folder: Path, main: str = MAIN) -> Path:
    for name in ("paths", "shared"):
        folder.joinpath(name).mkdir(parents=True)
    folder.joinpath("api.yaml").write_text(main)
    folder.joinpath("paths/film.yaml").write_text(FILM)
    folder.joinpath("shared/parameters.yaml").write_text("limit: {name: limit, in: query, schema: {type: integer}}\n")
    folder.joinpath("shared/schemas.json").write_text(json.dumps(SCHEMAS))
    folder.joinpath("shared/person.json").write_text(json.dumps(PERSON))
    return folder / "api.yaml"


def load(file: Path) -> LoadedSource:
    return load_openapi(f"openapi:{file}?server=http://127.0.0.1:9")


def specs(file: Path) -> dict[str, ToolSpec]:
    return {tool.spec.name: tool.spec for tool in load(file).tools}


def test_files_that_refer_to_each_other_are_one_document(tmp_path: Path) -> None:
    found = specs(shop(tmp_path))
    assert found["film"].signature == "film(id: int) -> Film"
    assert found["films"].signature == "films(limit: int | None = None) -> list[Film]"
    records = {record.name: dict(record.fields) for record in found["film"].records}
    assert records == {"Film": {"title": "str", "cast": "Person"}, "Person": {"name": "str", "films": "list[Film]"}}


def test_what_lies_elsewhere_is_not_opened(tmp_path: Path) -> None:
    outside = tmp_path / "secret.yaml"
    outside.write_text("limit: {name: sesame, in: query, schema: {type: string}}\n")
    file = shop(tmp_path / "api")
    (file.parent / "shared" / "linked.yaml").symlink_to(outside)
    text = file.read_text()
    for reference, why in {
        "../secret.yaml#/limit": "outside of the document's folder",
        str(outside) + "#/limit": "outside of the document's folder",
        "shared/linked.yaml#/limit": "outside of the document's folder",
        "http://127.0.0.1:9/x.yaml#/limit": "fetches nothing",
        "file:///etc/passwd": "fetches nothing",
        "shared/gone.yaml#/limit": "no file",
        "shared/parameters.yaml#/gone": "leads nowhere",
    }.items():
        file.write_text(text.replace("shared/parameters.yaml#/limit", reference))
        loaded = load(file)
        assert [tool.spec.name for tool in loaded.tools] == ["film"]
        assert why in loaded.problems[0] and "sesame" not in repr(loaded), (reference, loaded.problems)


def test_files_in_a_circle_and_too_many_of_them(tmp_path: Path) -> None:
    def part(n: int) -> dict[str, Any]:
        return {"type": "object", "properties": {"next": {"$ref": f"part{n + 1}.json"}}}

    for n in range(400):
        tmp_path.joinpath(f"part{n}.json").write_text(json.dumps(part(n)))
    tmp_path.joinpath("same.json").write_text('{"$ref": "same.json"}')
    parameter = {"name": "x", "in": "query", "schema": {"$ref": "part0.json"}}
    main: dict[str, Any] = {
        "openapi": "3.0.0",
        "info": {"title": "t", "version": "1"},
        "paths": {"/a": {"get": {"operationId": "a", "parameters": [parameter]}}, "/b": {"$ref": "same.json"}},
    }
    tmp_path.joinpath("api.json").write_text(json.dumps(main))
    loaded = load(tmp_path / "api.json")
    assert [tool.spec.name for tool in loaded.tools] == ["a"]
    assert "circle" in loaded.problems[0]
