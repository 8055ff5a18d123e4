"""Names in pseudocode and programs: which tools they use, which names nobody defined. By `ast`, nothing is run."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Collection, Iterable
from difflib import SequenceMatcher

from agent.calls.spec import ToolSpec

N_CANDIDATES = 3
"""The paper offers the three most similar tools for an unknown name (PAPERS.md, stage 2c)."""


def called_names(source: str) -> list[str]:
    """Plain names that are called, in order of appearance, without duplicates; [] where the source does not parse."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return []
    calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)]
    calls.sort(key=lambda n: (n.lineno, n.col_offset))
    return list(dict.fromkeys(n.func.id for n in calls if isinstance(n.func, ast.Name)))


def unknown_names(source: str, known: Collection[str]) -> list[str]:
    """Called names that are neither known tools, builtins, nor bound anywhere in the source."""
    bound = _bound_names(source)
    return [n for n in called_names(source) if n not in known and n not in bound and not hasattr(builtins, n)]


def tools_used(source: str, tools: Iterable[ToolSpec]) -> tuple[ToolSpec, ...]:
    """The tools that the source calls, or mentions where it does not parse, in the toolset's order."""
    called = set(called_names(source))
    if called:
        return tuple(t for t in tools if t.name in called)
    return tuple(t for t in tools if t.name in source)


def similar_tools(name: str, tools: Iterable[ToolSpec]) -> tuple[ToolSpec, ...]:
    """The three tools most like this name: by letters, by words of the name, and by words of the purpose."""
    words = set(name.lower().split("_"))

    def likeness(tool: ToolSpec) -> float:
        letters = SequenceMatcher(None, name.lower(), tool.name.lower()).ratio()
        in_name = len(words & set(tool.name.lower().split("_"))) / len(words)
        in_purpose = len(words & set(re.findall(r"[a-z]+", tool.purpose.lower()))) / len(words)
        return letters + in_name + in_purpose / 2

    return tuple(sorted(tools, key=lambda t: (-likeness(t), t.name))[:N_CANDIDATES])


def ends_in_value(source: str) -> str:
    """The program with its result as the last expression: `x = f()` as the last line gets a line `x` below it."""
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError):
        return source
    match body[-1] if body else None:
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return f"{source}\n{name}"
    return source


def _bound_names(source: str) -> set[str]:
    bound: set[str] = set()
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return bound
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                bound.add(name)
            case ast.arg(arg=name):
                bound.add(name)
            case ast.Name(id=name, ctx=ast.Store()):
                bound.add(name)
            case ast.alias(name=name, asname=alias):
                bound.add(alias or name.split(".")[0])
    return bound
