"""From JSON to what a function wants, and from what it returns to JSON."""

from __future__ import annotations

import base64
import dataclasses
import datetime
import decimal
import enum
import itertools
import pathlib
import typing
import uuid
from collections import abc
from typing import Any

from . import types_json as tj

MAX_YIELDED = 1_000_000
"""Items of a generator; one that never ends must not fill the memory."""


class TooMany(ValueError):
    """A generator that yields more than is collected."""


def from_json(hint: Any, value: Any) -> Any:
    """The value that the hint asks for; JSON's own where the hint says nothing more.

    Raises:
        ValueError, TypeError: the value does not fit.
    """
    if tj.uses_pydantic(hint):
        import pydantic

        return pydantic.TypeAdapter(hint).validate_python(value)
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Annotated:
        return from_json(args[0], value)
    if origin in tj.UNIONS:
        return _first_that_fits(args, value)
    if tj.is_enum(hint):
        return list(hint)[tj.enum_values(hint).index(value)]
    if hint in tj.TEXT_TYPES or hint is datetime.timedelta or tj.is_path(hint):
        return _from_text(hint, value)
    fields = tj.fields_of(hint)
    if fields is not None:
        return _record(hint, fields, value)
    if (origin or hint) in tj.MAPPINGS:
        _must(isinstance(value, dict), hint, value)
        return {_key(args, k): from_json(args[1], v) if len(args) == 2 else v for k, v in value.items()}
    if (origin or hint) in tj.LISTS:
        return _collection(origin or hint, args, value)
    if hint in tj.PLAIN:
        fits = isinstance(value, hint) and (hint is not int or not isinstance(value, bool))
        _must(fits or (hint is float and isinstance(value, int)), hint, value)
        return float(value) if hint is float else value
    if origin is typing.Literal:
        for choice in args:  # a Literal may name an enum's member, which is its value in JSON
            if (choice if not isinstance(choice, enum.Enum) else tj._literal(choice)) == value:
                return choice
        raise ValueError(f"{value!r} is none of {args}")
    return value


def to_json(value: Any) -> Any:
    """What JSON can hold of a result: records, enums, dates and the like become plain values; the rest is left as it is
    and fails where JSON is written."""
    if value is None or (isinstance(value, (bool, int, float, str)) and type(value).__module__ == "builtins"):
        return value
    if isinstance(value, enum.Enum):
        return to_json(value.value)
    if tj.is_model(type(value)):
        return value.model_dump(mode="json")
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_json(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if tj.is_namedtuple(type(value)):
        return {k: to_json(v) for k, v in value._asdict().items()}
    if isinstance(value, abc.Mapping):
        return {k if isinstance(k, str) else to_json(k): to_json(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_json(v) for v in value]
    if isinstance(value, (set, frozenset)):
        return sorted((to_json(v) for v in value), key=repr)
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if isinstance(value, (uuid.UUID, pathlib.PurePath, decimal.Decimal)):
        return str(value)
    if isinstance(value, abc.Iterator):
        return [to_json(v) for v in collected(value)]
    return _foreign(value)


def collected(values: abc.Iterator[Any]) -> list[Any]:
    """A generator's items.

    Raises:
        TooMany: there are more than are passed on.
    """
    items = list(itertools.islice(values, MAX_YIELDED + 1))
    if len(items) > MAX_YIELDED:
        raise TooMany(f"it yields more than {MAX_YIELDED:,} items")
    return items


def _foreign(value: Any) -> Any:
    """numpy's and pandas' own, without importing either."""
    package = type(value).__module__.partition(".")[0]
    if package == "numpy" and hasattr(value, "tolist"):
        return to_json(value.tolist())
    if package == "pandas" and hasattr(value, "to_dict"):
        return to_json(value.to_dict("records") if hasattr(value, "columns") else value.to_dict())
    if isinstance(value, (int, float, str)):
        return value
    return value


def _first_that_fits(hints: tuple[Any, ...], value: Any) -> Any:
    for hint in hints:
        if hint is type(None) and value is None:
            return None
    for hint in hints:
        if hint is type(None):
            continue
        try:
            return from_json(hint, value)
        except (ValueError, TypeError, KeyError):
            continue
    raise ValueError(f"{value!r} fits none of {', '.join(map(tj.text_of, hints))}")


def _record(hint: Any, fields: dict[str, tuple[Any, bool]], value: Any) -> Any:
    _must(isinstance(value, dict), hint, value)
    given = {n: from_json(h, value[n]) for n, (h, _) in fields.items() if n in value}
    unknown = set(value) - set(fields)
    if unknown:
        raise ValueError(f"{hint.__name__} has no field {min(unknown)!r}")
    return given if tj.is_typeddict(hint) else hint(**given)


def _collection(kind: Any, args: tuple[Any, ...], value: Any) -> Any:
    _must(isinstance(value, list), kind, value)
    if kind is tuple and args and args[-1] is not Ellipsis:
        return tuple(from_json(h, v) for h, v in zip(args, value))
    items = [from_json(args[0], v) for v in value] if args else list(value)
    if kind in (set, abc.Set):
        return set(items)
    return kind(items) if kind in (tuple, frozenset) else items


def _key(args: tuple[Any, ...], key: str) -> Any:
    """JSON has text keys; a dictionary of integers is asked for often."""
    return int(key) if args and args[0] is int else from_json(args[0], key) if args and args[0] is not str else key


def _from_text(hint: Any, value: Any) -> Any:
    if hint is datetime.timedelta:
        _must(isinstance(value, (int, float)), hint, value)
        return datetime.timedelta(seconds=value)
    if hint is decimal.Decimal:
        return decimal.Decimal(str(value))
    _must(isinstance(value, str), hint, value)
    if hint is bytes:
        return base64.b64decode(value, validate=True)
    if hint in (datetime.datetime, datetime.date, datetime.time):
        # Python 3.10 and earlier do not know the Z.
        return hint.fromisoformat(value[:-1] + "+00:00" if value.endswith("Z") else value)
    return hint(value)


def _must(fits: bool, hint: Any, value: Any) -> None:
    if not fits:
        raise TypeError(f"{str(value)[:100]!r} is no {tj.text_of(hint)}")
