"""`toolcoder functions`: what the agent kept because it worked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tui.commands import functions_library, functions_upkeep
from tui.commands.functions_common import AsJson, Which, find
from tui.commands.functions_common import repository as opened_repository
from tui.confirm import confirm
from tui.plain import plain, plain_json, plain_line
from tui.standard_streams import emit, narrate

if TYPE_CHECKING:
    from agent.functions.base import FunctionEntry

app = typer.Typer(name="functions", help="Kept functions: see, search, verify, correct, share.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Kept functions."""


functions_library.mount(app)
functions_upkeep.mount(app)


@app.command("list")
def list_command(
    with_removed: Annotated[bool, typer.Option("--all", help="Also those that were removed or retired.")] = False,
    as_json: AsJson = False,
) -> None:
    """List functions, the oldest first."""
    with opened_repository() as repository:
        entries = [e for e in repository.list() if with_removed or e.state != "retired"]
    if as_json:
        emit(plain_json({"functions": [_row(e) for e in entries]}, indent=2) + "\n")
        return
    for e in entries:
        used = f"{e.n_successes}/{e.n_uses}"
        signature, subtask = plain_line(e.signature, 60), plain_line(e.subtask, 60)
        emit(f"{plain_line(e.id):<14} {e.state:<12} {used:>7}  {signature}  {subtask}\n")
    if not entries:
        narrate("no function was kept yet\n")


@app.command("show")
def show_command(function: Which, as_json: AsJson = False) -> None:
    """Show a function: its source, what it was made for, the call that proved it, and how it did since."""
    with opened_repository() as repository:
        entry = find(repository, function)
    if as_json:
        emit(plain_json({**_row(entry), "source": entry.source, "calls": _calls(entry)}, indent=2) + "\n")
        return
    from tui.function_text import facts

    emit("\n".join([*facts(entry), "", plain(entry.source).rstrip(), ""]))


@app.command("search")
def search_command(
    text: Annotated[str, typer.Argument(help="What a function should do, in plain words.")],
    limit: Annotated[int, typer.Option("--limit", min=1, max=100, help="How many to show.")] = 10,
    as_json: AsJson = False,
) -> None:
    """Find functions by the meaning of their subtask, the nearest first."""
    with opened_repository() as repository:
        found = repository.search(text, limit, None)
    if as_json:
        rows = [{"similarity": round(f.similarity, 3), **_row(f.entry)} for f in found]
        emit(plain_json({"functions": rows}, indent=2) + "\n")
        return
    for entry, similarity in found:
        emit(f"{similarity:5.2f}  {plain_line(entry.id):<20} {plain_line(entry.signature, 60)}  ")
        emit(f"{plain_line(entry.subtask, 60)}\n")
    if not found:
        narrate("no function was kept yet\n")


@app.command("remove")
def remove_command(
    function: Which,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Never propose a function again; it stays listed with --all."""
    with opened_repository() as repository:
        from agent.functions.entries import retired

        entry = find(repository, function)
        if not yes:
            confirm(f"remove {plain_line(entry.signature)}?")
        repository.change(entry.id, lambda e: retired(e, "removed by hand"))
    emit(plain_json({"removed": entry.id}) + "\n" if as_json else f"removed {plain_line(entry.name)}\n")


def _row(entry: FunctionEntry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "name": entry.name,
        "signature": entry.signature,
        "subtask": entry.subtask,
        "state": entry.state,
        "n_uses": entry.n_uses,
        "n_successes": entry.n_successes,
        "n_failures": entry.n_failures,
        "tools": [name for name, _ in entry.tools],
        "session": entry.session,
        "created": entry.created,
        "verified": entry.verified,
        "used": entry.used,
        "version": entry.version,
        "replaces": entry.replaces,
        "origin": entry.origin,
        "why": entry.why,
    }


def _calls(entry: FunctionEntry) -> list[dict[str, Any]]:
    return [{"name": c.name, "args": dict(c.args), "value": c.value} for c in entry.calls]
