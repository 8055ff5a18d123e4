"""Normal forms: two tasks that differ only in these respects are the same task.

A question without case, punctuation and spacing; a program without comments, docstrings, and the names that it gives
to its own functions, parameters and variables (those of tools and libraries stay).
"""

from __future__ import annotations

import ast
import hashlib
import re
import unicodedata
from dataclasses import dataclass

_WORD = re.compile(r"\w+(?:[.,]\d+)*|[^\w\s]")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_OWN_NAME = re.compile(r"v\d+")
_CAPITAL = re.compile(r"(?<=\s)[\"'“]?([A-Z][\w'-]*)")
_MAX_CHARS = 100_000


@dataclass(frozen=True)
class NormalProgram:
    """`text`: the normal form. `functions`: a digest of each function that it defines. `literals`: its constants, in
    lower case.

    `does`: the names that it uses and does not bind (tools, builtins), attributes and operators: `min` is not `max`.
    """

    text: str
    functions: tuple[str, ...] = ()
    literals: tuple[str, ...] = ()
    does: tuple[str, ...] = ()


def normal_question(question: str) -> str:
    """Words in lower case with single spaces."""
    folded = unicodedata.normalize("NFKC", question).casefold()
    return " ".join(re.findall(r"\w+", folded))


def entities(question: str) -> tuple[str, ...]:
    """Numbers and words with a capital (but the first): what the question is about, as far as its form tells."""
    numbers = _NUMBER.findall(question)
    return tuple(sorted({*numbers, *(word.casefold() for word in _CAPITAL.findall(question))}))


def normal_program(source: str) -> NormalProgram:
    """The normal form of a program; of one that is no Python its words."""
    if not source.strip() or len(source) > _MAX_CHARS:
        return NormalProgram(" ".join(source[:_MAX_CHARS].split()))
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return NormalProgram(" ".join(source.split()))
    try:
        functions = tuple(
            digest(ast.unparse(_Renamed().visit(_copied(node))))
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef)
        )
        literals = sorted(
            {repr(node.value).casefold() for node in ast.walk(_undocumented(tree)) if isinstance(node, ast.Constant)}
        )
        renamed = _Renamed().visit(tree)
        return NormalProgram(ast.unparse(renamed), functions, tuple(literals), _does(renamed))
    except RecursionError:
        return NormalProgram(" ".join(source.split()))


def _does(tree: ast.AST) -> tuple[str, ...]:
    """What the renamed program uses: a bound name is `v` and a number by now."""
    found = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) if not _OWN_NAME.fullmatch(name):
                found.add(name)
            case ast.Attribute(attr=name) | ast.keyword(arg=str(name)):
                found.add(name)
            case ast.operator() | ast.cmpop() | ast.unaryop() | ast.boolop():
                found.add(type(node).__name__)
    return tuple(sorted(found))


def digest(text: str) -> str:
    """Sixteen hex digits."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def shingles(question: str, program: NormalProgram) -> frozenset[int]:
    """Hashes of the pairs of neighbouring words of the question, and of the threes of the program's, in lower case."""
    words = normal_question(question).split()
    pairs = {("q", *words[i : i + 2]) for i in range(max(1, len(words) - 1))}
    tokens = _WORD.findall(program.text.casefold())
    threes = {("p", *tokens[i : i + 3]) for i in range(max(0, len(tokens) - 2))}
    return frozenset(int(digest(" ".join(part)), 16) for part in pairs | threes)


def _copied(node: ast.FunctionDef) -> ast.AST:
    return ast.parse(ast.unparse(node))


def _undocumented(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.Module) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return tree


class _Renamed(ast.NodeTransformer):
    """Own names in order of appearance: f0, v0, v1, ... A name that the program does not bind keeps its own."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.Module):
            self._bind(_undocumented(node))
        renamed: ast.AST = super().visit(node)
        return renamed

    def _bind(self, tree: ast.AST) -> None:
        for node in ast.walk(tree):
            match node:
                case ast.FunctionDef(name=name) | ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
                    self._names.setdefault(name, f"v{len(self._names)}")

    def visit_Name(self, node: ast.Name) -> ast.AST:  # the name that `ast` looks for
        node.id = self._names.get(node.id, node.id)
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.arg = self._names.get(node.arg, node.arg)
        node.annotation = None
        return node

    def visit_keyword(self, node: ast.keyword) -> ast.AST:
        self.generic_visit(node)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.name = self._names.get(node.name, node.name)
        node.returns = None
        self.generic_visit(node)
        return node
