"""`toolcoder chat`, also what the bare `toolcoder` runs."""

from __future__ import annotations

from typing import Annotated

import typer

from tui.commands import flags
from tui.failures import UsageProblem


def chat_command(
    model: flags.Model = None,
    tools: flags.Tools = None,
    work_folder: flags.WorkFolder = None,
    work_mode: flags.WorkMode = None,
    mode: flags.Mode = None,
    max_tokens: flags.MaxTokens = None,
    max_seconds: flags.MaxSeconds = None,
    max_cost: flags.MaxCost = None,
    yes: flags.Yes = False,
    output_dir: flags.OutputDir = None,
    apply: flags.Apply = False,
    no_log: flags.NoLog = False,
    resume: flags.Resume = None,
    continue_last: flags.Continue = False,
    weaker_sandbox: flags.WeakerSandbox = False,
    unsafe_local_kernel: flags.UnsafeLocalKernel = False,
    plain: Annotated[
        bool, typer.Option("--plain", help="Line by line, words only: for screen readers and simple terminals.")
    ] = False,
    inline: Annotated[
        bool, typer.Option("--inline", help="Line by line: answers stay in the terminal's own scrollback.")
    ] = False,
) -> None:
    """Open the chat (the default)."""
    request = flags.request(
        model=model,
        tools=tools,
        work_folder=work_folder,
        work_mode=work_mode,
        mode=mode,
        max_tokens=max_tokens,
        max_seconds=max_seconds,
        max_cost=max_cost,
        yes=yes,
        out=output_dir,
        apply=apply,
        no_log=no_log,
        unsafe_local_kernel=unsafe_local_kernel,
        weaker_sandbox=weaker_sandbox,
        resume=resume,
        continue_last=continue_last,
    )
    if plain and inline:
        raise UsageProblem("--plain and --inline exclude each other", "leave one of them out")
    from tui.chat.launch import open_chat

    raise typer.Exit(open_chat(request, "plain" if plain else "inline" if inline else None))
