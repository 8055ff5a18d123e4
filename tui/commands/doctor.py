"""`toolcoder doctor`: is everything ready, and what to do where it is not."""

from __future__ import annotations

from typing import Annotated

import typer


def doctor_command(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Check each piece and say what to do about a failure."""
