"""Which functions of a program that ran are worth keeping, and what belongs to each. Reads with `ast`, runs nothing."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from agent.functions.base import FunctionEntry
from agent.functions.entries import now
from agent.functions.program import Program, read_program

MAX_SOURCE_CHARS = 20_000

ToolCall = tuple[str, Mapping[str, Any], Any]
"""Name, arguments and JSON value of a tool call of the run."""


@dataclass(frozen=True)
class Extraction:
    """Iterates over `kept`, in the program's order; `left` says of every other top-level function why not."""

    kept: tuple[FunctionEntry, ...] = ()
    left: tuple[tuple[str, str], ...] = ()

    def __iter__(self) -> Iterator[FunctionEntry]:
        return iter(self.kept)


def extract_functions(
    source: str,
    *,
    tools: Mapping[str, str],
    calls: Iterable[ToolCall] = (),
    session: str = "",
    task: str = "",
    provided: Collection[str] = (),
    redact: Callable[[Any], Any] | None = None,
) -> Extraction:
    """Judge each top-level function of a program that ended well.

    A function is kept when it ran (the program's own statements reach it), is self-contained (its free names are
    builtins, imports at the top, tools, or functions of the program, which come along), says what it does, and does
    work: one of the `calls` went to a tool of its own, or it computes. `tools` maps tools to the hashes of their
    schemas; `provided` are other names that the kernel defines (record types). `task` is the question: it stands in for
    a missing docstring of the function that answered it. `redact` removes secrets from a JSON value; a function whose
    source holds one is left out. What is kept has no proof yet: `proof.Prover` gives it one.
    """
    program = read_program(source)
    if program is None:
        return Extraction()
    clean = redact or (lambda value: value)
    called = {name for name, _, _ in calls}
    kept: list[FunctionEntry] = []
    left: list[tuple[str, str]] = []
    for name, node in program.functions.items():
        subtask = _subtask(node) or (" ".join(task.split()) if program.answered_by == name else "")
        used = program.tools_of(name, tools)
        text = program.source_of(name)
        reason = _why_not(program, name, used, used & called, {*tools, *provided})
        reason = reason or _why_not_text(text, subtask, clean)
        if reason:
            left.append((name, reason))
            continue
        entry = FunctionEntry(
            name=name,
            signature=signature(node),
            docstring=ast.get_docstring(node) or "",
            source=text,
            subtask=clean(subtask),
            tools=tuple((tool, tools[tool]) for tool in sorted(used)),
            session=session,
            created=now(),
        )
        kept.append(entry)
    return Extraction(tuple(kept), tuple(left))


def signature(node: ast.FunctionDef) -> str:
    """`name(a: int, b: str = 'x') -> list[str]`, one line."""
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    return f"{node.name}({ast.unparse(node.args)}){returns}"


def _subtask(node: ast.FunctionDef) -> str:
    lines = (ast.get_docstring(node) or "").strip().splitlines()
    return " ".join(lines[0].split()) if lines else ""


def _why_not(program: Program, name: str, used: frozenset[str], called: frozenset[str], known: set[str]) -> str | None:
    if name in known:
        return "it has the name of a tool"
    if name not in program.ran:
        return "it was not called"
    if reason := program.not_self_contained(name, known):
        return reason
    if used and not called:
        return "none of its tools was called"
    if not used and not program.computes(name):
        return "it calls no tool and computes nothing to speak of"
    return None


def _why_not_text(text: str, subtask: str, clean: Callable[[Any], Any]) -> str | None:
    if not subtask:
        return "it has no docstring"
    if len(text) > MAX_SOURCE_CHARS:
        return "it is too long"
    if clean(text) != text:
        return "its source holds a secret"
    return None
