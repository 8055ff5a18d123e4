"""From a tool's JSON schema to the fields of a form, and from what was typed back to arguments. Draws nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from agent.calls.spec import ToolSpec

Kind = Literal["text", "number", "choice", "json"]
_N_CHOICES = 200


@dataclass(frozen=True)
class Field:
    """One argument. `choices` are the texts of a `choice`; `shape` is its type as Python writes it."""

    name: str
    kind: Kind
    shape: str
    required: bool
    description: str = ""
    choices: tuple[str, ...] = ()


def fields_of(spec: ToolSpec) -> tuple[Field, ...]:
    """The tool's arguments in order; of a schema without properties (a free object) none."""
    properties = spec.schema.get("properties")
    properties = properties if isinstance(properties, dict) else {}
    required = spec.schema.get("required")
    required = required if isinstance(required, list) else []
    known = {parameter.name: parameter for parameter in spec.parameters}
    fields = []
    for name, schema in properties.items():
        schema = schema if isinstance(schema, dict) else {}
        parameter = known.get(name)
        choices = _choices(schema)
        shape = parameter.annotation if parameter else str(schema.get("type", "any"))
        described = (parameter.description if parameter else "") or str(schema.get("description") or "")
        fields.append(
            Field(name, _kind(schema, choices), shape, name in required, described, tuple(map(_text, choices)))
        )
    return tuple(fields)


def arguments(fields: Sequence[Field], typed: Mapping[str, str]) -> dict[str, Any]:
    """What the form says: what was left empty is left out.

    Raises:
        ValueError: a text that is no value of its kind, or a required one that is empty; the message names it.
    """
    args: dict[str, Any] = {}
    for field in fields:
        text = typed.get(field.name, "")
        if field.kind != "text":
            text = text.strip()
        if text:
            args[field.name] = _value(field, text)
        elif field.required:
            raise ValueError(f"{field.name} is needed")
    return args


def _value(field: Field, text: str) -> Any:
    if field.kind == "text":
        return text
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        if field.kind == "number":
            raise ValueError(f"{field.name} is no number ({field.shape})") from error
        raise ValueError(f"{field.name} is no JSON ({field.shape}): {error}") from error
    if field.kind == "number" and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise ValueError(f"{field.name} is no number")
    return value


def _kind(schema: Mapping[str, Any], choices: Sequence[Any]) -> Kind:
    if choices:
        return "choice"
    match _types(schema):
        case ["string"]:
            return "text"
        case ["integer"] | ["number"]:
            return "number"
    return "json"


def _types(schema: Mapping[str, Any]) -> list[str]:
    """The types that are possible besides null."""
    found = schema.get("type")
    names = found if isinstance(found, list) else [found] if found else []
    for part in (*_list(schema, "anyOf"), *_list(schema, "oneOf")):
        names = [*names, *(_types(part) if isinstance(part, dict) else ["?"])]
    return [str(name) for name in dict.fromkeys(names) if name != "null"]


def _choices(schema: Mapping[str, Any]) -> list[Any]:
    for found in (schema, *(p for p in _list(schema, "anyOf") if isinstance(p, dict))):
        if 0 < len(values := _list(found, "enum")) <= _N_CHOICES:
            return values
    return [True, False] if _types(schema) == ["boolean"] else []


def _list(schema: Mapping[str, Any], key: str) -> list[Any]:
    value = schema.get(key)
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
