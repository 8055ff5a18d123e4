"""What the commands of `toolcoder functions` share: the repository of the settings, and one entry by name or id."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from tui import completion_values
from tui.failures import UsageProblem
from tui.plain import plain_line
from tui.standard_streams import narrate

if TYPE_CHECKING:
    from agent.functions.base import FunctionEntry, FunctionRepository

Which = Annotated[
    str,
    typer.Argument(
        help="A function's name, or its id or the beginning of it.", autocompletion=completion_values.functions
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@contextmanager
def repository() -> Iterator[FunctionRepository]:
    """The one that the settings name, closed afterwards."""
    from tui.functions_factory import open_functions
    from tui.settings_load import load_settings

    opened = open_functions(load_settings().functions)
    try:
        yield opened
    finally:
        opened.close()
        for notice in opened.told():
            narrate(f"warning: {plain_line(notice, 500)}\n")


def find(opened: FunctionRepository, wanted: str) -> FunctionEntry:
    """The entry of that id, name (in use before withdrawn) or beginning of an id.

    Raises:
        UsageProblem: there is none, or more than one.
    """
    entries = opened.list()
    found = [e for e in entries if e.id == wanted] or [e for e in entries if e.name == wanted and e.state != "retired"]
    found = found or [e for e in entries if wanted and e.id.startswith(wanted)]
    if len(found) == 1:
        return found[0]
    if not found:
        raise UsageProblem(f"no function is called {wanted!r}", "toolcoder functions list shows what there is")
    ids = ", ".join(e.id for e in found[:8])
    raise UsageProblem(f"several functions are called {wanted!r}", f"name one by its id: {ids}")
