"""`toolcoder ask`: flags only; the work is in `tui.ask`, for a list of questions in `tui.ask_many`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tui.commands import flags
from tui.failures import UsageProblem
from tui.standard_streams import narrate

if TYPE_CHECKING:
    from tui.ask_many import CloseShared, MakeSession, ManyOptions
    from tui.session_request import SessionRequest

_WARNINGS = {
    "local": "NO ISOLATION: programs run as you, with your files and your network (--unsafe-local-kernel)",
    "bubblewrap": "WEAKER SANDBOX: bubblewrap instead of a container (--weaker-sandbox)",
}


def ask_command(
    question: Annotated[
        str | None, typer.Argument(help="The question in quotes; '-' reads it from stdin.", show_default=False)
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            "--file",
            metavar="LIST",
            help="Ask a list: one question per line, or JSON Lines with id and question; '-' is stdin.",
        ),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option("--jobs", "-j", min=1, max=64, help="With --file: questions at a time, 1 by default."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of the answer alone.")] = False,
    events: Annotated[bool, typer.Option("--events", help="Print every event as a JSON line while it runs.")] = False,
    model: flags.Model = None,
    tools: flags.Tools = None,
    attach: Annotated[
        list[Path] | None,
        typer.Option(
            "--attach",
            help="A file ('-' is stdin): short text goes into the question, others to /work; may be repeated.",
        ),
    ] = None,
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
        typer.Option(
            "--output",
            "-o",
            help="Write the result to this file, whole or not at all; of a list each when it is there, and those that"
            " are there are not asked again.",
        ),
    ] = None,
    output_dir: flags.OutputDir = None,
    apply: flags.Apply = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Narrate also where stderr is no terminal.")] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Say nothing on stderr but why there is no answer.")
    ] = False,
    resume: flags.Resume = None,
    continue_last: flags.Continue = False,
    weaker_sandbox: flags.WeakerSandbox = False,
    unsafe_local_kernel: flags.UnsafeLocalKernel = False,
) -> None:
    """Answer one question, or a list of them. The answer alone goes to stdout, everything else to stderr."""
    if as_json and events:
        raise UsageProblem("--json and --events exclude each other", "the last line of --events is the answer")
    if verbose and quiet:
        raise UsageProblem("--verbose and --quiet exclude each other", "leave one of them out")
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
    if request.kernel_kind is not None and not quiet:
        narrate(f"warning: {_WARNINGS[request.kernel_kind]}\n")
    if file is not None:
        from tui.ask_many import ManyOptions

        others = (("a question", question is not None), ("--events", events), ("--resume", request.resumes))
        for flag, is_given in others:
            if is_given:
                raise UsageProblem(f"--file and {flag} exclude each other", "each question has a session of its own")
        many = ManyOptions(output, jobs or 1, as_json, quiet, request.out)
        raise typer.Exit(_ask_list(file, attach or [], request, many))
    if jobs is not None:
        raise UsageProblem("--jobs is for a list of questions", "name it: --file LIST")
    if question is None:
        raise UsageProblem("there is no question", 'write it in quotes: toolcoder ask "How many films ...?"')
    from tui.ask import AskOptions, Form, Start, ask
    from tui.attachments import attach as attached_to
    from tui.piped import Untaken, with_piped
    from tui.question import read_question
    from tui.standard_streams import has_person

    form: Form = "json" if as_json else "events" if events else "text"

    def prepare_session() -> Start:
        from tui.session_factory import prepare

        return prepare(replace(request, attached=files), interactive=has_person())

    untaken = Untaken(quiet or question == "-" or Path("-") in (attach or []))
    asked = read_question(question)
    with with_piped(attach or [], is_taken=question == "-") as paths:
        text, files = attached_to(asked, paths, request.work_folder)
        untaken.tell()
        code = ask(text, prepare_session, AskOptions(form, output, verbose, quiet, request.out))
        untaken.tell()
    raise typer.Exit(code)


def _ask_list(file: Path, paths: list[Path], request: SessionRequest, options: ManyOptions) -> int:
    from tui.ask_list import read_list
    from tui.ask_many import ask_many
    from tui.attachments import attach
    from tui.piped import with_piped

    if options.output_dir is not None and not request.log:
        raise UsageProblem("--file with --output-dir needs the sessions' logs", "leave --no-log out")
    listed = read_list(file)

    def prepare() -> tuple[MakeSession, CloseShared]:
        from tui.session_factory import prepare_many

        # Each session keeps its files for itself until they are gathered: two may make one of the same name.
        return prepare_many(replace(request, out=None, attached=files))

    with with_piped(paths, is_taken=str(file) == "-") as real_paths:
        text, files = attach("", real_paths, request.work_folder)
        listed = [replace(item, question=f"{item.question}{text}") for item in listed]
        return ask_many(listed, prepare, options)
