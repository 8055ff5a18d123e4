"""Before a program: may it run? Only where a setting wants it asked: the sandbox protects, this is for who looks.

Who calls it: the runner, before each program. A proof in a clean kernel runs the functions of a program that was
allowed, and is not asked again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Literal

from agent.events import ApprovalReply, Event
from agent.file_events import By, DecisionAsked, DecisionMade
from agent.tools.gate import NOBODY, Approve

_ORIGINS = {"implement": "the program", "review": "the corrected program", "reuse": "the program that worked before"}


class CodeGate:
    """Of one session. `approve`: `yes` asks nobody; `no`: nobody is there, no program runs."""

    def __init__(
        self,
        approve: Approve,
        emit: Callable[[Event], None],
        ask: Callable[[Callable[[asyncio.Future[bool | ApprovalReply]], Event]], Awaitable[bool | ApprovalReply]],
        n_before: int = 0,
    ) -> None:
        """`n_before`: of decisions in the session's earlier life; numbers go on after it."""
        self._approve = approve
        self._emit = emit
        self._ask = ask
        self._for_session = False
        self._n_asked = n_before

    async def refusal(self, program: str, origin: Literal["implement", "review", "reuse"]) -> str | None:
        """Why the program may not run; None: it may."""
        if self._approve == "yes":
            return None
        self._n_asked += 1
        number = f"code-{self._n_asked}"
        if self._for_session:
            self._tell(number, True, "policy")
            return None
        if self._approve == "no":
            self._tell(number, False, "nobody")
            return f"programs are approved by a person ([sandbox] approve_code), and {NOBODY}"
        question = f"run {_ORIGINS[origin]}?"
        given = await self._ask(
            lambda future: DecisionAsked(number, "code", question, program, future, scopes=("once", "session"))
        )
        reply = given if isinstance(given, ApprovalReply) else ApprovalReply(bool(given))
        self._for_session = reply.allowed and reply.scope != "once"
        self._tell(number, reply.allowed, "person")
        return None if reply.allowed else "the person did not want the program to run"

    def _tell(self, number: str, allowed: bool, by: By) -> None:
        self._emit(DecisionMade(number, "code", allowed, by))
