"""OpenAPI schemas as Python annotations and record types: what a model reads of arguments and results."""

from __future__ import annotations

from collections import deque
from typing import Any

from agent.calls.spec import Record
from agent.tools.openapi.naming import class_name
from agent.tools.openapi.references import ReferenceProblem, References

MAX_RECORDS = 40
MAX_FIELDS = 80
_MAX_DEPTH = 8
_MAX_LITERALS = 24
_MAX_UNION = 6
_PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}


class RecordNames:
    """One per document: a component has the same record name in every tool, and no other has it."""

    def __init__(self) -> None:
        self._of: dict[str, str] = {}
        self._taken: set[str] = set()

    def component(self, pointer: str) -> str:
        """The name of a component's record, made at its first use."""
        if pointer not in self._of:
            self._of[pointer] = self.inline(pointer.rpartition("/")[2])
        return self._of[pointer]

    def inline(self, text: str) -> str:
        """A new name."""
        stem = name = class_name(text)
        n = 2
        while name in self._taken:
            name, n = f"{stem}{n}", n + 1
        self._taken.add(name)
        return name


class RecordMaker:
    """Reads the schemas of one tool; `records` holds the record types that its annotations name, outer ones first."""

    def __init__(self, references: References, names: RecordNames) -> None:
        self._references = references
        self._names = names
        self._within: set[str] = set()
        self._waiting: deque[tuple[str, dict[str, Any], int]] = deque()
        self.records: dict[str, Record] = {}

    def annotation(self, raw: Any, hint: str) -> str:
        """Python source of the type. `hint` names the record of an object that has no name of its own."""
        text = self._annotation(raw, hint, 0)
        while self._waiting:
            self._fill(*self._waiting.popleft())
        return text

    def _annotation(self, raw: Any, hint: str, depth: int) -> str:
        if not isinstance(raw, dict) or depth > _MAX_DEPTH:
            return "Any"
        if isinstance(pointer := raw.get("$ref"), str):
            return self._of_component(pointer, depth) + (" | None" if raw.get("nullable") is True else "")
        text = self._text(raw, hint, depth)
        if raw.get("nullable") is True and text != "Any" and "None" not in text.split(" | "):
            return f"{text} | None"
        return text

    def _of_component(self, pointer: str, depth: int) -> str:
        try:
            target = self._references.at(pointer)
        except ReferenceProblem:
            return "Any"
        name = self._names.component(pointer) if self._is_record(target) else ""
        if not name:
            key = f"{pointer}#"
            if key in self._within:  # a component that refers to itself without being an object
                return "Any"
            self._within.add(key)
            try:
                return self._annotation(target, pointer.rpartition("/")[2], depth + 1)
            finally:
                self._within.discard(key)
        return self._record(name, target, 0)

    def _text(self, raw: dict[str, Any], hint: str, depth: int) -> str:
        if isinstance(values := raw.get("enum"), list) and values:
            return _literal(values)
        if "const" in raw:
            return _literal([raw["const"]])
        if self._is_record(raw):
            return self._record("", raw, depth, hint)
        for key in ("oneOf", "anyOf"):
            if isinstance(parts := raw.get(key), list) and parts:
                return self._union([self._annotation(part, hint, depth + 1) for part in parts])
        if isinstance(parts := raw.get("allOf"), list) and parts:
            return self._annotation(parts[0], hint, depth + 1)
        kinds = raw.get("type")
        if isinstance(kinds, list):
            return self._union([self._text({**raw, "type": kind}, hint, depth) for kind in kinds[:_MAX_UNION]])
        if kinds == "array" or "items" in raw:
            inner = self._annotation(raw.get("items"), f"{hint}_item", depth + 1)
            return f"list[{inner}]"
        if kinds == "object" or "additionalProperties" in raw:
            inner = self._annotation(raw.get("additionalProperties"), f"{hint}_value", depth + 1)
            return f"dict[str, {inner}]"
        return _PLAIN.get(str(kinds), "Any")

    def _record(self, name: str, raw: dict[str, Any], depth: int, hint: str = "") -> str:
        if name in self.records:
            return name
        if len(self.records) >= MAX_RECORDS:
            return "dict[str, Any]"
        name = name or self._names.inline(hint)
        self.records[name] = Record(name, ())
        self._waiting.append((name, raw, depth))
        return name

    def _fill(self, name: str, raw: dict[str, Any], depth: int) -> None:
        fields = []
        for field, schema in list(self._properties(raw, 0).items())[:MAX_FIELDS]:
            if field and len(field) <= 80 and field.isprintable() and not set(field) & set("\"\\'"):
                fields.append((field, self._annotation(schema, f"{name}_{field}", depth + 1)))
        self.records[name] = Record(name, tuple(fields))

    def _is_record(self, raw: Any) -> bool:
        """An object with properties of its own or of its parts, that is not one of several forms."""
        if not isinstance(raw, dict) or any(key in raw for key in ("oneOf", "anyOf")):
            return False
        if isinstance(raw.get("properties"), dict) and raw["properties"]:
            return True
        parts = raw.get("allOf")
        return isinstance(parts, list) and len(parts) > 1 and bool(self._properties(raw, 0))

    def _properties(self, raw: Any, depth: int) -> dict[str, Any]:
        """An object's properties, with those of its `allOf` parts."""
        if not isinstance(raw, dict) or depth > _MAX_DEPTH:
            return {}
        found: dict[str, Any] = {}
        for part in raw.get("allOf") or () if isinstance(raw.get("allOf"), list) else ():
            try:
                found |= self._properties(self._references.resolved(part), depth + 1)
            except ReferenceProblem:
                continue
        own = raw.get("properties")
        return found | ({str(k): v for k, v in own.items()} if isinstance(own, dict) else {})

    def _union(self, parts: list[str]) -> str:
        seen = list(dict.fromkeys(piece for part in parts for piece in _split(part)))
        if "Any" in seen or len(seen) > _MAX_UNION:
            return "Any"
        if "None" in seen:
            seen = [part for part in seen if part != "None"] + ["None"]
        return " | ".join(seen)


def _literal(values: list[Any]) -> str:
    if len(values) <= _MAX_LITERALS and all(_is_short(value) for value in values):
        texts = list(dict.fromkeys(repr(value) for value in values if value is not None))
        null = ["None"] if None in values else []
        return " | ".join(([f"Literal[{', '.join(texts)}]"] if texts else []) + null)
    kinds = {type(value) for value in values}
    return "str" if kinds == {str} else "int" if kinds == {int} else "Any"


def _is_short(value: Any) -> bool:
    return isinstance(value, str | int | bool | None) and len(str(value)) <= 60 and str(value).isprintable()


def _split(annotation: str) -> list[str]:
    """The members of a union; brackets keep theirs together."""
    parts, depth, begun = [], 0, 0
    for i, character in enumerate(annotation):
        depth += (character == "[") - (character == "]")
        if character == "|" and depth == 0:
            parts.append(annotation[begun:i].strip())
            begun = i + 1
    return [*parts, annotation[begun:].strip()]
