"""`toolcoder keys`"""

from __future__ import annotations

import typer

app = typer.Typer(name="keys", help="API keys: set, list, remove.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """x"""
