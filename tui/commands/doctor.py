"""`toolcoder doctor`: flags only; the work is in `tui.doctor`."""

from __future__ import annotations

from typing import Annotated

import typer


def doctor_command(
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Look at the sandbox alone, and prove its promises from inside a kernel.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Check each piece and say what to do about a failure."""
    from tui.doctor import report

    raise typer.Exit(report(as_json=as_json, only_sandbox=sandbox))
