"""What is checked around a call, before the tool gets its arguments and before the program gets the result."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from agent.calls.spec import ToolSpec
from agent.tools.feedback import ArgumentsRefused, ResultRefused


def check_arguments(spec: ToolSpec, args: Mapping[str, Any]) -> None:
    """
    Raises:
        ArgumentsRefused: they do not fit the tool's schema; the message has the signature.
    """
    if not spec.schema:
        return
    error = next(iter(_validator(spec.schema).iter_errors(dict(args))), None)
    if error is not None:
        where = ".".join(map(str, error.absolute_path)) or "arguments"
        raise ArgumentsRefused(f"{where}: {error.message[:300]}; the signature is {spec.signature[:1000]}")


def schema_problem(schema: Mapping[str, Any]) -> str:
    """What is wrong with a JSON schema that somebody else wrote; '' where arguments can be checked against it."""
    from jsonschema.exceptions import SchemaError

    try:
        validator = _validator(schema)
        validator.check_schema(dict(schema))
        list(validator.iter_errors({}))  # a $ref that leads nowhere is seen by its use only
    except SchemaError as error:
        return str(error.message)[:300]
    except Exception as error:  # noqa: BLE001  a strange schema fails in many ways inside the library
        return f"{type(error).__name__}: {error}"[:300]
    return ""


_MADE: dict[int, tuple[Mapping[str, Any], Any]] = {}
_N_MADE = 4096


def _validator(schema: Mapping[str, Any]) -> Any:
    """Kept per schema object, since making one costs more than a check. Nothing is ever fetched for a `$ref`."""
    kept = _MADE.get(id(schema))
    if kept is not None and kept[0] is schema:
        return kept[1]
    from jsonschema.validators import Draft202012Validator, validator_for
    from jsonschema_specifications import REGISTRY

    made = validator_for(schema, default=Draft202012Validator)(schema, registry=REGISTRY)
    if len(_MADE) >= _N_MADE:
        _MADE.clear()
    _MADE[id(schema)] = (schema, made)  # with the schema itself, so that its id stays its own
    return made


def as_json(name: str, value: Any, limit_bytes: int, hide: Callable[[str], str] | None = None) -> Any:
    """The value as the program will get it. A copy: a tool may go on changing what it returned. Blocking.

    `hide` takes out of the JSON text what must not be shown.

    Raises:
        ResultRefused: it is no JSON, or larger than the limit.
    """
    try:
        text = json.dumps(value, allow_nan=True)
        if len(text) <= limit_bytes:  # it is ASCII: characters are bytes
            return json.loads(hide(text) if hide is not None else text)
    except (TypeError, ValueError, RecursionError) as error:
        raise ResultRefused(f"{name}() returned something that is no JSON: {error}") from error
    raise ResultRefused(
        f"{name}() returned {len(text):,} bytes, more than the {limit_bytes:,} that are passed on; "
        "ask it for less at a time"
    )
