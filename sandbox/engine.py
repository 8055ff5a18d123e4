"""The connection to the container engine, and its failures in words."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.errors import EngineGone, EngineMissing, KernelStartFailed

if TYPE_CHECKING:
    from docker import DockerClient

_INSTALL_HINT = "Install Docker (Debian: apt-get install docker.io) and start it, then run `toolcoder doctor`."
_SETTINGS_HINT = "Look at [sandbox] in the settings; `toolcoder doctor` says what else is wrong."
_GROUP_HINT = "Add yourself to the group docker (usermod -aG docker USER, then log in again), or use rootless Docker."

_PROBE_S = 10.0
"""For an engine to say its version; one that hangs takes connections and never answers."""

_infos: dict[str, dict[str, Any]] = {}  # by address; asking takes as long as creating a container


def connect(timeout_s: float = 30.0) -> DockerClient:
    """A client of the first engine that answers: `DOCKER_HOST`, Docker's current context, the usual sockets.

    Blocking. The caller closes it. `timeout_s` is for each later request.

    Raises:
        EngineMissing: no engine answers, or this user may not talk to it.
    """
    import docker
    from docker.errors import DockerException

    problems: list[str] = []
    for address in _addresses():
        try:
            if address is None:
                client = docker.from_env(timeout=_PROBE_S, version="auto")
            else:
                client = docker.DockerClient(base_url=address, timeout=_PROBE_S, version="auto")
        except DockerException as error:
            problems.append(str(error))
        else:
            client.api.timeout = timeout_s
            return client
    raise _missing(" ".join(problems))


def is_rootless(client: DockerClient) -> bool:
    """Whether the engine runs as an ordinary user; then user 0 inside a container is that user outside. Blocking."""
    return any("rootless" in option for option in engine_info(client).get("SecurityOptions") or ())


def n_processors(client: DockerClient) -> float:
    """How many processors containers may have at most. Blocking."""
    return float(engine_info(client).get("NCPU") or math.inf)


def engine_info(client: DockerClient) -> dict[str, Any]:
    """What the engine says of itself (`docker info`), asked once per process. Blocking."""
    address = os.environ.get("DOCKER_HOST", "")
    if address not in _infos:
        _infos[address] = client.info()
    return _infos[address]


@contextmanager
def engine_failures(what: str) -> Iterator[None]:
    """An engine that refuses something, or that is gone by now, in our words.

    Raises:
        KernelStartFailed, EngineGone: as they say.
    """
    from docker.errors import APIError
    from requests.exceptions import RequestException

    try:
        yield
    except APIError as error:
        raise KernelStartFailed(f"The engine {what}: {error.explanation}", _SETTINGS_HINT) from error
    except RequestException as error:
        raise EngineGone("The container engine stopped answering.", "Start it again.") from error


def _addresses() -> list[str | None]:
    if os.environ.get("DOCKER_HOST"):
        return [None]
    candidates = [_context_address(), "unix:///var/run/docker.sock", "unix:///run/podman/podman.sock"]
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
        message = f"No engine answers at DOCKER_HOST={os.environ['DOCKER_HOST']}."
        return EngineMissing(message, "Start it, or correct that address.")
    return EngineMissing("No container engine answers on this machine.", _INSTALL_HINT)
