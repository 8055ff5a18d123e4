"""`toolcoder sessions`: what was asked before, from the session logs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tui.confirm import confirm
from tui.plain import plain_json, plain_line
from tui.standard_streams import emit, narrate

app = typer.Typer(name="sessions", help="Logged sessions: list, show, delete.", no_args_is_help=True)
SessionId = Annotated[str, typer.Argument(help="The session's id, or the beginning of it.")]
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

    sessions = list_sessions(_folder())
    if as_json:
        rows = [
            {
                "id": s.id,
                "started": s.started.isoformat(),
                "question": s.question,
                "status": s.status,
                "n_turns": s.n_turns,
            }
            for s in sessions[:n_shown]
        ]
        emit(plain_json({"n_sessions": len(sessions), "sessions": rows}, indent=2) + "\n")
        return
    for s in sessions[:n_shown]:
        started = s.started.astimezone().strftime("%Y-%m-%d %H:%M")
        emit(f"{plain_line(s.id):<22} {started}  {plain_line(s.status):<12} {plain_line(s.question, 70)}\n")
    if not sessions:
        narrate("no session was logged yet\n")
    elif len(sessions) > n_shown:
        narrate(f"{len(sessions) - n_shown} older ones are not shown (--limit)\n")


@app.command("show")
def show_command(session: SessionId, as_json: AsJson = False) -> None:
    """Show a session: its questions, programs, tool calls and answers."""
    from agent.log.reader import find_session, read_session
    from tui.session_text import session_object, session_text

    logged = read_session(find_session(_folder(), session))
    emit(plain_json(session_object(logged), indent=2) + "\n" if as_json else session_text(logged))
    for number, why in logged.bad_lines:
        narrate(f"warning: line {number} of the log cannot be read: {plain_line(why)}\n")


@app.command("delete")
def delete_command(
    session: SessionId,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Delete a session's log and all that was kept with it."""
    from agent.log.reader import find_session
    from agent.log.retention import delete

    found = find_session(_folder(), session).stem
    if not yes:
        confirm(f"delete session {plain_line(found)}?")
    delete(_folder(), found)
    emit(plain_json({"deleted": found}) + "\n" if as_json else f"deleted {plain_line(found)}\n")


def _folder() -> Path:
    from tui.places import sessions_folder

    return sessions_folder()
