"""What a person asks of a session, before anything heavy is loaded: the flags of `ask` and `chat`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Protocol, Self

if TYPE_CHECKING:
    from agent.events import Event
    from tui.attachments import Attachment


@dataclass(frozen=True)
class SessionRequest:
    """Flags as given; None or empty means that the settings decide (`tui.session_factory`)."""

    model: str | None = None
    tools: tuple[str, ...] = ()
    work_folder: Path | None = None
    work_mode: Literal["read-only", "copy", "read-write"] | None = None
    attached: tuple[Attachment, ...] = ()
    """Files to show at /work where no work folder is named."""
    apply: bool = False
    out: Path | None = None
    mode: Literal["staged", "fused"] | None = None
    max_tokens: int | None = None
    max_seconds: float | None = None
    max_cost: float | None = None
    yes: bool = False
    log: bool = True
    kernel_kind: Literal["bubblewrap", "local"] | None = None
    resume: str | None = None
    """The session to take up again, by its id or the beginning of it."""
    continue_last: bool = False
    """Take up the session that was used last."""

    @property
    def resumes(self) -> bool:
        return self.resume is not None or self.continue_last


class SessionLike(Protocol):
    """What a front end needs of a session; `agent.loop.session.Session` fulfils it, and scripted ones in tests."""

    def ask(self, question: str) -> AsyncIterator[Event]:
        """One turn; the last event is `Answered`."""
        ...

    def interrupt(self) -> None:
        """End the running turn; its `Answered` says interrupted."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
