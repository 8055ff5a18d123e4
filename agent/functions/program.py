"""A program's top-level functions: what each needs, which ran, and the call that answered. Static, nothing is run."""

from __future__ import annotations

import ast
import builtins
import symtable
import warnings
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import cached_property

_BUILTINS = frozenset(dir(builtins))
_UNWELCOME = frozenset(
    {"eval", "exec", "compile", "globals", "locals", "vars", "__import__", "input", "breakpoint", "open"}
)
"""Builtins that make a function depend on more than its arguments and tools, or run text as code."""


@dataclass
class Program:
    """Read by `read_program`. Names are those of top-level functions; of two definitions of a name the last counts."""

    source: str
    tree: ast.Module
    functions: dict[str, ast.FunctionDef]
    imports: dict[str, str]
    """Bound name to the import statement that binds it."""
    variables: frozenset[str]
    """Names that top-level statements bind otherwise: variables, classes, loops, `with`, conditional definitions."""
    free: dict[str, frozenset[str]]
    """Function to the global names that it or anything nested in it uses."""
    writes_globals: frozenset[str]
    statements: list[ast.stmt] = field(default_factory=list)
    """What runs at the top level: neither imports nor functions nor docstrings."""

    @cached_property
    def ran(self) -> frozenset[str]:
        """Functions that the program's own statements reach."""
        roots = {n.id for s in self.statements for n in ast.walk(s) if isinstance(n, ast.Name)}
        return frozenset(f for root in roots if root in self.functions for f in self.needs(root))

    def needs(self, name: str) -> list[str]:
        """The function and those it calls, directly or not, in the program's order."""
        seen: set[str] = set()
        waiting = [name]
        while waiting:
            current = waiting.pop()
            if current not in seen:
                seen.add(current)
                waiting.extend(self.free[current] & self.functions.keys())
        return [f for f in self.functions if f in seen]

    def tools_of(self, name: str, tools: Collection[str]) -> frozenset[str]:
        """Tools that the function uses, itself or through others; a name that the program binds is no tool."""
        bound = self.functions.keys() | self.imports.keys() | self.variables
        return frozenset(n for f in self.needs(name) for n in self.free[f] if n in tools and n not in bound)

    def not_self_contained(self, name: str, known: Collection[str]) -> str | None:
        """Why the function could not run elsewhere, or None."""
        for f in self.needs(name):
            if f in self.variables:
                return f"{f} is bound more than once"
            if self.functions[f].decorator_list:
                return f"{f} is decorated"
            if f in self.writes_globals:
                return f"{f} writes global variables"
            for free in sorted(self.free[f]):
                if free in self.variables:
                    return f"{f} uses the program's variable {free}"
                if free in self.functions or free in self.imports or free in known:
                    continue
                if free not in _BUILTINS:
                    return f"{f} uses the unknown name {free}"
                if free in _UNWELCOME:
                    return f"{f} uses {free}"
        return None

    def computes(self, name: str) -> bool:
        """Real work without tools: a loop, a comprehension, a branch, or an imported library."""
        work = (ast.For, ast.While, ast.If, ast.IfExp, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
        return any(
            self.free[f] & self.imports.keys() or any(isinstance(n, work) for n in ast.walk(self.functions[f]))
            for f in self.needs(name)
        )

    def source_of(self, name: str) -> str:
        """Complete source: the imports that are needed, the functions it calls, then itself."""
        needed = [f for f in self.needs(name) if f != name] + [name]
        used = set().union(*(self.free[f] for f in needed))
        imports = list(dict.fromkeys(line for bound, line in self.imports.items() if bound in used))
        parts = [ast.get_source_segment(self.source, self.functions[f]) or "" for f in needed]
        return "\n\n\n".join([*(["\n".join(imports)] if imports else []), *parts]) + "\n"

    @property
    def answered_by(self) -> str:
        """The function whose call comes last, the outermost first; '' where none is called."""
        for statement in reversed(self.statements):
            for node in ast.walk(statement):
                match node:
                    case ast.Call(func=ast.Name(id=name)) if name in self.functions:
                        return name
        return ""


def read_program(source: str) -> Program | None:
    """None where the source does not parse."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a model's invalid escape is no concern of ours
            tree = ast.parse(source)
            table = symtable.symtable(source, "<program>", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    functions: dict[str, ast.FunctionDef] = {}
    imports: dict[str, str] = {}
    statements: list[ast.stmt] = []
    bound: set[str] = set()
    for statement in tree.body:
        match statement:
            case ast.FunctionDef(name=name):
                functions[name] = statement
            case ast.Import() | ast.ImportFrom():
                imports.update(_bindings(statement))
            case ast.Expr(value=ast.Constant()):
                pass
            case _:
                statements.append(statement)
                bound.update(_bound_names(statement))
    tables = {(t.get_name(), t.get_lineno()): t for t in table.get_children()}
    free, writes = {}, set()
    for name, node in functions.items():
        names, wrote = _globals_of(tables[name, node.lineno])
        free[name] = frozenset(names | _names_at_definition(node))
        if wrote:
            writes.add(name)
    overwritten = functions.keys() & imports.keys()  # whichever came last, it is too muddled to keep
    return Program(
        source, tree, functions, imports, frozenset(bound | overwritten), free, frozenset(writes), statements
    )


def _bindings(statement: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, str]]:
    for alias in statement.names:
        as_name = f" as {alias.asname}" if alias.asname else ""
        if isinstance(statement, ast.Import):
            yield alias.asname or alias.name.partition(".")[0], f"import {alias.name}{as_name}"
        elif statement.level == 0 and statement.module != "__future__" and alias.name != "*":
            yield alias.asname or alias.name, f"from {statement.module} import {alias.name}{as_name}"


def _bound_names(statement: ast.stmt) -> set[str]:
    names = set()
    for node in ast.walk(statement):
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                names.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.Import() | ast.ImportFrom():
                names.update(alias.asname or alias.name.partition(".")[0] for alias in node.names)
    return names


def _globals_of(table: symtable.SymbolTable) -> tuple[set[str], bool]:
    """Global names used in a function and all that is nested in it; whether any is assigned by a `global` statement."""
    names, writes = set(), False
    for symbol in table.get_symbols():
        if symbol.is_global():
            names.add(symbol.get_name())
            writes = writes or symbol.is_assigned() or symbol.is_declared_global()
    for child in table.get_children():
        more, wrote = _globals_of(child)
        names, writes = names | more, writes or wrote
    return names, writes


def _names_at_definition(node: ast.FunctionDef) -> set[str]:
    """Names in annotations and defaults: looked up where the function is defined."""
    arguments = node.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    roots: list[ast.expr | None] = [*(a.annotation for a in every if a), node.returns]
    roots += [*arguments.defaults, *arguments.kw_defaults]
    return {n.id for root in roots if root is not None for n in ast.walk(root) if isinstance(n, ast.Name)}
