"""What the container's control group tells of its memory, for engines whose events do not."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

TELL_OOM_VARIABLE = "TOOLCODER_TELL_OOM"
_COUNTERS = (Path("/sys/fs/cgroup/memory.events"), Path("/sys/fs/cgroup/memory/memory.oom_control"))


def n_killed_for_memory() -> int:
    """Processes of this container that were killed for want of memory; 0 also where the system does not say."""
    for path in _COUNTERS:
        with suppress(OSError, ValueError):
            for line in path.read_text().splitlines():
                name, _, count = line.partition(" ")
                if name == "oom_kill":
                    return int(count)
    return 0
