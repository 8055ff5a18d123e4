"""The repository of a session with its prover: every look-up, change and verification, so that none costs an answer.

Where the repository or the sandbox of a verification fails, that is said once and the session goes on without.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeVar

from agent.errors import RepositoryError
from agent.events import ErrorSeen, Event, FunctionRetired
from agent.functions.base import Found, FunctionEntry, FunctionRepository, RecordedCall, Summary
from agent.functions.entries import (
    confirmed,
    entry_id,
    is_offered,
    is_sealed,
    is_stale,
    quarantined,
    retired,
    verified,
)
from agent.functions.proof import Prover, Verdict
from agent.functions.upkeep import (
    DEFAULT_LIMIT,
    MIN_TWIN_SIMILARITY,
    behave_alike,
    better_of,
    evictions,
    may_be_twins,
    united,
)
from agent.loop.ahead import Ahead
from sandbox.errors import SandboxError

_MAX_REVIVED = 10
"""Stale entries that are verified again beside one answer; the others wait for the next."""

_N_TWINS = 4
"""Nearest subtasks (the entry's own among them) whose functions are tried on each other's record."""

T = TypeVar("T")


class Admission(NamedTuple):
    """What became of a function: `stored` is its entry, or that of the twin it was united with, or None."""

    entry: FunctionEntry
    verdict: Verdict
    stored: FunctionEntry | None


class Keeper:
    """One per session. `prover` makes one with a kernel of its own, which is closed after use."""

    def __init__(
        self,
        repository: FunctionRepository | None,
        schemas: Mapping[str, str],
        emit: Callable[[Event], None],
        prover: Callable[[], Prover],
        limit: int = DEFAULT_LIMIT,
        made_from: Callable[[], object] = lambda: None,
    ) -> None:
        """`made_from`: what `prover` makes them from now; one that was made from something else is not used."""
        self._repository = repository
        self._emit = emit
        self._provers = Ahead(prover, made_from)
        self._limit = limit
        self._tidied = False
        self.schemas = schemas
        """Tools of the session and the hashes of their schemas."""

    def expect(self) -> None:
        """A program is being written whose functions may be kept: the kernel that proves them is made ready beside it,
        so that whoever asked need not wait for it in the end."""
        if self._repository is not None:
            self._provers.begin()

    async def close(self) -> None:
        """End what was made ready and not used; safe to call twice."""
        await self._provers.close()

    async def search(self, text: str, k: int) -> list[Found]:
        return await self.attempt(lambda r: list(r.search(text, k, self.schemas))) or []

    async def confirmed(self) -> list[Summary]:
        return await self.attempt(lambda r: r.confirmed(self.schemas)) or []

    async def described(self, signature: str, docstring: str) -> list[Summary]:
        return await self.attempt(lambda r: r.described(signature, docstring, self.schemas)) or []

    async def sound(self, entry_id: str) -> FunctionEntry | None:
        """The entry, read whole, where it is offered; see `is_sound`."""
        entry = await self.attempt(lambda r: r.get(entry_id))
        return entry if entry is not None and is_offered(entry, self.schemas) and await self.is_sound(entry) else None

    async def settled(self, entry: FunctionEntry) -> FunctionEntry | None:
        """The same function where it is stored as it was verified, in use and not stale."""
        stored = await self.attempt(lambda r: r.get(entry_id(entry.source)))
        return stored if stored is not None and is_offered(stored, self.schemas) and is_sealed(stored) else None

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
        for judged in entry_ids:
            if rating == "up":
                await self.change(judged, confirmed)
            else:
                entry = await self.attempt(lambda r, i=judged: r.get(i))  # type: ignore[misc]  # bound now
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

    async def admit(
        self,
        program: str,
        entries: Sequence[FunctionEntry],
        calls: Sequence[RecordedCall],
        clean: Callable[[Any], Any] | None = None,
    ) -> list[Admission]:
        """Prove the functions of a program that ran and store those that did it again (see `Prover.prove`).

        A new one that behaves like a stored one is united with it. Beside the first of a session, stale entries are
        verified in the same kernel and a full repository makes room.
        """

        async def work(prover: Prover) -> list[Admission]:
            admitted = []
            # The first functions of a new home have no twins to look for, and an embedder takes a while to load.
            has_others = bool(await self.attempt(lambda r: r.summaries()))
            for entry, verdict in await prover.prove(program, entries, calls, clean):
                proved = verified(entry, self.schemas)
                stored = await self._stored(prover, proved, has_others=has_others) if verdict.ok else None
                admitted.append(Admission(entry, verdict, stored))
            if not self._tidied:
                self._tidied = True
                await self._revive(prover)
                await self._make_room()
            return admitted

        return await self._proving(work)

    async def _stored(self, prover: Prover, entry: FunctionEntry, *, has_others: bool) -> FunctionEntry | None:
        """The entry as it is stored: itself, or the twin that it was united with."""
        added = await self.attempt(lambda r: r.get(r.add(entry)))
        if added is None or not has_others:
            return added
        for twin, similarity in await self.search(added.subtask, _N_TWINS):
            near = similarity >= MIN_TWIN_SIMILARITY and is_sealed(twin) and may_be_twins(added, twin)
            if near and await behave_alike(prover, added, twin):
                stays = better_of([added, twin])
                goes = twin if stays is added else added
                await self.change(goes.id, lambda e, i=stays.id: retired(e, f"does the same as {i}"))  # type: ignore[misc]  # bound now
                return await self.change(stays.id, lambda e, g=goes: united(e, g))  # type: ignore[misc]  # bound now
        return added

    async def _make_room(self) -> None:
        for eviction in await self.attempt(lambda r: evictions(r.summaries(), self._limit)) or ():
            await self.attempt(lambda r, i=eviction.entry.id: r.delete(i))  # type: ignore[misc]  # bound now

    async def _revive(self, prover: Prover) -> None:
        """A tool changed since these were verified: those that still do what they did come back, the others retire."""
        stale = await self.attempt(self._stale) or []
        for entry, verdict in zip(stale, await _checked(prover, stale), strict=True):
            if verdict.ok:
                await self.change(entry.id, lambda e: verified(e, self.schemas))
            else:
                await self._withdraw(entry, retired, f"a tool changed: {verdict.reason}")

    def _stale(self, repository: FunctionRepository) -> list[FunctionEntry]:
        found = [summary.id for summary in repository.summaries() if self._may_revive(summary)]
        return [repository.get(entry_id) for entry_id in found[:_MAX_REVIVED]]

    def _may_revive(self, entry: Summary) -> bool:
        """In use, stale, and all of its tools are here: those of another toolset are no business of ours."""
        here = all(name in self.schemas for name, _ in entry.tools)
        return entry.state in ("unconfirmed", "confirmed") and here and is_stale(entry, self.schemas)

    async def _proving(self, work: Callable[[Prover], Awaitable[list[T]]]) -> list[T]:
        try:
            prover = await self._provers.take()
            is_fit = False
            try:
                done = await work(prover)
                is_fit = True
            finally:
                self._provers.give_back(prover, is_fit=is_fit)
            return done
        except SandboxError as error:
            self._emit(ErrorSeen("functions", f"a function could not be verified: {error}", error.hint))
            return []

    async def attempt(self, action: Callable[[FunctionRepository], T]) -> T | None:
        """What `action` returns, done in a thread; None where there is no repository or it failed."""
        if self._repository is None:
            return None
        repository = self._repository
        try:
            done = await asyncio.to_thread(action, repository)
            for notice in repository.told():
                self._emit(ErrorSeen("functions", notice))
            return done
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
