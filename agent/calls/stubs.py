"""Stubs: the Python functions that stand for tools inside the kernel, and the same text as documentation for a model.

A stub has the tool's real signature, types and docstring, and no body: the kernel's runtime (`@tool`) lets Python bind
the arguments, so that a wrong call raises Python's own `TypeError`, and sends a good one to the broker.
"""

from __future__ import annotations

import ast
import keyword
from collections.abc import Iterable

from agent.calls.spec import Parameter, Record, ToolSpec

_HEADER = (
    "from __future__ import annotations\n"
    "from typing import Any, Literal\n"
    "from toolcoder_runtime import ToolError, tool\n"
)
_RECORD_CHARS = 4000
"""Of record types in a stub's docstring; a kernel gets thousands of stubs."""
_NO_ANNOTATION = (ast.Yield, ast.YieldFrom, ast.Await, ast.NamedExpr)


def stub_module(specs: Iterable[ToolSpec]) -> str:
    """Source of all stubs, executed in the kernel before the first cell."""
    return _HEADER + "\n\n".join(["", *(f"@tool\n{stub(spec)}" for spec in specs)]) + "\n"


def stub(spec: ToolSpec) -> str:
    """One stub as Python source: `def name(...) -> ...:` and its docstring.

    Raises:
        ValueError: the tool's or a parameter's name is no Python identifier (sources make names valid beforehand).
    """
    for name in (spec.name, *(p.name for p in spec.parameters)):
        if not name.isidentifier() or keyword.iskeyword(name):
            raise ValueError(f"{name!r} is no valid Python name for a tool or parameter")
    # `repr` escapes whatever a description contains: it can neither end the docstring nor become code.
    return f"def {_head(spec)}:\n    {_help(spec)!r}\n    ..."


def documentation(spec: ToolSpec) -> str:
    """The stub as a model reads it while implementing: signature, docstring, no body."""
    doc = docstring(spec).replace('"""', "'''").replace("\n", "\n    ")
    return f'def {_head(spec)}:\n    """{doc}"""'


def record_types(specs: Iterable[ToolSpec]) -> str:
    """The record types of these tools' results, a line each: `Film: {"id": int, "title": str}`."""
    seen: dict[str, Record] = {}
    for spec in specs:
        for record in spec.records:
            seen.setdefault(record.name, record)
    return "\n".join(f"{r.name}: {{{_fields(r)}}}" for r in seen.values())


def docstring(spec: ToolSpec) -> str:
    """Purpose, description, Args and Returns in the Google style."""
    parts = [spec.purpose.strip()]
    if spec.description.strip() and spec.description.strip() != spec.purpose.strip():
        parts.append(spec.description.strip())
    described = [p for p in spec.parameters if p.description]
    if described:
        parts.append("Args:\n" + "\n".join(f"    {p.name}: {p.description}" for p in described))
    if spec.returns_description:
        parts.append("Returns:\n    " + spec.returns_description.replace("\n", "\n    "))
    return "\n\n".join(parts)


def _help(spec: ToolSpec) -> str:
    """What `help()` shows in the kernel: the docstring and the records, which a prompt lists apart."""
    records = "\n".join(f"    {line}" for line in record_types([spec]).splitlines())
    if not records:
        return docstring(spec)
    cut = records if len(records) <= _RECORD_CHARS else records[:_RECORD_CHARS].rpartition("\n")[0] + "\n    ..."
    return f"{docstring(spec)}\n\nRecords:\n{cut}"


def _fields(record: Record) -> str:
    return ", ".join(f'"{name}": {annotation}' for name, annotation in record.fields)


def _head(spec: ToolSpec) -> str:
    ordered = sorted(spec.parameters, key=lambda p: not p.required)
    return f"{spec.name}({', '.join(map(_parameter, ordered))}) -> {_annotation(spec.returns)}"


def _parameter(parameter: Parameter) -> str:
    text = f"{parameter.name}: {_annotation(parameter.annotation)}"
    return text if parameter.required else f"{text} = {parameter.default_text}"


def _annotation(text: str) -> str:
    """The annotation if it is one expression that may stand there, else `Any`: documents that we did not write give it.

    It is written anew from its syntax tree: a comment in it would swallow the rest of the line.
    """
    try:
        whole = ast.parse(text, mode="eval")
        # A bare tuple would become further parameters.
        if isinstance(whole.body, ast.Tuple) or any(isinstance(node, _NO_ANNOTATION) for node in ast.walk(whole)):
            return "Any"
        return ast.unparse(whole)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return "Any"
