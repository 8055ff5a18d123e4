"""`toolcoder functions verify|prune|edit`: what is stored is tried again, tidied up, corrected."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tui import completion_values
from tui.commands.functions_common import AsJson, Which, find, repository
from tui.confirm import confirm
from tui.editor import edited, kept_on_failure
from tui.failures import UsageProblem
from tui.plain import plain_json, plain_line
from tui.standard_streams import emit, narrate

if TYPE_CHECKING:
    from agent.functions.base import FunctionEntry
    from agent.functions.proof import Prover

Sources = Annotated[
    list[str] | None,
    typer.Option("--tools", help="Tool sources, as for ask.", autocompletion=completion_values.sources),
]


def mount(app: typer.Typer) -> None:
    """Add the commands to `toolcoder functions`."""
    app.command("verify")(verify_command)
    app.command("prune")(prune_command)
    app.command("edit")(edit_command)


def verify_command(
    functions: Annotated[
        list[str] | None,
        typer.Argument(help="Names or ids; none: all but retired ones.", autocompletion=completion_values.functions),
    ] = None,
    tools: Sources = None,
    as_json: AsJson = False,
) -> None:
    """Run the recorded tests in a clean sandbox, no tool is called. What fails goes into quarantine, what passes
    comes out of it. Exit code 1 where one fails."""
    from tui.verifying import verify

    with repository() as opened:
        entries = [find(opened, name) for name in functions or ()] or [e for e in opened.list() if e.state != "retired"]
        told = lambda text: narrate(f"{plain_line(text)}\n")  # noqa: E731
        verdicts = asyncio.run(verify(opened, entries, tuple(tools or ()), told)) if entries else []
    if as_json:
        rows = [{"id": v.entry.id, "name": v.entry.name, "ok": v.ok, "reason": v.reason} for v in verdicts]
        emit(plain_json({"functions": rows}, indent=2) + "\n")
    else:
        for v in verdicts:
            word = {True: "ok", False: "FAILED", None: "skipped"}[v.ok]
            emit(f"{word:<8}{plain_line(v.entry.name, 60)}  {plain_line(v.reason, 300)}\n")
        n = Counter(v.ok for v in verdicts)
        narrate(f"{n[True]} passed, {n[False]} failed, {n[None]} skipped\n")
    if any(v.ok is False for v in verdicts):
        raise typer.Exit(1)


def prune_command(
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Keep at most this many functions.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Delete what was withdrawn long ago and, beyond the limit, what is used least."""
    from agent.functions.upkeep import evictions
    from tui.settings_load import load_settings

    with repository() as opened:
        gone = evictions(opened.summaries(), limit or load_settings().functions.limit)
        rows = [{"id": e.entry.id, "name": e.entry.name, "reason": e.reason} for e in gone]
        for row in rows if not as_json else ():
            narrate(f"{row['id']}  {plain_line(row['name'], 60)}  {plain_line(row['reason'], 200)}\n")
        if rows and not dry_run:
            if not yes:
                confirm(f"delete {len(rows)} functions for good?")
            for row in rows:
                opened.delete(row["id"])
    n_deleted = 0 if dry_run else len(rows)
    emit(plain_json({"found": rows, "deleted": n_deleted}) + "\n" if as_json else f"{n_deleted} functions deleted\n")


def edit_command(
    function: Which,
    source: Annotated[Path | None, typer.Option("--source", help="Take the new text from a file.", exists=True)] = None,
    accept: Annotated[
        bool, typer.Option("--accept", help="The new result of its test is the right one; do not ask.")
    ] = False,
    tools: Sources = None,
    as_json: AsJson = False,
) -> None:
    """Correct a function in your editor; the new version is verified, and replaces the old one."""
    with repository() as opened:
        entry = find(opened, function)
    text = _read(source) if source else edited(entry.source, ".py")
    if text is None or text.strip() == entry.source.strip():
        raise UsageProblem("the text was not changed", "nothing was stored")
    again = f"toolcoder functions edit {entry.id} --source"
    with nullcontext() if source else kept_on_failure(text, f"{entry.name}.py", again):
        new = _version_of(entry, text)
        stored, told = asyncio.run(_replace(entry, new, tuple(tools or ()), accept))
    emit(plain_json({"id": stored, "replaces": entry.id, "test": told}) + "\n" if as_json else f"{plain_line(told)}\n")


def _read(source: Path) -> str:
    try:
        return source.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise UsageProblem(f"{source} is no text", "--source takes a file of Python in UTF-8") from None


def _version_of(entry: FunctionEntry, text: str) -> FunctionEntry:
    from agent.functions.library import NotALibrary, read_library

    constants = f"\nTOOLS = {dict(entry.tools)!r}\n"
    try:
        found = {e.name: e for e in read_library(text + constants, "the text")}
    except NotALibrary as error:
        raise UsageProblem(str(error), f"it must define {entry.name}, and may call its tools") from error
    if entry.name not in found:
        raise UsageProblem(f"the text does not define {entry.name}", "keep the function's name")
    new = found[entry.name]
    return replace(
        new,
        subtask=new.docstring if entry.subtask == entry.docstring and new.docstring else entry.subtask,
        calls=entry.calls,
        verifying_call=entry.verifying_call,
        result_json=entry.result_json,
        session=entry.session,
        origin="edit",
        version=entry.version + 1,
        replaces=entry.id,
    )


async def _replace(old: FunctionEntry, new: FunctionEntry, sources: tuple[str, ...], accept: bool) -> tuple[str, str]:
    import json

    from agent.functions.entries import entry_id, retired, verified
    from tui.proving import with_prover

    async def work(prover: Prover, schemas: dict[str, str]) -> tuple[str, str]:
        if missing := [name for name, _ in new.tools if name not in schemas]:
            raise UsageProblem(f"its tools are not here: {', '.join(missing)}", "name their source with --tools")
        value, why = await prover.value_of(new)
        if value is None:
            raise UsageProblem(f"the new text was not stored: {why}", "its recorded call must still run")
        tested = replace(new, result_json=json.dumps(value[0]))
        told = f"{new.verifying_call} = {tested.result_json}"
        if tested.result_json != json.dumps(json.loads(old.result_json or "null")) and not accept:
            confirm(f"{told}; it was {old.result_json}. Is the new result right?")
        verdict = await prover.check(tested)
        if not verdict.ok:
            raise UsageProblem(f"the new text was not stored: {verdict.reason}", "correct it and try again")
        with repository() as opened:
            if entry_id(new.source) == old.id:  # docstring, comments or layout: the same function, with other words
                words = {name: getattr(tested, name) for name in ("source", "docstring", "subtask", "result_json")}
                opened.change(old.id, lambda e: verified(replace(e, **words), schemas))
                return old.id, told
            stored = opened.add(verified(tested, schemas))
            opened.change(old.id, lambda e: retired(e, f"replaced by version {new.version}, {stored}"))
        return stored, told

    return await with_prover(sources, work)
