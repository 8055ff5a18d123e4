"""The slash commands that open a panel, each with what it needs of the app. Screens are imported when first wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from tui.chat.bridge import NoSession
from tui.chat.commands import Command

if TYPE_CHECKING:
    from agent.events import Event
    from agent.functions.base import FunctionRepository
    from agent.loop.budget import Budget
    from agent.loop.desk import Desk, KernelView, ToolView
    from sandbox.kernel import ToolReply
    from tui.chat.app import ChatApp
    from tui.session_request import SessionLike


def desk_of(session: SessionLike) -> Desk:
    """The desk of a real session.

    Raises:
        NoSession: a scripted one, which has none.
    """
    from agent.loop.session import Session

    if not isinstance(session, Session):
        raise NoSession("this session has no kernel and no tools to look at")
    return session.desk


def _help(app: ChatApp, _: str) -> None:
    from tui.chat.screens.help import HelpScreen
    from tui.chat.screens.main_help import ABOUT, main_keys

    rows = [(f"/{c.name} {c.argument}".rstrip(), c.help) for c in app.commands]
    app.push_screen(HelpScreen("The chat", ABOUT, main_keys(app), rows))


def _sessions(app: ChatApp, words: str) -> None:
    from tui.chat.screens.sessions import SessionsPanel
    from tui.places import sessions_folder

    async def rename_open(name: str) -> None:
        async def work(session: SessionLike) -> None:
            desk_of(session).rename(name)

        await app.bridge.call(work)

    open_id = app.session.session_id if app.session is not None else ""
    app.push_screen(SessionsPanel(sessions_folder(), open_id, rename_open, words))


def _functions(app: ChatApp, wanted: str) -> None:
    from tui.chat.screens.functions import FunctionsPanel

    app.push_screen(FunctionsPanel(_repository_of(app), app.request.tools, wanted))


def _tools(app: ChatApp, sources: str) -> None:
    if sources:
        from tui.chat.screens.control import switch_tools

        switch_tools(app, sources)
        return
    from tui.chat.screens.tools import ToolsPanel

    async def views() -> Sequence[ToolView]:
        return await app.bridge.call(lambda session: desk_of(session).tools())

    async def try_tool(name: str, args: dict[str, Any], show: Callable[[Event], None]) -> ToolReply:
        return await app.bridge.call(lambda session: desk_of(session).try_tool(name, args, show))

    async def withdraw(name: str) -> bool:
        return await app.bridge.call(lambda session: desk_of(session).withdraw(name))

    app.push_screen(ToolsPanel(views, try_tool, app.bridge.reply, withdraw))


def _kernel(app: ChatApp, _: str) -> None:
    from tui.chat.screens.kernel import KernelPanel

    async def look() -> KernelView:
        return await app.bridge.call(lambda session: desk_of(session).look())

    async def restart(keep: bool) -> Sequence[Event]:
        return await app.bridge.call(lambda session: desk_of(session).restart(keep=keep))

    app.push_screen(KernelPanel(look, restart))


def _bill(app: ChatApp, _: str) -> None:
    from agent.loop.budget import Budget
    from tui.chat.screens.bill import BillPanel

    def budget() -> Budget:
        return (app.session.budget if app.session is not None else None) or Budget()

    app.push_screen(BillPanel(app.accounts, budget))


def _runs(app: ChatApp, _: str) -> None:
    from tui.chat.screens.runs import RunsPanel
    from tui.run_places import runs_folder

    app.push_screen(RunsPanel(runs_folder()))


def _repository_of(app: ChatApp) -> Callable[[], AbstractContextManager[FunctionRepository]]:
    """The session's own repository, which it closes; where it has none, that of the settings."""

    @contextmanager
    def opened() -> Iterator[FunctionRepository]:
        from agent.loop.session import Session

        session = app.session.session if app.session is not None else None
        if isinstance(session, Session) and session.options.repository is not None:
            yield session.options.repository
            return
        from tui.commands.functions_common import repository

        with repository() as found:
            yield found

    return opened


PANELS: tuple[Command, ...] = (
    Command("help", "keys and commands", _help),
    Command("sessions", "what was asked before: search, resume, rename, export, delete", _sessions, "[WORDS]"),
    Command("functions", "what was kept: source, statistics, verify, remove", _functions, "[NAME]"),
    Command(
        "tools", "the tools: documentation, rules, a form to try one; with sources: switch to them", _tools, "[SRC...]"
    ),
    Command("kernel", "variables, memory, restart", _kernel),
    Command("bill", "tokens, time and money per question and stage", _bill),
    Command("runs", "training runs and their curves, live", _runs),
)
"""In the order in which the help lists them."""
