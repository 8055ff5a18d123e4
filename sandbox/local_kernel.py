"""A kernel without any isolation, for `--unsafe-local-kernel`: the code can do whatever this user can.

The same client, runtime and events as in a container; only the process is a bare one of this machine.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, Process
from contextlib import suppress
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sandbox.broker import SOCKET
from sandbox.connection import connect_by_sockets
from sandbox.errors import KernelStartFailed
from sandbox.events import KernelOptions
from sandbox.jupyter_kernel import JupyterKernel
from sandbox.kernel import ToolHandler
from sandbox.launching import quiet_manager
from sandbox.pool import Pool
from sandbox.rundir import RunDir
from sandbox.watch import Exit

_RUNTIME = Path(__file__).parent / "runtime"
# Not the whole environment: it often holds keys, and what is not there need not be kept out of logs.
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "LD_LIBRARY_PATH", "VIRTUAL_ENV")


class LocalLauncher:
    """Starts kernels as child processes, in a process group of their own."""

    description = "NO ISOLATION: a process of this user, with its files and its network (--unsafe-local-kernel)"
    memory_bytes: int | None = None

    def __init__(self, options: KernelOptions) -> None:
        self._options = options
        self.key = f"local {replace(options, stubs='', lease=None, spool=None, first_call=1)!r}"

    async def launch(self, rundir: RunDir) -> LocalProcess:
        from jupyter_client.manager import AsyncKernelManager

        if find_spec("ipykernel") is None:
            raise KernelStartFailed("The local kernel needs the package ipykernel.", "pip install ipykernel")
        file = rundir.path / "client.json"
        manager = quiet_manager(AsyncKernelManager, connection_file=str(file))
        connect_by_sockets(manager, rundir)
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        environment |= {"PYTHONPATH": str(_RUNTIME), "IPYTHONDIR": str(rundir.path / "ipython")}
        environment["TOOLCODER_START_LOG"] = str(rundir.start_log)
        if (rundir.broker / SOCKET).exists():
            environment["TOOLCODER_BROKER"] = str(rundir.broker / SOCKET)
        work = self._options.files or str(rundir.sockets)
        places = {"TOOLCODER_OUT": rundir.path / "o"}
        if self._options.seed is not None:
            environment["TOOLCODER_SEED"] = self._options.seed
            places["TOOLCODER_WORK"] = rundir.path / "w"
            work = str(rundir.path / "w")
        for variable, place in places.items():
            place.mkdir(exist_ok=True)
            environment[variable] = str(place)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "toolcoder_runtime", "-f", str(file),
            env=environment, cwd=work, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL, start_new_session=True,
        )  # fmt: skip
        return LocalProcess(manager, process)

    async def attach(self, rundir: RunDir) -> LocalProcess:
        raise KernelStartFailed("A bare process ends with its client.")


class LocalProcess:
    """A running child process."""

    def __init__(self, manager: Any, process: Process) -> None:
        self.manager = manager
        self._process = process
        self.exited: asyncio.Future[Exit] = asyncio.get_running_loop().create_future()
        self._watch = asyncio.create_task(self._wait(), name="local-kernel")

    async def _wait(self) -> None:
        code = await self._process.wait()
        self.exited.set_result(Exit(code if code >= 0 else 128 - code))

    async def is_current(self) -> bool:
        return True

    async def interrupt(self) -> None:
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGINT)

    async def kill(self) -> None:
        self.remove_now()

    async def remove(self) -> None:
        self.remove_now()
        await self._watch

    def remove_now(self) -> None:
        # The whole group: what the code started must not outlive it.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)


class LocalKernel(JupyterKernel):
    """`sandbox.open_kernel(options, handler, kind="local")` makes one."""

    def __init__(self, options: KernelOptions, handler: ToolHandler | None, pool: Pool | None = None) -> None:
        # Without a lease: a bare process ends with its client.
        super().__init__(LocalLauncher(options), handler, replace(options, lease=None), pool)
