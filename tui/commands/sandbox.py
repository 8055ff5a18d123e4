"""`toolcoder sandbox`: the kernels' image, and what is mounted beside it."""

from __future__ import annotations

from typing import Annotated

import typer

from tui.commands import sandbox_apply, sandbox_life

app = typer.Typer(name="sandbox", help="The sandbox: its image, its kernels.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """The sandbox: its image, its kernels."""


sandbox_life.mount(app)
sandbox_apply.mount(app)


@app.command("build")
def build_command(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Build the kernel image; what is done already is skipped."""
    from sandbox.image.build import ensure_image
    from tui.plain import plain_json, plain_line
    from tui.standard_streams import emit, narrate

    image = ensure_image(lambda step: narrate(plain_line(step, 300) + "\n"))
    emit((plain_json({"image": image}) if as_json else plain_line(image)) + "\n")
