"""The command palette: every command of the table, found by its name or what it does."""

from __future__ import annotations

import contextlib
from functools import partial
from typing import TYPE_CHECKING, cast

from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.widgets import Button, Input

from tui.chat.screens.once import ClosesOnce

if TYPE_CHECKING:
    from tui.chat.app import ChatApp
    from tui.chat.commands import Command


class Palette(CommandPalette, ClosesOnce[None]):
    """Textual's own. A second Enter that was typed fast reaches it when it is closed already; and its page keys expect
    that something is listed."""

    def _select_or_command(self, event: Input.Submitted | Button.Pressed | None = None) -> None:
        if self.is_current:
            super()._select_or_command(event)

    def _action_command_list(self, action: str) -> None:
        with contextlib.suppress(KeyError):  # nothing is listed, or it is not laid out yet: its lines are looked up
            super()._action_command_list(action)


class CommandProvider(Provider):
    """Over `ChatApp.commands`. A command that needs an argument is put into the prompt instead of run."""

    @property
    def _app(self) -> ChatApp:
        return cast("ChatApp", self.app)

    async def discover(self) -> Hits:
        for command in self._app.commands:
            yield DiscoveryHit(_title(command), partial(self._run, command), help=command.help)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for command in self._app.commands:
            text = f"{_title(command)}  {command.help}"
            if (score := matcher.match(text)) > 0:
                yield Hit(score, matcher.highlight(_title(command)), partial(self._run, command), help=command.help)

    async def _run(self, command: Command) -> None:
        if command.argument and not command.argument.startswith("["):
            self._app.prompt.text = f"/{command.name} "
            self._app.prompt.focus()
        else:
            await self._app.action_command(command.name)


def _title(command: Command) -> str:
    return f"{command.name} {command.argument}".rstrip().replace("[", "(").replace("]", ")")
