"""`toolcoder ask`: flags only; the work is in `tui.ask`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tui.commands import flags
from tui.failures import UsageProblem


def ask_command(
    question: Annotated[str, typer.Argument(help="The question in quotes; '-' reads it from stdin.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of the answer alone.")] = False,
    events: Annotated[bool, typer.Option("--events", help="Print every event as a JSON line while it runs.")] = False,
    model: flags.Model = None,
    tools: flags.Tools = None,
    work_folder: flags.WorkFolder = None,
    work_mode: flags.WorkMode = None,
    mode: flags.Mode = None,
    max_tokens: flags.MaxTokens = None,
    max_seconds: flags.MaxSeconds = None,
    max_cost: flags.MaxCost = None,
    yes: flags.Yes = False,
    no_log: flags.NoLog = False,
    output: Annotated[
        Path | None,
        typer.Option("--output", help="Write the result to this file, not to stdout; whole or not at all."),
    ] = None,
    output_dir: Annotated[
        Path | None,
        typer.Option("--output-dir", help="Put the files that programs make (in /out, and plots) into this folder."),
    ] = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="With --work-mode copy: apply what programs changed, without asking.")
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Narrate also where stderr is no terminal.")] = False,
    resume: flags.Resume = None,
    continue_last: flags.Continue = False,
    weaker_sandbox: flags.WeakerSandbox = False,
    unsafe_local_kernel: flags.UnsafeLocalKernel = False,
) -> None:
    """Answer one question. The answer alone goes to stdout, everything else to stderr."""
    from tui.ask import AskOptions, Form, Start, ask
    from tui.question import read_question
    from tui.standard_streams import has_person

    if as_json and events:
        raise UsageProblem("--json and --events exclude each other", "the last line of --events is the answer")
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
        no_log=no_log,
        unsafe_local_kernel=unsafe_local_kernel,
        weaker_sandbox=weaker_sandbox,
        apply=apply,
        out=output_dir,
        resume=resume,
        continue_last=continue_last,
    )
    text = read_question(question)
    form: Form = "json" if as_json else "events" if events else "text"

    def prepare_session() -> Start:
        from tui.session_factory import prepare

        return prepare(request, interactive=has_person())

    raise typer.Exit(ask(text, prepare_session, AskOptions(form, output, verbose, request.out)))
