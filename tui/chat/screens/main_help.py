"""What the help says of the main screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.binding import Binding

from tui.chat.screens.key_names import key_name

if TYPE_CHECKING:
    from tui.chat.app import ChatApp

ABOUT = """
Type a question and press Enter. The model writes a program, a sandbox runs it, and you get the answer. What you type
while a turn runs waits and is sent in order; Esc stops the turn, at any stage, and says what it stopped.

A call that changes something waits for your yes: y once, s for this session, a always, e with other arguments, n no.
Keys that you typed before you could see the question decide nothing.

Answers that you rate (/good, /bad) go into the session's log with your correction, and from there into training if you
ever train on your sessions. /nolog goes on without a log; [log] retention_days removes old ones."""

_PROMPT_KEYS = (
    ("Enter", "send; Shift-Enter, Alt-Enter or Ctrl-J begin a new line"),
    ("Up, Down", "older and newer questions; Ctrl-R searches them"),
    ("Tab", "complete a command, a tool, a function, an @file; a file that a question names goes along with it"),
    ("Ctrl-T", "steer: stop the running turn and ask again with what is typed"),
)


def main_keys(app: ChatApp) -> list[tuple[str, str]]:
    """Keys of the prompt and of the table of bindings."""
    bound = [(key_name(b.key), b.description) for b in app.BINDINGS if isinstance(b, Binding) and b.description]
    return [*_PROMPT_KEYS, *bound]
