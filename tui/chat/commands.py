"""What a person can tell the chat to do: one table for slash commands, keys, the palette and the help.

A new command is a `Command` in the table of the part that it belongs to (`CONVERSATION` here, `COMMANDS` in
`tui.chat.screens`); a key for it is a line in `tui.chat.bindings`. `run` gets the app and what was typed after the
name.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.chat.app import ChatApp

Run = Callable[["ChatApp", str], Awaitable[None] | None]


@dataclass(frozen=True)
class Command:
    """`name` is typed as `/name`; `argument` names what may follow it in the help ('' where nothing may).

    `choices`: what to complete the argument with; it is asked for each key, so it only looks at what is at hand.
    """

    name: str
    help: str
    run: Run
    argument: str = ""
    choices: Callable[[ChatApp], Sequence[str]] | None = None


class CommandTable:
    """All commands by name, in the order in which help lists them."""

    def __init__(self, commands: Iterable[Command]) -> None:
        self._by_name: dict[str, Command] = {}
        for command in commands:
            if command.name in self._by_name:
                raise ValueError(f"two commands are called {command.name!r}")
            self._by_name[command.name] = command

    def __iter__(self) -> Iterator[Command]:
        return iter(self._by_name.values())

    def get(self, name: str) -> Command | None:
        """The command of this whole name."""
        return self._by_name.get(name)

    def beginning_with(self, start: str) -> list[Command]:
        """Those whose name begins so."""
        return [command for command in self if command.name.startswith(start)]


def split_command(text: str) -> tuple[str, str] | None:
    """`/name argument` as (name, argument); None for every other text.

    A path (`/etc/hosts is what?`) is a question: a name has only letters and hyphens.
    """
    first, _, rest = text.strip().partition(" ")
    if not first.startswith("/") or not first[1:].replace("-", "").isalpha():
        return None
    return first[1:], rest.strip()


def _stop(app: ChatApp, _: str) -> None:
    app.action_interrupt()


def _steer(app: ChatApp, text: str) -> None:
    if not app.transcript.is_busy:
        app.notify("Nothing runs: just ask.", severity="warning", markup=False)
    elif text:
        app.prompt.steer(text)


def _drop(app: ChatApp, which: str) -> None:
    if which == "all":
        while app.prompt.drop(-1) is not None:
            pass
    elif which and not (which.isascii() and which.isdigit() and int(which)):
        app.notify("/drop N, /drop all, or /drop for the last one.", severity="warning", markup=False)
    elif app.prompt.drop(int(which) - 1 if which else -1) is None:
        app.notify("No such question is waiting.", severity="warning", markup=False)


def _edit(app: ChatApp, _: str) -> None:
    if (turn := app.transcript.last) is not None:
        app.prompt.take_back(turn.record.question, sends=False)


def _again(app: ChatApp, _: str) -> None:
    if (turn := app.transcript.last) is not None:
        app.prompt.take_back(turn.record.question, sends=True)


def _details(app: ChatApp, _: str) -> None:
    app.transcript.unfold_last()


def _latest(app: ChatApp, _: str) -> None:
    app.transcript.follow()


def _quit(app: ChatApp, _: str) -> None:
    app.action_leave()


CONVERSATION: tuple[Command, ...] = (
    Command("stop", "stop the running turn", _stop),
    Command("steer", "stop it and ask its question again with this added; what already ran stays done", _steer, "TEXT"),
    Command("drop", "remove a question that waits (by default the last), or all", _drop, "[N|all]", lambda _: ("all",)),
    Command("edit", "take the last question back into the prompt", _edit),
    Command("again", "ask the last question again", _again),
    Command("details", "show all that the last turn did, or fold it away", _details),
    Command("latest", "go to the end of the transcript", _latest),
    Command("quit", "leave the chat", _quit),
)
