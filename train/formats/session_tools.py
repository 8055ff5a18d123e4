"""The tools of a session's header as a model reads them."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Any

from train.rows import ToolDoc

_TYPES = {"str": "string", "int": "integer", "float": "number", "bool": "boolean", "list": "array", "dict": "object"}


def tool_docs(described: Any) -> tuple[ToolDoc, ...]:
    """From the field `tools` of the record `session`; a log of before its schemas has signatures alone."""
    if not isinstance(described, Sequence) or isinstance(described, str):
        return ()
    return tuple(_tool_doc(tool) for tool in described if isinstance(tool, Mapping) and tool.get("name"))


def _tool_doc(tool: Mapping[str, Any]) -> ToolDoc:
    parameters = tool.get("parameters")
    if not isinstance(parameters, Mapping) or not parameters:
        parameters = _of_signature(str(tool.get("signature", "")))
    words = str(tool.get("description") or tool.get("purpose") or "")
    return ToolDoc(str(tool["name"]), words, parameters)


def _of_signature(signature: str) -> dict[str, Any]:
    """The JSON schema that `name(a: int, b: str = 'x') -> list[Film]` tells of; {} where it cannot be read."""
    try:
        [function] = ast.parse(f"def {signature}: ...").body
    except (SyntaxError, ValueError):
        return {}
    if not isinstance(function, ast.FunctionDef):
        return {}
    arguments = function.args.args
    n_required = len(arguments) - len(function.args.defaults)
    properties = {a.arg: _schema(ast.unparse(a.annotation) if a.annotation else "") for a in arguments}
    return {"type": "object", "properties": properties, "required": [a.arg for a in arguments[:n_required]]}


def _schema(annotation: str) -> dict[str, Any]:
    name = annotation.partition("[")[0].partition("|")[0].strip()
    return {"type": _TYPES[name]} if name in _TYPES else {}


def named_arguments(args: Mapping[str, Any], tool: ToolDoc | None) -> dict[str, Any]:
    """Arguments that were given by position (`[0]` in the log, where they could not be bound) under their names."""
    properties = tool.parameters.get("properties") if tool is not None else None
    names = list(properties) if isinstance(properties, Mapping) else []
    named: dict[str, Any] = {}
    for key, value in args.items():
        if key.startswith("[") and key.endswith("]") and key[1:-1].isdigit():
            n = int(key[1:-1])
            key = names[n] if n < len(names) and names[n] not in args else f"arg{n + 1}"
        named[key] = value
    return named
