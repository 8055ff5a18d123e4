"""From an address to the parsed document: reading with limits, JSON or YAML, and the version that it claims."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from agent.errors import ToolSourceError
from agent.tools.openapi.address import OpenApiAddress, without_secrets
from agent.tools.openapi.bundle import bundle
from agent.tools.openapi.yaml_reader import YamlProblem, read_yaml

LIMIT_BYTES = 32 << 20
FETCH_S = 30.0
_BUNDLE_HINT = "check that it is an OpenAPI 3.0 or 3.1 document in JSON or YAML"


@dataclass(frozen=True)
class ApiDocument:
    """`location` is where it was really read: its relative servers are relative to that.

    `unread`: references into other files that were left alone, and why.
    """

    raw: dict[str, Any]
    version: str
    location: str
    is_remote: bool
    unread: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_3_0(self) -> bool:
        return self.version.startswith("3.0")


def read_document(address: OpenApiAddress) -> ApiDocument:
    """Blocking; at most 32 MB and, from the network, 30 s.

    Raises:
        ToolSourceError: it cannot be read, is neither JSON nor YAML, or of another version.
    """
    if address.is_url:
        text, location = _fetched(address.document)
    else:
        text, location = _from_file(Path(address.document).expanduser()), address.document
    raw = _parsed(text, without_secrets(address.document) if address.is_url else address.document)
    version = _version(raw, address)
    unread = bundle(raw, location, address.is_url, _other_at if address.is_url else _other_file)
    return ApiDocument(raw, version, location, address.is_url, unread)


def models_of(document: ApiDocument) -> Any:
    """openapi-pydantic's models for the document's version (a module with `Parameter`, `SecurityScheme`, ...)."""
    from openapi_pydantic.v3 import v3_0, v3_1

    return v3_0 if document.is_3_0 else v3_1


def _other_file(path: str) -> tuple[dict[str, Any], int]:
    text = _from_file(Path(path))
    return _parsed(text, path), len(text)


def _other_at(url: str) -> tuple[dict[str, Any], int]:
    text, _ = _fetched(url, follow=False)  # a document may not send us on to where its own server is not
    return _parsed(text, without_secrets(url)), len(text)


def _from_file(path: Path) -> str:
    try:
        if not path.is_file():
            raise ToolSourceError(f"there is no file {path}", "check the path after openapi:")
        if path.stat().st_size > LIMIT_BYTES:
            raise ToolSourceError(f"{path} is larger than {LIMIT_BYTES >> 20} MB", "cut out the operations you need")
        return _decoded(path.read_bytes(), str(path))
    except OSError as error:
        raise ToolSourceError(f"{path} cannot be read: {error.strerror or error}", "check its permissions") from error


def _fetched(url: str, follow: bool = True) -> tuple[str, str]:
    shown = without_secrets(url)
    limit = time.monotonic() + FETCH_S
    try:
        with (
            httpx.Client(
                follow_redirects=follow, max_redirects=5, timeout=httpx.Timeout(FETCH_S, connect=10.0)
            ) as client,
            client.stream("GET", url, headers={"accept": "application/json, application/yaml, */*"}) as response,
        ):
            if response.status_code >= 300:
                raise ToolSourceError(
                    f"{shown} answered {response.status_code}", "save the document to a file and name that"
                )
            body = bytearray()
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > LIMIT_BYTES:
                    raise ToolSourceError(f"{shown} is larger than {LIMIT_BYTES >> 20} MB", _BUNDLE_HINT)
                if time.monotonic() > limit:
                    raise ToolSourceError(f"{shown} did not arrive within {FETCH_S:g} s", "save it to a file")
            return _decoded(bytes(body), shown), str(response.url)
    except httpx.HTTPError as error:
        # `from None`: the error holds the request, and its address may have a key in its query.
        raise ToolSourceError(
            f"{shown} cannot be fetched: {type(error).__name__}", "check the address, or save it to a file"
        ) from None


def _decoded(body: bytes, shown: str) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ToolSourceError(f"{shown} is no UTF-8 text", _BUNDLE_HINT) from error


def _parsed(text: str, shown: str) -> dict[str, Any]:
    raw: Any
    try:
        if text.lstrip()[:1] in ("{", "["):
            try:
                raw = json.loads(text)
            except json.JSONDecodeError:  # YAML may begin like that as well
                raw = read_yaml(text)
        else:
            raw = read_yaml(text)
    except RecursionError as error:
        raise ToolSourceError(f"{shown} is nested too deeply", _BUNDLE_HINT) from error
    except YamlProblem as error:
        raise ToolSourceError(f"{shown} is neither JSON nor YAML: {error}", _BUNDLE_HINT) from error
    if not isinstance(raw, dict):
        raise ToolSourceError(f"{shown} is no OpenAPI document: it holds no object", _BUNDLE_HINT)
    return raw


def _version(raw: dict[str, Any], address: OpenApiAddress) -> str:
    shown = without_secrets(address.document) if address.is_url else address.document
    if "swagger" in raw:
        raise ToolSourceError(
            f"{shown} is a Swagger {raw['swagger']} document, an older format",
            "convert it to OpenAPI 3, for example with `npx swagger2openapi FILE -o api.json`",
        )
    version = str(raw.get("openapi", ""))
    if not version:
        raise ToolSourceError(f"{shown} is no OpenAPI document: it does not say `openapi: 3...`", _BUNDLE_HINT)
    if not re.fullmatch(r"3\.[01](\.\d+)?(-\S{1,20})?", version):
        raise ToolSourceError(f"{shown} is of OpenAPI {version[:20]}, not 3.0 or 3.1", "convert it to 3.1")
    if not isinstance(raw.get("paths", {}), dict):
        raise ToolSourceError(f"{shown} is no OpenAPI document: its paths are no object", _BUNDLE_HINT)
    return version
