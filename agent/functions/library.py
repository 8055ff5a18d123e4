"""Functions as a plain Python module that people read, keep in git and share: each with its docstring and its test.

    def count_films(name: str) -> int: ...
    def test_count_films() -> None:
        assert count_films(name='Sofia Coppola') == 8

Reading such a module parses it with `ast` and runs nothing; whatever it holds is verified in the sandbox before it is
stored. What tools returned (`RECORDED`) is left out unless it is asked for.
"""

from __future__ import annotations

import ast
import json
import pprint
from collections.abc import Sequence
from typing import Any

from agent.functions.base import FunctionEntry, RecordedCall
from agent.functions.entries import now
from agent.functions.extract import signature
from agent.functions.naming import renamed, taken_apart
from agent.functions.program import Program, read_program

FORMAT = 1
_HEAD = '''"""Functions that toolcoder kept because they worked. `toolcoder functions import` takes them in again.

The tools that they call ({tools}) are there in toolcoder's sandbox, not in this module.
"""
'''


class NotALibrary(Exception):
    """The text is no module of functions; the message says where and why."""


def write_library(entries: Sequence[FunctionEntry], *, with_results: bool = False) -> str:
    """The module's source. Functions that are the same in several entries stand once; of different ones with one name
    the later are renamed, with their calls and tests."""
    defined: dict[str, str] = {}
    imports: dict[str, None] = {}
    parts: list[str] = []
    tools: dict[str, str] = {}
    subtasks: dict[str, str] = {}
    recorded: dict[str, list[tuple[str, dict[str, Any], Any]]] = {}
    for entry in entries:
        lines, functions = taken_apart(entry.source)
        imports.update(dict.fromkeys(lines))
        clashes = {name for name, text in functions.items() if defined.get(name, text) != text}
        names = {name: _free_name(name, {*defined, *functions}) for name in clashes}
        for name, text in functions.items():
            new, changed = names.get(name, name), renamed(text, names)
            if defined.get(new) != changed:
                defined[new] = changed
                parts.append(changed)
        own = names.get(entry.name, entry.name)
        tools.update(dict(entry.tools))
        if entry.subtask != _first_line(entry.docstring):
            subtasks[own] = entry.subtask
        if with_results and entry.calls:
            recorded[own] = [(call.name, dict(call.args), call.value) for call in entry.calls]
        if entry.verifying_call and entry.result_json is not None:
            parts.append(_test(own, renamed(entry.verifying_call, names), json.loads(entry.result_json)))
    constants = {"TOOLCODER_FORMAT": FORMAT, "TOOLS": tools, "SUBTASKS": subtasks, "RECORDED": recorded}
    head = [_HEAD.format(tools=", ".join(sorted(tools)) or "none"), "\n".join(sorted(imports))]
    values = "\n".join(f"{name} = {_literal(value)}" for name, value in constants.items() if value)
    return "\n\n".join(part for part in (*head, values) if part) + "\n\n\n" + "\n\n\n".join(parts) + "\n"


def read_library(text: str, origin: str) -> list[FunctionEntry]:
    """The entries of a module: every public function that a `test_...` of its own, or a docstring, stands for.

    They are unconfirmed and unverified. `origin` says where they come from.

    Raises:
        NotALibrary: it does not parse, is of a later format, or defines no function.
    """
    program = read_program(text)
    if program is None:
        raise NotALibrary(f"{origin} is no Python module: {_why(text)}")
    constants = _constants(program.tree, origin)
    version = constants.get("TOOLCODER_FORMAT", FORMAT)
    if version != FORMAT:
        raise NotALibrary(f"{origin} is of format {version!r}; this version reads {FORMAT}")
    tests = {name: test for name, node in program.functions.items() if (test := _read_test(name, node))}
    main = [name for name in program.functions if not name.startswith(("test_", "_"))]
    called = {f for name in main for f in program.needs(name) if f != name}
    wanted = [name for name in main if f"test_{name}" in tests or name not in called]
    if not wanted:
        raise NotALibrary(f"{origin} defines no function")
    for name in wanted:
        if reason := program.not_self_contained(name, constants.get("TOOLS", {})):
            raise NotALibrary(f"{origin}: {name} cannot stand alone: {reason} (tools are named in TOOLS)")
    return [_entry(program, name, tests.get(f"test_{name}"), constants, origin) for name in wanted]


def _entry(
    program: Program, name: str, test: tuple[str, Any] | None, constants: dict[str, Any], origin: str
) -> FunctionEntry:
    node = program.functions[name]
    docstring = ast.get_docstring(node) or ""
    tools: dict[str, str] = constants.get("TOOLS", {})
    used = program.tools_of(name, tools)
    return FunctionEntry(
        name=name,
        signature=signature(node),
        docstring=docstring,
        source=program.source_of(name),
        subtask=str(constants.get("SUBTASKS", {}).get(name) or _first_line(docstring) or name.replace("_", " ")),
        tools=tuple((tool, tools[tool]) for tool in sorted(used)),
        calls=_recorded(constants.get("RECORDED", {}).get(name, ()), name, origin),
        verifying_call=test[0] if test else "",
        result_json=json.dumps(test[1]) if test else None,
        created=now(),
        origin=f"import:{origin}",
        n_uses=0,
        n_successes=0,
    )


def _recorded(calls: Any, name: str, origin: str) -> tuple[RecordedCall, ...]:
    try:
        return tuple(RecordedCall(str(tool), dict(args), value) for tool, args, value in calls)
    except (TypeError, ValueError) as error:
        raise NotALibrary(f"{origin}: RECORDED[{name!r}] is no list of (tool, arguments, value)") from error


def _test(name: str, call: str, value: Any) -> str:
    return f"def test_{name}() -> None:\n    assert {call} == {_literal(value)}"


def _read_test(name: str, node: ast.FunctionDef) -> tuple[str, Any] | None:
    """The call and the value of `def test_...(): assert call(...) == value`."""
    match node.body[-1]:
        case ast.Assert(test=ast.Compare(left=ast.Call() as call, ops=[ast.Eq()], comparators=[value])) if (
            name.startswith("test_")
        ):
            try:
                return ast.unparse(call), ast.literal_eval(value)
            except (ValueError, TypeError, RecursionError):
                return None
    return None


def _constants(tree: ast.Module, origin: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for statement in tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name.isupper():
                try:
                    found[name] = ast.literal_eval(value)
                except (ValueError, TypeError, RecursionError) as error:
                    raise NotALibrary(f"{origin}, line {statement.lineno}: {name} is no literal") from error
    for name in ("TOOLS", "SUBTASKS", "RECORDED"):
        if not isinstance(found.get(name, {}), dict):
            raise NotALibrary(f"{origin}: {name} is no dict")
    return found


def _free_name(name: str, taken: set[str]) -> str:
    number = 2
    while f"{name}_{number}" in taken:
        number += 1
    return f"{name}_{number}"


def _first_line(docstring: str) -> str:
    lines = docstring.strip().splitlines()
    return " ".join(lines[0].split()) if lines else ""


def _literal(value: Any) -> str:
    return pprint.pformat(value, width=110, sort_dicts=False)


def _why(text: str) -> str:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return str(error)
    return "it cannot be read"
