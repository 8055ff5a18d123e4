"""What an idle kernel takes: its control group's memory, and the engine's process that watches its container."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from sandbox.container import PROCESS_LABEL
from sandbox.engine import connect
from sandbox.owner import this_process


def own_containers_mb() -> tuple[list[float], list[float]]:
    """Megabytes of each container that this process started, and of each one's shim where it can be seen. Blocking."""
    client = connect()
    try:
        found = client.api.containers(filters={"label": f"{PROCESS_LABEL}={this_process()}"})
        return (
            [_used(client.api.stats(one["Id"], stream=False, one_shot=True)) / 1e6 for one in found],
            [size / 1e6 for one in found if (size := _shim_bytes(str(one["Id"]))) is not None],
        )
    finally:
        client.close()


def _used(stats: dict[str, Any]) -> int:
    """Without the cache that the system may drop, as `docker stats` shows it."""
    memory = stats["memory_stats"]
    inside = memory.get("stats", {})
    return int(memory.get("usage", 0)) - int(inside.get("total_inactive_file", inside.get("inactive_file", 0)))


def _shim_bytes(container: str) -> int | None:
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError):
            command = process.joinpath("cmdline").read_bytes()
            if b"shim" in command and container.encode() in command:
                lines = process.joinpath("smaps_rollup").read_text().splitlines()
                return next(int(line.split()[1]) << 10 for line in lines if line.startswith("Pss:"))
    return None
