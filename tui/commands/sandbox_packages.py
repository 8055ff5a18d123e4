"""`toolcoder sandbox packages`: what was added to the kernels' image; add, remove, export."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tui import completion_values
from tui.failures import UsageProblem

app = typer.Typer(name="packages", help="Packages added to the kernels' image.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do it without asking.")]


def mount(parent: typer.Typer) -> None:
    """Add these commands to `toolcoder sandbox`."""
    parent.add_typer(app)


@app.command("list")
def list_command(as_json: AsJson = False) -> None:
    """List what was added, by image."""
    from tui.images import open_packages
    from tui.plain import plain_json, plain_line
    from tui.standard_streams import emit, narrate

    locks = open_packages().lock.all()
    if as_json:
        emit(plain_json({"images": [_object(lock) for lock in locks]}, indent=2) + "\n")
        return
    for lock in locks:
        emit(plain_line(f"{lock.image}: {', '.join(lock.wanted)}", 400) + "\n")
        for package in lock.packages:
            size = "" if package.n_bytes is None else f"{package.n_bytes / 1e6:8.1f} MB"
            emit(plain_line(f"  {package.name:<28} {package.version:<12}{size}") + "\n")
    if not locks:
        narrate("no packages were added\n")


@app.command("add")
def add_command(
    names: Annotated[list[str], typer.Argument(help="As an index knows them; NAME==VERSION for one version.")],
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Add packages to the image. What would come is shown first; wheels only, installed without network."""
    from agent.loop.packages import details_of
    from tui.confirm import confirm
    from tui.images import image_name, narrate_step, open_packages
    from tui.plain import plain, plain_json, plain_line
    from tui.settings_load import load_settings
    from tui.standard_streams import emit, narrate

    packages, image = open_packages(), image_name(load_settings().sandbox.image)
    added: list[dict[str, Any]] = []
    current = packages.image(image, narrate_step)
    for name in names:
        offer = packages.offer(image, name, narrate_step)
        if not offer.packages:
            narrate(f"{plain_line(name)} is there already\n")
            continue
        narrate(plain(details_of(offer)) + "\n")
        if not yes:
            confirm(f"add {plain_line(name)} to {plain_line(image)}?")
        current, new = packages.add(offer, narrate_step)
        added += [package.as_json() for package in new]
    told = {"image": current, "added": added}
    emit((plain_json(told, indent=2) if as_json else plain_line(current)) + "\n")


@app.command("remove")
def remove_command(
    names: Annotated[
        list[str], typer.Argument(help="Packages that were added by name.", autocompletion=completion_values.packages)
    ],
    as_json: AsJson = False,
) -> None:
    """Take packages away, and what only they needed."""
    from tui.images import image_name, narrate_step, open_packages
    from tui.plain import plain_json, plain_line
    from tui.settings_load import load_settings
    from tui.standard_streams import emit

    image = open_packages().remove(image_name(load_settings().sandbox.image), names, narrate_step)
    emit((plain_json({"image": image, "removed": names}) if as_json else plain_line(image)) + "\n")


@app.command("export")
def export_command(
    image: Annotated[str | None, typer.Option("--image", help="Of this image; else of the one that is set.")] = None,
    as_json: AsJson = False,
) -> None:
    """Print what was added as requirements with hashes, which pip can install."""
    from tui.images import image_name, open_packages
    from tui.plain import plain_json
    from tui.settings_load import load_settings
    from tui.standard_streams import emit

    lock = open_packages().lock.of(image_name(image or load_settings().sandbox.image))
    if not lock.packages and not as_json:
        raise UsageProblem(f"nothing was added to {lock.image}", "`toolcoder sandbox packages add NAME` adds something")
    emit(plain_json(_object(lock), indent=2) + "\n" if as_json else lock.requirements.decode())


def _object(lock: Any) -> dict[str, Any]:
    return {
        "image": lock.image,
        "wanted": list(lock.wanted),
        "packages": [package.as_json() for package in lock.packages],
    }
