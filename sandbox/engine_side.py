"""The engine's side of a kernel provisioner: its settings, and the blocking requests about one container."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from jupyter_client.provisioning.provisioner_base import KernelProvisionerBase
from traitlets import Enum, Float, Int, Unicode

from sandbox.container import TRANSPORT_LABEL, container_settings, kernel_uid
from sandbox.creation import create_container
from sandbox.engine import connect, engine_failures, is_rootless, n_processors
from sandbox.errors import ImageMissing
from sandbox.events import ContainerLimits
from sandbox.files.places import Places
from sandbox.image.build import refuse_stale
from sandbox.relay import HostRelay
from sandbox.removal import REMOVAL_S, in_thread, remove_container
from sandbox.rundir import RunDir
from sandbox.transport import SOCKET as BY_SOCKET
from sandbox.transport import Transport, Wanted
from sandbox.watch import ContainerWatch, end_events, watch_events

if TYPE_CHECKING:
    from docker import DockerClient

_DEFAULT = ContainerLimits()
_counting = threading.Lock()
_PROFILE_VARIABLE = "TOOLCODER_PROFILE"


class EngineSide(KernelProvisionerBase):
    """The traits are the settings of a kernelspec's `kernel_provisioner.config`."""

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
    _events: Any = None
    """The container's stream of events, until `watch` reads it."""
    _relay: HostRelay | None = None
    _n_asking = 0
    """Requests under way in threads."""
    _is_left = False
    """Nobody waits for them any more: whatever they still make goes at once."""
    _is_foreign = False
    """Made by somebody else's client, who has no broker; their people expect what a notebook's kernel does."""

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

    def _find(self) -> bool:
        """Open the stream of events of a container that runs already; False where it is gone or of another version."""
        from docker.errors import NotFound

        self._client = client = connect()
        with engine_failures("refused to show the container"):
            self._events = watch_events(client, str(self._name))
            try:
                found = client.api.inspect_container(self._name)
                refuse_stale(client, found["Image"])
            except (NotFound, ImageMissing):
                return False
            self.image_id = str(found["Image"])
            if found["Config"]["Labels"].get(TRANSPORT_LABEL) == "relay":
                self.reached_by = Transport("relay", "as it was made")
            if found["State"].get("Paused"):
                client.api.unpause(self._name)
        client.api.timeout = REMOVAL_S
        return bool(found["State"].get("Running"))

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Around a request that `cleanup` may have to leave behind, at an engine that hangs."""
        with _counting:
            self._n_asking += 1
        try:
            yield
        finally:
            with _counting:
                self._n_asking -= 1
                is_left = self._is_left and not self._n_asking
            if is_left:
                self._let_go()

    def _leave(self) -> bool:
        """Whether requests are under way, which see to the rest then."""
        with _counting:
            self._is_left = self._n_asking > 0
            return self._is_left

    def _let_go(self) -> None:
        """Remove the container and end the connections. Blocking; never fails."""
        if self._events is not None:
            end_events(self._events)
            self._events = None
        if self._client is not None:
            remove_container(self._client, self._name)
            self._client.close()

    def _create(self, rundir: RunDir) -> None:
        """Create the container and open its stream of events. Blocking."""
        with self._asking():
            self._ask_for_it(rundir)

    def _ask_for_it(self, rundir: RunDir) -> None:
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
            self._events = watch_events(client, settings["name"])

    def _start(self) -> None:
        assert self._client is not None
        with self._asking(), engine_failures("could not start the container"):
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
