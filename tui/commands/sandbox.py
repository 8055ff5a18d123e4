"""`toolcoder sandbox`: the kernels' image, and what is mounted beside it."""

from __future__ import annotations

from typing import Annotated

import typer

from tui.commands import sandbox_apply, sandbox_bench, sandbox_life, sandbox_packages

app = typer.Typer(name="sandbox", help="The sandbox: its image, its kernels.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """The sandbox: its image, its kernels."""


sandbox_life.mount(app)
sandbox_apply.mount(app)
sandbox_packages.mount(app)
sandbox_bench.mount(app)


@app.command("build")
def build_command(
    science: Annotated[
        bool, typer.Option("--science", help="The larger image: scipy, scikit-learn, statsmodels and more.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Build the kernel image, and what was added to it; what is done already is skipped."""
    from sandbox.image.build import ensure_image
    from sandbox.image.recipe import SCIENCE, SLIM
    from tui.images import narrate_step, open_packages
    from tui.plain import plain_json, plain_line
    from tui.standard_streams import emit

    image = open_packages().image(ensure_image(narrate_step, SCIENCE if science else SLIM), narrate_step)
    emit((plain_json({"image": image}) if as_json else plain_line(image)) + "\n")
