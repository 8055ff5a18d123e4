"""One promise of the sandbox and what the proof found: values that `doctor` prints and tests compare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sandbox.events import ContainerLimits

Verdict = Literal["kept", "weaker", "broken", "unknown"]
"""`weaker`: held, but less than it could be, by this kind of sandbox or this machine. `unknown`: not to be seen."""

Seen = Mapping[str, Any]
"""What `sandbox.proof.inside.observe` returned."""


@dataclass(frozen=True)
class Finding:
    """A promise, what was seen, the verdict, and what to do where it is not kept."""

    name: str
    promise: str
    seen: str
    verdict: Verdict
    remedy: str = ""


@dataclass(frozen=True)
class Asked:
    """What the kernel that is looked at was asked to be, and facts of this machine to compare with."""

    kind: str
    limits: ContainerLimits
    uids: frozenset[int] | None
    """Which users may be inside. None: any but root."""
    mounts: frozenset[str]
    """Where folders of the host may be mounted."""
    sockets: frozenset[str]
    """Folders in which Unix sockets may be."""
    namespaces: Mapping[str, str]
    """Of this process: `net` -> `net:[4026531840]`; empty where the engine runs on another machine."""
    writable: Mapping[str, int]
    """The places that code may write to, and their sizes in bytes."""
    lured: tuple[str, ...] = ()
    """What arrived at the lures on the host."""

    @property
    def has_image(self) -> bool:
        """Whether it has a root file system of its own, and control groups made by an engine."""
        return self.kind != "bubblewrap"


def part(seen: Seen, name: str) -> Any:
    """One part of what was seen.

    Raises:
        NotSeen: the part failed inside.
    """
    found = seen.get(name)
    if found is None or (isinstance(found, dict) and "error" in found):
        raise NotSeen(str((found or {}).get("error", "nothing was returned")))
    return found


class NotSeen(Exception):
    """A part could not be looked at; becomes the verdict `unknown`."""


def listed(items: object, limit: int = 6) -> str:
    """The first of some items, for a line of text."""
    words = [str(item) for item in items] if isinstance(items, list | tuple | set | frozenset | dict) else [str(items)]
    more = f" and {len(words) - limit} more" if len(words) > limit else ""
    return (", ".join(words[:limit]) or "none") + more
