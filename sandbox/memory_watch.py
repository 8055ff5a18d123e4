"""Memory of a tree of processes, looked at from outside: where no control group may be made, somebody has to look."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

_CALM_S = 0.25
_NEAR_S = 0.02
_NEAR = 0.5
"""From this share of the limit on it is looked at often."""
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class MemoryWatch:
    """Calls `exceeded` once, when the processes below `root` have more than `limit_bytes`. From `start` to `close`.

    Files in memory (/tmp, /out) are not counted: their places have sizes of their own.
    """

    def __init__(self, root: int, limit_bytes: int, exceeded: Callable[[], None]) -> None:
        self._root = root
        self._limit_bytes = limit_bytes
        self._exceeded = exceeded
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._look(), name="memory-watch")

    def close(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _look(self) -> None:
        while True:
            # Resident pages are quick to ask for, but count what forked processes share as often as it is shared.
            used = sum(map(resident_bytes, tree(self._root)))
            if used > self._limit_bytes:
                used = sum(map(own_bytes, tree(self._root)))
                if used > self._limit_bytes:
                    self._exceeded()
                    return
            await asyncio.sleep(_NEAR_S if used > self._limit_bytes * _NEAR else _CALM_S)


def tree(root: int) -> Iterator[int]:
    """A process and all below it; orphans of a process namespace are below its process 1."""
    pending = [root]
    while pending:
        pid = pending.pop()
        yield pid
        for children in Path(f"/proc/{pid}/task").glob("*/children"):
            with suppress(OSError, ValueError):  # it has ended meanwhile
                pending += [int(child) for child in children.read_text().split()]


def resident_bytes(pid: int) -> int:
    """All pages of a process that are in memory, shared ones too; 0 where it is gone."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_BYTES
    except (OSError, ValueError, IndexError):
        return 0


def own_bytes(pid: int) -> int:
    """The same with each shared page divided by the number of its users; slower."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) << 10
    except (OSError, ValueError, IndexError):
        pass
    return resident_bytes(pid)
