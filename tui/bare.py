"""The bare `toolcoder`: the chat with nothing said, which need not load the tree of commands first."""

from __future__ import annotations

from tui import standard_streams
from tui.exit_codes import ExitCode
from tui.interrupted import was_interrupted


def run() -> int:
    """As `tui.cli.run` with `chat`; its exit status.

    Raises:
        KeyboardInterrupt: interrupted where no turn was running.
    """
    standard_streams.prepare()
    try:
        from tui.chat.launch import open_chat
        from tui.session_request import SessionRequest

        return open_chat(SessionRequest())
    except Exception as error:  # noqa: BLE001  # the last place where a failure can be told in words instead of a traceback
        from tui.failures import show_exception

        return ExitCode.INTERRUPTED if was_interrupted(error) else show_exception(error)
