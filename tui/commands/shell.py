"""`toolcoder man` and `toolcoder completion`: what a shell's user installs once."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from tui.failures import UsageProblem
from tui.standard_streams import emit, narrate


class Shell(StrEnum):
    """Shells that completion is there for."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def man_command(context: typer.Context) -> None:
    """Print the manual page (roff): toolcoder man | man -l -"""
    import datetime

    from agent.version import version
    from tui.man_page import man_page

    emit(man_page(context.find_root().command, version(), datetime.datetime.now(datetime.UTC).date()))


def completion_command(
    shell: Annotated[Shell | None, typer.Argument(help="bash, zsh or fish; by default the one in SHELL.")] = None,
    install: Annotated[bool, typer.Option("--install", help="Write it to where the shell looks for it.")] = False,
) -> None:
    """Print what makes the shell complete commands, flags and names of what you have; --install puts it in place."""
    from tui.completion import install_script, script, shell_of_user

    chosen = shell.value if shell is not None else shell_of_user()
    if chosen is None:
        raise UsageProblem("which shell?", "name it: toolcoder completion bash, zsh or fish")
    if not install:
        emit(script(chosen))
        return
    path, what_next = install_script(chosen)
    narrate(f"written: {path}\n")
    narrate(f"{what_next}\n")
