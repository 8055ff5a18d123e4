"""The command palette: every command of the table, found by its name or what it does."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider

if TYPE_CHECKING:
    from tui.chat.app import ChatApp
    from tui.chat.commands import Command


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
