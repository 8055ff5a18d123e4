"""Top-level functions in a source as text: taken apart, and renamed without touching layout or comments."""

from __future__ import annotations

import ast
from collections.abc import Mapping


def taken_apart(source: str) -> tuple[list[str], dict[str, str]]:
    """The import lines of an entry's source, and its functions as text by name, in order."""
    tree = ast.parse(source)
    imports = [ast.unparse(node) for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    functions = {
        node.name: ast.get_source_segment(source, node) or "" for node in tree.body if isinstance(node, ast.FunctionDef)
    }
    return imports, functions


def renamed(source: str, names: Mapping[str, str]) -> str:
    """The source with functions renamed where they are defined and used. A local variable of such a name is renamed
    with it, which changes nothing; attributes, keyword arguments and texts stay."""
    if not names:
        return source
    lines = [line.encode() for line in source.splitlines(keepends=True)]  # ast counts columns in UTF-8
    places: list[tuple[int, int, str]] = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Name(id=name) if name in names:
                places.append((node.lineno - 1, node.col_offset, name))
            case ast.FunctionDef(name=name) if name in names:
                start = node.col_offset + len("def ")
                offset = lines[node.lineno - 1].find(name.encode(), start)
                places.append((node.lineno - 1, offset, name))
    for line, column, name in sorted(places, reverse=True):
        text, end = lines[line], column + len(name.encode())
        lines[line] = text[:column] + names[name].encode() + text[end:]
    return b"".join(lines).decode()
