"""What the kernel still holds of earlier questions, so that a follow-up can use it: told to the model, by name.

Each program's value stays in the kernel as `result_1`, `result_2`, ... (the number is the question's): programs of this
method end in a bare call, so that otherwise only their functions would be left for "and the latest of them?".
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence

from agent.models.token_estimate import estimate_tokens
from sandbox.variables import Variable

N_RESULTS = 12
"""Values of earlier questions that stay in the kernel; older ones make room in its memory."""
_PREFIX = "result_"


def with_result(source: str, turn: int) -> str:
    """The program, with the value of its last line kept under the question's name and still shown.

    Line numbers stay as they are. A program that ends in no expression, that hides its value by a semicolon, or that
    does not parse, is left alone.
    """
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return source
    match body[-1] if body else None:
        case ast.Expr(value=value) as last if not (_stands_alone(value) or source.rstrip().endswith(";")):
            name = f"{_PREFIX}{turn}"
            lines = source.split("\n")
            at = lines[last.lineno - 1].encode()
            head, rest = at[: last.col_offset].decode(), at[last.col_offset :].decode()
            lines[last.lineno - 1] = f"{head}{name} = {rest}"
            gone = [f"{_PREFIX}{turn - N_RESULTS} = None"] if turn > N_RESULTS else []
            return "\n".join([*lines, *gone, name])
    return source


def _stands_alone(value: ast.expr) -> bool:
    """What cannot stand to the right of `=` as it is."""
    return isinstance(value, ast.Yield | ast.YieldFrom | ast.NamedExpr)


def is_result(name: str) -> bool:
    """Whether it is a name that we gave."""
    return name.startswith(_PREFIX) and name.removeprefix(_PREFIX).isdigit()


def told(variables: Sequence[Variable], limit_tokens: int) -> tuple[str, ...]:
    """A line for each, the newest first, as many as fit into the budget; of the others the number."""
    lines: list[str] = []
    left = limit_tokens
    variables = [v for v in variables if not (is_result(v.name) and v.kind == "NoneType")]
    for i, variable in enumerate(variables):
        line = _line(variable)
        left -= estimate_tokens(line) + 1
        if left < 0:
            lines.append(f"(and {len(variables) - i} older names)")
            break
        lines.append(line)
    return tuple(lines)


def _line(variable: Variable) -> str:
    """`result_2: list of 8 = [{...}, ...]`, or a function's signature and purpose."""
    if variable.kind == "function":
        return " ".join(variable.shown.split()) or variable.name
    kind = f"{variable.kind} of {variable.size}" if variable.size else variable.kind
    shown = " ".join(variable.shown.split())
    value = f" = {shown}" if shown else ""
    of = f"  # the value of question {variable.name.removeprefix(_PREFIX)}" if is_result(variable.name) else ""
    return f"{variable.name}: {kind}{value}{of}"


def name_of(line: str) -> str:
    """The name that a line of `told` is about."""
    found = re.match(r"\w+", line)
    return found.group() if found else ""


def newest_first(names_by_cell: Iterable[Iterable[str]]) -> list[str]:
    """The names that cells (in order) defined; one that was defined again is as new as that."""
    order: dict[str, None] = {}
    for names in names_by_cell:
        for name in sorted(names):
            order.pop(name, None)
            order[name] = None
    return list(reversed(order))
