"""The two folders of a kernel that hold files of the session: /work, where it is a copy, and /out. Both are in memory
and of a fixed size, so no program can fill the host's disk, and the host never opens a folder that a program writes to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

SEED_FOLDER = "/run/seed"
WORK_FOLDER = "/work"
OUT_FOLDER = "/out"
_BYTES_PER_FILE = 8 << 10
"""Small files use up names, not bytes: there may be one per so many bytes."""


@dataclass(frozen=True)
class Places:
    """`seed`: the host folder that /work is made from; None: /work is no copy. Sizes in bytes."""

    seed: str | None = None
    work_bytes: int = 512 << 20
    out_bytes: int = 64 << 20

    @property
    def environment(self) -> dict[str, str]:
        """What tells the kernel where they are."""
        work = {"TOOLCODER_SEED": SEED_FOLDER, "TOOLCODER_WORK": WORK_FOLDER} if self.seed is not None else {}
        return {"TOOLCODER_OUT": OUT_FOLDER, **work}

    @property
    def tmpfs(self) -> dict[str, str]:
        """Docker's option of that name."""
        work = {WORK_FOLDER: sized(self.work_bytes)} if self.seed is not None else {}
        return {OUT_FOLDER: sized(self.out_bytes), **work}

    @property
    def mounts(self) -> list[Any]:
        """Docker's mounts: the seed, to read."""
        from docker.types import Mount

        return [Mount(SEED_FOLDER, self.seed, type="bind", read_only=True)] if self.seed is not None else []


def sized(n_bytes: int) -> str:
    """Options of a file system in memory for data, which is not for programs that gain rights."""
    return f"size={n_bytes},nr_inodes={max(1024, n_bytes // _BYTES_PER_FILE)},mode=1777,nosuid,nodev"
