"""Reading documents: YAML and JSON, versions, references, and what is made to do harm."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from agent.errors import ToolSourceError
from agent.tools.openapi.address import origin_of, parse_address
from agent.tools.openapi.document import read_document
from agent.tools.openapi.references import ReferenceProblem, References
from agent.tools.openapi.source import load_openapi
from agent.tools.openapi.yaml_reader import YamlProblem, read_yaml

SERVER = "?server=http://127.0.0.1:9"
BOMB = "a: &b0 [x]\n" + "".join(f"a{i}: &b{i} [{', '.join([f'*b{i - 1}'] * 10)}]\n" for i in range(1, 9))


def write(folder: Path, document: Any, name: str = "api.json") -> str:
    """The source of a document."""
    file = folder / name
    file.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return f"openapi:{file}{SERVER}"


def small(paths: Any = None, **more: Any) -> dict[str, Any]:
    return {
        "openapi": "3.0.3",
        "info": {"title": "t", "version": "1"},
        "paths": {"/things": {"get": {"operationId": "list_things", "responses": {"200": {"description": "ok"}}}}}
        if paths is None
        else paths,
        **more,
    }


def test_yaml_scalars_are_those_of_yaml_1_2() -> None:
    text = (
        "a: no\nb: 2020-01-01\nc: 0o17\nd: 12\ne: 1.5\nf: true\ng: ~\nh: 'no'\ni: \"12\"\nj: !!str 5\n"
        "200: ok\nnull: x\n? yes\n: on\nk: |\n  line\n  two\nl: .5\nm: -3\nn: 1e3\no: 12_000\n"
    )
    assert read_yaml(text) == {
        "a": "no", "b": "2020-01-01", "c": "0o17", "d": 12, "e": 1.5, "f": True, "g": None, "h": "no", "i": "12",
        "j": "5", "200": "ok", "null": "x", "yes": "on", "k": "line\ntwo\n", "l": 0.5, "m": -3, "n": 1000.0,
        "o": "12_000",
    }  # fmt: skip


def test_yaml_anchors_and_merge_keys() -> None:
    text = "base: &b {x: 1, y: 2}\nmore: {<<: *b, y: 3}\nboth: {<<: [*b, {z: 4}]}\nsame: *b\n"
    assert read_yaml(text) == {
        "base": {"x": 1, "y": 2},
        "more": {"x": 1, "y": 3},
        "both": {"x": 1, "y": 2, "z": 4},
        "same": {"x": 1, "y": 2},
    }


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[" * 100_000, "deep"),
        ("a:\n" + "".join(f"{' ' * i}- \n" for i in range(1, 400)), "deep"),
        (BOMB, "expands"),
        ("a: &a [*a]", "stands for nothing"),
        ("a: *nothing", "stands for nothing"),
        ("a: b: c", "mapping values"),
        ("? [x]\n: y", "key"),
        ("a: \x00", "character"),
    ],
)  # fmt: skip
def test_yaml_that_is_none_or_does_harm_is_refused_at_once(text: str, why: str) -> None:
    begun = time.monotonic()
    with pytest.raises(YamlProblem, match=why):
        read_yaml(text)
    assert time.monotonic() - begun < 20


@pytest.mark.parametrize(
    ("document", "why"),
    [
        ("", "no object"),
        ("[]", "no object"),
        ("just words", "no object"),
        ("{", "neither JSON nor YAML"),
        ("[" * 100_000, "nested"),
        ('{"a":' * 100_000, "nested"),
        ({"swagger": "2.0", "paths": {}}, "Swagger 2.0"),
        ({"openapi": "4.0.0", "paths": {}}, "OpenAPI 4.0.0"),
        ({"openapi": "2.0", "paths": {}}, "OpenAPI 2.0"),
        ({"info": {}}, "does not say"),
        ({"openapi": "3.0.0", "paths": []}, "paths are no object"),
        (small({}), "no usable operation"),
        (small({"/a": {"get": {"parameters": [{"name": "x", "in": "nowhere"}]}}}), "no usable operation.*GET /a"),
    ],
)
def test_documents_that_are_none_say_what_is_wrong(tmp_path: Path, document: Any, why: str) -> None:
    with pytest.raises(ToolSourceError, match=why) as told:
        load_openapi(write(tmp_path, document))
    assert told.value.hint


def test_a_swagger_2_document_is_told_how_to_convert_it(tmp_path: Path) -> None:
    with pytest.raises(ToolSourceError) as told:
        load_openapi(write(tmp_path, {"swagger": "2.0"}))
    assert "swagger2openapi" in told.value.hint


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ToolSourceError, match="there is no file"):
        load_openapi(f"openapi:{tmp_path}/none.yaml{SERVER}")
    latin = tmp_path / "latin.yaml"
    latin.write_bytes("openapi: 3.0.0\ninfo: {title: Caf\xe9}".encode("latin-1"))
    with pytest.raises(ToolSourceError, match="no UTF-8"):
        load_openapi(f"openapi:{latin}{SERVER}")
    marked = tmp_path / "marked.json"
    marked.write_bytes(b"\xef\xbb\xbf" + json.dumps(small()).encode())
    assert len(load_openapi(f"openapi:{marked}{SERVER}").tools) == 1


def test_a_broken_operation_costs_itself_alone(tmp_path: Path) -> None:
    paths = {
        "/good": {"get": {"operationId": "good"}},
        "/bad": {"get": {"operationId": "bad", "parameters": [{"name": "x"}]}, "post": "nonsense"},
        "/far": {"get": {"operationId": "far", "parameters": [{"$ref": "other.yaml#/x"}]}},
        "/gone": {"get": {"operationId": "gone", "requestBody": {"$ref": "#/components/x"}}},
        "/round": {"$ref": "#/paths/~1round"},
        "no-slash": {"get": {}},
        "x-extension": {"get": {}},
    }
    loaded = load_openapi(write(tmp_path, small(paths)))
    assert [tool.spec.name for tool in loaded.tools] == ["good"]
    told = "\n".join(loaded.problems)
    for piece in ("GET /bad", "POST /bad", "another file", "leads nowhere", "circle", "does not begin with /"):
        assert piece in told
    assert "x-extension" not in told


def test_references_are_followed_within_the_document_only() -> None:
    raw: dict[str, Any] = {"a": {"b/c": [{"d~e": 1}]}, "loop": {"$ref": "#/loop"}, "to": {"$ref": "#/a", "x": 2}}
    references = References(raw)
    assert references.at("#/a/b~1c/0/d~0e") == 1
    assert references.resolved({"$ref": "#/to", "y": 3}) == {"b/c": [{"d~e": 1}], "x": 2, "y": 3}
    for pointer in ("file.yaml#/a", "http://127.0.0.1/x", "#/a/none", "#anchor", "#", "#/a/b~1c/9"):
        with pytest.raises(ReferenceProblem):
            references.at(pointer)
    with pytest.raises(ReferenceProblem, match="circle"):
        references.resolved({"$ref": "#/loop"})
    assert references.schema({"$ref": "#/loop"}) == {}


def test_an_address_is_taken_apart() -> None:
    address = parse_address(
        "openapi:https://h.example/api.json?version=2&server=https://api.example:444/v1&key=k&key.two=l"
    )
    assert address.document == "https://h.example/api.json?version=2"
    assert (address.server, address.keys) == ("https://api.example:444/v1", {"": "k", "two": "l"})
    assert address.named_origin == "https://api.example:444"
    assert parse_address("openapi:api.yaml").named_origin is None
    assert parse_address("openapi:http://H.example/a.json").named_origin == "http://h.example:80"
    assert origin_of("https://[::1]:8443/x") == "https://[::1]:8443"


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("openapi:", "names no document"),
        ("openapi:?server=http://x", "names no document"),
        ("openapi:api.yaml?sever=http://x", "unknown options: sever"),
        ("openapi:api.yaml?server=ftp://x", "no usable address"),
        ("openapi:api.yaml?server=http://", "no usable address"),
        ("openapi:api.yaml?server=http://u:p@x", "password"),
        ("openapi:https://u:secret@x/api.json", "password"),
        ("openapi:file:///etc/passwd", "no usable address"),
        ("openapi:http://x:99999/api.json", "no usable address"),
    ],
)
def test_addresses_that_cannot_be(source: str, why: str) -> None:
    with pytest.raises(ToolSourceError, match=why) as told:
        parse_address(source)
    assert "secret" not in str(told.value)


def test_ten_megabytes_are_read(tmp_path: Path) -> None:
    """A large document of JSON: 3,000 operations with their schemas. The perf folder measures, this only bounds."""
    schema = {
        "type": "object",
        "properties": {f"field_{i}": {"type": "string", "description": "what it is " * 8} for i in range(25)},
    }
    paths = {
        f"/things/{i}": {
            "get": {
                "operationId": f"thing_{i}",
                "parameters": [{"name": "q", "in": "query", "schema": {"type": "string"}}],
                "responses": {"200": {"description": "ok", "content": {"application/json": {"schema": schema}}}},
            }
        }
        for i in range(3_000)
    }
    source = write(tmp_path, small(paths))
    assert (tmp_path / "api.json").stat().st_size > 10_000_000
    loaded = load_openapi(source)
    assert len(loaded.tools) == 3_000 and not loaded.problems


def test_documents_above_the_limit_are_not_read(tmp_path: Path) -> None:
    file = tmp_path / "huge.json"
    with file.open("wb") as out:
        out.truncate(33 << 20)
    with pytest.raises(ToolSourceError, match="larger than 32 MB"):
        read_document(parse_address(f"openapi:{file}"))
