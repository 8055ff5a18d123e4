"""Tools as the Python stubs that TL-CodeLLaMA-2 and NexusRaven-2 read (Tables 13 and 7 of the paper)."""

from __future__ import annotations

import keyword
from collections.abc import Mapping
from typing import Any

from train.rows import ToolDoc

_TYPES = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "array": "list",
    "object": "dict",
    "null": "None",
}


def python_type(schema: Any) -> str:
    """The annotation of a JSON schema's type; `Any` where it says none."""
    if not isinstance(schema, Mapping):
        return "Any"
    kind = schema.get("type")
    kinds = kind if isinstance(kind, list) else [kind]
    names = [_TYPES[name] for name in kinds if isinstance(name, str) and name in _TYPES]
    return " | ".join(dict.fromkeys(names)) or "Any"


def tl_stub(tool: ToolDoc) -> str:
    """`def name(p: type, q: type = None):` and a docstring of description and Args."""
    required, properties = parts(tool)
    args = "".join(f"    {name}: {description(schema)}\n" for name, schema in properties.items())
    return (
        f'def {tool.name}({_signature(required, properties)}):\n    """\n{_told(tool)}\n    Args:\n{_in(args)}    """'
    )


def raven_stub(tool: ToolDoc) -> str:
    """The same with types in Args and a Returns, as NexusRaven-2 was trained."""
    required, properties = parts(tool)
    args = "".join(f"{name} ({python_type(s)}): {description(s)}\n" for name, s in properties.items())
    returns = "    Returns:\n    string: The feedback from the tool.\n"
    head = f'def {tool.name}({_signature(required, properties)}):\n    """\n{_told(tool)}\n    Args:\n'
    return f'{head}{_in(args)}\n{returns}    """'


def parts(tool: ToolDoc) -> tuple[set[str], dict[str, Any]]:
    """Required names, and the properties with the required ones first (Python wants defaults last)."""
    raw = tool.parameters.get("properties") or {}
    properties = dict(raw) if isinstance(raw, Mapping) else {}
    required = {str(name) for name in tool.parameters.get("required") or ()}
    return required, dict(sorted(properties.items(), key=lambda item: item[0] not in required))


def parameter_names(tool: ToolDoc) -> tuple[str, ...]:
    """In the order of the stub: what positional arguments bind to."""
    return tuple(parts(tool)[1])


def description(schema: Any) -> str:
    text = schema.get("description", "") if isinstance(schema, Mapping) else ""
    return " ".join(str(text).split())


def _signature(required: set[str], properties: Mapping[str, Any]) -> str:
    # A parameter called like a keyword (`from`) stands there as it is: the model must write it so.
    plain = [
        f"{name}: {python_type(schema)}" + ("" if name in required else " = None")
        for name, schema in properties.items()
        if name.isidentifier() or keyword.iskeyword(name)
    ]
    return ", ".join(plain)


def _told(tool: ToolDoc) -> str:
    return _in(tool.description.strip().replace('"""', "'''") + "\n")


def _in(text: str) -> str:
    return "".join(f"    {line}" if line.strip() else line for line in text.splitlines(keepends=True))
