"""Events about the files and packages of a session; what `agent.events` says of events holds for these."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from agent.events import Event, Scope

By = Literal["person", "policy", "nobody"]


@dataclass(frozen=True)
class FolderCopied(Event):
    """The person's folder was copied for the session's programs. `left_out`: path and why, of all that was not."""

    kind: ClassVar[str] = "folder_copied"
    root: str
    mode: Literal["copy", "read-write"]
    n_files: int
    n_bytes: int
    left_out: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class FileMade(Event):
    """A program left a file in /out. `path`: where it lies now, on the host; `name`: what the program called it.

    `refused` says why it was not taken over (a link, too large); then `path` is empty. `note`: what else a person must
    know of it (its name was taken, it may be cut).
    """

    kind: ClassVar[str] = "file"
    cell: int
    name: str
    path: str = ""
    mime: str = ""
    n_bytes: int = 0
    refused: str = ""
    note: str = ""


@dataclass(frozen=True)
class DecisionAsked(Event):
    """Something needs a person's yes: a change outside of the sandbox, or a program. The front end sets the future:
    True (do it) or False; where `scopes` offers more than once, a reply with the scope that was chosen.

    `question` is one line; `details` what a person must see to decide (a diff; packages with their sizes; the program),
    as lines.
    """

    kind: ClassVar[str] = "decision_asked"
    id: str
    what: Literal["changes", "packages", "code"]
    question: str
    details: str
    answer: asyncio.Future[Any] = field(compare=False, repr=False)
    scopes: tuple[Scope, ...] = ("once",)


@dataclass(frozen=True)
class DecisionMade(Event):
    """`by`: person, policy (a flag or a setting), or nobody (nobody could be asked: refused)."""

    kind: ClassVar[str] = "decision"
    id: str
    what: Literal["changes", "packages", "code"]
    allowed: bool
    by: By


@dataclass(frozen=True)
class ChangesSettled(Event):
    """What became of what programs changed in the copy of a folder.

    `changes`: each with path, kind (added, changed, deleted), sizes, sha256, diff (None where it is no text), refused.
    `applied`: the paths that were written into `root`; `kept_back`: path and reason of those that were not.
    `is_kept`: the rest is kept, for `toolcoder sandbox apply SESSION`.
    """

    kind: ClassVar[str] = "changes"
    root: str
    changes: tuple[dict[str, Any], ...]
    applied: tuple[str, ...] = ()
    kept_back: tuple[tuple[str, str], ...] = ()
    is_kept: bool = False
    problem: str = ""


@dataclass(frozen=True)
class PackagesAdded(Event):
    """Packages were added to the kernels' image: each with name, version, sha256 and size of its wheel."""

    kind: ClassVar[str] = "packages_added"
    wanted: str
    packages: tuple[dict[str, Any], ...]
    image: str
    seconds: float = 0.0
