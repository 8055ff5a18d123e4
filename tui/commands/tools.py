"""`toolcoder tools`: where tools come from, what each may do, and what was approved for good."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent.errors import ToolSourceError
from tui import completion_values
from tui.exit_codes import ExitCode
from tui.failures import UsageProblem
from tui.plain import plain_json, plain_line
from tui.standard_streams import emit, narrate

if TYPE_CHECKING:
    from agent.tools.base import LoadedSource, Tool
    from tui.settings_tools import ToolsSettings

app = typer.Typer(name="tools", help="Tools: list, add, remove, check, revoke.", no_args_is_help=True)
Source = Annotated[
    str,
    typer.Argument(
        help="file.py, package.module, openapi:FILE_OR_URL, 'mcp:COMMAND' or mcp:URL, or catalogue.",
        autocompletion=completion_values.sources,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.callback()
def _group() -> None:
    """Tools."""


@app.command("list")
def list_command(as_json: AsJson = False) -> None:
    """List the tools of the settings' sources, whether each is allowed, asked or denied, and which are broken."""
    from tui.settings_load import load_settings
    from tui.tools_factory import how_to_remove, open_approvals, policy_of, sources_of

    settings = load_settings().tools
    approvals, policy = open_approvals(), policy_of(settings)
    broken: list[ToolSourceError] = []
    with _loaded(sources_of(settings, ()), settings, broken) as loaded:
        rows = [_row(tool, policy.decide(tool), approvals.allows(tool)) for tool in loaded.tools]
    if as_json:
        bad = [{"source": error.source, "error": str(error), "hint": how_to_remove(error)} for error in broken]
        emit(plain_json({"tools": rows, "problems": list(loaded.problems), "broken": bad}, indent=2) + "\n")
        return
    for row in rows:
        policy_text = "always" if row["approved_always"] else row["policy"]
        name, source = plain_line(row["name"], 40), plain_line(row["source"], 40)
        emit(f"{name:<32} {row['effect']:<6} {policy_text:<7} {source:<24} {plain_line(row['purpose'], 60)}\n")
    for error in broken:
        emit(f"✗ {plain_line(error.source, 200)}: {plain_line(str(error), 400)}\n")
        emit(f"  → {plain_line(how_to_remove(error), 400)}\n")
    _tell(loaded.problems)


@app.command("check")
def check_command(source: Source, as_json: AsJson = False) -> None:
    """Load a source and say how many tools it gives and what is wrong with the others; nothing is called."""
    from tui.settings_load import load_settings

    settings = load_settings().tools
    try:
        with _loaded((source,), settings) as loaded:
            tools, problems = loaded.tools, list(loaded.problems)
    except ToolSourceError as error:
        if not as_json:
            raise
        tools, problems = (), [f"{error}; {error.hint}" if error.hint else str(error)]
    if as_json:
        told = {"source": source, "n_tools": len(tools), "problems": problems}
        emit(plain_json({**told, "tools": [tool.spec.name for tool in tools]}, indent=2) + "\n")
    else:
        emit(f"{len(tools)} tools\n")
        for tool in tools:
            emit(f"  {plain_line(tool.spec.signature, 200)}\n")
        _tell(problems)
    if not tools:
        raise typer.Exit(ExitCode.USAGE)


@app.command("add")
def add_command(source: Source, as_json: AsJson = False) -> None:
    """Add a source to the settings, after it was loaded once."""
    from tui.settings_edit import write_list
    from tui.settings_load import load_settings

    settings = load_settings().tools
    source = _absolute(source)
    if source in settings.sources:
        raise UsageProblem(f"{source} is among the sources already", "toolcoder tools list shows them")
    with _loaded((source,), settings) as loaded:
        n_tools, problems = len(loaded.tools), list(loaded.problems)
    path = write_list("tools", "sources", [*settings.sources, source])
    if as_json:
        emit(plain_json({"added": source, "n_tools": n_tools, "problems": problems, "file": str(path)}) + "\n")
        return
    emit(f"added {plain_line(source)} with {n_tools} tools to {plain_line(str(path))}\n")
    _tell(problems)
    if not settings.sources and source != "catalogue":
        narrate("the demo catalogue is no longer used; to have it too: toolcoder tools add catalogue\n")


@app.command("remove")
def remove_command(
    source: Annotated[
        str,
        typer.Argument(
            help="The source as it stands in the settings, or a part of it.",
            autocompletion=completion_values.kept_sources,
        ),
    ],
    as_json: AsJson = False,
) -> None:
    """Remove a source from the settings."""
    from tui.settings_edit import write_list
    from tui.settings_load import load_settings

    sources = load_settings().tools.sources
    found = [s for s in sources if s in (source, _absolute(source))] or [s for s in sources if source in s]
    if len(found) != 1:
        what = f"several sources fit {source!r}" if found else f"no source {source!r} is in the settings"
        raise UsageProblem(what, "they are: " + (", ".join(found or sources) or "none"))
    path = write_list("tools", "sources", [s for s in sources if s != found[0]])
    removed = {"removed": found[0], "file": str(path)}
    emit(plain_json(removed) + "\n" if as_json else f"removed {plain_line(found[0])}\n")


@app.command("revoke")
def revoke_command(
    name: Annotated[
        str | None, typer.Argument(help="A tool's name.", autocompletion=completion_values.approved_tools)
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every tool that was approved for good.")] = False,
    as_json: AsJson = False,
) -> None:
    """Withdraw an approval that was given for always; the tool asks again."""
    from tui.tools_factory import open_approvals

    if (name is None) is not everything:
        raise UsageProblem("name one tool, or --all", "toolcoder tools list shows which are approved for always")
    gone = open_approvals().remove(name)
    if not gone and name is not None:
        raise UsageProblem(f"no tool {name!r} is approved for always", "toolcoder tools list shows which are")
    rows = [{"tool": a.tool, "source": a.source, "given": a.given} for a in gone]
    if as_json:
        emit(plain_json({"revoked": rows}, indent=2) + "\n")
        return
    for row in rows:
        emit(f"revoked {plain_line(row['tool'])} of {plain_line(row['source'])}\n")


@contextmanager
def _loaded(
    sources: tuple[str, ...], settings: ToolsSettings, broken: list[ToolSourceError] | None = None
) -> Iterator[LoadedSource]:
    from agent.log.redact import Redactor
    from agent.tools.sources import load_tools
    from tui.tools_factory import make_vault, source_options

    vault = make_vault()
    loaded = load_tools(sources, source_options(settings, vault, Redactor(vault.known_values)), broken)
    try:
        yield loaded
    finally:
        asyncio.run(_close(loaded))


async def _close(loaded: LoadedSource) -> None:
    await loaded.close()


def _row(tool: Tool, decision: str, is_approved: bool) -> dict[str, Any]:
    spec = tool.spec
    return {
        "name": spec.name,
        "signature": spec.signature,
        "purpose": spec.purpose,
        "effect": spec.effect,
        "policy": decision,
        "approved_always": is_approved and decision == "ask",
        "trusted": spec.is_trusted,
        "source": tool.source,
    }


def _absolute(source: str) -> str:
    """A file named from here is the same file wherever one stands later."""
    kind, is_prefixed, rest = source.partition(":")
    if (is_prefixed and kind != "openapi") or source == "catalogue":
        return source
    where, options, query = (rest if is_prefixed else source).partition("?")
    path = Path(where).expanduser()
    if "://" in where or not path.is_file():
        return source
    return f"{'openapi:' if is_prefixed else ''}{path.resolve()}{options}{query}"


def _tell(problems: list[str] | tuple[str, ...]) -> None:
    for problem in problems:
        narrate(f"warning: {plain_line(problem, 400)}\n")
