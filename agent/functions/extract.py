"""Which functions of a program that ran are worth keeping, and what belongs to each. Reads with `ast`, runs nothing."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from agent.functions.base import FunctionEntry, RecordedCall
from agent.functions.program import Program, read_program

MAX_SOURCE_CHARS = 20_000
MAX_RECORD_BYTES = 1_000_000
"""Recorded tool results beyond this are not kept: such an entry cannot be verified again offline."""

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
    result_json: str | None = None,
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
    source holds one is left out.
    """
    program = read_program(source)
    if program is None:
        return Extraction()
    clean = redact or (lambda value: value)
    recorded = [RecordedCall(name, clean(dict(args)), clean(value)) for name, args, value in calls]
    created = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    kept: list[FunctionEntry] = []
    left: list[tuple[str, str]] = []
    for name, node in program.functions.items():
        answer = program.answer if program.answer and program.answer.name == name else None
        subtask = _subtask(node) or (" ".join(task.split()) if answer else "")
        used = program.tools_of(name, tools)
        own = tuple(call for call in recorded if call.name in used)
        text = program.source_of(name)
        reason = _why_not(program, name, used, own, {*tools, *provided}) or _why_not_text(text, subtask, clean)
        if reason:
            left.append((name, reason))
            continue
        proof = answer.text if answer else program.literal_call(name)
        proof = proof if clean(proof) == proof else ""
        entry = FunctionEntry(
            name=name,
            signature=signature(node),
            docstring=ast.get_docstring(node) or "",
            source=text,
            subtask=clean(subtask),
            tools=tuple((tool, tools[tool]) for tool in sorted(used)),
            calls=_bounded(own),
            verifying_call=proof,
            result_json=clean(result_json) if proof and answer and answer.is_value and result_json else None,
            session=session,
            created=created,
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


def _why_not(
    program: Program, name: str, used: frozenset[str], own: tuple[RecordedCall, ...], known: set[str]
) -> str | None:
    if name in known:
        return "it has the name of a tool"
    if name not in program.ran:
        return "it was not called"
    if reason := program.not_self_contained(name, known):
        return reason
    if used and not own:
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


def _bounded(calls: tuple[RecordedCall, ...]) -> tuple[RecordedCall, ...]:
    try:
        size = sum(len(json.dumps([dict(call.args), call.value], allow_nan=False)) for call in calls)
    except (TypeError, ValueError, RecursionError):
        return ()
    return calls if size <= MAX_RECORD_BYTES else ()
