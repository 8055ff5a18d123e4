"""Opens a kernel as a session would, has `inside.py` look around in it, and judges what was seen."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any, Literal

from sandbox import open_kernel
from sandbox.errors import KernelStartFailed
from sandbox.events import CellEnd, CellLimits, CellResult, KernelOptions
from sandbox.proof import bounds, reach, rights
from sandbox.proof.finding import Asked, Finding, NotSeen, Seen
from sandbox.proof.lures import lures, own_namespaces

_LOOK_S = 60.0
_INSIDE = Path(__file__).with_name("inside.py")


def prove(options: KernelOptions, kind: Literal["docker", "bubblewrap"] = "docker") -> list[Finding]:
    """What became of each promise, in a kernel that is started for it and removed. Blocking, two to four seconds.

    Must not be called where an event loop runs.

    Raises:
        SandboxError: no kernel could be had, or it could not look around.
    """
    with lures() as set_up:
        given = {"addresses": set_up.addresses, "abstract": set_up.abstract, "canary": set_up.canary}
        seen = asyncio.run(_look(options, kind, given))
        reached = set_up.reached()
    return judge(seen, asked_of(options, kind, reached))


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


def asked_of(options: KernelOptions, kind: str, reached: tuple[str, ...] = ()) -> Asked:
    """What a kernel of these options was asked to be. Blocking: the engine is asked whether it is rootless."""
    from dataclasses import replace

    from sandbox.container import BROKER_FOLDER, SOCKET_FOLDER, kernel_uid
    from sandbox.engine import connect, is_rootless, n_processors
    from sandbox.files.places import OUT_FOLDER, SEED_FOLDER, WORK_FOLDER

    client = connect()
    try:
        uid = kernel_uid(is_rootless(client))
        limits = replace(options.limits, cpus=min(options.limits.cpus, n_processors(client)))
    finally:
        client.close()
    sockets = frozenset((BROKER_FOLDER, SOCKET_FOLDER))
    folders = set(sockets)
    writable = {"/tmp": limits.disk_bytes, "/dev/shm": limits.disk_bytes, OUT_FOLDER: options.out_bytes}
    if options.files is not None:
        folders.add(WORK_FOLDER)
    elif options.seed is not None:
        folders.add(SEED_FOLDER)
        writable[WORK_FOLDER] = options.work_bytes
    return Asked(kind, limits, uid, frozenset(folders), sockets, own_namespaces(), writable, reached)


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
