"""From arguments to an HTTP request: address, headers and body. Credentials are put on later (`transport`)."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from agent.tools.feedback import ArgumentsRefused
from agent.tools.openapi.arguments import Binding
from agent.tools.openapi.operations import ApiBody, ApiOperation, is_json
from agent.tools.openapi.serialize import cookie_text, form_pairs, header_text, path_text, query_text, scalar

FILE_LIMIT_BYTES = 32 << 20
_UNSET: Any = object()

Part = tuple[str, tuple[str | None, bytes, str]]


@dataclass(frozen=True)
class ApiRequest:
    """`target` is path and query behind the server's address; `parts` are those of a multipart body."""

    method: str
    target: str
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes | None = None
    parts: tuple[Part, ...] = ()


def build_request(operation: ApiOperation, bindings: Mapping[str, Binding], args: Mapping[str, Any]) -> ApiRequest:
    """The request that these arguments, which fit the schema, ask for.

    Raises:
        ArgumentsRefused: a value that cannot be sent where it belongs.
    """
    target, query, cookies = operation.path, [], []
    headers = {"accept": _accept(operation)}
    whole: Any = _UNSET
    fields: dict[str, Any] = {}
    for name, value in args.items():
        binding = bindings[name]
        parameter = binding.parameter
        if value is None and not binding.keeps_null:
            continue
        if parameter is None:
            if binding.name is None:
                whole = value
            else:
                fields[binding.name] = value
            continue
        match parameter.location:
            case "path":
                target = target.replace(f"{{{parameter.name}}}", path_text(parameter, value))
            case "query":
                query += query_text(parameter, value)
            case "header":
                headers[parameter.name] = header_text(parameter, value)
            case "cookie":
                cookies.append(cookie_text(parameter, value))
    if cookies:
        headers["cookie"] = "; ".join(cookies)
    if query:
        target += ("&" if "?" in target else "?") + "&".join(query)
    body = operation.body
    content: bytes | None = None
    parts: tuple[Part, ...] = ()
    if body is not None and (whole is not _UNSET or fields or body.required):
        value = fields if whole is _UNSET else whole
        content, parts = _body(body, value, {b.name for b in bindings.values() if b.is_file and b.name})
        if not parts:
            headers["content-type"] = _sent_type(body)
    return ApiRequest(operation.method.upper(), target, headers, content, parts)


def _body(body: ApiBody, value: Any, files: set[str]) -> tuple[bytes | None, tuple[Part, ...]]:
    kind = body.media_type.partition(";")[0].strip().lower()
    if is_json(kind):
        return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"), ()
    if kind == "application/x-www-form-urlencoded":
        return urlencode(_pairs(body, value)).encode(), ()
    if kind == "multipart/form-data":
        return None, tuple(_parts(body, value, files))
    if isinstance(value, dict | str):
        return _file(value, "body")[1], ()
    return scalar(value).encode(), ()


def _pairs(body: ApiBody, value: Any) -> list[tuple[str, str]]:
    given = value if isinstance(value, dict) else {}
    return [
        pair
        for name, each in given.items()
        if each is not None
        for pair in form_pairs(name, each, body.encoding.get(name, {}))
    ]


def _parts(body: ApiBody, value: Any, files: set[str]) -> list[Part]:
    parts: list[Part] = []
    for name, each in (value if isinstance(value, dict) else {}).items():
        if each is None:
            continue
        encoding = body.encoding.get(name, {})
        if name in files:
            for file in each if isinstance(each, list) else [each]:
                filename, content, kind = _file(file, name)
                parts.append((name, (filename, content, kind or str(encoding.get("contentType") or _guess(filename)))))
        elif isinstance(each, dict):
            parts.append((name, (None, json.dumps(each).encode(), "application/json")))
        else:
            kind = str(encoding.get("contentType") or "text/plain; charset=utf-8")
            parts += [(name, (None, text.encode(), kind)) for name, text in form_pairs(name, each, encoding)]
    return parts


def _file(value: Any, name: str) -> tuple[str, bytes, str]:
    """File name, content, content type ("" where it was not said); plain text is a file as well."""
    if not isinstance(value, dict):
        return f"{name}.txt", scalar(value).encode(), ""
    try:
        content = base64.b64decode(str(value.get("base64", "")), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ArgumentsRefused(f"{name}: `base64` is no base64: {error}") from error
    if len(content) > FILE_LIMIT_BYTES:
        raise ArgumentsRefused(f"{name}: the file is larger than {FILE_LIMIT_BYTES >> 20} MB")
    filename = str(value.get("filename") or f"{name}.bin")
    kind = str(value.get("content_type") or "")
    if any(ord(c) < 32 for c in filename + kind):
        raise ArgumentsRefused(f"{name}: the file's name and content type may not hold line breaks")
    return filename, content, kind


def _guess(filename: str) -> str:
    import mimetypes

    return mimetypes.guess_type(filename)[0] or "application/octet-stream"


def _sent_type(body: ApiBody) -> str:
    kind = body.media_type
    if "*" in kind:
        return "application/json" if is_json(kind) else "application/octet-stream"
    return kind


def _accept(operation: ApiOperation) -> str:
    kind = operation.response.media_type
    return f"{kind}, */*;q=0.1" if kind and "*" not in kind else "application/json, */*;q=0.1"
