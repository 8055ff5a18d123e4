"""`toolcoder functions`: what the agent kept because it worked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tui.confirm import confirm
from tui.failures import UsageProblem
from tui.plain import plain, plain_json, plain_line
from tui.standard_streams import emit, narrate

if TYPE_CHECKING:
    from agent.functions.base import FunctionEntry, FunctionRepository

app = typer.Typer(name="functions", help="Kept functions: list, show, remove.", no_args_is_help=True)
Which = Annotated[str, typer.Argument(help="A function's name, or its id or the beginning of it.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.callback()
def _group() -> None:
    """Kept functions."""


@app.command("list")
def list_command(
    with_removed: Annotated[bool, typer.Option("--all", help="Also those that were removed or retired.")] = False,
    as_json: AsJson = False,
) -> None:
    """List functions, the oldest first."""
    with _repository() as repository:
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
    with _repository() as repository:
        entry = _find(repository, function)
    if as_json:
        emit(plain_json({**_row(entry), "source": entry.source, "calls": _calls(entry)}, indent=2) + "\n")
        return
    emit(f"{plain_line(entry.signature, 400)}\n")
    for label, text in (
        ("id", entry.id),
        ("subtask", entry.subtask),
        ("state", f"{entry.state} {entry.why}"),
        ("uses", f"{entry.n_uses}, {entry.n_successes} went well, {entry.n_failures} did not"),
        ("tools", ", ".join(name for name, _ in entry.tools) or "none"),
        ("proved by", f"{entry.verifying_call} = {entry.result_json}" if entry.verifying_call else "its run alone"),
        ("from", f"session {entry.session}, {entry.created}"),
    ):
        emit(f"  {label:<10}{plain_line(text, 300)}\n")
    emit("\n" + plain(entry.source).rstrip() + "\n")


@app.command("remove")
def remove_command(
    function: Which,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Never propose a function again; it stays listed with --all."""
    with _repository() as repository:
        from agent.functions.entries import retired

        entry = _find(repository, function)
        if not yes:
            confirm(f"remove {plain_line(entry.signature)}?")
        repository.change(entry.id, lambda e: retired(e, "removed by hand"))
    emit(plain_json({"removed": entry.id}) + "\n" if as_json else f"removed {plain_line(entry.name)}\n")


@contextmanager
def _repository() -> Iterator[FunctionRepository]:
    from tui.functions_factory import open_functions
    from tui.settings_load import load_settings

    repository = open_functions(load_settings().functions)
    try:
        yield repository
    finally:
        repository.close()


def _find(repository: FunctionRepository, wanted: str) -> FunctionEntry:
    entries = repository.list()
    found = [e for e in entries if e.id == wanted] or [e for e in entries if e.name == wanted and e.state != "retired"]
    found = found or [e for e in entries if wanted and e.id.startswith(wanted)]
    if len(found) == 1:
        return found[0]
    if not found:
        raise UsageProblem(f"no function is called {wanted!r}", "toolcoder functions list shows what there is")
    ids = ", ".join(e.id for e in found[:8])
    raise UsageProblem(f"several functions are called {wanted!r}", f"name one by its id: {ids}")


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
    }


def _calls(entry: FunctionEntry) -> list[dict[str, Any]]:
    return [{"name": c.name, "args": dict(c.args), "value": c.value} for c in entry.calls]
