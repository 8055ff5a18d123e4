"""The arguments of an operation: its parameters, and its body's properties or the body as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from agent.calls.spec import Record
from agent.tools.openapi.operations import ApiBody, ApiOperation, ApiParameter, is_json, is_text
from agent.tools.openapi.references import References

MAX_FLAT_PROPERTIES = 60
FILE = Record("FileToSend", (("base64", "str"), ("filename", "str"), ("content_type", "str")))
FILE_SCHEMA: dict[str, Any] = {
    "anyOf": [
        {"type": "string"},
        {
            "type": "object",
            "properties": {name: {"type": "string"} for name, _ in FILE.fields},
            "required": ["base64"],
            "additionalProperties": False,
        },
    ]
}
_FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}


@dataclass(frozen=True)
class Binding:
    """Where an argument goes: a parameter, a property of the body, or (`name` None) the whole body.

    `keeps_null`: None is a value of its own there; elsewhere it means that the argument is left out.
    """

    name: str | None
    parameter: ApiParameter | None = None
    keeps_null: bool = False
    is_file: bool = False


@dataclass(frozen=True)
class Argument:
    """An argument before it has a Python name; `text` is what the document calls it."""

    location: str
    text: str
    schema: Any
    required: bool
    description: str
    binding: Binding


class Arguments:
    """Finds the arguments of operations. One per document."""

    def __init__(self, references: References) -> None:
        self._references = references

    def of(self, operation: ApiOperation) -> list[Argument]:
        """In order: parameters, then what the body takes."""
        parameters = [
            Argument(p.location, p.name, p.schema, p.required, p.description, Binding(p.name, p))
            for p in operation.parameters
        ]
        return parameters + (self._of_body(operation.body) if operation.body is not None else [])

    def needed_together(self, body: ApiBody | None) -> list[str]:
        """What an optional body must hold if there is one."""
        if body is None or body.required:
            return []
        properties, required = self._flat(body.schema)
        return [name for name in properties or () if name in required]

    def _of_body(self, body: ApiBody) -> list[Argument]:
        form = body.media_type.partition(";")[0].strip().lower()
        if not is_json(form) and form not in _FORMS:
            schema: dict[str, Any] = {"type": "string"} if is_text(form) else FILE_SCHEMA
            binding = Binding(None, is_file=not is_text(form))
            return [Argument("body", "body", schema, body.required, body.description or form, binding)]
        properties, required = self._flat(body.schema)
        if properties is None:
            return [Argument("body", "body", body.schema, body.required, body.description, Binding(None))]
        return [
            Argument(
                "body",
                name,
                schema,
                body.required and name in required,
                str(self._references.schema(schema).get("description") or ""),
                Binding(name, is_file=form == "multipart/form-data" and self._is_file(schema)),
            )
            for name, schema in properties.items()
        ]

    def _flat(self, schema: Any, depth: int = 0) -> tuple[dict[str, Any] | None, set[str]]:
        """The properties of a plain object and which are required; None where the body is anything else."""
        node = self._without_null(self._references.schema(schema))
        if depth > 8 or node.get("nullable") is True or {"oneOf", "anyOf", "not", "discriminator"} & node.keys():
            return None, set()
        properties: dict[str, Any] = {}
        required = set(map(str, _listed(node.get("required"))))
        for part in _listed(node.get("allOf")):
            inner, needed = self._flat(part, depth + 1)
            if inner is None:
                return None, set()
            properties |= inner
            required |= needed
        own = node.get("properties")
        properties |= {str(k): v for k, v in own.items()} if isinstance(own, dict) else {}
        properties = {k: v for k, v in properties.items() if self._references.schema(v).get("readOnly") is not True}
        more = node.get("additionalProperties")
        has_free_names = isinstance(more, dict) and bool(more)
        if not properties or len(properties) > MAX_FLAT_PROPERTIES or has_free_names:
            return None, set()
        return properties, required

    def _without_null(self, node: dict[str, Any]) -> dict[str, Any]:
        """The one form of a body that may also be null: leaving the body out says that."""
        for key in ("anyOf", "oneOf"):
            forms = [self._references.schema(form) for form in _listed(node.get(key))]
            real = [form for form in forms if form.get("type") != "null"]
            if len(forms) == 2 and len(real) == 1:
                return real[0]
        return node

    def _is_file(self, schema: Any) -> bool:
        node = self._references.schema(schema)
        if node.get("type") == "array":
            node = self._references.schema(node.get("items"))
        return node.get("format") == "binary" or "contentMediaType" in node


def file_schema(argument: Argument) -> dict[str, Any]:
    """What a file argument takes: text, or a `FileToSend`; a list of them where several may be sent."""
    return {"type": "array", "items": FILE_SCHEMA} if is_list(argument) else FILE_SCHEMA


def is_list(argument: Argument) -> bool:
    """Does it take several?"""
    return isinstance(argument.schema, dict) and argument.schema.get("type") == "array"


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
