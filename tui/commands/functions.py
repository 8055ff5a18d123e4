"""`toolcoder functions`"""

from __future__ import annotations

import typer

app = typer.Typer(name="functions", help="Saved functions: list, show, remove.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """x"""
