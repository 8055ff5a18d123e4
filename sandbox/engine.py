"""The connection to the container engine, and its failures in words."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.errors import EngineMissing

if TYPE_CHECKING:
    from docker import DockerClient

_INSTALL_HINT = "Install Docker (Debian: apt-get install docker.io) and start it, then run `toolcoder doctor`."
_GROUP_HINT = "Add yourself to the group docker (usermod -aG docker USER, then log in again), or use rootless Docker."

_rootless: dict[str, bool] = {}  # by address; asking takes as long as creating a container


def connect(timeout_s: float = 60.0) -> DockerClient:
    """A client of the first engine that answers: `DOCKER_HOST`, Docker's current context, the usual sockets.

    Blocking. The caller closes it.

    Raises:
        EngineMissing: no engine answers, or this user may not talk to it.
    """
    import docker
    from docker.errors import DockerException

    problems: list[str] = []
    for address in _addresses():
        try:
            if address is None:
                return docker.from_env(timeout=timeout_s, version="auto")
            return docker.DockerClient(base_url=address, timeout=timeout_s, version="auto")
        except DockerException as error:
            problems.append(str(error))
    raise _missing(" ".join(problems))


def is_rootless(client: DockerClient) -> bool:
    """Whether the engine runs as an ordinary user; then user 0 inside a container is that user outside. Blocking."""
    address = os.environ.get("DOCKER_HOST", "")
    if address not in _rootless:
        _rootless[address] = any("rootless" in option for option in client.info().get("SecurityOptions") or ())
    return _rootless[address]


def _addresses() -> list[str | None]:
    if os.environ.get("DOCKER_HOST"):
        return [None]
    candidates = [_context_address(), "unix:///var/run/docker.sock"]
    if runtime := os.environ.get("XDG_RUNTIME_DIR"):
        candidates += [f"unix://{runtime}/docker.sock", f"unix://{runtime}/podman/podman.sock"]
    present = [a for a in candidates if a and (not a.startswith("unix://") or Path(a.removeprefix("unix://")).exists())]
    return list(dict.fromkeys(present)) or [None]


def _context_address() -> str | None:
    from docker.context import ContextAPI

    try:
        context = ContextAPI.get_current_context()
    except Exception:  # noqa: BLE001  a broken ~/.docker/config.json of some other tool must not keep us from the usual socket
        return None
    host = getattr(context, "Host", None)
    return host if isinstance(host, str) and host else None


def _missing(problem: str) -> EngineMissing:
    if "Permission denied" in problem or "PermissionError" in problem:
        return EngineMissing("Docker is here, but this user may not use it.", _GROUP_HINT)
    if os.environ.get("DOCKER_HOST"):
        return EngineMissing(f"No engine answers at DOCKER_HOST={os.environ['DOCKER_HOST']}.", "Check that address.")
    return EngineMissing("No container engine answers on this machine.", _INSTALL_HINT)
