"""What a word in the prompt can become: slash commands, tools, functions, files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tui.chat.commands import Command
from tui.chat.prompt.files import files
from tui.plain import plain_line

_N_MOST = 50
_FILE = re.compile(r'(?:^|(?<=\s))@("[^"\n]*|[^\s@"]*)$')
_NAME = re.compile(r"[A-Za-z_][\w.]*$")


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
    """The work folder; None: files are looked for where the chat was started."""


def candidates(before: str, at_hand: AtHand, *, is_asked: bool) -> list[Candidate]:
    """For the text before the cursor. Names of tools and functions only where they were asked for (Tab)."""
    if before.startswith("/") and "\n" not in before:
        return _commands(before, at_hand)
    if found := _FILE.search(before):
        fitting = [Candidate(*one) for one in files(found[1], at_hand.folder)]
        is_whole = [one.text for one in fitting] == [f"{found[0]} "]
        return [] if is_whole else fitting  # Enter sends what stands there already
    if is_asked and (word := _NAME.search(before)):
        return _names(word[0], at_hand)
    return []


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
