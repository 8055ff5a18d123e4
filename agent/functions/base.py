"""The seam to the reusable function repository: functions that ran once, found again by the meaning of a subtask.

Who calls it: the loop, which looks up candidates before the scaffold and before implementing, records how a reuse went,
and adds what ran. Every method is synchronous and may touch the disk: the loop calls them through `asyncio.to_thread`.
Similarity only proposes; whether an entry fits is for the model to say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol

State = Literal["unconfirmed", "confirmed", "quarantined", "retired"]
"""Unconfirmed entries are proposed as parts of new programs; only confirmed ones are bound and run without a new plan.
Quarantined ones failed and wait for a verification; retired ones never come back by themselves."""


@dataclass(frozen=True)
class RecordedCall:
    """A tool call of the run that verified a function, with the value that the tool returned (JSON)."""

    name: str
    args: Mapping[str, Any]
    value: Any


@dataclass(frozen=True)
class FunctionEntry:
    """A function that ran, with its proof. `id` is empty until the repository has given one.

    `source` is complete: the imports it needs, the functions it calls, then itself. `tools` pairs each tool it uses
    with the hash of that tool's schema at the time. `verifying_call` is an expression such as
    `count_films('Sofia Coppola')` ('' where the program never called the function with literals), `result_json` what it
    gave, `calls` what tools returned meanwhile. `succeeded_with` are different calls that went well: three confirm it.
    """

    name: str
    signature: str
    docstring: str
    source: str
    subtask: str
    tools: tuple[tuple[str, str], ...] = ()
    calls: tuple[RecordedCall, ...] = ()
    verifying_call: str = ""
    result_json: str | None = None
    session: str = ""
    created: str = ""
    """UTC, ISO 8601."""
    n_uses: int = 1
    n_successes: int = 1
    n_failures: int = 0
    state: State = "unconfirmed"
    why: str = ""
    """Why it is quarantined or retired."""
    succeeded_with: tuple[str, ...] = ()
    asked: tuple[tuple[str, str], ...] = ()
    """Words in which it was asked for, as `phrases` writes them; the newest last."""
    verified: str = ""
    """UTC, when it last passed its own test in a clean kernel; '' where it never did."""
    seal: str = ""
    """`entries.seal_of` at that time: another source, test or record than was verified shows."""
    used: str = ""
    """UTC, the last use."""
    version: int = 1
    replaces: str = ""
    """The id of the version before this one."""
    origin: str = "session"
    """`session`, `edit`, or `import:` and the file's name."""
    id: str = ""


@dataclass(frozen=True)
class Summary:
    """What of an entry is known without reading its source and its record; the fields mean what they mean there."""

    id: str
    name: str
    signature: str
    docstring: str
    state: State
    why: str
    tools: tuple[tuple[str, str], ...]
    asked: tuple[tuple[str, str], ...]
    created: str
    used: str
    n_successes: int


class Found(NamedTuple):
    """A candidate and the cosine of its subtask with the one that was asked for (-1 to 1)."""

    entry: FunctionEntry
    similarity: float


class FunctionRepository(Protocol):
    """Implementations: `memory.MemoryRepository`, `chroma.ChromaRepository`; both pass one contract suite.

    Threads may share a repository. Every method raises `agent.errors.RepositoryError` where the disk, the index or the
    embedder fails, and `KeyError` for an unknown id.
    """

    def add(self, entry: FunctionEntry) -> str:
        """Store the entry; returns its id. The same function (same syntax tree but for docstrings) is not stored twice:
        its statistics are added up and its proof is replaced by the newer one. A retired one stays retired."""
        ...

    def search(self, subtask: str, k: int, tools: Mapping[str, str] | None) -> list[Found]:
        """The at most `k` entries most similar to `subtask`, best first.

        Left out are withdrawn entries, and stale ones: `tools` maps the tools of this session to the hashes of their
        schemas, and an entry whose tools are not all there unchanged is stale. None: whatever their tools are.
        """
        ...

    def confirmed(self, tools: Mapping[str, str]) -> list[Summary]:
        """The confirmed entries that are not stale. Cheap: called for every question, before anything else."""
        ...

    def described(self, signature: str, docstring: str, tools: Mapping[str, str]) -> list[Summary]:
        """The entries that are offered, with this very signature and docstring. Cheap as well."""
        ...

    def summaries(self) -> list[Summary]:
        """All entries, retired ones too. Cheap as well."""
        ...

    def change(self, entry_id: str, how: Callable[[FunctionEntry], FunctionEntry]) -> FunctionEntry:
        """Replace an entry by `how(entry)` (see `entries`), as one step also for other threads and processes."""
        ...

    def delete(self, entry_id: str) -> None:
        """Forget an entry for good."""
        ...

    def get(self, entry_id: str) -> FunctionEntry: ...

    def list(self) -> list[FunctionEntry]:
        """All entries, retired ones too, the oldest first; reads each of them whole."""
        ...

    def told(self) -> Sequence[str]:
        """What a person should know since the last call: what was damaged and made again, or cannot be read. Cheap."""
        ...

    def close(self) -> None:
        """Release files and memory; safe to call twice."""
        ...
