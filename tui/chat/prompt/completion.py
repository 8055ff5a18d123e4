"""What a word in the prompt can become: slash commands, tools, functions, files beneath the work folder."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tui.chat.commands import Command
from tui.plain import plain_line

_N_MOST = 50
_N_LISTED = 5_000
_FILE = re.compile(r"(?:^|(?<=\s))@([^\s@]*)$")
_NAME = re.compile(r"[A-Za-z_][\w.]*$")
_FILES = re.compile(r"(?:^|(?<=\s))@([^\s@]+)")


@dataclass(frozen=True)
class Candidate:
    """`text` replaces the `n_before` characters before the cursor; `shown` and `help` are its line in the list."""

    text: str
    shown: str
    help: str = ""
    n_before: int = 0


@dataclass
class AtHand:
    """What names can be completed with; filled as the session tells."""

    commands: Callable[[], Iterable[Command]] = tuple
    choices: Callable[[Command], Sequence[str]] = lambda command: ()
    tools: Sequence[str] = ()
    functions: Sequence[str] = ()
    folder: Path | None = None


def candidates(before: str, at_hand: AtHand, *, is_asked: bool) -> list[Candidate]:
    """For the text before the cursor. Names of tools and functions only where they were asked for (Tab)."""
    if before.startswith("/") and "\n" not in before:
        return _commands(before, at_hand)
    if found := _FILE.search(before):
        return _files(found[1], at_hand.folder)
    if is_asked and (word := _NAME.search(before)):
        return _names(word[0], at_hand)
    return []


def with_files(text: str, folder: Path | None) -> str:
    """The question as it is asked: `@sales.csv` becomes the place where programs find that file of the work folder."""
    if folder is None:
        return text

    def place(found: re.Match[str]) -> str:
        path = found[1].rstrip(".,;:!?)")
        rest = found[1][len(path) :]
        return f"/work/{path}{rest}" if path and _beneath(folder, path) is not None else found[0]

    return _FILES.sub(place, text)


def _commands(before: str, at_hand: AtHand) -> list[Candidate]:
    name, space, argument = before[1:].partition(" ")
    commands = list(at_hand.commands())
    if not space:
        fitting = [command for command in commands if command.name.startswith(name)]
        if [command.name for command in fitting] == [name]:
            return []  # it stands there already
        return [
            Candidate(f"/{command.name}{' ' if command.argument else ''}", _usage(command), command.help, len(before))
            for command in fitting
        ]
    command = next((command for command in commands if command.name == name), None)
    if command is None:
        return []
    beginning = [choice for choice in at_hand.choices(command) if choice.startswith(argument) and choice != argument]
    return [Candidate(choice, plain_line(choice, 80), "", len(argument)) for choice in beginning[:_N_MOST]]


def _usage(command: Command) -> str:
    return f"/{command.name} {command.argument}".rstrip()


def _names(word: str, at_hand: AtHand) -> list[Candidate]:
    kinds = [*((name, "tool") for name in at_hand.tools), *((name, "function") for name in at_hand.functions)]
    fitting = [(name, kind) for name, kind in kinds if name.startswith(word) and name != word]
    return [Candidate(name, plain_line(name, 80), kind, len(word)) for name, kind in fitting[:_N_MOST]]


def _files(typed: str, folder: Path | None) -> list[Candidate]:
    """The entries of one folder that begin so; hidden ones only where a dot was typed."""
    if folder is None:
        return []
    parent, _, start = typed.rpartition("/")
    place = _beneath(folder, parent or ".")
    if place is None:
        return []
    found: list[Candidate] = []
    try:
        with os.scandir(place) as entries:
            for n_seen, entry in enumerate(entries):
                if n_seen >= _N_LISTED or entry.is_symlink() or not entry.name.startswith(start):
                    continue
                if any(c.isspace() or not c.isprintable() for c in entry.name):
                    continue  # it could not be told from the words around it
                if entry.name.startswith(".") and not start.startswith("."):
                    continue
                path = f"{parent}/{entry.name}" if parent else entry.name
                end = "/" if entry.is_dir(follow_symlinks=False) else " "
                found.append(Candidate(f"@{path}{end}", plain_line(path + end.strip()), "", len(typed) + 1))
    except OSError:
        return []
    return sorted(found, key=lambda one: one.shown)[:_N_MOST]


def _beneath(folder: Path, path: str) -> Path | None:
    """The path in the folder; None where it is none, leads out of it, or goes through a link."""
    if path.startswith("/") or ".." in path.split("/") or "\0" in path:
        return None
    place = folder / path
    try:
        real = place.resolve(strict=True)
        return place if real == folder.resolve() / path or path == "." else None
    except (OSError, ValueError):
        return None
