"""`toolcoder train`: session logs become data, data a better local model. One module per command, registered here."""

from __future__ import annotations

import typer

from tui.commands import train_data, train_eval, train_out, train_rl, train_sft

app = typer.Typer(name="train", help="Train a local model on your own sessions.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Train a local model on your own sessions."""


train_data.mount(app)
train_eval.mount(app)
train_sft.mount(app)
train_rl.mount(app)
train_out.mount(app)
