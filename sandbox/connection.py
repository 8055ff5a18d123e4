"""The connection of a kernel over Unix sockets in its run folder, as jupyter_client's manager and the kernel see it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sandbox.rundir import RunDir

if TYPE_CHECKING:
    from jupyter_client.connect import KernelConnectionInfo

CONNECTION_NAME = "kernel.json"
_CHANNELS = ("shell", "iopub", "stdin", "control", "hb")


def connect_by_sockets(manager: Any, rundir: RunDir) -> KernelConnectionInfo:
    """Point a KernelManager to the folder and write its connection file; what it connects with."""
    manager.transport = "ipc"
    manager.ip = str(rundir.sockets / "k")
    for number, channel in enumerate(_CHANNELS, start=1):
        setattr(manager, f"{channel}_port", number)
    manager.write_connection_file()
    info: KernelConnectionInfo = manager.get_connection_info()
    return info


def place_inside(info: KernelConnectionInfo, rundir: RunDir, sockets: str) -> None:
    """Write the connection file of a kernel that sees the folder of the sockets at another path."""
    key = info["key"]
    inside = {**info, "ip": f"{sockets}/k", "key": key.decode() if isinstance(key, bytes) else key}
    path = rundir.broker / CONNECTION_NAME
    path.write_text(json.dumps(inside, default=str))
    path.chmod(0o644)  # the kernel's user is another one; the folder keeps others out
