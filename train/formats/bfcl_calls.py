"""The right calls of BFCL: from its possible answers, and from the Python text of its executable categories."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

from agent.calls.syntax import BadCall, Expression, parse_call
from agent.scoring.gold import GoldCall
from train.formats.bfcl_values import listed, possible_values

_OPERATORS: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
Functions = Mapping[str, Mapping[str, Any]]
"""The schemas of the parameters by the functions' names."""


class BadAnswer(ValueError):
    """A right answer that is no call; the message says why."""


def possible_call(call: Any, functions: Functions) -> GoldCall:
    """`{"name": {"parameter": [values]}}`.

    What the function demands may not be left out, and what it does not declare has no right value, whatever the answer
    says: so its checker has it.
    """
    match call:
        case dict() if len(call) == 1:
            ((name, parameters),) = call.items()
        case _:
            raise BadAnswer("a possible answer is no call")
    if not isinstance(parameters, dict) or not all(isinstance(values, list) for values in parameters.values()):
        raise BadAnswer("a possible answer has no lists of values")
    declared = functions.get(str(name), {})
    schemas, required = declared.get("properties") or {}, set(declared.get("required") or ())
    optional = frozenset(key for key, values in parameters.items() if "" in values and key not in required)
    possible = {
        key: possible_values(values, schemas[key]) if key in schemas else ()
        for key, values in parameters.items()
        if key in schemas or key not in optional
    }
    return GoldCall(str(name), possible, optional & possible.keys())


def executable_call(text: str, functions: Functions) -> GoldCall:
    """A call in Python; its arguments are literals or sums of them (`p=1/6`), by name or in the declared order."""
    try:
        call = parse_call(text)
        given = call.bound(tuple(functions.get(call.name, {}).get("properties") or ()))
    except BadCall as error:
        raise BadAnswer(f"the ground truth is no call: {error}") from error
    return GoldCall.of(call.name, {key: listed(_computed(value, text)) for key, value in given.items()})


def _computed(value: Any, text: str) -> Any:
    if not isinstance(value, Expression):
        return value
    try:
        return _number(ast.parse(value.source, mode="eval").body)
    except (SyntaxError, ValueError, ArithmeticError) as error:
        raise BadAnswer(f"the ground truth has an argument without a value: {text[:80]}") from error


def _number(node: ast.expr) -> Any:
    match node:
        case ast.Constant(value=int() | float() as value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_number(operand)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return _OPERATORS[type(op)](_number(left), _number(right))
    raise ValueError("no sum of numbers")
