"""Pieces of scaffolds, plans and programs that functions are compared by. By `ast`, nothing is run."""

from __future__ import annotations

import ast
import re

from agent.functions.extract import signature


def head_and_call(scaffold: str) -> tuple[tuple[str, str] | None, str]:
    """A scaffold's signature and docstring, as entries have them, and the call at its end."""
    try:
        body = ast.parse(scaffold).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None, ""
    match body:
        case [ast.FunctionDef(name=name) as head, ast.Expr(value=ast.Call(func=ast.Name(id=called)) as call)] if (
            name == called
        ):
            return (signature(head), ast.get_docstring(head) or ""), ast.unparse(call)
    return None, ""


def steps_of(plan: str) -> list[str]:
    """The texts of a plan's numbered comments."""
    return [s.strip() for s in re.findall(r"#\s*Step\s*\d+[.:)]?\s*(.+)", plan, re.IGNORECASE)]


def final_call(name: str, program: str) -> str:
    """The program's last line where it calls this function with literals, else ''."""
    try:
        last = ast.parse(program).body[-1]
    except (SyntaxError, ValueError, RecursionError, IndexError):
        return ""
    match last:
        case ast.Expr(value=ast.Call(func=ast.Name(id=called)) as call) if called == name:
            return ast.unparse(call)
    return ""


def definitions(source: str) -> dict[str, str]:
    """Top-level functions by name, as normalised source: layout and comments do not count."""
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError):
        return {}
    return {n.name: ast.dump(n) for n in body if isinstance(n, ast.FunctionDef)}
