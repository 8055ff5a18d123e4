"""A kernel under bubblewrap, for machines on which no container engine can run: weaker, and only on request.

This machine's Python and system kernel, seen through namespaces: no network, no capabilities, nothing writable but
sized places in memory, nothing of the home but Python itself. The description says what is weaker than a container.
"""

from __future__ import annotations

import asyncio
import json
import os
import platform
import shutil
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import deque
from contextlib import suppress
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.bubblewrap import PASSWD, Descriptors, command, kernel_uid
from sandbox.connection import connect_by_sockets, place_inside
from sandbox.container import SOCKET_FOLDER
from sandbox.errors import KernelStartFailed
from sandbox.events import KernelOptions
from sandbox.jupyter_kernel import JupyterKernel
from sandbox.kernel import ToolHandler
from sandbox.launching import quiet_manager
from sandbox.memory_watch import MemoryWatch
from sandbox.removal import in_thread
from sandbox.rundir import RunDir
from sandbox.runtime.toolcoder_runtime.syscalls import ARCHITECTURES, program
from sandbox.watch import Exit

if TYPE_CHECKING:
    from sandbox.pool import Pool

_NEEDED = ("bwrap", "prlimit", "taskset", "setpriv")
_INSTALL = "Debian: apt-get install bubblewrap util-linux. `--kind docker` (Docker or podman) is the better sandbox."
_COUNTED_APART = (5, 14)
"""From this version on the system counts processes of a user namespace for themselves."""
_LAST_WORDS_LINES = 100


class BubblewrapLauncher:
    """Starts kernels as children of bwrap, which ends with this process."""

    def __init__(self, options: KernelOptions) -> None:
        limits = options.limits
        self._options = options
        self.key = f"bubblewrap {replace(options, stubs='', lease=None, spool=None, first_call=1)!r}"
        self.memory_bytes: int | None = limits.memory_bytes
        filtered = "" if _filter_program() is not None else ", NO filter of system calls on this processor"
        self.description = (
            "WEAKER SANDBOX (bubblewrap instead of a container): this machine's Python, own namespaces, no network,"
            f" no capabilities, read-only{filtered}, {limits.memory_bytes >> 20} MiB memory (looked at, not held),"
            f" {limits.cpus:g} CPUs, {limits.n_pids} processes, {limits.disk_bytes >> 20} MiB disk"
        )

    async def launch(self, rundir: RunDir) -> BubblewrapProcess:
        from jupyter_client.manager import AsyncKernelManager

        _check_needed()
        rundir.open_for(kernel_uid(rundir))
        manager = quiet_manager(AsyncKernelManager, connection_file=str(rundir.path / "client.json"))
        place_inside(connect_by_sockets(manager, rundir), rundir, SOCKET_FOLDER)
        with suppress(FileNotFoundError):
            rundir.start_log.unlink()
        info, told = os.pipe()
        system_calls = _filter_program()
        passwd, filter_ = _readable(PASSWD.encode()), _readable(system_calls) if system_calls is not None else None
        opened = Descriptors(told, passwd, filter_)
        inherited = [fd for fd in (told, passwd, filter_) if fd is not None]
        try:
            process = await asyncio.create_subprocess_exec(
                *command(self._options, rundir, opened, _n_others()),
                pass_fds=inherited, stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE, start_new_session=True, cwd="/",
            )  # fmt: skip
        except BaseException:  # also a cancellation
            os.close(info)
            raise
        finally:
            for fd in inherited:
                os.close(fd)
        return BubblewrapProcess(manager, process, await in_thread(_child, info), rundir, self._options)

    async def attach(self, rundir: RunDir) -> BubblewrapProcess:
        raise KernelStartFailed("A kernel under bubblewrap ends with its client.")


class BubblewrapProcess:
    """A running kernel. `child` is a descriptor of its process 1, None where it never came to be."""

    def __init__(
        self, manager: Any, process: Process, child: tuple[int, int] | None, rundir: RunDir, options: KernelOptions
    ) -> None:
        self.manager = manager
        self.exited: asyncio.Future[Exit] = asyncio.get_running_loop().create_future()
        self._process = process
        self._child = child[1] if child is not None else None
        self._rundir = rundir
        self._out_of_memory = False
        self._last_words: deque[bytes] = deque(maxlen=_LAST_WORDS_LINES)
        self._memory = MemoryWatch(child[0], options.limits.memory_bytes, self._too_much) if child is not None else None
        if self._memory is not None:
            self._memory.start()
        self._watch = asyncio.create_task(self._wait(), name="bubblewrap-kernel")

    async def _wait(self) -> None:
        assert self._process.stderr is not None
        with suppress(ValueError):  # a line without end
            async for line in self._process.stderr:
                self._last_words.append(line[:2000])
        code = await self._process.wait()
        if self._memory is not None:
            self._memory.close()
        if self._last_words and not self._rundir.read_start_log():
            self._rundir.write_start_log(b"".join(self._last_words))  # read where the kernel did not come up
        self.exited.set_result(Exit(code if code >= 0 else 128 - code, self._out_of_memory))

    def _too_much(self) -> None:
        self._out_of_memory = True
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        with suppress(OSError):  # it has ended
            if self._child is not None:
                signal.pidfd_send_signal(self._child, number)

    async def is_current(self) -> bool:
        return True

    async def interrupt(self) -> None:
        self._signal(signal.SIGINT)  # process 1 passes it on

    async def kill(self) -> None:
        self._signal(signal.SIGKILL)  # and with process 1 all others

    async def remove(self) -> None:
        self.remove_now()
        await self._watch
        if self._child is not None:
            os.close(self._child)
            self._child = None

    def remove_now(self) -> None:
        self._signal(signal.SIGKILL)
        if self._child is None:
            with suppress(ProcessLookupError):
                self._process.kill()


class BubblewrapKernel(JupyterKernel):
    """`sandbox.open_kernel(options, handler, kind="bubblewrap")` makes one."""

    def __init__(self, options: KernelOptions, handler: ToolHandler | None, pool: Pool | None = None) -> None:
        super().__init__(BubblewrapLauncher(options), handler, replace(options, lease=None), pool)


def _check_needed() -> None:
    if platform.system() != "Linux":
        raise KernelStartFailed("bubblewrap works on Linux only.", "Use a container engine (`toolcoder doctor`).")
    missing = [name for name in _NEEDED if shutil.which(name) is None]
    if missing:
        raise KernelStartFailed(f"For the weaker sandbox {', '.join(missing)} must be installed.", _INSTALL)
    if find_spec("ipykernel") is None:
        hint = "pip install 'toolcoder[local-kernel]'"
        raise KernelStartFailed("The weaker sandbox needs the package ipykernel.", hint)


def _readable(data: bytes) -> int:
    """A descriptor that `data` is read from."""
    ours, theirs = os.pipe()
    os.write(theirs, data)  # far less than a pipe holds
    os.close(theirs)
    return ours


def _filter_program() -> bytes | None:
    """The same filter that a kernel puts on itself, here from before its first instruction; None: unknown processor."""
    found = ARCHITECTURES.get(platform.machine())
    return program(*found) if found is not None else None


def _child(info: int) -> tuple[int, int] | None:
    """Number and descriptor of the kernel's process 1, as bwrap tells; None where it failed before."""
    with os.fdopen(info, "rb") as told:
        text = told.read()
    try:
        pid = int(json.loads(text)["child-pid"])
        return pid, os.pidfd_open(pid)
    except (ValueError, KeyError, TypeError, OSError):
        return None


def _n_others() -> int:
    """Threads of this user that older systems count towards the kernel's."""
    version = tuple(int("".join(filter(str.isdigit, part)) or 0) for part in platform.release().split(".")[:2])
    if os.geteuid() == 0 or version >= _COUNTED_APART:
        return 0
    n = 0
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if process.stat().st_uid == os.geteuid():
                n += len(list((process / "task").iterdir()))
    return n
