"""`toolcoder functions export|import`: functions as a plain Python module that a team keeps in git."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tui import completion_values
from tui.commands.functions_common import AsJson, find, repository
from tui.failures import UsageProblem
from tui.plain import plain_json, plain_line
from tui.standard_streams import emit, narrate

if TYPE_CHECKING:
    from agent.functions.base import FunctionEntry
    from agent.functions.proof import Prover, Verdict

_MAX_BYTES = 5_000_000


def mount(app: typer.Typer) -> None:
    """Add the commands to `toolcoder functions`."""
    app.command("export")(export_command)
    app.command("import")(import_command)


def export_command(
    file: Annotated[str, typer.Argument(help="The module to write; - is stdout.")],
    functions: Annotated[
        list[str] | None,
        typer.Argument(help="Names or ids; none: all in use.", autocompletion=completion_values.functions),
    ] = None,
    with_results: Annotated[
        bool, typer.Option("--with-results", help="Also what tools returned, so that tests run without them.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the file.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write functions as a Python module with docstrings and tests."""
    from agent.functions.library import write_library

    with repository() as opened:
        entries = [find(opened, name) for name in functions or ()] or [
            e for e in opened.list() if e.state in ("unconfirmed", "confirmed")
        ]
    if not entries:
        raise UsageProblem("there is no function to export", "toolcoder functions list shows what there is")
    text = write_library(entries, with_results=with_results)
    if file == "-":
        emit(text)
        return
    path = Path(file)
    if path.exists() and not force:
        raise UsageProblem(f"{file} exists", "give --force to replace it, or another name")
    path.write_text(text, encoding="utf-8")
    if not with_results and any(e.tools for e in entries):
        narrate("what tools returned is left out: to import it needs --live, or an export --with-results\n")
    done = {"file": file, "functions": [e.name for e in entries], "with_results": with_results}
    emit(plain_json(done) + "\n" if as_json else f"{len(entries)} functions written to {plain_line(file)}\n")


def import_command(
    file: Annotated[Path, typer.Argument(help="A module that `export` wrote, or one like it.", exists=True)],
    tools: Annotated[
        list[str] | None,
        typer.Option("--tools", help="Tool sources, as for ask.", autocompletion=completion_values.sources),
    ] = None,
    live: Annotated[
        bool, typer.Option("--live", help="Call tools that only read where the module has no recorded results.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Take functions in: nothing runs outside the sandbox, and only what passes its test there is stored."""
    from agent.functions.library import NotALibrary, read_library

    if file.stat().st_size > _MAX_BYTES:
        raise UsageProblem(f"{file} is larger than {_MAX_BYTES:,} bytes", "import functions in smaller modules")
    try:
        entries = read_library(file.read_text(encoding="utf-8"), file.name)
    except UnicodeDecodeError as error:
        raise UsageProblem(f"{file} is no text: {error}", "give a Python module") from error
    except NotALibrary as error:
        raise UsageProblem(str(error), "export writes such a module: toolcoder functions export FILE.py") from error
    rows = asyncio.run(_take_in(entries, tuple(tools or ()), live))
    if as_json:
        emit(plain_json({"functions": rows}, indent=2) + "\n")
    else:
        for row in rows:
            outcome = f"stored as {row['id']}" if row["id"] else f"left out: {row['reason']}"
            emit(f"{plain_line(row['name'], 60)}  {plain_line(outcome, 300)}\n")
    if not any(row["id"] for row in rows):
        raise typer.Exit(1)


async def _take_in(entries: list[FunctionEntry], sources: tuple[str, ...], live: bool) -> list[dict[str, Any]]:
    from agent.functions.entries import verified
    from tui.proving import with_prover

    async def work(prover: Prover, schemas: dict[str, str]) -> list[dict[str, Any]]:
        rows = []
        with repository() as opened:
            for number, entry in enumerate(entries, 1):
                narrate(f"verifying {number}/{len(entries)} {plain_line(entry.name, 60)}\n")
                missing = [name for name, _ in entry.tools if name not in schemas]
                if missing:
                    reason = f"its tools are not here: {', '.join(missing)}; name their source with --tools"
                    rows.append({"name": entry.name, "id": None, "reason": reason})
                    continue
                checked, verdict = await prover.take_in(entry)
                stored = opened.add(verified(checked, schemas)) if verdict.ok else None
                rows.append({"name": entry.name, "id": stored, "reason": _told(verdict, live)})
        return rows

    return await with_prover(sources, work, live=live)


def _told(verdict: Verdict, live: bool) -> str:
    if "which its record does not have" in verdict.reason and not live:
        return f"{verdict.reason}; --live calls tools that only read, or export it --with-results"
    return verdict.reason
