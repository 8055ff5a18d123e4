"""OpenAPI schemas as JSON Schema 2020-12: what the host checks arguments against.

Lenient where documents are often wrong and the server decides anyway (`oneOf` that overlaps), strict on names and
types. `pattern` is left out: an expression of a hostile document could keep the host busy for hours.
"""

from __future__ import annotations

from typing import Any

from agent.tools.openapi.references import ReferenceProblem, References

MAX_DEPTH = 40
MAX_DEFINITIONS = 200
_TYPES = {"string", "integer", "number", "boolean", "array", "object", "null"}
_NUMBERS = (
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "minItems",
    "maxItems", "minProperties", "maxProperties",
)  # fmt: skip
_COUNTS = frozenset(_NUMBERS[5:])


class SchemaConverter:
    """One per document. Components are converted once and shared between tools."""

    def __init__(self, references: References) -> None:
        self._references = references
        self._components: dict[str, tuple[Any, frozenset[str]]] = {}
        self._names: dict[str, str] = {}

    def convert(self, raw: Any) -> tuple[Any, frozenset[str]]:
        """The schema, and the pointers of the components that it refers to (`#/$defs/...`)."""
        pointers: set[str] = set()
        return self._converted(raw, pointers, 0), frozenset(pointers)

    def definitions(self, pointers: frozenset[str]) -> dict[str, Any] | None:
        """`$defs` for these components and all that they need; None where there are too many to check against."""
        wanted = sorted(pointers)
        found: dict[str, Any] = {}
        while wanted:
            pointer = wanted.pop()
            name = self._name(pointer)
            if name in found:
                continue
            if len(found) >= MAX_DEFINITIONS:
                return None
            found[name], needs = self._component(pointer)
            wanted += sorted(needs)
        return found

    def _component(self, pointer: str) -> tuple[Any, frozenset[str]]:
        if pointer not in self._components:
            try:
                self._components[pointer] = self.convert(self._references.at(pointer))
            except ReferenceProblem:
                self._components[pointer] = ({}, frozenset())
        return self._components[pointer]

    def _name(self, pointer: str) -> str:
        if pointer not in self._names:
            last = "".join(c if c.isalnum() and c.isascii() else "_" for c in pointer.rpartition("/")[2])
            self._names[pointer] = last if last not in self._names.values() else f"{last}_{len(self._names)}"
        return self._names[pointer]

    def _converted(self, raw: Any, pointers: set[str], depth: int) -> Any:
        if not isinstance(raw, dict) or depth > MAX_DEPTH:
            return {} if raw is not False else False
        if isinstance(pointer := raw.get("$ref"), str):
            try:
                self._references.at(pointer)
            except ReferenceProblem:
                return {}
            pointers.add(pointer)
            reference: dict[str, Any] = {"$ref": f"#/$defs/{self._name(pointer)}"}
            return _or_null(reference) if raw.get("nullable") is True else reference
        out = self._scalars(raw)
        inner = depth + 1
        if isinstance(properties := raw.get("properties"), dict):
            out["properties"] = {
                str(k): self._converted(v, pointers, inner)
                for k, v in properties.items()
                if not (isinstance(v, dict) and v.get("readOnly") is True)
            }
            if isinstance(required := raw.get("required"), list):
                known = [name for name in required if name in out["properties"]]
                out |= {"required": known} if known else {}
        if "additionalProperties" in raw:
            out["additionalProperties"] = self._additional(raw["additionalProperties"], pointers, inner)
        if isinstance(raw.get("items"), dict):
            out["items"] = self._converted(raw["items"], pointers, inner)
        if isinstance(prefix := raw.get("prefixItems"), list):
            out["prefixItems"] = [self._converted(each, pointers, inner) for each in prefix]
        if isinstance(parts := raw.get("allOf"), list) and parts:
            whole = [self._converted(each, pointers, inner) for each in parts]
            # `additionalProperties: false` in a part would forbid what the other parts allow.
            out["allOf"] = [_open(each) for each in whole]
            if out.get("additionalProperties") is False:
                del out["additionalProperties"]
        either = [each for key in ("anyOf", "oneOf") for each in raw.get(key) or () if isinstance(raw.get(key), list)]
        if either:
            out["anyOf"] = [self._converted(each, pointers, inner) for each in either]
        return _nullable(out) if raw.get("nullable") is True else out

    def _additional(self, given: Any, pointers: set[str], depth: int) -> Any:
        if isinstance(given, dict):
            return self._converted(given, pointers, depth)
        return given is not False and str(given).lower() != "false"

    def _scalars(self, raw: dict[str, Any]) -> dict[str, Any]:
        out: dict[str, Any] = {}
        kinds = [t for t in _as_list(raw.get("type")) if t in _TYPES]
        if kinds:
            out["type"] = kinds[0] if len(kinds) == 1 else kinds
        if isinstance(values := raw.get("enum"), list) and values:
            out["enum"] = values
        if "const" in raw:
            out["const"] = raw["const"]
        for key in _NUMBERS:
            value = number(raw.get(key))
            if value is not None and (key not in _COUNTS or (value >= 0 and value == int(value))):
                out[key] = value
        for key, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
            if raw.get(key) is True and bound in out:  # 3.0 says it by a flag
                out[key] = out.pop(bound)
        if out.get("multipleOf", 1) <= 0:
            del out["multipleOf"]
        if raw.get("uniqueItems") is True:
            out["uniqueItems"] = True
        return out


def number(value: Any) -> int | float | None:
    """A number, also where a document wrote it as text; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    try:
        return int(value) if isinstance(value, str) and "." not in value else float(value)
    except (TypeError, ValueError, OverflowError):
        return None


def allows_null(schema: Any) -> bool:
    """Says a converted schema by itself that null is a value? (References are not followed.)"""
    if not isinstance(schema, dict):
        return True
    if "enum" in schema:
        return None in schema["enum"]
    if "type" in schema:
        return "null" in _as_list(schema["type"])
    if "anyOf" in schema:
        return any(allows_null(each) for each in schema["anyOf"])
    return not ({"$ref", "const", "allOf"} & schema.keys())


def _nullable(out: dict[str, Any]) -> dict[str, Any]:
    if "enum" in out and None not in out["enum"]:
        out["enum"] = [*out["enum"], None]
    if "type" in out:
        out["type"] = [*_as_list(out["type"]), "null"]
    if {"allOf", "anyOf", "const"} & out.keys():
        return _or_null(out)
    return out


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


def _open(schema: Any) -> Any:
    if isinstance(schema, dict) and schema.get("additionalProperties") is False:
        return {k: v for k, v in schema.items() if k != "additionalProperties"}
    return schema


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if isinstance(value, str) else []
