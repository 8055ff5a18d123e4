"""Is a result the gold? Value and changes must agree; how strictly depends on who wrote the gold."""

from __future__ import annotations

import ast
import json
import math
from collections.abc import Callable, Mapping
from typing import Any


def run_gold(program: str, functions: Mapping[str, Callable[..., Any]]) -> Any:
    """Run a gold program of ours on the host and return the value of its last expression."""
    tree = ast.parse(program)
    last = tree.body.pop()
    if not isinstance(last, ast.Expr):
        raise TypeError("a gold program ends in an expression")
    scope: dict[str, Any] = dict(functions)
    exec(compile(tree, "<gold>", "exec"), scope)
    return eval(compile(ast.Expression(last.value), "<gold>", "eval"), scope)


def agrees(result_json: str | None, gold: Any, *, by_hand: bool) -> bool:
    """Whether a program's value is the gold.

    Gold of the generator must be met exactly (numbers to a millionth). Gold written by hand is met by the same facts:
    lists in any order, floats to two digits, a record by its title or name.
    """
    if result_json is None:
        return False
    value = json.loads(result_json)
    plain = json.loads(json.dumps(gold))
    return _loosely(value, plain) if by_hand else same(value, plain)


def same(a: Any, b: Any) -> bool:
    """Equal JSON values, numbers to a millionth; True is not 1."""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, int | float) and isinstance(b, int | float):
        return math.isclose(a, b, rel_tol=1e-6)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    return bool(a == b)


def _loosely(value: Any, gold: Any) -> bool:
    value, gold = _named(value), _named(gold)
    match value, gold:
        case bool(), bool():
            return value is gold
        case ((int() | float()), (int() | float())) if not isinstance(value, bool) and not isinstance(gold, bool):
            return math.isclose(value, gold, rel_tol=1e-6, abs_tol=0.01)
        case list(), list():
            return sorted(map(_key, value)) == sorted(map(_key, gold))
        case [single], _:
            return _loosely(single, gold)
        case _, [single]:
            return _loosely(value, single)
        case str(), str():
            return value.casefold() == gold.casefold()
    return bool(value == gold)


def _named(value: Any) -> Any:
    """A record stands for its title or name."""
    if isinstance(value, dict):
        return next((value[key] for key in ("title", "name") if key in value), value)
    return [_named(item) for item in value] if isinstance(value, list) else value


def _key(item: Any) -> str:
    if isinstance(item, float):
        return f"{item:.2f}"
    return str(item).casefold()
