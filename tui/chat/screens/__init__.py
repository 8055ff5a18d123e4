"""Everything that lies over the chat's main screen: panels and dialogs, opened by name.

`SCREENS` is Textual's own table: `app.push_screen("functions")` makes the screen when it is first wanted. A screen asks
the session through `app.bridge` and the person's files through what `app.request` names.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual.screen import Screen

from tui.chat.commands import Command

SCREENS: dict[str, Callable[[], Screen[Any]]] = {}
"""By name; each function imports its screen, so that none delays the first frame."""

COMMANDS: tuple[Command, ...] = ()
"""The slash commands that open them, and those of control and comfort."""
