"""Everything that lies over the chat's main screen: panels and dialogs, and the slash commands that open them.

A panel is a screen that takes what it shows as arguments; `opening` makes each from the app. Panels are imported when
they are first wanted, so that none delays the first frame.
"""

from __future__ import annotations

from tui.chat.commands import Command
from tui.chat.screens.comfort import COMFORT
from tui.chat.screens.control import CONTROL
from tui.chat.screens.opening import PANELS

COMMANDS: tuple[Command, ...] = (*PANELS, *CONTROL, *COMFORT)
"""What is added to the table of the conversation."""
