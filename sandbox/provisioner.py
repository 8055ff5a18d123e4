"""A Jupyter kernel provisioner whose kernels run in a hardened container, over Unix sockets and without a network.

Registered as `toolcoder-docker`, so that nbclient, JupyterLab or papermill can use it; `DockerKernel` uses it too.
jupyter_client calls the methods in the order pre_launch, launch_kernel, post_launch, ..., kill or terminate, cleanup.
"""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.provisioner_base import KernelProvisionerBase
from traitlets import Float, Int, Unicode

from sandbox.container import SOCKET_FOLDER, container_settings, kernel_uid, reap_containers
from sandbox.engine import connect, engine_failures, is_rootless, n_processors
from sandbox.errors import EngineGone, ImageMissing
from sandbox.events import ContainerLimits
from sandbox.image.build import refuse_stale
from sandbox.rundir import RunDir, reap_folders
from sandbox.uninterrupted import uninterrupted
from sandbox.watch import ContainerWatch, watch_events

if TYPE_CHECKING:
    from docker import DockerClient

_DEFAULT = ContainerLimits()
_REMOVAL_S = 10.0
_CHANNELS = ("shell", "iopub", "stdin", "control", "hb")
T = TypeVar("T")


class DockerProvisioner(KernelProvisionerBase):
    """One kernel in one container. The traits are the settings of a kernelspec's `kernel_provisioner.config`."""

    image = Unicode("toolcoder-kernel", config=True, help="the image that the kernel runs in")
    memory_bytes = Int(_DEFAULT.memory_bytes, config=True, help="memory limit, swap included")
    cpus = Float(_DEFAULT.cpus, config=True, help="how many processors it may use")
    n_pids = Int(_DEFAULT.n_pids, config=True, help="how many processes and threads it may have")
    disk_bytes = Int(_DEFAULT.disk_bytes, config=True, help="size of /tmp, which counts as memory too")
    open_files = Int(_DEFAULT.open_files, config=True, help="how many files it may have open")
    files = Unicode(None, allow_none=True, config=True, help="a host folder mounted read-only at /work")

    rundir: RunDir | None = None
    """Where the sockets are. `DockerKernel` sets its own, with the broker's socket in it, before the launch."""
    watch: ContainerWatch | None = None

    _client: DockerClient | None = None
    _name: str | None = None

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
        await _in_thread(_ask_engine, self._client.api.kill, self._name, signum)

    async def kill(self, restart: bool = False) -> None:
        await self.send_signal(signal.SIGKILL)

    async def terminate(self, restart: bool = False) -> None:
        await self.send_signal(signal.SIGTERM)

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Fix the connection: Unix sockets in a folder of its own, whose paths differ inside and outside."""
        if self.rundir is None:
            self.rundir = RunDir.create()
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
        events = await _in_thread(self._create, self.rundir)
        self.watch = ContainerWatch(events)
        await _in_thread(self._start)
        return self.connection_info

    async def cleanup(self, restart: bool = False) -> None:
        """Remove the container and, unless it will be restarted, the folder. Never fails."""
        if self.watch is not None:
            self.watch.close()
        if self._client is not None:
            await _in_thread(_remove, self._client, self._name)
            self._client.close()
        if self.rundir is not None and not restart:
            self.rundir.remove()
            self.rundir = None
        self._name = self._client = self.watch = None

    def remove_now(self) -> None:
        """The same without an event loop: at the interpreter's exit."""
        if self._client is not None:
            _remove(self._client, self._name)
        if self.rundir is not None:
            self.rundir.remove()

    def _create(self, rundir: RunDir) -> Any:
        """The created container's stream of events. Blocking."""
        from docker.errors import ImageNotFound

        self._client = client = connect()
        with engine_failures("refused to create the container"):
            uid = kernel_uid(is_rootless(client))
            rundir.open_for(uid)
            for socket in rundir.sockets.iterdir():
                socket.unlink()  # of the container before a restart
            # An engine refuses more processors than it has, and the default is two.
            cpus = min(self.cpus, n_processors(client))
            limits = ContainerLimits(self.memory_bytes, cpus, self.n_pids, self.disk_bytes, self.open_files)
            tools = rundir.broker.joinpath("tools.sock").exists()
            settings = container_settings(self.image, limits, rundir, uid, self.files, tools)
            try:
                refuse_stale(client, self.image)
                client.containers.create(**settings)
            except ImageNotFound:
                hint = "Run `toolcoder sandbox build`."
                raise ImageMissing(f"The kernel image {self.image} is not built.", hint) from None
            return watch_events(client, settings["name"])

    def _start(self) -> None:
        assert self._client is not None
        with engine_failures("could not start the container"):
            self._client.api.start(self._name)
        # What comes now is signals and the removal: short work, which an engine that hangs must not draw out.
        self._client.api.timeout = _REMOVAL_S


def reap() -> list[str]:
    """Remove containers and folders whose owner is dead; returns their names. Blocking.

    Raises:
        EngineMissing: no container engine.
    """
    client = connect()
    try:
        removed = list(reap_containers(client))
    finally:
        client.close()
    return removed + [str(path) for path in reap_folders()]


def _remove(client: DockerClient, name: str | None) -> None:
    """Returns when the container is gone: one that died by itself may still be on its way out."""
    from docker.errors import APIError, NotFound
    from requests.exceptions import RequestException

    deadline = time.monotonic() + _REMOVAL_S
    client.api.timeout = _REMOVAL_S
    while name is not None and time.monotonic() < deadline:
        try:
            client.api.remove_container(name, force=True)
        except NotFound:
            return
        except APIError:
            time.sleep(0.02)
        except RequestException:
            return  # the engine is gone: the reaper of a later start sees to the rest


def _ask_engine(ask: Callable[..., Any], *args: Any) -> None:
    """A request about a container that may be gone by now, which is no failure."""
    from docker.errors import APIError
    from requests.exceptions import RequestException

    try:
        ask(*args)
    except APIError as error:
        if error.status_code not in (404, 409):
            raise EngineGone(f"The container engine failed: {error.explanation}") from error
    except RequestException as error:
        raise EngineGone("The container engine stopped answering.", "Start it again.") from error


async def _in_thread(function: Callable[..., T], *args: Any) -> T:
    """Like `asyncio.to_thread`, but a cancellation waits for the call to end, so that what it made can be removed."""
    return await uninterrupted(asyncio.to_thread(function, *args))
