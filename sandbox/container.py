"""The container that a kernel runs in: its hardening in one place, and the removal of those whose owner died."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.events import ContainerLimits
from sandbox.rundir import START_LOG, RunDir, owner_is_alive

if TYPE_CHECKING:
    from docker import DockerClient

APP_LABEL = "app"
APP = "toolcoder"
OWNER_LABEL = "toolcoder.rundir"
HOST_LABEL = "toolcoder.host"
PID_LABEL = "toolcoder.pid"

BROKER_FOLDER = "/run/toolcoder"
SOCKET_FOLDER = "/run/kernel"
CONNECTION_FILE = f"{BROKER_FOLDER}/kernel.json"
WORK_FOLDER = "/work"
_SHM_BYTES = 64 << 20
_OTHER_USER = 1000


def kernel_uid(rootless: bool) -> int:
    """The user inside: the caller's own, never the real root. In a rootless engine, user 0 inside is the caller."""
    if rootless:
        return 0
    return os.geteuid() or _OTHER_USER


def container_settings(
    image: str, limits: ContainerLimits, rundir: RunDir, uid: int, files: str | None, tools: bool
) -> dict[str, Any]:
    """Arguments of `docker.containers.create`: no network, no capabilities, nothing writable but two sized places."""
    from docker.types import LogConfig, Mount, Ulimit

    n_threads = str(max(1, round(limits.cpus)))
    environment = {
        "OMP_NUM_THREADS": n_threads,
        "OPENBLAS_NUM_THREADS": n_threads,
        "TOOLCODER_START_LOG": f"{SOCKET_FOLDER}/{START_LOG}",
    }
    mounts = [
        Mount(BROKER_FOLDER, str(rundir.broker), type="bind", read_only=True),
        Mount(SOCKET_FOLDER, str(rundir.sockets), type="bind"),
    ]
    if tools:
        environment["TOOLCODER_BROKER"] = f"{BROKER_FOLDER}/tools.sock"
    if files is not None:
        mounts.append(Mount(WORK_FOLDER, str(Path(files).resolve()), type="bind", read_only=True))
    shm_bytes = min(_SHM_BYTES, limits.disk_bytes)
    return {
        "image": image,
        "command": ["python", "-m", "toolcoder_runtime", "-f", CONNECTION_FILE],
        "name": f"toolcoder-{rundir.id}",
        "labels": {
            APP_LABEL: APP,
            OWNER_LABEL: str(rundir.path),
            HOST_LABEL: platform.node(),
            PID_LABEL: str(os.getpid()),
        },
        "environment": environment,
        "user": f"{uid}:{uid}",
        "working_dir": WORK_FOLDER if files is not None else "/tmp",
        "init": True,
        "auto_remove": True,
        "network_mode": "none",
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "ipc_mode": "private",
        "mem_limit": limits.memory_bytes,
        "memswap_limit": limits.memory_bytes,
        "nano_cpus": int(limits.cpus * 1e9),
        "pids_limit": limits.n_pids,
        "ulimits": [
            Ulimit(name="nofile", soft=limits.open_files, hard=limits.open_files),
            Ulimit(name="core", soft=0, hard=0),
        ],
        "tmpfs": {"/tmp": f"size={limits.disk_bytes},mode=1777,nosuid,nodev"},
        "shm_size": shm_bytes,
        "mounts": mounts,
        "log_config": LogConfig(type=LogConfig.types.JSON, config={"max-size": "1m", "max-file": "1"}),
    }


def reap_containers(client: DockerClient) -> Iterator[str]:
    """Remove our containers on this machine whose owner is dead; yields their names. Never another session's."""
    from docker.errors import APIError

    query = {"label": [f"{APP_LABEL}={APP}", OWNER_LABEL, f"{HOST_LABEL}={platform.node()}"]}
    for found in client.api.containers(all=True, filters=query):
        if not owner_is_alive(Path(found["Labels"][OWNER_LABEL])):
            with suppress(APIError):  # it may be on its way out already
                client.api.remove_container(found["Id"], force=True)
                yield str(found["Names"][0]).lstrip("/")
