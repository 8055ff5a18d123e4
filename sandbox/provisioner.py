"""A Jupyter kernel provisioner whose kernels run in a hardened container, over Unix sockets and without a network.

Registered as `toolcoder-docker`, so that nbclient, JupyterLab or papermill can use it; `DockerKernel` uses it too.
jupyter_client calls the methods in the order pre_launch, launch_kernel, post_launch, ..., kill or terminate, cleanup.
"""

from __future__ import annotations

import asyncio
import json
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.provisioner_base import KernelProvisionerBase
from traitlets import Enum, Float, Int, Unicode

from sandbox.anchor import Anchor
from sandbox.broker import SOCKET
from sandbox.container import SOCKET_FOLDER, TRANSPORT_LABEL, container_settings, kernel_uid
from sandbox.creation import create_container
from sandbox.engine import connect, engine_failures, is_rootless, n_processors
from sandbox.errors import ImageMissing, KernelStartFailed
from sandbox.events import ContainerLimits
from sandbox.files.places import Places
from sandbox.image.build import refuse_stale
from sandbox.lease import Card, is_held_again, write_card
from sandbox.relay import HostRelay
from sandbox.removal import REMOVAL_S, ask_engine, in_thread, remove_container
from sandbox.rundir import RunDir
from sandbox.transport import SOCKET as BY_SOCKET
from sandbox.transport import Transport, Wanted
from sandbox.watch import ContainerWatch, watch_events

if TYPE_CHECKING:
    from docker import DockerClient

_DEFAULT = ContainerLimits()
_PROFILE_VARIABLE = "TOOLCODER_PROFILE"
_CHANNELS = ("shell", "iopub", "stdin", "control", "hb")


class DockerProvisioner(KernelProvisionerBase):
    """One kernel in one container. The traits are the settings of a kernelspec's `kernel_provisioner.config`."""

    image = Unicode("toolcoder-kernel", config=True, help="the image that the kernel runs in")
    memory_bytes = Int(_DEFAULT.memory_bytes, config=True, help="memory limit, swap included")
    cpus = Float(_DEFAULT.cpus, config=True, help="how many processors it may use")
    n_pids = Int(_DEFAULT.n_pids, config=True, help="how many processes and threads it may have")
    disk_bytes = Int(_DEFAULT.disk_bytes, config=True, help="size of /tmp, which counts as memory too")
    open_files = Int(_DEFAULT.open_files, config=True, help="how many files it may have open")
    files = Unicode(None, allow_none=True, config=True, help="a host folder mounted read-only at /work")
    seed = Unicode(None, allow_none=True, config=True, help="a host folder that a writable /work is made from")
    work_bytes = Int(Places.work_bytes, config=True, help="size of a writable /work, which counts as memory too")
    out_bytes = Int(Places.out_bytes, config=True, help="size of /out, which counts as memory too")

    transport = Enum(
        ["auto", "socket", "relay"],
        "auto",
        config=True,
        help="to its channels; auto: as the engine needs it",
    )
    runtime = Unicode(None, allow_none=True, config=True, help="the engine's runtime (runsc, ...); None: its default")
    lease_s = Float(0.0, config=True, help="how long the kernel outlives a client that dies; 0: not at all")

    rundir: RunDir | None = None
    """Where the sockets are. `DockerKernel` sets its own, with the broker's socket in it, before the launch."""
    watch: ContainerWatch | None = None

    image_id: str = ""
    """Of the image that the container was made from."""
    reached_by: Transport = BY_SOCKET
    """What `transport` came to for this engine."""

    _client: DockerClient | None = None
    _name: str | None = None
    _anchor: Anchor | None = None
    _relay: HostRelay | None = None
    _is_foreign = False
    """Made by somebody else's client, who has no broker; their people expect what a notebook's kernel does."""

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
        manager: Any = self.parent
        manager.transport = "ipc"
        manager.ip = str(self.rundir.sockets / "k")
        for number, channel in enumerate(_CHANNELS, start=1):
            setattr(manager, f"{channel}_port", number)
        manager.write_connection_file()
        self.connection_info = manager.get_connection_info()
        inside: dict[str, Any] = {**self.connection_info, "ip": f"{SOCKET_FOLDER}/k"}
        key = inside["key"]
        inside["key"] = key.decode() if isinstance(key, bytes) else key
        self.rundir.broker.joinpath("kernel.json").write_text(json.dumps(inside, default=str))
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
        events = await in_thread(self._create, self.rundir)
        self.watch = ContainerWatch(events)
        await in_thread(self._start)
        if self.reached_by.kind == "relay":
            await in_thread(self._open_relay, self.rundir, self.watch)
        return self.connection_info

    async def cleanup(self, restart: bool = False) -> None:
        """Remove the container and, unless it will be restarted, the folder. Never fails."""
        if self.watch is not None:
            self.watch.close()
        if self._relay is not None:
            await in_thread(self._relay.close)
            self._relay = None
        if self._client is not None:
            await in_thread(remove_container, self._client, self._name)
            self._client.close()
        if self._anchor is not None and not restart:
            self._anchor.close()
            self._anchor = None
        if self.rundir is not None and not restart:
            self.rundir.remove()
            self.rundir = None
        self._name = self._client = self.watch = None

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
        events = await in_thread(self._find)
        if events is None:
            self._name = None
        else:
            self.watch = ContainerWatch(events)
            if self.reached_by.kind == "relay":
                await in_thread(self._open_relay, self.rundir, self.watch)

    async def is_of_current_image(self) -> bool:
        """Whether the image's name still means the image that this container was made from."""
        return await in_thread(self._is_of_current_image)

    def _is_of_current_image(self) -> bool:
        from docker.errors import DockerException
        from requests.exceptions import RequestException

        assert self._client is not None
        try:
            return bool(self._client.api.inspect_image(self.image)["Id"] == self.image_id)
        except (DockerException, RequestException):
            return False

    def _hold(self, rundir: RunDir) -> None:
        if self._anchor is not None:
            self._anchor.close()
        self._anchor = Anchor(rundir.broker / SOCKET)

    def _find(self) -> Any:
        """The stream of events of a container that runs already; None where it is gone or of another version."""
        from docker.errors import NotFound

        self._client = client = connect()
        with engine_failures("refused to show the container"):
            events = watch_events(client, str(self._name))
            try:
                found = client.api.inspect_container(self._name)
                refuse_stale(client, found["Image"])
            except (NotFound, ImageMissing):
                return None
            self.image_id = str(found["Image"])
            if found["Config"]["Labels"].get(TRANSPORT_LABEL) == "relay":
                self.reached_by = Transport("relay", "as it was made")
            if found["State"].get("Paused"):
                client.api.unpause(self._name)
        client.api.timeout = REMOVAL_S
        return events if found["State"].get("Running") else None

    def _create(self, rundir: RunDir) -> Any:
        """The created container's stream of events. Blocking."""
        self._client = client = connect()
        with engine_failures("refused to create the container"):
            uid = kernel_uid(is_rootless(client))
            rundir.open_for(uid)
            for socket in rundir.sockets.iterdir():
                socket.unlink()  # of the container before a restart
            # An engine refuses more processors than it has, and the default is two.
            cpus = min(self.cpus, n_processors(client))
            limits = ContainerLimits(self.memory_bytes, cpus, self.n_pids, self.disk_bytes, self.open_files)
            places = Places(self.seed, self.work_bytes, self.out_bytes)
            settings = container_settings(self.image, limits, rundir, uid, self.files, self.lease_s, places)
            if self._is_foreign:
                settings["environment"][_PROFILE_VARIABLE] = "notebook"
            connection = rundir.broker / "kernel.json"
            wanted = cast("Wanted", self.transport)  # the trait holds nothing else
            created = create_container(client, settings, connection, wanted, self.runtime)
            self.image_id, self.reached_by = created.image_id, created.transport
            return watch_events(client, settings["name"])

    def _start(self) -> None:
        assert self._client is not None
        with engine_failures("could not start the container"):
            self._client.api.start(self._name)
        # What comes now is signals and the removal: short work, which an engine that hangs must not draw out.
        self._client.api.timeout = REMOVAL_S

    def _open_relay(self, rundir: RunDir, watch: ContainerWatch) -> None:
        from docker.errors import APIError

        assert self._client is not None
        with engine_failures("could not start the relay"):
            try:
                self._relay = watch.relay = HostRelay.open(self._client, str(self._name), rundir, watch.relay_ended)
            except APIError as error:
                if error.status_code != 409:
                    raise
                # The container has ended already; the watch tells how.
