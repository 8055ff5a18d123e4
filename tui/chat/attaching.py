"""Files that a question of the chat names with `@`: they are there before the question is asked.

A kernel sees what its folder at /work holds, also what comes later; but the folder itself is mounted when the kernel
starts. So the first file that is attached to a session has it closed and taken up again, all others are only copied.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from tui.chat.messages import Opened
from tui.failures import UsageProblem
from tui.mentions import Shown, mentions_files, take
from tui.session_request import SessionRequest


@dataclass(frozen=True)
class Ready:
    """The question to ask, and what the person is told; `reopen` opens the session that it must be asked in."""

    question: str
    notes: tuple[str, ...] = ()
    reopen: Callable[[], Opened] | None = None


@dataclass(frozen=True)
class Attaching:
    """Of one open session. `session_id`: '' without a log. `open_session` makes a session from a request."""

    shown: Shown
    request: SessionRequest
    session_id: str
    open_session: Callable[[SessionRequest], Opened]

    async def ready(self, question: str, *, is_first: bool) -> Ready:
        """`is_first`: nothing was asked in this session yet, so that nothing is lost where it is opened anew.

        Raises:
            UsageProblem: a file cannot be attached.
            OSError: it cannot be copied.
        """
        if not mentions_files(question):
            return Ready(question)
        taken = await asyncio.to_thread(take, question, self.shown, Path.cwd())
        if not taken.files:
            return Ready(taken.question, taken.notes)
        if self.shown.attached is not None:
            await asyncio.to_thread(taken.put, self.shown.attached)
            return Ready(taken.question, taken.notes)
        if not is_first and not self.session_id:
            raise UsageProblem(
                f"{taken.files[0].name} is no short text, and a session without a log that has begun takes no others",
                "start with --work-folder DIR, or leave --no-log out",
            )
        request = replace(self.request, attached=taken.files)
        if not is_first or self.request.resumes:
            request = replace(request, resume=self.session_id, continue_last=False)
        return Ready(taken.question, taken.notes, lambda: self.open_session(request))
