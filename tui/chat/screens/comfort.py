"""The slash commands of comfort: find, copy, themes, mouse, the palette, the guide."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui.chat.commands import Command
from tui.plain import plain, plain_line

if TYPE_CHECKING:
    from tui.chat.app import ChatApp

_COPIED = ("answer", "program", "question", "turn")


async def _find(app: ChatApp, words: str) -> None:
    await app.find.open(words)


def _copy(app: ChatApp, what: str) -> None:
    """Only what a person asked for by their own key goes to the clipboard, and only as plain text."""
    turn = app.transcript.last
    if turn is None:
        app.notify("There is nothing to copy yet.", severity="warning", markup=False)
        return
    record, answered = turn.record, turn.record.answered
    from agent.events import ProgramWritten

    programs = [event.source for event in record.events if isinstance(event, ProgramWritten)]
    match what or "answer":
        case "answer":
            text = (answered.answer or answered.error or "") if answered is not None else ""
        case "program":
            text = programs[-1] if programs else ""
        case "question":
            text = record.question
        case "turn":
            text = record.text
        case _:
            app.notify(f"What to copy: {', '.join(_COPIED)}.", severity="warning", markup=False)
            return
    if not text:
        app.notify(f"The last turn has no {what or 'answer'} yet.", severity="warning", markup=False)
        return
    app.copy_to_clipboard(plain(text))
    app.notify(f"copied: {plain_line(text, 60)}", markup=False, timeout=2)


async def _theme(app: ChatApp, name: str) -> None:
    if not name:
        app.run_worker(_choose_theme(app), exclusive=True, group="theme")
        return
    if name not in app.available_themes:
        app.notify(f"There is no theme {plain_line(name, 40)}.", severity="warning", markup=False)
        return
    app.theme = name
    await _keep(app, name)


async def _choose_theme(app: ChatApp) -> None:
    from tui.chat.screens.dialogs import Choose

    before = app.theme
    rows = [(name, f"{name}{' (now)' if name == before else ''}") for name in sorted(app.available_themes)]
    if (name := await app.push_screen_wait(Choose("Which theme?", rows, now=before))) is not None:
        app.theme = name
        await _keep(app, name)


async def _keep(app: ChatApp, name: str) -> None:
    """In the settings, for the next chats."""
    from tui.failures import explain
    from tui.settings_edit import write_value

    try:
        path = await asyncio.to_thread(write_value, "chat", "theme", name)
    except Exception as error:  # noqa: BLE001  # a file that cannot be written: the theme holds for this chat
        app.notify(plain_line(f"for this chat only: {explain(error).message}", 200), markup=False)
        return
    app.notify(plain_line(f"theme {name}, also from now on ({path})", 200), markup=False, timeout=3)


def _mouse(app: ChatApp, _: str) -> None:
    app.terminal.take_mouse(not app.terminal.has_mouse)
    told = (
        "The chat takes the mouse." if app.terminal.has_mouse else "The mouse is the terminal's: select as elsewhere."
    )
    app.notify(told, markup=False, timeout=3)


def _palette(app: ChatApp, _: str) -> None:
    from tui.chat.screens.palette import Palette

    if not any(isinstance(screen, Palette) for screen in app.screen_stack):
        app.push_screen(Palette(id="--command-palette"))


def _guide(app: ChatApp, _: str) -> None:
    from tui.chat.screens.guide import GuideScreen

    app.push_screen(GuideScreen())


def _themes_at_hand(app: ChatApp) -> Sequence[str]:
    return sorted(app.available_themes)


COMFORT: tuple[Command, ...] = (
    Command("find", "search this chat", _find, "[WORDS]"),
    Command(
        "copy", "copy the last answer, program, question or turn (works over ssh)", _copy, "[WHAT]", lambda _: _COPIED
    ),
    Command("theme", "other colours, also from now on", _theme, "[NAME]", _themes_at_hand),
    Command("mouse", "leave the mouse to the terminal's own selection, or take it back", _mouse),
    Command("palette", "find a command by its name", _palette),
    Command("guide", "check the environment, piece by piece", _guide),
)
