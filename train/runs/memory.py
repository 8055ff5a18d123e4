"""How much memory there is and how much is used, of this process and of the GPU where there is one."""

from __future__ import annotations

import os
import resource
import sys
from pathlib import Path
from typing import Any

_CGROUP_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
_CGROUP_USED = ("/sys/fs/cgroup/memory.current", "/sys/fs/cgroup/memory/memory.usage_in_bytes")


def free_bytes() -> int:
    """What new allocations may take on the device that training would use: the GPU's, else the machine's.

    The limit of a container counts where it is the smaller one.
    """
    gpu = _gpu()
    if gpu is not None:
        return int(gpu.mem_get_info()[0])
    available = _proc_available()
    limit, used = _first_number(_CGROUP_LIMITS), _first_number(_CGROUP_USED)
    if limit is not None and used is not None and limit < 1 << 60:
        available = min(available, max(0, limit - used))
    return available


def peak_bytes() -> int:
    """The most that this process has held: GPU memory where torch uses one, else resident memory."""
    gpu = _gpu()
    if gpu is not None:
        return int(gpu.max_memory_allocated())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def readable(n_bytes: float) -> str:
    """`512 MB`, `3.2 GB`; decimal units."""
    return f"{n_bytes / 1e9:.1f} GB" if n_bytes >= 1e9 else f"{n_bytes / 1e6:.0f} MB"


def _gpu() -> Any:
    torch = sys.modules.get("torch")  # never imported from here: a reader of figures must stay light
    cuda = getattr(torch, "cuda", None)
    return cuda if cuda is not None and cuda.is_available() else None


def _proc_available() -> int:
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    try:  # macOS has no such file: half of the memory is a careful guess
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    except (ValueError, OSError):
        return 1 << 62


def _first_number(paths: tuple[str, ...]) -> int | None:
    for path in paths:
        try:
            return int(Path(path).read_text())
        except (OSError, ValueError):  # 'max'
            continue
    return None
