"""`toolcoder sessions`: what was asked before, from the session logs."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tui import completion_values
from tui.confirm import confirm
from tui.failures import UsageProblem
from tui.plain import plain_json, plain_line
from tui.standard_streams import emit, narrate

app = typer.Typer(
    name="sessions", help="Logged sessions: list, search, show, resume, rename, export, delete.", no_args_is_help=True
)
SessionId = Annotated[
    str,
    typer.Argument(
        help="The session's id or the beginning of it, its name, or words of its name or first question.",
        autocompletion=completion_values.sessions,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.callback()
def _group() -> None:
    """Logged sessions."""


@app.command("list")
def list_command(
    n_shown: Annotated[int, typer.Option("--limit", min=1, help="How many, the newest first.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List sessions, the newest first."""
    from agent.log.reader import list_sessions
    from tui.finding import described

    sessions = list_sessions(_folder())
    if as_json:
        rows = [
            {
                "id": s.id,
                "started": s.started.isoformat(),
                "name": s.name,
                "question": s.question,
                "status": s.status,
                "n_turns": s.n_turns,
            }
            for s in sessions[:n_shown]
        ]
        emit(plain_json({"n_sessions": len(sessions), "sessions": rows}, indent=2) + "\n")
        return
    for s in sessions[:n_shown]:
        emit(described(s) + "\n")
    if not sessions:
        narrate("no session was logged yet\n")
    elif len(sessions) > n_shown:
        narrate(f"{len(sessions) - n_shown} older ones are not shown (--limit)\n")


@app.command("show")
def show_command(session: SessionId, as_json: AsJson = False) -> None:
    """Show a session: its questions, programs, tool calls and answers."""
    from agent.log.reader import read_session
    from tui.finding import find_session
    from tui.session_text import session_object, session_text

    logged = read_session(find_session(_folder(), session).path)
    emit(plain_json(session_object(logged), indent=2) + "\n" if as_json else session_text(logged))
    for number, why in logged.bad_lines:
        narrate(f"warning: line {number} of the log cannot be read: {plain_line(why)}\n")


@app.command("search")
def search_command(
    words: Annotated[list[str], typer.Argument(help="Words of its questions, answers, programs or name.")],
    n_shown: Annotated[int, typer.Option("--limit", min=1, help="How many, the newest first.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Find sessions in which all the words occur."""
    from itertools import islice

    from agent.log.search import search
    from tui.finding import described

    hits = list(islice(search(_folder(), " ".join(words)), n_shown))
    if as_json:
        rows = [
            {"id": h.session.id, "name": h.session.name, "question": h.session.question, "where": h.where}
            | {"excerpt": h.excerpt}
            for h in hits
        ]
        emit(plain_json({"sessions": rows}, indent=2) + "\n")
        return
    for hit in hits:
        emit(f"{described(hit.session)}\n    {hit.where}: {plain_line(hit.excerpt, 240)}\n")
    if not hits:
        narrate("no session has all these words\n")


@app.command("resume")
def resume_command(session: SessionId) -> None:
    """Open the chat on a session, and go on with it."""
    from tui.commands.chat import chat_command
    from tui.finding import find_session

    chat_command(resume=find_session(_folder(), session).id)


@app.command("rename")
def rename_command(
    session: SessionId,
    name: Annotated[str, typer.Argument(help="What it is called from now on; '' takes the name away.")],
    as_json: AsJson = False,
) -> None:
    """Name a session."""
    from agent.log.naming import rename
    from tui.finding import find_session

    path = find_session(_folder(), session).path
    try:
        rename(path, name)
    except ValueError as error:
        raise UsageProblem(str(error), "choose a shorter one") from error
    emit(plain_json({"session": path.stem, "name": name}) + "\n" if as_json else f"renamed {plain_line(path.stem)}\n")


class ExportFormat(StrEnum):
    """What others read."""

    JSON = "json"
    TEXT = "text"
    MESSAGES = "messages"
    ATIF = "atif"


@app.command("export")
def export_command(
    session: SessionId,
    form: Annotated[
        ExportFormat,
        typer.Option(
            "--format",
            help="json: every record; text: as `show`; messages: chat messages, a JSON line as TRL reads it;"
            " atif: the agent trajectory interchange format.",
        ),
    ] = ExportFormat.JSON,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write to this file, which must not exist; not to stdout.")
    ] = None,
) -> None:
    """Write a session in a form that other programs read."""
    from agent.log.reader import read_session
    from tui.finding import find_session
    from tui.session_export import exported, write_new

    text = exported(read_session(find_session(_folder(), session).path), form.value)
    if output is None:
        emit(text)
    else:
        write_new(output, text)
        narrate(f"wrote {plain_line(str(output), 300)}\n")


@app.command("delete")
def delete_command(
    session: SessionId,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Delete a session's log and all that was kept with it."""
    from agent.log.retention import delete
    from tui.finding import find_session

    found = find_session(_folder(), session, is_exact=yes)
    if not yes:
        confirm(f"delete session {plain_line(found.id)}, {plain_line(found.title, 70)!r}?")
    delete(_folder(), found.id)
    emit(plain_json({"deleted": found.id}) + "\n" if as_json else f"deleted {plain_line(found.id)}\n")


def _folder() -> Path:
    from tui.places import sessions_folder

    return sessions_folder()
