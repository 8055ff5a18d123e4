"""Type hints as JSON sees them: the text a stub shows, the record types in it, the JSON schema of an argument.

What a program in the sandbox sends is JSON. A `datetime` is therefore text in a stub, an `Enum` its values, a dataclass
a record. Where pydantic had a hand in a type (a model, a constraint), pydantic says what its schema is.
"""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import inspect
import pathlib
import types
import typing
import uuid
from collections import abc
from typing import Any

TEXT_TYPES: dict[Any, tuple[str, dict[str, Any]]] = {
    datetime.datetime: ("an ISO 8601 date and time", {"type": "string", "format": "date-time"}),
    datetime.date: ("an ISO 8601 date", {"type": "string", "format": "date"}),
    datetime.time: ("an ISO 8601 time", {"type": "string", "format": "time"}),
    uuid.UUID: ("a UUID", {"type": "string", "format": "uuid"}),
    bytes: ("bytes in base64", {"type": "string", "contentEncoding": "base64"}),
    decimal.Decimal: ("a decimal number as text or number", {"type": ["string", "number"]}),
}
"""Types that are text in JSON: what that text is, and its schema."""
PLAIN: dict[Any, str] = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}
LISTS = (list, set, frozenset, tuple, abc.Sequence, abc.Iterable, abc.Collection, abc.Set, abc.MutableSequence)
MAPPINGS = (dict, abc.Mapping, abc.MutableMapping)
UNIONS: tuple[Any, ...] = (typing.Union, getattr(types, "UnionType", typing.Union))


class NoSchema(Exception):
    """A type that JSON cannot hold; the text names it."""


def is_model(hint: Any) -> bool:
    """A pydantic model's class, without importing pydantic."""
    return inspect.isclass(hint) and hasattr(hint, "model_validate") and hasattr(hint, "model_json_schema")


def is_namedtuple(hint: Any) -> bool:
    return inspect.isclass(hint) and issubclass(hint, tuple) and hasattr(hint, "_fields")


def is_path(hint: Any) -> bool:
    return inspect.isclass(hint) and issubclass(hint, pathlib.PurePath)


def is_enum(hint: Any) -> bool:
    return inspect.isclass(hint) and issubclass(hint, enum.Enum)


def is_typeddict(hint: Any) -> bool:
    return inspect.isclass(hint) and issubclass(hint, dict) and hasattr(hint, "__total__")


def enum_values(hint: Any) -> list[Any]:
    """What an enum's members are in JSON: their values, or their names where a value is no plain one."""
    members = list(hint)
    plain = all(isinstance(m.value, (str, int, float, bool)) for m in members)
    return [m.value if plain else m.name for m in members]


def fields_of(hint: Any) -> dict[str, tuple[Any, bool]] | None:
    """Field to (type hint, required) where the type is a record: a dataclass, TypedDict, model or NamedTuple."""
    if is_model(hint):
        return {n: (_model_hint(f), f.is_required()) for n, f in hint.model_fields.items()}
    if is_typeddict(hint):
        needed = getattr(hint, "__required_keys__", frozenset(hint.__annotations__))
        return {n: (_unwrapped(h), n in needed) for n, h in hints_of(hint).items()}
    if dataclasses.is_dataclass(hint) and inspect.isclass(hint):
        hints = hints_of(hint)
        none = dataclasses.MISSING
        return {
            f.name: (hints.get(f.name, Any), f.default is none and f.default_factory is none)
            for f in dataclasses.fields(hint)
            if f.init
        }
    if is_namedtuple(hint):
        hints, given = hints_of(hint), hint._field_defaults
        return {n: (hints.get(n, Any), n not in given) for n in hint._fields}
    return None


def hints_of(thing: Any) -> dict[str, Any]:
    """`typing.get_type_hints`, with `Annotated` kept.

    Raises:
        NameError, TypeError: a name in an annotation is not there.
    """
    return typing.get_type_hints(thing, include_extras=True)


def text_of(hint: Any) -> str:
    """A type hint as short Python source, as JSON sees it: `list[Film]`, `str | None`, `Any`."""
    if hint in (Any, object, inspect.Parameter.empty) or isinstance(hint, typing.TypeVar):
        return "Any"
    if hint is None or hint is type(None):
        return "None"
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Annotated:
        return text_of(args[0])
    if origin in UNIONS:
        return " | ".join(dict.fromkeys(text_of(a) for a in args))
    if origin is typing.Literal:
        return f"Literal[{', '.join(repr(_literal(a)) for a in args)}]"
    if hint in TEXT_TYPES or is_path(hint):
        return "str"
    if hint is datetime.timedelta:
        return "float"
    if is_enum(hint):
        return f"Literal[{', '.join(map(repr, enum_values(hint)))}]"
    if origin in MAPPINGS:
        return f"dict[{', '.join(text_of(a) for a in args)}]" if args else "dict"
    if origin is tuple:
        return f"tuple[{', '.join('...' if a is Ellipsis else text_of(a) for a in args)}]"
    if origin is not None and inspect.isclass(origin) and issubclass(origin, abc.Iterable):
        return f"list[{text_of(args[0])}]" if args else "list"
    if hint in LISTS:
        return "list"
    name = getattr(hint, "__name__", str(hint))
    return name.split("[")[0] if name.isidentifier() or fields_of(hint) is not None else "Any"


def collect_records(hint: Any, into: dict[str, list[list[str]]]) -> None:
    """Every record type in a hint: its name to `[field, type]` pairs."""
    fields = fields_of(hint)
    if fields is not None:
        name = hint.__name__.split("[")[0]
        if name in into:
            return
        into[name] = [[n, text_of(h)] for n, (h, _) in fields.items()]
        for inner, _ in fields.values():
            collect_records(inner, into)
    for inner in typing.get_args(hint):
        collect_records(inner, into)


def schema_of(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    """The JSON schema of a type; records go into `definitions`, so that they may refer to themselves.

    Raises:
        NoSchema: a type that JSON cannot hold.
    """
    if uses_pydantic(hint):
        return _pydantic_schema(hint, definitions)
    if hint in (Any, object, inspect.Parameter.empty) or isinstance(hint, typing.TypeVar):
        return {}
    if hint in PLAIN or hint is None:
        return {"type": PLAIN.get(hint, "null")}
    if hint in TEXT_TYPES:
        return dict(TEXT_TYPES[hint][1])
    if is_path(hint):
        return {"type": "string", "format": "path"}
    if hint is datetime.timedelta:
        return {"type": "number", "description": "seconds"}
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Annotated:
        return schema_of(args[0], definitions)
    if origin in UNIONS:
        return {"anyOf": [schema_of(a, definitions) for a in args]}
    if origin is typing.Literal:
        return _enum_schema([_literal(a) for a in args])
    if is_enum(hint):
        return _enum_schema(enum_values(hint))
    fields = fields_of(hint)
    if fields is not None:
        return _record_schema(hint, fields, definitions)
    if origin in MAPPINGS or hint in MAPPINGS:
        values = schema_of(args[1], definitions) if len(args) == 2 else {}
        return {"type": "object", **({"additionalProperties": values} if values else {})}
    if origin is tuple and args and args[-1] is not Ellipsis:
        prefix = [schema_of(a, definitions) for a in args]
        return {"type": "array", "prefixItems": prefix, "minItems": len(args), "maxItems": len(args)}
    if (origin or hint) in LISTS:
        items = schema_of(args[0], definitions) if args else {}
        unique = {"uniqueItems": True} if (origin or hint) in (set, frozenset, abc.Set) else {}
        return {"type": "array", "items": items, **unique}
    if isinstance(getattr(hint, "__supertype__", None), type):  # NewType
        return schema_of(hint.__supertype__, definitions)
    raise NoSchema(getattr(hint, "__name__", None) or str(hint))


def uses_pydantic(hint: Any) -> bool:
    """Whether pydantic has to say what a type is: its models and its constraints, however deep they stand."""
    if is_model(hint) or type(hint).__module__.partition(".")[0] in ("pydantic", "annotated_types"):
        return True
    if inspect.isclass(hint) and hint.__module__.partition(".")[0] == "pydantic":
        return True
    inner = list(typing.get_args(hint))
    if typing.get_origin(hint) is typing.Annotated:
        inner = [inner[0], *hint.__metadata__]
    return typing.get_origin(hint) is not typing.Literal and any(uses_pydantic(part) for part in inner)


def _pydantic_schema(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    import pydantic

    try:
        schema: dict[str, Any] = pydantic.TypeAdapter(hint).json_schema()
    except (pydantic.errors.PydanticUserError, TypeError) as error:
        raise NoSchema(f"{text_of(hint)} ({str(error).splitlines()[0]})") from error
    definitions.update(schema.pop("$defs", {}))
    return schema


def _record_schema(hint: Any, fields: dict[str, tuple[Any, bool]], definitions: dict[str, Any]) -> dict[str, Any]:
    name = hint.__name__.split("[")[0]
    if name not in definitions:
        definitions[name] = {}  # a record may refer to itself
        definitions[name] = {
            "type": "object",
            "properties": {n: schema_of(h, definitions) for n, (h, _) in fields.items()},
            "required": [n for n, (_, needed) in fields.items() if needed],
            "additionalProperties": False,
        }
    return {"$ref": f"#/$defs/{name}"}


def _enum_schema(values: list[Any]) -> dict[str, Any]:
    kinds = {PLAIN.get(type(v), "") for v in values}
    return {"enum": values, **({"type": kinds.pop()} if len(kinds) == 1 and "" not in kinds else {})}


def _literal(value: Any) -> Any:
    return enum_values(type(value))[list(type(value)).index(value)] if isinstance(value, enum.Enum) else value


def _model_hint(field: Any) -> Any:
    return field.annotation if field.annotation is not None else Any


def _unwrapped(hint: Any) -> Any:
    """Without `Required[...]` and `NotRequired[...]`, which say nothing of the value."""
    origin = typing.get_origin(hint)
    name = getattr(origin, "_name", None) or getattr(origin, "__name__", "")
    return typing.get_args(hint)[0] if name in ("Required", "NotRequired", "ReadOnly") else hint
