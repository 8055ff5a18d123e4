"""The repository of a session with its prover: every look-up, change and verification, so that none costs an answer.

Where the repository or the sandbox of a verification fails, that is said once and the session goes on without.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Literal, TypeVar

from agent.errors import RepositoryError
from agent.events import ErrorSeen, Event, FunctionRetired
from agent.functions.base import Found, FunctionEntry, FunctionRepository, RecordedCall
from agent.functions.entries import confirmed, is_sealed, is_stale, quarantined, retired, verified
from agent.functions.proof import Prover, Verdict
from sandbox.errors import SandboxError

_MAX_REVIVED = 10
"""Stale entries that are verified again beside one answer; the others wait for the next."""

T = TypeVar("T")


class Keeper:
    """One per session. `prover` makes one with a kernel of its own, which is closed after use."""

    def __init__(
        self,
        repository: FunctionRepository | None,
        schemas: Mapping[str, str],
        emit: Callable[[Event], None],
        prover: Callable[[], Prover],
    ) -> None:
        self._repository = repository
        self._emit = emit
        self._prover = prover
        self._revived = False
        self.schemas = schemas
        """Tools of the session and the hashes of their schemas."""

    async def search(self, text: str, k: int) -> list[Found]:
        return await self.attempt(lambda r: list(r.search(text, k, self.schemas))) or []

    async def change(self, entry_id: str, how: Callable[[FunctionEntry], FunctionEntry]) -> FunctionEntry | None:
        return await self.attempt(lambda r: r.change(entry_id, how))

    async def is_sound(self, entry: FunctionEntry) -> bool:
        """Whether the entry is as it was verified. One that is not (changed by hand, of an older version) is verified
        now, once: it is sealed again or goes into quarantine."""
        if is_sealed(entry):
            return True
        return await self.verify(entry, "it is not what was verified")

    async def doubt(self, entry: FunctionEntry) -> None:
        """It failed in use: where its own test fails too, it is not proposed again."""
        if entry.state in ("unconfirmed", "confirmed"):
            await self.verify(entry, "it failed")
        else:
            self._emit(FunctionRetired(entry.name, entry.id, entry.why))

    async def judge(self, entry_ids: Sequence[str], rating: Literal["up", "down"]) -> None:
        """A person's verdict on an answer, for the functions that it came from: confirmed, or never proposed again."""
        for entry_id in entry_ids:
            if rating == "up":
                await self.change(entry_id, confirmed)
            else:
                entry = await self.attempt(lambda r, i=entry_id: r.get(i))  # type: ignore[misc]  # bound now
                if entry is not None:
                    await self._withdraw(entry, retired, "a person said that its answer was wrong")

    async def verify(self, entry: FunctionEntry, why: str) -> bool:
        """Run the entry's test in a clean kernel and record what came of it. False too where it could not be run."""
        for verdict in await self._proving(lambda prover: _checked(prover, [entry])):
            if verdict.ok:
                await self.change(entry.id, lambda e: verified(e, self.schemas))
            else:
                await self._withdraw(entry, quarantined, f"{why}, and its test fails: {verdict.reason}")
            return verdict.ok
        return False

    async def _withdraw(
        self, entry: FunctionEntry, how: Callable[[FunctionEntry, str], FunctionEntry], why: str
    ) -> None:
        await self.change(entry.id, lambda e: how(e, why))
        self._emit(FunctionRetired(entry.name, entry.id, why))

    async def prove(
        self,
        program: str,
        entries: Sequence[FunctionEntry],
        calls: Sequence[RecordedCall],
        clean: Callable[[Any], Any] | None = None,
    ) -> list[tuple[FunctionEntry, Verdict]]:
        """See `Prover.prove`. Beside it, once in a session, stale entries are verified in the same kernel."""

        async def work(prover: Prover) -> list[tuple[FunctionEntry, Verdict]]:
            proved = await prover.prove(program, entries, calls, clean)
            if not self._revived:
                self._revived = True
                await self._revive(prover)
            return proved

        return await self._proving(work)

    async def _revive(self, prover: Prover) -> None:
        """A tool changed since these were verified: those that still do what they did come back, the others retire."""
        stale = await self.attempt(lambda r: [e for e in r.list() if self._may_revive(e)][:_MAX_REVIVED]) or []
        for entry, verdict in zip(stale, await _checked(prover, stale), strict=True):
            if verdict.ok:
                await self.change(entry.id, lambda e: verified(e, self.schemas))
            else:
                await self._withdraw(entry, retired, f"a tool changed: {verdict.reason}")

    def _may_revive(self, entry: FunctionEntry) -> bool:
        """In use, stale, and all of its tools are here: those of another toolset are no business of ours."""
        here = all(name in self.schemas for name, _ in entry.tools)
        return entry.state in ("unconfirmed", "confirmed") and here and is_stale(entry, self.schemas)

    async def _proving(self, work: Callable[[Prover], Awaitable[list[T]]]) -> list[T]:
        try:
            async with self._prover() as prover:
                return await work(prover)
        except SandboxError as error:
            self._emit(ErrorSeen("functions", f"a function could not be verified: {error}", error.hint))
            return []

    async def attempt(self, action: Callable[[FunctionRepository], T]) -> T | None:
        """What `action` returns, done in a thread; None where there is no repository or it failed."""
        if self._repository is None:
            return None
        try:
            return await asyncio.to_thread(action, self._repository)
        except RepositoryError as error:
            self._emit(ErrorSeen("functions", str(error), error.hint))
            self._repository = None
            return None
        except KeyError:  # another process removed the entry meanwhile
            return None
        except Exception as error:  # noqa: BLE001  a fault there is ours, and still no reason to lose an answer
            self._emit(ErrorSeen("functions", f"stored functions cannot be used: {type(error).__name__}: {error}"))
            self._repository = None
            return None


async def _checked(prover: Prover, entries: Sequence[FunctionEntry]) -> list[Verdict]:
    return [await prover.check(entry) for entry in entries]
