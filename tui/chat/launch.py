"""Open the chat and put everything back when it ends."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from agent.home import private_folder, state_home
from tui.chat.manners import manners
from tui.chat.transcript import graphics
from tui.exit_codes import ExitCode
from tui.places import config_file
from tui.plain import plain_line
from tui.session_request import SessionRequest
from tui.standard_streams import is_terminal, narrate

if TYPE_CHECKING:
    from agent.events import Event
    from tui.chat.app import Opener
    from tui.chat.messages import Opened
    from tui.line_chat.showing import Style

_CLOSE_S = 10.0


def open_chat(request: SessionRequest, lines: Style | None = None) -> ExitCode:
    """Run the chat until the person leaves, line by line in that style, where one is named; the exit status.

    Raises:
        UsageProblem: there is no terminal.
    """
    if not (is_terminal(sys.stdin) and is_terminal(sys.stdout)):
        from tui.failures import UsageProblem

        raise UsageProblem("the chat needs a terminal", 'for scripts there is: toolcoder ask "..."')
    if lines is None:
        return run_app(_open, request)
    from tui.line_chat.chat import run_line_chat

    return run_line_chat(_open, request, lines)


def _open(request: SessionRequest) -> Opened:
    from tui.chat.attaching import Attaching
    from tui.chat.messages import Opened
    from tui.files_factory import shown_folders
    from tui.session_factory import prepare

    session = prepare(request, interactive=True, is_chat=True)()
    options = session.options
    session_id = options.session_id if options.log is not None else ""
    turns = turns_of(options.log.path) if options.log is not None and request.resumes else ()
    files = Attaching(shown_folders(options.files), request, session_id, _open)
    return Opened(session, options.model.name, session_id, options.budget, turns, files)


def turns_of(log: Path) -> tuple[tuple[str, list[Event]], ...]:
    """What a resumed session did before, to be drawn again."""
    from agent.log.events_back import turns_back
    from agent.log.reader import read_session

    return tuple(turns_back(read_session(log)))


def run_app(opener: Opener, request: SessionRequest) -> ExitCode:
    """The same with any session; the terminal is restored and the kernel removed, also after a crash."""
    question = graphics.TerminalQuestion()
    question.ask()  # it answers while the imports take their time
    try:
        from tui.chat.app import ChatApp
    finally:
        found, typed = question.answer()
    looks = manners(config_file())
    graphics.use(found.chosen(looks.pictures))
    app = ChatApp(opener, request, _home(), typed=typed.decode("utf-8", "replace"), manners=looks)
    app.terminal.has_mouse = looks.mouse
    try:
        status = app.run(mouse=looks.mouse)
    finally:
        app.terminal.leave()
        if not app.bridge.close(_CLOSE_S):
            from tui.failures import show

            show(f"the kernel was not removed within {_CLOSE_S:.0f} s", "the next start removes it", label="warning")
    if app.session is not None and app.session.session_id and app.accounts.n_questions:
        narrate(f"to go on with this session: toolcoder --resume {plain_line(app.session.session_id)}\n")
    if app.crash is not None:
        from tui.failures import show_exception

        return show_exception(app.crash)
    return ExitCode(status) if status is not None else ExitCode.DONE


def _home() -> Path | None:
    """Where history and drafts of prompts lie; None where no home can be made (the session says why)."""
    try:
        return private_folder(state_home() / "chat")
    except OSError:
        return None
