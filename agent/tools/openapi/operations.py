"""What a document says about each operation, read once into plain values.

openapi-pydantic's models check parameters, bodies and security schemes (and mend what real documents get wrong, such as
`"required": "true"`); schemas stay as the document has them, because their conversion is ours. What is broken costs one
operation, not the document.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from agent.tools.openapi.document import ApiDocument, models_of
from agent.tools.openapi.references import ReferenceProblem, References

METHODS = ("get", "head", "options", "trace", "post", "put", "patch", "delete")
READS = frozenset({"get", "head", "options", "trace"})
_IGNORED_HEADERS = {"accept", "content-type", "authorization"}
"""The standard says so: they follow from the body, the responses and the security schemes."""
_STYLES = {"path": "simple", "query": "form", "header": "simple", "cookie": "form"}


@dataclass(frozen=True)
class ApiParameter:
    """`as_json`: the value is sent as JSON text (the document describes it by `content`)."""

    name: str
    location: str
    required: bool
    schema: Any
    style: str
    explode: bool
    allow_reserved: bool = False
    as_json: bool = False
    description: str = ""


@dataclass(frozen=True)
class ApiBody:
    """`encoding` maps a property of a form to its content type, style and explode."""

    media_type: str
    schema: Any
    required: bool
    description: str = ""
    encoding: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class ApiResponse:
    """The answer of a call that worked. `media_type` None: it has no content."""

    media_type: str | None = None
    schema: Any = None
    description: str = ""
    may_be_empty: bool = False


@dataclass(frozen=True)
class ApiOperation:
    """`security`: alternatives, each the names of the schemes that it needs together; None: the document's."""

    method: str
    path: str
    operation_id: str
    summary: str
    description: str
    parameters: tuple[ApiParameter, ...]
    body: ApiBody | None
    response: ApiResponse
    servers: tuple[Mapping[str, Any], ...]
    security: tuple[tuple[str, ...], ...] | None
    deprecated: bool = False


class Operations:
    """Iterates over the operations; `problems` lists those left out, after that."""

    def __init__(self, document: ApiDocument, references: References) -> None:
        self._models = models_of(document)
        self._raw = document.raw
        self._references = references
        self.problems: list[str] = []

    def __iter__(self) -> Iterator[ApiOperation]:
        for path, item in (self._raw.get("paths") or {}).items():
            if not str(path).startswith("/"):
                if not str(path).startswith("x-"):
                    self.problems.append(f"the path {str(path)[:80]!r} does not begin with /")
                continue
            try:
                whole = self._references.resolved(item)
            except ReferenceProblem as error:
                self.problems.append(f"{str(path)[:120]}: {error}")
                continue
            for method in METHODS:
                if method in whole:
                    try:
                        yield self._operation(method, str(path), whole, self._references.resolved(whole[method]))
                    except (ReferenceProblem, ValidationError) as error:
                        self.problems.append(f"{method.upper()} {str(path)[:120]}: {_short(error)}")

    def _operation(self, method: str, path: str, item: dict[str, Any], raw: dict[str, Any]) -> ApiOperation:
        identifier = raw.get("operationId")
        return ApiOperation(
            method=method,
            path=path,
            operation_id=identifier if isinstance(identifier, str) else "",
            summary=_text(raw.get("summary")) or _text(item.get("summary")),
            description=_text(raw.get("description")) or _text(item.get("description")),
            parameters=self._parameters(path, item, raw),
            body=self._body(raw.get("requestBody")) if raw.get("requestBody") else None,
            response=self._response(raw.get("responses")),
            servers=tuple(
                server
                for server in raw.get("servers") or item.get("servers") or self._raw.get("servers") or ()
                if isinstance(server, dict)
            ),
            security=_security(raw.get("security")),
            deprecated=raw.get("deprecated") is True,
        )

    def _parameters(self, path: str, item: dict[str, Any], raw: dict[str, Any]) -> tuple[ApiParameter, ...]:
        found: dict[tuple[str, str], ApiParameter] = {}
        for given in [*_list(item.get("parameters")), *_list(raw.get("parameters"))]:  # the operation's own win
            node = self._references.resolved(given)
            model = self._models.Parameter.model_validate(_without_schema(node))
            location = str(getattr(model.param_in, "value", model.param_in))
            if location == "header" and model.name.lower() in _IGNORED_HEADERS:
                continue
            if location == "path" and f"{{{model.name}}}" not in path:
                continue
            style = model.style or _STYLES[location]
            content = node.get("content")
            media = next(iter(content.values()), None) if isinstance(content, dict) and content else None
            found[(location, model.name)] = ApiParameter(
                name=model.name,
                location=location,
                required=bool(model.required) or location == "path",
                schema=media.get("schema", {}) if isinstance(media, dict) else node.get("schema", {}),
                style=style,
                explode=model.explode if isinstance(node.get("explode"), bool | str) else style == "form",
                allow_reserved=bool(model.allowReserved),
                as_json=isinstance(media, dict),
                description=_text(node.get("description")) or _text(_get(node.get("schema"), "description")),
            )
        missing = [name for name in _placeholders(path) if ("path", name) not in found]
        for name in missing:  # a placeholder that nobody describes must be filled nevertheless
            found[("path", name)] = ApiParameter(name, "path", True, {"type": "string"}, "simple", False)
        return tuple(found.values())

    def _body(self, given: Any) -> ApiBody | None:
        node = self._references.resolved(given)
        model = self._models.RequestBody.model_validate({**node, "content": {}})
        content = node.get("content")
        if not isinstance(content, dict) or not content:
            return None
        media_type = min(content, key=_body_rank)
        media = content[media_type] if isinstance(content[media_type], dict) else {}
        encoding = media.get("encoding")
        return ApiBody(
            media_type=media_type,
            schema=media.get("schema", {}),
            required=bool(model.required),
            description=_text(node.get("description")),
            encoding={k: v for k, v in encoding.items() if isinstance(v, dict)} if isinstance(encoding, dict) else {},
        )

    def _response(self, responses: Any) -> ApiResponse:
        """Broken descriptions of responses cost nothing but the type of the result."""
        good = {str(k): v for k, v in responses.items()} if isinstance(responses, dict) else {}
        ranked = sorted(k for k in good if k[:1] == "2") or (["default"] if "default" in good else [])
        chosen, is_empty = ApiResponse(), False
        for status in ranked:
            try:
                node = self._references.resolved(good[status])
            except ReferenceProblem:
                chosen = chosen if chosen.media_type else ApiResponse("application/json", {})
                continue
            content = node.get("content")
            if not isinstance(content, dict) or not content:
                is_empty = True
            elif chosen.media_type is None:
                media_type = min(content, key=_response_rank)
                chosen = ApiResponse(media_type, _get(content[media_type], "schema"), _text(node.get("description")))
        if not ranked:
            return ApiResponse("application/json", {})
        return ApiResponse(chosen.media_type, chosen.schema, chosen.description, may_be_empty=is_empty)


def is_json(media_type: str) -> bool:
    """`application/json`, `application/problem+json; charset=utf-8`, ..."""
    kind = media_type.partition(";")[0].strip().lower()
    return kind in {"application/json", "text/json", "*/*", "application/*"} or kind.endswith("+json")


def is_text(media_type: str) -> bool:
    """Text that is passed on as it is: `text/csv`, `application/xml`, ..."""
    kind = media_type.partition(";")[0].strip().lower()
    if kind.startswith("text/"):
        return kind not in {"text/event-stream", "text/json"}
    return kind.endswith(("/xml", "+xml", "/yaml", "/x-yaml", "/javascript", "/csv"))


def is_lines(media_type: str) -> bool:
    """Several values, one after the other."""
    kind = media_type.partition(";")[0].strip().lower()
    return kind == "text/event-stream" or kind.endswith(("ndjson", "/jsonl", "/json-seq"))


def _body_rank(media_type: str) -> tuple[int, str]:
    kind = media_type.partition(";")[0].strip().lower()
    order = ("application/json", "application/x-www-form-urlencoded", "multipart/form-data", "text/plain")
    return (0 if is_json(kind) else order.index(kind) if kind in order else 9, media_type)


def _response_rank(media_type: str) -> tuple[int, str]:
    kind = media_type.partition(";")[0].strip().lower()
    return (0 if kind == "application/json" else 1 if is_json(kind) else 2 if kind.startswith("text/") else 3, kind)


def _security(given: Any) -> tuple[tuple[str, ...], ...] | None:
    if not isinstance(given, list):
        return None
    return tuple(tuple(map(str, each)) for each in given if isinstance(each, dict))


def _without_schema(node: dict[str, Any]) -> dict[str, Any]:
    """Examples and schemas are of no concern to the check of a parameter, and often broken."""
    return {k: v for k, v in node.items() if k not in {"schema", "content", "example", "examples", "description"}}


def _placeholders(path: str) -> list[str]:
    return [part.partition("}")[0] for part in path.split("{")[1:] if "}" in part]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _get(node: Any, key: str) -> Any:
    return node.get(key) if isinstance(node, dict) else None


def _short(error: ReferenceProblem | ValidationError) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return str(error)
