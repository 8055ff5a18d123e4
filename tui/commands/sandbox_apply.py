"""`toolcoder sandbox apply`: changes of a copied work folder that were kept: list, show, apply or discard them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tui import completion_values
from tui.failures import UsageProblem

if TYPE_CHECKING:
    from sandbox.files.changes import Change
    from sandbox.files.work_copy import WorkCopy


def mount(app: typer.Typer) -> None:
    """Add this command to `toolcoder sandbox`."""
    app.command("apply")(apply_command)


def apply_command(
    session: Annotated[
        str | None,
        typer.Argument(
            help="The session whose changes, by its id or name; without it they are listed.",
            autocompletion=completion_values.kept_changes,
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Apply without asking.")] = False,
    discard: Annotated[bool, typer.Option("--discard", help="Throw the changes away instead.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Apply what programs changed in the copy of a folder; the changes are shown first."""
    from tui.files_factory import copies_folder
    from tui.plain import plain_json
    from tui.standard_streams import emit

    if session is None:
        if yes or discard:
            raise UsageProblem("which session's changes?", "name it, or leave the flags out to list what is kept")
        _list(as_json)
        return
    if "/" in session or session.startswith("."):
        raise UsageProblem(f"{session!r} is no session", "`toolcoder sandbox apply` lists those with changes")
    session = _meant(session)
    from sandbox.files.changes import changes_of
    from sandbox.files.work_copy import WorkCopy

    copy = WorkCopy.load(copies_folder() / session)
    changes = changes_of(copy)
    told: dict[str, Any] = {
        "session": session,
        "folder": str(copy.root),
        "changes": [change.as_json() for change in changes],
        "applied": [],
        "kept_back": [],
    }
    if discard:
        copy.discard()
    else:
        applied, kept_back = _apply(copy, changes, yes=yes)
        told |= {"applied": applied, "kept_back": [list(pair) for pair in kept_back]}
    if as_json:
        emit(plain_json(told, indent=2) + "\n")
    elif discard:
        emit(f"{len(changes):,} changes discarded\n")


def _apply(
    copy: WorkCopy, changes: tuple[Change, ...], *, yes: bool
) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    from agent.file_events import ChangesSettled
    from agent.loop.session_files import details_of
    from sandbox.files.applying import apply
    from sandbox.files.changes import changes_of
    from tui.confirm import confirm
    from tui.file_notes import details, notes
    from tui.standard_streams import narrate

    if not changes:
        narrate("nothing is left to apply\n")
        copy.discard()
        return (), ()
    narrate(details(details_of(changes)) + "\n")
    if not yes:
        confirm(f"apply these changes to {copy.root}?")
    applied = apply(copy, changes)
    left = [change for change in changes_of(copy) if not change.refused]
    settled = ChangesSettled(
        str(copy.root), tuple(c.as_json() for c in changes), applied.paths, applied.kept_back, is_kept=bool(left)
    )
    for line in notes(settled, copy.folder.name):
        narrate(line + "\n")
    if not left:
        copy.discard()
    return applied.paths, applied.kept_back


def _meant(wanted: str) -> str:
    """The id of the session with kept changes that is meant, by its id, the beginning of it, or its name."""
    from sandbox.files.work_copy import kept_copies
    from tui.files_factory import copies_folder
    from tui.finding import find_session
    from tui.places import sessions_folder

    ids = [copy.folder.name for copy in kept_copies(copies_folder())]
    fitting = [wanted] if wanted in ids else [name for name in ids if name.startswith(wanted)]
    return fitting[0] if len(fitting) == 1 else find_session(sessions_folder(), wanted, is_exact=True).id


def _list(as_json: bool) -> None:
    from datetime import UTC, datetime

    from sandbox.files.changes import changes_of
    from sandbox.files.work_copy import kept_copies
    from tui.files_factory import copies_folder
    from tui.plain import plain_json, plain_line
    from tui.standard_streams import emit, narrate

    found = []
    for copy in kept_copies(copies_folder()):
        changes = changes_of(copy)
        found.append(
            {
                "session": copy.folder.name,
                "folder": str(copy.root),
                "created": datetime.fromtimestamp(copy.created, UTC).isoformat(timespec="seconds"),
                "n_changes": len(changes),
                "n_refused": sum(bool(change.refused) for change in changes),
            }
        )
    if as_json:
        emit(plain_json({"copies": found}, indent=2) + "\n")
        return
    for item in found:
        emit(plain_line(f"{item['session']}  {item['n_changes']:>5} changes  {item['folder']}", 300) + "\n")
    if not found:
        narrate("no changes are kept\n")
