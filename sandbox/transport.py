"""How the host and a kernel's container reach each other: Unix sockets in a shared folder, or the relay."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from docker import DockerClient

Wanted = Literal["auto", "socket", "relay"]


@dataclass(frozen=True)
class Transport:
    """`reason` says in a few words why the relay is used; empty for sockets."""

    kind: Literal["socket", "relay"]
    reason: str = ""


SOCKET = Transport("socket")
NO_SHARED_FILES = Transport("relay", "the engine does not see this machine's files")
_DESKTOP = "Docker Desktop runs in a machine of its own"


def before_connecting(wanted: Wanted, runtime: str | None) -> Transport | None:
    """What can be said without asking the engine; None where it has to be asked."""
    if wanted == "socket":
        return SOCKET
    if wanted == "relay":
        return Transport("relay", "chosen by the settings")
    if platform.system() != "Linux":
        return Transport("relay", "on this system containers run in a machine of their own")
    if runtime is not None and "runsc" in runtime:
        return Transport("relay", f"sockets of the host do not work under {runtime}")
    address = os.environ.get("DOCKER_HOST", "")
    if address and not address.startswith("unix://"):
        return Transport("relay", f"the engine at {address.partition('@')[2] or address} is another machine")
    return None


def choose(client: DockerClient, info: dict[str, Any], wanted: Wanted, runtime: str | None) -> Transport:
    """The transport for this engine; `info` is what it says of itself. No request is made."""
    known = before_connecting(wanted, runtime)
    if known is not None:
        return known
    if not str(client.api.base_url).startswith("http+docker://localhost"):
        return Transport("relay", f"the engine at {client.api.base_url} is another machine")
    if "Docker Desktop" in str(info.get("OperatingSystem", "")):
        return Transport("relay", _DESKTOP)
    theirs = info.get("KernelVersion")
    if theirs and theirs != platform.release():
        return Transport("relay", "the engine runs in a machine of its own")
    return SOCKET


def lacks_our_files(explanation: object) -> bool:
    """Whether this refusal to create a container means that the engine has other files than we: it is in a container's
    or machine's place of its own behind a socket of this one."""
    return "bind source path does not exist" in str(explanation)
