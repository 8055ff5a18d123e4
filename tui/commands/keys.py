"""`toolcoder keys`: API keys, in the system's keyring or a private file. Values are never printed."""

from __future__ import annotations

import sys
from typing import Annotated, Literal

import typer

from tui import completion_values
from tui.failures import UsageProblem
from tui.plain import plain_json, plain_line
from tui.standard_streams import emit, has_person, narrate

app = typer.Typer(name="keys", help="API keys: set, list, remove, login.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="The key's name, such as openai.", autocompletion=completion_values.keys)]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
_LONGEST_KEY = 8192


@app.callback()
def _group() -> None:
    """API keys."""


@app.command("set")
def set_command(
    name: Name = "openai",
    file: Annotated[bool, typer.Option("--file", help="Use the file, also where there is a keyring.")] = False,
    as_json: AsJson = False,
) -> None:
    """Store a key. It is typed without being shown, or read from stdin: no shell history holds it."""
    from tui.keys import checked, set_key

    checked(name)
    place: Literal["auto", "file"] = "file" if file else "auto"
    stored = set_key(name, _read_secret(name), place)
    emit(
        plain_json({"name": stored.name, "place": stored.place, "detail": stored.detail}) + "\n"
        if as_json
        else f"stored {plain_line(stored.name)} in {plain_line(stored.detail)}\n"
    )


@app.command("login")
def login_command(
    source: Annotated[
        str, typer.Argument(help="openapi:FILE_OR_URL?server=URL&key=NAME, with the client's id in NAME.")
    ],
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port of the redirect address; 0: any.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Log in to a service in the browser (OAuth 2, authorization code); what comes back is stored as a key."""
    import asyncio

    from agent.tools.openapi.login import login
    from tui.tools_factory import make_vault

    def show(address: str) -> None:
        narrate(f"open this address in a browser and agree there:\n{plain_line(address, _LONGEST_KEY)}\n")

    name = asyncio.run(login(source, make_vault(), show, port=port))
    emit(plain_json({"name": name}) + "\n" if as_json else f"logged in; stored as {plain_line(name)}\n")


@app.command("list")
def list_command(as_json: AsJson = False) -> None:
    """List the names of keys and where each is kept; never a value."""
    from tui.keys import list_keys

    keys = list_keys()
    if as_json:
        rows = [{"name": k.name, "place": k.place, "detail": k.detail} for k in keys]
        emit(plain_json({"keys": rows}, indent=2) + "\n")
        return
    for key in keys:
        emit(f"{plain_line(key.name):<16} {key.place:<12} {plain_line(key.detail)}\n")
    if not keys:
        narrate("no keys; store one with: toolcoder keys set openai\n")


@app.command("remove")
def remove_command(name: Name, as_json: AsJson = False) -> None:
    """Remove a stored key."""
    from tui.keys import remove_key

    if not remove_key(name):
        raise UsageProblem(f"no key {name} is stored here", "toolcoder keys list shows what there is")
    emit(plain_json({"removed": name}) + "\n" if as_json else f"removed {plain_line(name)}\n")


def _read_secret(name: str) -> str:
    if has_person():
        from getpass import getpass

        return getpass(f"the key {name} (not shown): ", stream=sys.stderr)
    return sys.stdin.readline(_LONGEST_KEY) if sys.stdin else ""
