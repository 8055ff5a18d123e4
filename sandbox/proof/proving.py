"""Opens a kernel as a session would, has `inside.py` look around in it, and judges what was seen."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

from sandbox import open_kernel
from sandbox.container import BROKER_FOLDER, SOCKET_FOLDER
from sandbox.errors import KernelStartFailed
from sandbox.events import CellEnd, CellLimits, CellResult, KernelOptions
from sandbox.files.places import OUT_FOLDER, SEED_FOLDER, WORK_FOLDER
from sandbox.proof import bounds, reach, rights
from sandbox.proof.finding import Asked, Finding, NotSeen, Seen
from sandbox.proof.lures import lures, own_namespaces

_LOOK_S = 180.0
_INSIDE = Path(__file__).with_name("inside.py")


Kind: TypeAlias = Literal["docker", "bubblewrap"]


def prove(options: KernelOptions, kind: Kind = "docker") -> list[Finding]:
    """What became of each promise, in a kernel that is started for it and removed. Blocking, two to four seconds.

    Must not be called where an event loop runs.

    Raises:
        SandboxError: no kernel could be had, or it could not look around.
    """
    with lures() as set_up:
        given = {"addresses": set_up.addresses, "abstract": set_up.abstract, "canary": set_up.canary}
        seen = asyncio.run(_look(options, kind, given))
        reached = set_up.reached()
    asked = _of_bubblewrap(options) if kind == "bubblewrap" else _of_container(options, _is_relayed(seen))
    return judge(seen, replace(asked, lured=reached))


def judge(seen: Seen, asked: Asked) -> list[Finding]:
    """A finding per promise. Pure: tests hand in what no real kernel shows."""
    found = []
    for look in (*reach.JUDGES, *rights.JUDGES, *bounds.JUDGES):
        name = look.__name__.replace("_", " ")
        try:
            found.append(look(seen, asked))
        except NotSeen as problem:
            promise = (look.__doc__ or name).strip().split("\n")[0]
            found.append(Finding(name, promise, f"could not be looked at: {problem}", "unknown", "Please report this."))
    return found


def _of_container(options: KernelOptions, relayed: bool) -> Asked:
    """What a container of these options was asked to be. Blocking: the engine is asked whether it is rootless."""
    from sandbox.container import kernel_uid
    from sandbox.engine import connect, is_rootless, n_processors
    from sandbox.relay import KERNEL_UID, RELAY_UID

    client = connect()
    try:
        uids = {KERNEL_UID, RELAY_UID} if relayed else {kernel_uid(is_rootless(client))}
        limits = replace(options.limits, cpus=min(options.limits.cpus, n_processors(client)))
    finally:
        client.close()
    asked = _common(options, "docker", frozenset(uids))
    if relayed:  # the sockets are in memory then, and belong to the relay
        asked = replace(asked, writable={**asked.writable, BROKER_FOLDER: 1 << 20, SOCKET_FOLDER: 1 << 20})
    return replace(asked, limits=limits, namespaces={} if relayed else asked.namespaces)


def _of_bubblewrap(options: KernelOptions) -> Asked:
    """This machine's programs are mounted to be read; that is said, and each is one of those that were asked for."""
    from sandbox.bubblewrap import host_places

    asked = _common(options, "bubblewrap", None)
    return replace(asked, mounts=asked.mounts | frozenset(host_places()))


def _common(options: KernelOptions, kind: Kind, uids: frozenset[int] | None) -> Asked:
    sockets = frozenset((BROKER_FOLDER, SOCKET_FOLDER))
    folders = set(sockets)
    disk_bytes = options.limits.disk_bytes
    writable = {"/tmp": disk_bytes, "/dev/shm": disk_bytes, OUT_FOLDER: options.out_bytes}
    if options.files is not None:
        folders.add(WORK_FOLDER)
    elif options.seed is not None:
        folders.add(SEED_FOLDER)
        writable[WORK_FOLDER] = options.work_bytes
    return Asked(kind, options.limits, uids, frozenset(folders), sockets, own_namespaces(), writable)


def _is_relayed(seen: Seen) -> bool:
    """Over a relay the folder of the sockets is no folder of the host, but memory."""
    found = seen.get("mounts")
    mounts = found if isinstance(found, list) else []
    return any(m["target"] == SOCKET_FOLDER and m["kind"] == "tmpfs" and m["root"] == "/" for m in mounts)


async def _look(options: KernelOptions, kind: Literal["docker", "bubblewrap"], given: dict[str, Any]) -> Seen:
    code = f"{_INSIDE.read_text(encoding='utf-8')}\n\nobserve(**{given!r})\n"
    text: str | None = None
    async with open_kernel(options, None, kind) as kernel:
        async for event in kernel.run(code, CellLimits(wall_s=_LOOK_S)):
            match event:
                case CellResult(json=found):
                    text = found
                case CellEnd() as end:
                    ended = end
    if text is None:
        why = ended.error.text if ended.error is not None else ended.died.message if ended.died else ended.status
        raise KernelStartFailed(f"The kernel started, but could not look around: {why}", "Please report this.")
    seen: dict[str, Any] = json.loads(text)
    return seen
