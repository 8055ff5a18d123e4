"""Whether a JSON value is what a function's annotation promises. Reads the annotation as source, evaluates nothing."""

from __future__ import annotations

import ast
from typing import Any

_SEQUENCES = frozenset({"list", "List", "Sequence", "Iterable", "Collection", "tuple", "Tuple", "Iterator"})
_MAPPINGS = frozenset({"dict", "Dict", "Mapping", "MutableMapping", "TypedDict"})
_PLAIN: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
    "None": (type(None),),
    "NoneType": (type(None),),
}


def fits(annotation: str, value: Any) -> bool:
    """`annotation` is Python source such as `list[str] | None`; '' and what cannot be read promise nothing.

    A name that is no builtin type (a record, a dataclass) is an object; numbers of `dict[int, ...]` are texts in JSON.
    """
    if not annotation.strip():
        return True
    try:
        node = ast.parse(annotation.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return True
    return _fits(node, value)


def _fits(node: ast.expr, value: Any) -> bool:
    match node:
        case ast.Constant(value=None):
            return value is None
        case ast.Constant(value=str(text)):
            return fits(text, value)
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _fits(left, value) or _fits(right, value)
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return _fits_name(name, value)
        case ast.Subscript(value=ast.Name(id=name) | ast.Attribute(attr=name), slice=inside):
            return _fits_generic(name, inside, value)
    return True


def _fits_name(name: str, value: Any) -> bool:
    if name in ("Any", "object"):
        return True
    if name in _PLAIN:
        # True is an int to Python; a function that promises a count and gives a yes is another function.
        return isinstance(value, _PLAIN[name]) and (name == "bool") == isinstance(value, bool)
    if name in _SEQUENCES:
        return isinstance(value, list)
    return isinstance(value, dict)


def _fits_generic(name: str, inside: ast.expr, value: Any) -> bool:
    parts = inside.elts if isinstance(inside, ast.Tuple) else [inside]
    match name:
        case "Optional":
            return value is None or _fits(inside, value)
        case "Union":
            return any(_fits(part, value) for part in parts)
        case "Literal":
            return any(isinstance(part, ast.Constant) and _same(part.value, value) for part in parts)
        case "Annotated":
            return _fits(parts[0], value)
        case "tuple" | "Tuple":
            if not isinstance(value, list):
                return False
            if len(parts) == 2 and isinstance(parts[1], ast.Constant) and parts[1].value is ...:
                return all(_fits(parts[0], item) for item in value)
            return len(parts) == len(value) and all(map(_fits, parts, value))
        case _ if name in _SEQUENCES:
            return isinstance(value, list) and all(_fits(parts[0], item) for item in value)
        case _ if name in _MAPPINGS:
            return isinstance(value, dict) and (len(parts) < 2 or all(_fits(parts[1], v) for v in value.values()))
    return True


def _same(a: Any, b: Any) -> bool:
    return type(a) is type(b) and bool(a == b)
