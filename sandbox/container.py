"""The container that a kernel runs in: its hardening in one place."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Any

from sandbox.events import ContainerLimits
from sandbox.files.places import WORK_FOLDER, Places, sized
from sandbox.owner import this_process
from sandbox.rundir import START_LOG, RunDir

APP_LABEL = "app"
APP = "toolcoder"
OWNER_LABEL = "toolcoder.rundir"
HOST_LABEL = "toolcoder.host"
USER_LABEL = "toolcoder.user"
PROCESS_LABEL = "toolcoder.process"
PID_LABEL = "toolcoder.pid"  # for people; the process label is the one to rely on
TRANSPORT_LABEL = "toolcoder.transport"

BROKER_FOLDER = "/run/toolcoder"
SOCKET_FOLDER = "/run/kernel"
CONNECTION_FILE = f"{BROKER_FOLDER}/kernel.json"
_SHM_BYTES = 64 << 20
_OTHER_USER = 1000


def machine_name() -> str:
    """This machine's name among those that share an engine: nobody's kernels but its own are ever listed or removed.

    TOOLCODER_MACHINE is for machines that call themselves alike, as containers and tests do.
    """
    return os.environ.get("TOOLCODER_MACHINE", "") or platform.node()


def kernel_uid(rootless: bool) -> int:
    """The user inside: the caller's own, never the real root. In a rootless engine, user 0 inside is the caller."""
    if rootless:
        return 0
    return os.geteuid() or _OTHER_USER


def container_settings(
    image: str,
    limits: ContainerLimits,
    rundir: RunDir,
    uid: int,
    files: str | None,
    lease_s: float = 0.0,
    places: Places = Places(),  # noqa: B008  frozen
) -> dict[str, Any]:
    """Arguments of `docker.containers.create`: no network, no capabilities, nothing writable but two sized places."""
    from docker.types import LogConfig, Mount, Ulimit

    n_threads = str(max(1, round(limits.cpus)))
    environment = {
        "OMP_NUM_THREADS": n_threads,
        "OPENBLAS_NUM_THREADS": n_threads,
        "TOOLCODER_FILTER": "1",
        "TOOLCODER_START_LOG": f"{SOCKET_FOLDER}/{START_LOG}",
        "TOOLCODER_BROKER": f"{BROKER_FOLDER}/tools.sock",
        "TOOLCODER_LEASE_S": f"{lease_s:g}",
        **places.environment,
    }
    mounts = [
        Mount(BROKER_FOLDER, str(rundir.broker), type="bind", read_only=True),
        Mount(SOCKET_FOLDER, str(rundir.sockets), type="bind"),
    ]
    mounts += places.mounts
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
            HOST_LABEL: machine_name(),
            USER_LABEL: str(os.geteuid()),
            PROCESS_LABEL: this_process(),
            PID_LABEL: str(os.getpid()),
        },
        "environment": environment,
        "user": f"{uid}:{uid}",
        "working_dir": WORK_FOLDER if files is not None or places.seed is not None else "/tmp",
        "init": False,  # the runtime's guard is process 1
        "auto_remove": True,
        "network_mode": "none",
        "dns": ["127.0.0.1"],  # else the names of this machine's servers stand in /etc/resolv.conf
        "dns_search": ["."],
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "ipc_mode": "private",
        "cgroupns": "private",
        "mem_limit": limits.memory_bytes,
        "memswap_limit": limits.memory_bytes,
        "nano_cpus": int(limits.cpus * 1e9),
        "pids_limit": limits.n_pids,
        "ulimits": [
            Ulimit(name="nofile", soft=limits.open_files, hard=limits.open_files),
            Ulimit(name="core", soft=0, hard=0),
            Ulimit(name="sigpending", soft=1024, hard=1024),  # counted per user, whose number may be the caller's own
            Ulimit(name="msgqueue", soft=0, hard=0),  # else /dev/mqueue could be written
        ],
        "tmpfs": {"/tmp": sized(limits.disk_bytes), **places.tmpfs},
        "shm_size": shm_bytes,
        "mounts": mounts,
        "log_config": LogConfig(type=LogConfig.types.JSON, config={"max-size": "1m", "max-file": "1"}),
    }
