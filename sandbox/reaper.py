"""Removes what dead clients left behind: containers without an owner, and folders.

Whose lock can be taken, whose owner is dead; the lock is held while something is removed, so two reapers, a client that
re-attaches and one that starts never disagree about a kernel. Containers of other users and machines are not touched.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.container import APP, APP_LABEL, HOST_LABEL, OWNER_LABEL, PROCESS_LABEL, USER_LABEL, machine_name
from sandbox.engine import connect
from sandbox.lease import lease_left_s
from sandbox.owner import is_alive
from sandbox.rundir import RunDir, base_folder

if TYPE_CHECKING:
    from docker import DockerClient


@dataclass(frozen=True)
class Found:
    """One of this user's containers on this machine, as the engine lists it."""

    id: str
    name: str
    folder: Path
    process: str
    image: str
    created_s: float
    is_up: bool
    is_paused: bool


def find_containers(client: DockerClient) -> list[Found]:
    """All kernels of this user on this machine. Blocking.

    Raises:
        docker.errors.APIError, requests.exceptions.RequestException: the engine does not answer.
    """
    query = [f"{APP_LABEL}={APP}", OWNER_LABEL, f"{HOST_LABEL}={machine_name()}", f"{USER_LABEL}={os.geteuid()}"]
    return [_found(item) for item in client.api.containers(all=True, filters={"label": query})]


def _found(item: dict[str, Any]) -> Found:
    labels = item["Labels"]
    state = str(item.get("State", ""))
    return Found(
        id=str(item["Id"]),
        name=str((item.get("Names") or [item["Id"][:12]])[0]).lstrip("/"),
        folder=Path(labels[OWNER_LABEL]),
        process=str(labels.get(PROCESS_LABEL, "")),
        image=str(item.get("Image", "")),
        created_s=float(item.get("Created", 0)),
        is_up=state in ("running", "paused"),
        is_paused=state == "paused",
    )


def reap(*, also_leased: bool = False) -> list[str]:
    """Remove all that no living process holds and whose lease is over; returns names of containers and folders.

    `also_leased`: also what a client could still come back to. Blocking.

    Raises:
        EngineMissing: no container engine.
    """
    client = connect()
    try:
        containers = find_containers(client)
        removed = [found.name for found in containers if _reap_container(client, found, also_leased)]
    finally:
        client.close()
    return removed + [str(path) for path in _reap_folders({found.folder for found in containers})]


def _reap_container(client: DockerClient, found: Found, also_leased: bool) -> bool:
    from docker.errors import APIError

    rundir = RunDir.claim(found.folder)
    if rundir is None and (found.folder.exists() or is_alive(found.process)):
        return False  # somebody holds it; or its folder was tidied away under a living client
    if rundir is not None and found.is_up and not also_leased and lease_left_s(found.folder) > 0:
        rundir.release()
        return False
    try:
        with suppress(APIError):  # it may be on its way out already
            client.api.remove_container(found.id, v=True, force=True)
    finally:
        if rundir is not None:
            rundir.remove()
    return True


def _reap_folders(of_containers: set[Path]) -> Iterator[Path]:
    """Folders without a container. Those being made by others are left to them."""
    for path in base_folder().iterdir():
        rundir = RunDir.claim(path) if path not in of_containers else None
        if rundir is not None:
            rundir.remove()
            yield path
