"""The fused stage's product taken apart: its scaffold and its plan, as the staged way would have had them."""

from __future__ import annotations

import ast
import re

from agent.prompts.base import Malformed
from agent.prompts.reading import check_plan, check_pseudocode


def check_fused(source: str) -> str:
    """Pseudocode with everything in it: one function with a docstring and numbered steps, and the call.

    Raises:
        Malformed: something is missing.
    """
    check_pseudocode(check_plan(source))
    if ast.get_docstring(_function(source)) is None:
        raise Malformed("The function has no docstring. Say in it what the function returns for its parameters.")
    return source


def scaffold_of(source: str) -> str:
    """The function without its body, and the call."""
    return "\n".join([*_head(source), "    ...", "", _call(source)])


def plan_of(source: str) -> str:
    """The function with its numbered comments alone, and the call."""
    body = source.splitlines()[len(_head(source)) : _function(source).end_lineno]
    # A comment below the last statement is no part of the function to `ast`.
    rest = source.splitlines()[_function(source).end_lineno or 0 :]
    steps = [f"    {line.strip()}" for line in (*body, *rest) if re.match(r"\s*#\s*Step\s*\d", line, re.IGNORECASE)]
    return "\n".join([*_head(source), *steps, "", _call(source)])


def parts_of(source: str) -> tuple[tuple[str, str], ...]:
    """What each of the fused stages gave, by the stage's name."""
    return ("scaffold", scaffold_of(source)), ("plan", plan_of(source)), ("select", source)


def _function(source: str) -> ast.FunctionDef:
    return next(node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef))


def _head(source: str) -> list[str]:
    """The lines up to and with the docstring."""
    first = _function(source).body[0]
    return source.splitlines()[: first.end_lineno]


def _call(source: str) -> str:
    return ast.unparse(ast.parse(source).body[-1])
