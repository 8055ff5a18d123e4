"""From a tool as its server describes it to a `ToolSpec`. All of it is the server's word: data, never instructions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from agent.calls.spec import Effect, Parameter, Record, ToolSpec
from agent.tools.checks import schema_problem
from agent.tools.naming import parameter_names
from agent.tools.openapi.records import RecordMaker, RecordNames
from agent.tools.openapi.references import References

_PURPOSE_CHARS = 200
_DESCRIPTION_CHARS = 8000
_UNCHECKED = ("pattern", "patternProperties", "propertyNames")
"""Not checked here: a pattern can be written to take for ever, and the server checks its own anyhow."""

_SCHEMA_MAPS = ("properties", "$defs", "definitions", "dependentSchemas")
_SCHEMAS = (
    *("items", "prefixItems", "contains", "additionalProperties", "unevaluatedProperties", "unevaluatedItems"),
    *("not", "if", "then", "else", "allOf", "anyOf", "oneOf"),
)
_DEPTH = 40


@dataclass(frozen=True)
class Described:
    """A tool: its spec, what its parameters are called on the wire, and whether its result stands in `result`."""

    wire_name: str
    spec: ToolSpec
    wire: Mapping[str, str] = field(default_factory=dict)
    is_wrapped: bool = False
    problem: str = ""


def described(tool: Any, name: str, *, is_trusted: bool) -> Described:
    """`tool` is the SDK's `Tool`; `name` a valid one. `is_trusted`: its hints are believed."""
    schema = _without_patterns(tool.input_schema if isinstance(tool.input_schema, dict) else {})
    problem = schema_problem(schema)
    properties = schema.get("properties") if not problem else None
    properties = properties if isinstance(properties, dict) else {}
    wire = parameter_names(properties)
    required = {p for p in schema.get("required") or () if isinstance(p, str)} if not problem else set()
    records: dict[str, Record] = {}
    parameters = tuple(_parameter(py, properties[w], w in required, schema, records) for py, w in wire.items())
    inner, is_wrapped = _unwrapped(tool.output_schema)
    returns = _annotation(inner, tool.output_schema, f"{name}_result", records) if inner is not None else "Any"
    spec = ToolSpec(
        name=name,
        purpose=_purpose(tool),
        description=(tool.description or "").strip()[:_DESCRIPTION_CHARS],
        parameters=tuple(sorted(parameters, key=lambda p: not p.required)),
        returns=returns,
        returns_description="" if inner is not None else "Text, or data where the text is JSON; a list of several.",
        records=tuple(records.values()),
        effect=_effect(tool),
        schema=_renamed(schema, wire, required) if not problem else {},
        is_trusted=is_trusted,
    )
    return Described(
        tool.name, spec, wire, is_wrapped, f"{name}: its schema cannot be used: {problem}" if problem else ""
    )


def _effect(tool: Any) -> Effect:
    """By its hint. Whether the hint counts is the policy's to say; one that warns always does."""
    return "read" if tool.annotations is not None and tool.annotations.read_only_hint is True else "write"


def _purpose(tool: Any) -> str:
    title = tool.title or (tool.annotations.title if tool.annotations is not None else None) or ""
    first = next((line.strip() for line in (tool.description or "").splitlines() if line.strip()), "")
    return " ".join((first or title or tool.name).split())[:_PURPOSE_CHARS]


def _parameter(name: str, schema: Any, required: bool, whole: dict[str, Any], records: dict[str, Record]) -> Parameter:
    has_default = isinstance(schema, dict) and "default" in schema
    annotation = _annotation(schema, whole, name, records)
    if not required and not has_default and annotation != "Any" and "None" not in annotation.split(" | "):
        annotation += " | None"
    description = str(schema.get("description") or "")[:1000] if isinstance(schema, dict) else ""
    default = schema["default"] if has_default else None
    return Parameter(name, annotation, required, default, " ".join(description.split()))


def _annotation(schema: Any, whole: Any, hint: str, records: dict[str, Record]) -> str:
    names = RecordNames()
    for taken in records:
        names.inline(taken)
    maker = RecordMaker(References(whole if isinstance(whole, dict) else {}), names)
    text = maker.annotation(schema, hint)
    records.update(maker.records)
    return text


def _unwrapped(output_schema: Any) -> tuple[Any, bool]:
    """The schema of the value; servers wrap what is no object in `{"result": ...}`."""
    if not isinstance(output_schema, dict):
        return None, False
    properties = output_schema.get("properties")
    if isinstance(properties, dict) and list(properties) == ["result"] and output_schema.get("required") == ["result"]:
        return properties["result"], True
    return output_schema, False


def _renamed(schema: dict[str, Any], wire: Mapping[str, str], required: set[str]) -> dict[str, Any]:
    """The schema over the Python names. A parameter that is not described does not get through."""
    properties = schema.get("properties", {})
    kept = {k: v for k, v in schema.items() if k not in ("properties", "required", "additionalProperties", "$schema")}
    return {
        **kept,
        "type": "object",
        "properties": {py: properties[w] for py, w in wire.items()},
        "required": [py for py, w in wire.items() if w in required],
        "additionalProperties": False,
    }


def _without_patterns(schema: Any, depth: int = 0) -> Any:
    """A schema without what is not checked; values (`enum`, `default`, ...) are left as they are."""
    if not isinstance(schema, dict) or depth > _DEPTH:
        return schema if isinstance(schema, bool) else {}
    kept: dict[str, Any] = {}
    for key, value in schema.items():
        if key in _UNCHECKED:
            continue
        if key in _SCHEMA_MAPS and isinstance(value, dict):
            kept[key] = {name: _without_patterns(inner, depth + 1) for name, inner in value.items()}
        elif key in _SCHEMAS and isinstance(value, dict | bool):
            kept[key] = _without_patterns(value, depth + 1)
        elif key in _SCHEMAS and isinstance(value, list):
            kept[key] = [_without_patterns(inner, depth + 1) for inner in value]
        else:
            kept[key] = value
    return kept
