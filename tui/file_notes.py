"""What a person is told about files, changes and packages of a session, in `ask` and in the chat alike."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from agent.events import Event
from agent.file_events import ChangesSettled, DecisionMade, FileMade, FolderCopied, PackagesAdded
from tui.plain import plain, plain_line

_N_NAMED = 8
_PATH_CHARS = 300


def notes(event: Event, session: str | None) -> list[str]:
    """Lines to show; none for events about other things."""
    match event:
        case FolderCopied():
            return _copied(event)
        case FileMade():
            if event.refused:
                return [f"not taken over: {plain_line(event.name)} ({plain_line(event.refused)})"]
            return [_made(event)]
        case ChangesSettled():
            return _settled(event, session)
        case PackagesAdded():
            names = ", ".join(f"{package['name']} {package['version']}" for package in event.packages)
            return [f"added to the image: {plain_line(names, _PATH_CHARS)} ({event.seconds:.1f} s)"]
        case DecisionMade(what="packages", allowed=False, by="nobody"):
            return ["a package is missing and nobody is there to approve it; see `toolcoder sandbox packages add`"]
    return []


def details(text: str) -> str:
    """What a person must see before deciding, as it may be shown."""
    return "\n".join(f"  {plain(line)}" for line in text.split("\n"))


def _made(event: FileMade) -> str:
    """Where it lies, and what the program called it if that is another name."""
    other = Path(event.path).name != event.name
    name = f"{plain_line(event.name)} as " if other else ""
    note = f"; {plain_line(event.note, _PATH_CHARS)}" if event.note else ""
    return f"file: {name}{plain_line(event.path, _PATH_CHARS)} ({event.n_bytes:,} bytes){note}"


def _copied(event: FolderCopied) -> list[str]:
    files = "1 file" if event.n_files == 1 else f"{event.n_files:,} files"
    lines = [f"work folder: {files} of {plain_line(event.root)} copied ({event.n_bytes:,} bytes)"]
    if event.left_out:
        named = ", ".join(f"{plain_line(path)} ({why})" for path, why in event.left_out[:_N_NAMED])
        more = f" and {len(event.left_out) - _N_NAMED:,} more" if len(event.left_out) > _N_NAMED else ""
        lines.append(f"left out: {named}{more}")
    return lines


def _settled(event: ChangesSettled, session: str | None) -> list[str]:
    lines = []
    if event.applied:
        lines.append(f"applied to {plain_line(event.root)}: {_listed(event.applied)}")
    kinds = Counter(why for _, why in event.kept_back)
    for why in kinds:
        paths = tuple(path for path, reason in event.kept_back if reason == why)
        lines.append(f"never written: {_listed(paths)} ({plain_line(why)})")
    if event.is_kept:
        n_left = sum(not change["refused"] for change in event.changes) - len(event.applied)
        said = "changed file" if n_left == 1 else "changed files"
        lines.append(
            f"not applied: {n_left:,} {said}, kept; `toolcoder sandbox apply {session or 'SESSION'}` shows and applies"
        )
    return lines


def _listed(paths: tuple[str, ...]) -> str:
    shown = ", ".join(plain_line(path) for path in paths[:_N_NAMED])
    return f"{shown} and {len(paths) - _N_NAMED:,} more" if len(paths) > _N_NAMED else shown
