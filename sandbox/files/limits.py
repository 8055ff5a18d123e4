"""How much a work folder's copy and what a program hands out may hold."""

from __future__ import annotations

from dataclasses import dataclass

MB = 1 << 20


@dataclass(frozen=True)
class FileLimits:
    """`copy_bytes` and `n_copied`: of a copy when it is made. `work_bytes`: of /work with what programs add, in memory.
    `out_bytes`: of /out, in memory. `n_out`, `out_session_bytes`: taken out in a session. `n_changed`: in a copy.
    """

    copy_bytes: int = 256 * MB
    n_copied: int = 10_000
    work_bytes: int = 512 * MB
    out_bytes: int = 64 * MB
    n_out: int = 100
    out_session_bytes: int = 256 * MB
    n_changed: int = 2_000
