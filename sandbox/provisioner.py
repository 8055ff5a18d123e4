"""A Jupyter kernel provisioner whose kernels run in a hardened container, over Unix sockets and without a network.

Registered as `toolcoder-docker`, so that nbclient, JupyterLab or papermill can use it; `DockerKernel` uses it too.
jupyter_client calls the methods in the order pre_launch, launch_kernel, post_launch, ..., kill or terminate, cleanup.
"""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo

from sandbox.anchor import Anchor
from sandbox.broker import SOCKET
from sandbox.connection import connect_by_sockets, place_inside
from sandbox.container import SOCKET_FOLDER
from sandbox.engine_side import EngineSide
from sandbox.errors import KernelStartFailed
from sandbox.lease import Card, is_held_again, write_card
from sandbox.removal import ask_engine, in_thread, remove_container
from sandbox.rundir import RunDir
from sandbox.watch import ContainerWatch


class DockerProvisioner(EngineSide):
    """One kernel in one container."""

    _anchor: Anchor | None = None

    @property
    def has_process(self) -> bool:
        return self._name is not None

    async def poll(self) -> int | None:
        if self.watch is None or self._name is None:
            return 0
        if not self.watch.exited.done():
            return None
        return self.watch.exited.result().code or 0

    async def wait(self) -> int | None:
        if self.watch is None:
            return 0
        ended = await asyncio.shield(self.watch.exited)
        return ended.code or 0

    async def send_signal(self, signum: int) -> None:
        """To the container's init process, which passes it on to the kernel. Signal 0 asks nothing of us."""
        if signum == 0 or self._name is None or self._client is None:
            return
        if signum == signal.SIGKILL and self.watch is not None:
            self.watch.is_killed = True
        await in_thread(ask_engine, self._client.api.kill, self._name, signum)

    async def kill(self, restart: bool = False) -> None:
        await self.send_signal(signal.SIGKILL)

    async def terminate(self, restart: bool = False) -> None:
        await self.send_signal(signal.SIGTERM)

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Fix the connection: Unix sockets in a folder of its own, whose paths differ inside and outside."""
        if self.rundir is None:
            self.rundir = RunDir.create()
            write_card(self.rundir.path, Card(lease_s=self.lease_s))
            self._is_foreign = True
        if self._is_foreign:
            self._hold(self.rundir)
        self.connection_info = connect_by_sockets(self.parent, self.rundir)
        place_inside(self.connection_info, self.rundir, SOCKET_FOLDER)
        # Nothing of the host's environment goes into the container, so there is nothing to substitute.
        return {**kwargs, "cmd": [], "env": {}}

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Create and start the container; returns before the kernel answers.

        Raises:
            EngineMissing: no container engine.
            ImageMissing: the image is not built.
            KernelStartFailed: the engine refused to create or start the container.
        """
        assert self.rundir is not None, "pre_launch comes first"
        # The name is known before the container is, so that a cancelled launch can be cleaned up.
        self._name = f"toolcoder-{self.rundir.id}"
        await in_thread(self._create, self.rundir)
        self._watch_it()
        await in_thread(self._start)
        if self.reached_by.kind == "relay":
            await in_thread(self._open_relay, self.rundir, self.watch)
        return self.connection_info

    def _watch_it(self) -> None:
        self.watch, self._events = ContainerWatch(self._events), None

    async def cleanup(self, restart: bool = False) -> None:
        """Remove the container and, unless it will be restarted, the folder. Never fails."""
        if self.watch is not None:
            self.watch.close()
        if self._relay is not None:
            await in_thread(self._relay.close)
            self._relay = None
        is_left = self._leave()
        if not is_left:
            await in_thread(self._let_go)
        if self._anchor is not None and not restart:
            self._anchor.close()
            self._anchor = None
        if self.rundir is not None and not restart:
            self.rundir.remove()
            self.rundir = None
        self.watch = None
        if not is_left:  # else the request under way needs them
            self._name = self._client = None

    def remove_now(self) -> None:
        """The same without an event loop: at the interpreter's exit."""
        if self._relay is not None:
            self._relay.close()
        if self._client is not None:
            remove_container(self._client, self._name)
        if self.rundir is not None:
            self.rundir.remove()

    async def get_provisioner_info(self) -> dict[str, Any]:
        """What another process needs to go on with this kernel when this one is dead (JSON values)."""
        info = await super().get_provisioner_info()
        assert self.rundir is not None, "launch_kernel comes first"
        connection = dict(info["connection_info"])
        key = connection.get("key", "")
        connection["key"] = key.decode() if isinstance(key, bytes) else key
        return {**info, "connection_info": connection, "rundir": str(self.rundir.path)}

    async def load_provisioner_info(self, provisioner_info: dict[str, Any]) -> None:
        """Go on with the kernel of a client that died. Where it has ended meanwhile, `poll` says so afterwards.

        Raises:
            EngineMissing: no container engine.
            KernelStartFailed: another process has it, or its folder is gone.
        """
        await super().load_provisioner_info(provisioner_info)
        if self.rundir is None:
            self.rundir = RunDir.claim(Path(provisioner_info["rundir"]))
            if self.rundir is None:
                raise KernelStartFailed("This kernel is another process's, or gone.", "Start a fresh one.")
            self._is_foreign = True
            self._hold(self.rundir)
        is_held_again(self.rundir.path)
        self._name = f"toolcoder-{self.rundir.id}"
        if not await in_thread(self._find):
            self._name = None
        else:
            self._watch_it()
            if self.reached_by.kind == "relay":
                await in_thread(self._open_relay, self.rundir, self.watch)

    def _hold(self, rundir: RunDir) -> None:
        if self._anchor is not None:
            self._anchor.close()
        self._anchor = Anchor(rundir.broker / SOCKET)
