"""The command line: which commands there are, and how any of them ends.

Commands live in `tui.commands`, one module per group; their bodies import what they need when they run.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from tui import completion, standard_streams
from tui.commands import ask, bench, chat, demo_api, doctor, functions, keys, sandbox, sessions, shell, tools, train
from tui.exit_codes import ExitCode
from tui.failures import UsageProblem, show_exception
from tui.interrupted import was_interrupted

HELP = """Ask in plain words; a model writes a program, a sandbox runs it, you get the answer.

Without a command the chat opens. Exit codes: 0 done, 1 the agent failed, 2 usage, 3 the environment is not ready,
4 refused (an approval or a person was needed), 5 a budget ended it, 130 interrupted.
"""
_OWN_OPTIONS = ("--help", "-h", "--version")


def build_app() -> typer.Typer:
    """The whole command tree."""
    app = typer.Typer(
        name="toolcoder",
        help=HELP,
        add_completion=False,
        no_args_is_help=False,
        rich_markup_mode=None,  # plain help: importing rich costs more than all the rest
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_options)
    app.command("chat")(chat.chat_command)
    app.command("ask")(ask.ask_command)
    app.command("doctor")(doctor.doctor_command)
    app.command("demo-api")(demo_api.demo_api_command)
    app.command("completion")(shell.completion_command)
    app.command("man")(shell.man_command)
    for group in (keys, tools, sandbox, sessions, functions, bench, train):
        app.add_typer(group.app)
    return app


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit status. Who calls it: `tui.main`, and tests.

    Raises:
        KeyboardInterrupt: interrupted where no turn was running.
    """
    standard_streams.prepare()
    if not arguments or (arguments[0].startswith("-") and arguments[0] not in _OWN_OPTIONS):
        arguments = ["chat", *arguments]
    completion.enable_if_asked()
    command = typer.main.get_command(build_app())
    try:
        _refuse_question(arguments, command)
        command.main(args=list(arguments), prog_name="toolcoder", standalone_mode=True)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ExitCode.DONE)
    except Exception as error:  # noqa: BLE001  # the last place where a failure can be told in words instead of a traceback
        return ExitCode.INTERRUPTED if was_interrupted(error) else show_exception(error)
    return ExitCode.DONE


def _refuse_question(arguments: Sequence[str], root: Any) -> None:
    """Who asks without `ask` is told how, not that there is no such command. Raises UsageProblem."""
    first = arguments[0]
    if first not in root.commands and (" " in first.strip() or arguments[-1].endswith("?")):
        raise UsageProblem(
            f"there is no command {first!r}", 'a question is asked in quotes: toolcoder ask "How many ...?"'
        )


def _version(wanted: bool) -> None:
    if wanted:
        from importlib import metadata

        try:
            number = metadata.version("toolcoder")
        except metadata.PackageNotFoundError:
            number = "unknown (run from a checkout that is not installed)"
        standard_streams.emit(f"toolcoder {number}\n")
        raise typer.Exit(ExitCode.DONE)


def _options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", is_eager=True, callback=_version)
    ] = False,
) -> None:
    """Options of the program itself."""
