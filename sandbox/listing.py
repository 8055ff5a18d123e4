"""The kernels of this user on this machine, as `toolcoder sandbox list` shows them."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sandbox.engine import connect, engine_failures
from sandbox.lease import lease_left_s, read_card
from sandbox.owner import is_alive
from sandbox.reaper import Found, find_containers
from sandbox.rundir import is_held

if TYPE_CHECKING:
    from docker import DockerClient

State = Literal["living", "spare", "leased", "orphan"]


@dataclass(frozen=True)
class Kernel:
    """One kernel.

    `state`: `living` and `spare` are a running program's, in use or not yet; `leased` waits for its session to come
    back, for `lease_left_s` at most; `orphan` is nobody's. `memory_bytes` is None where the engine does not say.
    """

    name: str
    session: str
    state: State
    age_s: float
    memory_bytes: int | None
    image: str
    lease_left_s: float | None


def list_kernels() -> list[Kernel]:
    """All of them, the oldest first. Blocking.

    Raises:
        EngineMissing, EngineGone: no container engine.
    """
    client = connect()
    try:
        with engine_failures("refused to list containers"):
            containers = sorted(find_containers(client), key=lambda found: found.created_s)
        with ThreadPoolExecutor(8) as threads:
            memory = list(threads.map(lambda found: _memory_bytes(client, found), containers))
    finally:
        client.close()
    return [_kernel(found, used) for found, used in zip(containers, memory, strict=True)]


def _kernel(found: Found, memory_bytes: int | None) -> Kernel:
    card = read_card(found.folder)
    left_s = None
    state: State = "orphan"
    if is_held(found.folder) or (not found.folder.exists() and is_alive(found.process)):
        state = "spare" if card.is_spare else "living"
    elif found.is_up and (left_s := lease_left_s(found.folder)) > 0:
        state = "leased"
    else:
        left_s = None
    age_s = max(0.0, time.time() - found.created_s)
    return Kernel(found.name, card.session, state, age_s, memory_bytes, found.image, left_s)


def _memory_bytes(client: DockerClient, found: Found) -> int | None:
    """What the container uses, without what the system keeps of files and can take back."""
    from docker.errors import APIError
    from requests.exceptions import RequestException

    if not found.is_up:
        return None
    try:
        used = client.api.stats(found.id, stream=False, one_shot=True)["memory_stats"]
    except (APIError, RequestException, KeyError):
        return None
    details = used.get("stats") or {}
    reclaimable = details.get("total_inactive_file", details.get("inactive_file", 0))
    return max(0, int(used["usage"]) - int(reclaimable)) if "usage" in used else None
