"""The kernel in a Docker container: the sandbox that is used by default."""

from __future__ import annotations

import asyncio
import signal
import threading
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sandbox.errors import KernelStartFailed, SandboxError
from sandbox.events import KernelOptions
from sandbox.jupyter_kernel import JupyterKernel
from sandbox.kernel import ToolHandler
from sandbox.launching import quiet_manager
from sandbox.pool import Pool
from sandbox.rundir import RunDir
from sandbox.transport import before_connecting
from sandbox.watch import Exit
from sandbox.wire import log

if TYPE_CHECKING:
    from sandbox.provisioner import DockerProvisioner

_reaping = threading.Lock()  # taken by the first start of this process, never released


class DockerLauncher:
    """Starts kernels through the provisioner that Jupyter knows as `toolcoder-docker`."""

    def __init__(self, options: KernelOptions) -> None:
        limits = options.limits
        self._options = options
        self.memory_bytes: int | None = limits.memory_bytes
        self.key = f"docker {replace(options, stubs='', lease=None, spool=None, first_call=1)!r}"
        self._reached_by = before_connecting(options.transport, options.runtime)

    @property
    def description(self) -> str:
        """What is not known before the engine was asked is added by the first start."""
        options, limits = self._options, self._options.limits
        runtime = f" under {options.runtime}" if options.runtime else ""
        text = (
            f"Docker container of {options.image}{runtime}: no network, no capabilities, read-only,"
            f" {limits.memory_bytes >> 20} MiB memory, {limits.cpus:g} CPUs, {limits.n_pids} processes,"
            f" {limits.disk_bytes >> 20} MiB disk"
        )
        if self._reached_by is None or self._reached_by.kind == "socket":
            return text
        copied = ", its files are copies" if options.files or options.seed else ""
        return f"{text}; through a relay ({self._reached_by.reason}){copied}"

    async def launch(self, rundir: RunDir) -> DockerProcess:
        from sandbox.reaper import reap

        _reap_once(reap)
        provisioner = self._provisioner(rundir)
        try:
            settings = await provisioner.pre_launch()
            await provisioner.launch_kernel(settings.pop("cmd"), **settings)
            self._reached_by = provisioner.reached_by
        except BaseException:  # also a cancellation: no container stays
            await provisioner.cleanup()
            raise
        return DockerProcess(provisioner)

    async def attach(self, rundir: RunDir) -> DockerProcess:
        provisioner = self._provisioner(rundir)
        manager: Any = provisioner.parent
        try:
            # The file is the former client's, in a folder that the container does not see.
            await asyncio.to_thread(manager.load_connection_file)
            info = {"kernel_id": manager.kernel_id, "connection_info": manager.get_connection_info()}
            await provisioner.load_provisioner_info(info)
            if not provisioner.has_process:
                raise KernelStartFailed("The kernel that this session left behind has ended.")
        except (OSError, ValueError) as error:
            await provisioner.cleanup()
            raise KernelStartFailed(f"The connection to the former kernel cannot be read: {error}") from error
        except BaseException:  # also a cancellation: no container stays
            await provisioner.cleanup()
            raise
        return DockerProcess(provisioner)

    def _provisioner(self, rundir: RunDir) -> DockerProvisioner:
        from jupyter_client.kernelspec import KernelSpec
        from jupyter_client.manager import AsyncKernelManager

        from sandbox.provisioner import DockerProvisioner

        options, limits = self._options, self._options.limits
        manager = quiet_manager(AsyncKernelManager, connection_file=str(rundir.path / "client.json"))
        manager.kernel_id = str(uuid.uuid4())
        provisioner = DockerProvisioner(
            parent=manager, kernel_id=manager.kernel_id, kernel_spec=KernelSpec(language="python"), log=log,
            image=options.image, files=options.files, memory_bytes=limits.memory_bytes, cpus=limits.cpus,
            n_pids=limits.n_pids, disk_bytes=limits.disk_bytes, open_files=limits.open_files,
            seed=options.seed, work_bytes=options.work_bytes, out_bytes=options.out_bytes,
            transport=options.transport, runtime=options.runtime,
        )  # fmt: skip
        provisioner.rundir = rundir
        manager.provisioner = provisioner
        return provisioner


class DockerProcess:
    """A running container."""

    def __init__(self, provisioner: DockerProvisioner) -> None:
        assert provisioner.watch is not None
        self.manager: Any = provisioner.parent
        self._provisioner = provisioner
        self.exited: asyncio.Future[Exit] = provisioner.watch.exited

    async def is_current(self) -> bool:
        return await self._provisioner.is_of_current_image()

    async def interrupt(self) -> None:
        await self._provisioner.send_signal(signal.SIGINT)

    async def kill(self) -> None:
        await self._provisioner.kill()

    async def remove(self) -> None:
        await self._provisioner.cleanup()

    def remove_now(self) -> None:
        self._provisioner.remove_now()


class DockerKernel(JupyterKernel):
    """`sandbox.open_kernel(options, handler)` makes one."""

    def __init__(self, options: KernelOptions, handler: ToolHandler | None, pool: Pool | None = None) -> None:
        super().__init__(DockerLauncher(options), handler, options, pool)
        self._options = options

    async def change_image(self, image: str) -> None:
        """See `sandbox.kernel.ImageKernel`."""
        self._options = replace(self._options, image=image)
        await self._change_launcher(DockerLauncher(self._options))


def _reap_once(reap: Callable[[], object]) -> None:
    """Once per process, beside the first start: remove what dead sessions left behind."""
    if not _reaping.acquire(blocking=False):
        return

    def work() -> None:
        try:
            reap()
        except (SandboxError, OSError) as error:
            log.debug("reaping failed: %s", error)

    asyncio.get_running_loop().run_in_executor(None, work)
