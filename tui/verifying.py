"""Stored functions tried again in a clean sandbox with their recorded tests; for the command and the chat's panel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.functions.base import FunctionEntry, FunctionRepository
from agent.functions.entries import quarantined, verified
from tui.proving import with_prover

if TYPE_CHECKING:
    from agent.functions.proof import Prover


@dataclass(frozen=True)
class Verified:
    """One entry's verdict; `ok` None: it could not be tried."""

    entry: FunctionEntry
    ok: bool | None
    reason: str = ""


async def verify(
    repository: FunctionRepository,
    entries: Sequence[FunctionEntry],
    sources: tuple[str, ...],
    say: Callable[[str], None],
) -> list[Verified]:
    """Run each entry's test; what fails goes into quarantine, what passes comes out of it. No tool is called.

    Raises:
        AgentError, SandboxError: the tools, the repository or the sandbox cannot be used.
    """

    async def work(prover: Prover, schemas: dict[str, str]) -> list[Verified]:
        verdicts = []
        for number, entry in enumerate(entries, 1):
            say(f"verifying {number}/{len(entries)} {entry.name}")
            if missing := [name for name, _ in entry.tools if name not in schemas]:
                why = f"its tools are not here: {', '.join(missing)}; name their source with --tools"
                verdicts.append(Verified(entry, None, why))
                continue
            verdict = await prover.check(entry)
            if verdict.ok:
                repository.change(entry.id, lambda e: verified(e, schemas))
            else:
                failure = f"its test fails: {verdict.reason}"
                repository.change(entry.id, lambda e, failure=failure: quarantined(e, failure))  # type: ignore[misc]
            verdicts.append(Verified(entry, verdict.ok, verdict.reason))
        return verdicts

    return await with_prover(sources, work)
