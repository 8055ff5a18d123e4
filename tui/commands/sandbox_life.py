"""`toolcoder sandbox list`, `prune` and `kernelspec`: kernels that are there, and kernels for Jupyter."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tui.failures import UsageProblem

if TYPE_CHECKING:
    from sandbox.listing import Kernel

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
kernelspec = typer.Typer(name="kernelspec", help="The kernel for Jupyter: install, show, remove.", no_args_is_help=True)
_MB = 1 << 20


def mount(app: typer.Typer) -> None:
    """Add these commands to `toolcoder sandbox`."""
    app.command("list")(list_command)
    app.command("prune")(prune_command)
    app.add_typer(kernelspec)


def list_command(as_json: AsJson = False) -> None:
    """List your kernels on this machine, the oldest first."""
    from dataclasses import asdict

    from sandbox.listing import list_kernels
    from tui.plain import plain_json
    from tui.standard_streams import emit, narrate

    kernels = list_kernels()
    if as_json:
        rows = [asdict(kernel) | {"age_s": round(kernel.age_s, 1)} for kernel in kernels]
        emit(plain_json({"n_kernels": len(rows), "kernels": rows}, indent=2) + "\n")
        return
    for kernel in kernels:
        emit(_line(kernel) + "\n")
    if not kernels:
        narrate("no kernel is there\n")
    elif any(kernel.state in ("leased", "orphan") for kernel in kernels):
        narrate("remove what nobody uses: toolcoder sandbox prune (--all: also what a session could come back to)\n")


def prune_command(
    leased: Annotated[
        bool, typer.Option("--all", help="Also kernels that a session could still come back to.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Remove kernels and folders that no running program holds; never another terminal's."""
    from sandbox.reaper import reap
    from tui.plain import plain_json, plain_line
    from tui.standard_streams import emit, narrate

    removed = reap(also_leased=leased)
    if as_json:
        emit(plain_json({"removed": removed}, indent=2) + "\n")
        return
    for name in removed:
        emit(f"removed {plain_line(name)}\n")
    if not removed:
        narrate("nothing to remove\n")


@kernelspec.callback()
def _group() -> None:
    """The kernel for Jupyter."""


@kernelspec.command("install")
def install_command(
    user: Annotated[bool, typer.Option("--user", help="For this user; the default.")] = False,
    prefix: Annotated[Path | None, typer.Option("--prefix", help="An environment's folder, for its Jupyter.")] = None,
    as_json: AsJson = False,
) -> None:
    """Let Jupyter start kernels in the sandbox: the kernel "Python (toolcoder sandbox)"."""
    from sandbox.kernelspec import NAME, has_provisioner, install, where_installed
    from tui.images import image_name
    from tui.plain import plain_json, plain_line
    from tui.settings_load import load_settings
    from tui.standard_streams import emit, narrate

    if user and prefix is not None:
        raise UsageProblem("--user and --prefix exclude each other", "choose one place")
    folder = install(prefix=prefix, image=image_name(load_settings().sandbox.image))
    if as_json:
        emit(plain_json({"name": NAME, "folder": str(folder), "has_provisioner": has_provisioner()}) + "\n")
    else:
        emit(f"installed {NAME} in {plain_line(str(folder))}\n")
    narrate(f"Jupyter must run where toolcoder is installed: {plain_line(where_installed())}\n")


@kernelspec.command("show")
def show_command(as_json: AsJson = False) -> None:
    """Show the kernelspec that Jupyter finds from here."""
    from sandbox.kernelspec import NAME, find
    from tui.plain import plain_json, plain_line
    from tui.standard_streams import emit

    found = find()
    shown: dict[str, Any] = {"name": NAME, "folder": None, "spec": None, "has_provisioner": None}
    if found is not None:
        shown |= {"folder": str(found.folder), "spec": found.spec, "has_provisioner": found.has_provisioner}
    if as_json:
        emit(plain_json(shown, indent=2) + "\n")
    elif found is None:
        raise UsageProblem(f"there is no kernelspec {NAME}", "toolcoder sandbox kernelspec install")
    else:
        emit(f"{plain_line(str(found.folder))}\n{plain_json(found.spec, indent=2)}\n")


@kernelspec.command("remove")
def remove_command(as_json: AsJson = False) -> None:
    """Remove the kernelspec that Jupyter finds from here."""
    from sandbox.kernelspec import NAME, remove
    from tui.plain import plain_json, plain_line
    from tui.standard_streams import emit, narrate

    folder = remove()
    if as_json:
        emit(plain_json({"name": NAME, "removed": str(folder) if folder else None}) + "\n")
    elif folder is None:
        narrate(f"there is no kernelspec {NAME}\n")
    else:
        emit(f"removed {plain_line(str(folder))}\n")


def _line(kernel: Kernel) -> str:
    from tui.plain import plain_line

    memory = f"{kernel.memory_bytes / _MB:.0f} MB" if kernel.memory_bytes is not None else "?"
    state = kernel.state
    left = f" ({_duration(kernel.lease_left_s)} left)" if kernel.lease_left_s is not None else ""
    name, session, image = plain_line(kernel.name), plain_line(kernel.session or "-"), plain_line(kernel.image)
    return f"{name:<20} {state + left:<22} {session:<22} {_duration(kernel.age_s):>7} {memory:>8}  {image}"


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
