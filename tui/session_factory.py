"""From flags and settings to sessions: the one place where the pieces of `agent` are put together.

Who calls it: `ask` and the chat, which import it when a session is wanted, since it loads the loop and the settings.
Nothing here waits for the kernel: it starts with the first question.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import replace

from agent.log.ids import new_session_id
from agent.loop.session import Session
from agent.tools.vault import Vault
from tui.failures import UsageProblem
from tui.resuming import Resumed, resume
from tui.session_basis import basis_of
from tui.session_places import logs_folder, make_log, tidy_logs
from tui.session_request import SessionRequest
from tui.settings import Settings
from tui.settings_load import load_settings
from tui.tools_factory import make_vault


def prepare(request: SessionRequest, *, interactive: bool, is_chat: bool = False) -> Callable[[], Session]:
    """Load all that a session needs; what comes back makes it, where an event loop runs.

    `interactive`: a person is there to be asked. `is_chat`: many questions come, so spare kernels are worth a start.

    Raises:
        UsageProblem: flags or settings that cannot work.
        AgentError: the model, the tools or the log cannot be used.
    """
    settings = load_settings()
    vault = make_vault()
    with contextlib.ExitStack() as undo:
        resumed = _resumed(request, settings, vault)
        if resumed is not None:
            undo.callback(resumed.log.close)
            request = resumed.request
        elif request.log and settings.log.enabled:
            logs_folder()  # the first to say that the home cannot be used
        basis = basis_of(request, settings, vault, interactive=interactive, is_chat=is_chat)
        undo.callback(lambda: asyncio.run(basis.close()))
        if settings.log.enabled:
            tidy_logs(settings.log)
        session_id = resumed.log.session_id if resumed is not None else new_session_id()
        options = basis.session_options(session_id, resumed)
        undo.pop_all()
    return lambda: Session(options)


def prepare_many(
    request: SessionRequest,
) -> tuple[Callable[[], Awaitable[Session]], Callable[[], Awaitable[None]]]:
    """The same for many sessions at a time, with nobody to ask: model, tools and functions are loaded once.

    The first function makes a new session each time, the second ends what they shared.

    Raises:
        As `prepare`.
    """
    settings = load_settings()
    if request.log and settings.log.enabled:
        logs_folder()
        tidy_logs(settings.log)
    basis = basis_of(request, settings, make_vault(), interactive=False)

    async def make() -> Session:
        options = await asyncio.to_thread(basis.session_options, new_session_id())
        return Session(replace(options, shares=True))

    return make, basis.close


def _resumed(request: SessionRequest, settings: Settings, vault: Vault) -> Resumed | None:
    if not request.resumes:
        return None
    if not settings.log.enabled:
        raise UsageProblem("a session can only be resumed where it is logged", "set enabled = true in [log]")
    return resume(request, logs_folder(), lambda session_id: make_log(session_id, vault))
