"""A function as data: name, docs, parameters, result, schema. What `agent.calls.spec.ToolSpec` is made from."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from typing import Any

from . import types_json as tj
from .docstrings import parse_docstring

EFFECT = "__effect__"
"""The attribute by which a function says that it changes something: "write"."""


class Undescribable(Exception):
    """A function that cannot be a tool; `hint` says what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def describe(function: Callable[..., Any]) -> dict[str, Any]:
    """The function as JSON; its keys are the fields of a tool's spec.

    Raises:
        Undescribable: `*args`, `**kwargs`, positional-only parameters, or types that have no JSON schema.
    """
    name = function.__name__
    hints = _hints(function)
    doc = parse_docstring(inspect.getdoc(function) or "")
    parameters, properties, definitions = [], {}, {}  # type: ignore[var-annotated]  # JSON
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            raise Undescribable(
                f"the tool {name}() takes {parameter}, which a model cannot be told how to fill",
                "give every parameter a name: no *args, **kwargs or positional-only parameters",
            )
        hint = hints.get(parameter.name, Any)
        try:
            properties[parameter.name] = tj.schema_of(hint, definitions)
        except tj.NoSchema as error:
            raise Undescribable(
                f"the parameter {parameter.name!r} of the tool {name}() has a type without a JSON schema: {error}",
                "use str, int, float, bool, list, dict, Literal, Enum, dates, a dataclass, a TypedDict, a pydantic "
                "model, or a union of them",
            ) from error
        parameters.append(_parameter(parameter, hint, doc.parameters.get(parameter.name, "")))
    returns = _returned(hints.get("return", Any))
    records: dict[str, list[list[str]]] = {}
    for hint in (*(hints.get(p["name"], Any) for p in parameters), returns):
        tj.collect_records(hint, records)
    schema: dict[str, Any] = {
        "type": "object",
        "properties": properties,
        "required": [p["name"] for p in parameters if p["required"]],
        "additionalProperties": False,
    }
    return {
        "name": name,
        "purpose": doc.purpose or name.replace("_", " "),
        "description": doc.description,
        "parameters": parameters,
        "returns": tj.text_of(returns),
        "returns_description": doc.returns,
        "records": [[record, fields] for record, fields in records.items()],
        "effect": "write" if getattr(function, EFFECT, "read") == "write" else "read",
        "schema": {**schema, **({"$defs": definitions} if definitions else {})},
    }


def argument_hints(function: Callable[..., Any]) -> dict[str, Any]:
    """The hints of the parameters that need converting from JSON: plain ones are left as they come."""
    plain = (Any, object, str, int, bool, type(None))
    hints = _hints(function)
    return {n: hints[n] for n in inspect.signature(function).parameters if n in hints and hints[n] not in plain}


def _parameter(parameter: inspect.Parameter, hint: Any, description: str) -> dict[str, Any]:
    what = _what(hint)
    if what and what not in description:
        description = f"{description} ({what})" if description else what[0].upper() + what[1:]
    described: dict[str, Any] = {
        "name": parameter.name,
        "annotation": tj.text_of(hint),
        "required": parameter.default is parameter.empty,
        "description": description,
    }
    if parameter.default is not parameter.empty:
        try:
            described["default"] = json.loads(json.dumps(parameter.default))
        except (TypeError, ValueError, RecursionError):
            described["default_unknown"] = True
    return described


def _what(hint: Any) -> str:
    """What the text of a date or a path is, which the stub's `str` does not say."""
    import datetime
    import typing

    for each in (hint, *typing.get_args(hint)):
        if each in tj.TEXT_TYPES:
            return tj.TEXT_TYPES[each][0]
        if tj.is_path(each):
            return "a path"
        if each is datetime.timedelta:
            return "seconds"
    return ""


def _returned(hint: Any) -> Any:
    """What a generator's caller gets: a list of what it yields."""
    import typing
    from collections import abc

    origin, args = typing.get_origin(hint), typing.get_args(hint)
    streams = (abc.Generator, abc.AsyncGenerator, abc.Iterator, abc.AsyncIterator, abc.AsyncIterable)
    if origin in streams and args:
        return list[args[0]]  # type: ignore[valid-type]  # a hint made at run time
    return hint


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    try:
        return tj.hints_of(function)
    except (NameError, TypeError, AttributeError) as error:
        raise Undescribable(
            f"the type hints of the tool {function.__name__}() cannot be read: {error}",
            "import the names that its annotations use at the top of the module, outside of TYPE_CHECKING",
        ) from error
