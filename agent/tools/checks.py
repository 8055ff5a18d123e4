"""What is checked around a call, before the tool gets its arguments and before the program gets the result."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from agent.calls.spec import ToolSpec
from agent.tools.feedback import ArgumentsRefused, ResultRefused


def check_arguments(spec: ToolSpec, args: Mapping[str, Any]) -> None:
    """
    Raises:
        ArgumentsRefused: they do not fit the tool's schema.
    """
    from jsonschema import Draft202012Validator

    if not spec.schema:
        return
    error = next(iter(Draft202012Validator(spec.schema).iter_errors(dict(args))), None)
    if error is not None:
        where = ".".join(map(str, error.absolute_path)) or "arguments"
        raise ArgumentsRefused(f"{where}: {error.message[:300]}; the signature is {spec.signature}")


def as_json(name: str, value: Any, limit_bytes: int) -> Any:
    """The value as the program will get it. A copy: a tool may go on changing what it returned. Blocking.

    Raises:
        ResultRefused: it is no JSON, or larger than the limit.
    """
    try:
        text = json.dumps(value, allow_nan=True)
        if len(text) <= limit_bytes:  # it is ASCII: characters are bytes
            return json.loads(text)
    except (TypeError, ValueError, RecursionError) as error:
        raise ResultRefused(f"{name}() returned something that is no JSON: {error}") from error
    raise ResultRefused(
        f"{name}() returned {len(text):,} bytes, more than the {limit_bytes:,} that are passed on; "
        "ask it for less at a time"
    )
