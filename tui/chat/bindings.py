"""All keys of the chat's main screen. A key runs a command of the table by its name: `command('stop')`.

Widgets keep the keys that only mean something while they have the focus (the prompt's Enter, an approval's y).
"""

from __future__ import annotations

from textual.binding import Binding

BINDINGS: tuple[Binding, ...] = (
    Binding("escape", "escape", "stop", priority=True),
    Binding("ctrl+o", "command('details')", "details"),
    Binding("ctrl+end", "command('latest')", "latest"),
    Binding("pageup,shift+pageup", "page(-1)", "up", show=False),
    Binding("pagedown,shift+pagedown", "page(1)", "down", show=False),
    Binding("f1", "command('help')", "help"),
    Binding("f2", "command('sessions')", "sessions"),
    Binding("f3", "command('functions')", "functions"),
    Binding("f4", "command('tools')", "tools"),
    # F6 and F7 select text where one types.
    Binding("f5", "command('kernel')", "kernel"),
    Binding("f8", "command('runs')", "training runs"),
    Binding("f9", "command('bill')", "bill"),
    Binding("ctrl+f", "command('find')", "find"),
    Binding("alt+c", "command('copy')", "copy the answer"),
    Binding("ctrl+p", "command('palette')", "palette", priority=True),
    Binding(
        "ctrl+c", "ctrl_c", "copy what is selected, clear what is typed, stop what runs; twice: leave", priority=True
    ),
    Binding("ctrl+q", "command('quit')", "quit", priority=True),
)
