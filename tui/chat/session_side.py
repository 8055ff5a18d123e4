"""What the screen wants to know of a session besides its events: names to complete.

Each function runs in the session's loop (`Bridge.call`) and leaves what takes long to a thread. A session that is not
the agent's own (a scripted one) has none of it.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from agent.errors import AgentError
from tui.session_request import SessionLike

if TYPE_CHECKING:
    from agent.loop.options import SessionOptions


@dataclass(frozen=True)
class Names:
    """What can be completed: tools by name, files beneath the work folder."""

    tools: tuple[str, ...] = ()
    work: Path | None = None


async def names(session: SessionLike) -> Names:
    """The tools and the work folder."""
    options = _options(session)
    if options is None:
        return Names()
    from tui.files_factory import shown_folders

    return Names(tuple(tool.spec.name for tool in options.tools), shown_folders(options.files).work)


async def functions(session: SessionLike) -> tuple[str, ...]:
    """The names of the stored functions that are proposed."""
    options = _options(session)
    if options is None or options.repository is None:
        return ()
    try:
        entries = await asyncio.to_thread(options.repository.list)
    except AgentError:  # it is said where functions matter
        return ()
    return tuple(sorted({entry.name for entry in entries}))


def _options(session: SessionLike) -> SessionOptions | None:
    loaded = sys.modules.get("agent.loop.session")  # it is there where the session is one; too heavy to ask otherwise
    return session.options if loaded is not None and isinstance(session, loaded.Session) else None
