"""Kernels that run generated code, isolated from the machine, and the broker through which that code calls tools.

    async with open_kernel(KernelOptions(stubs=...), handler) as kernel:
        async for event in kernel.run("1 + 1"):
            ...

Importing this package is cheap: the engine's and Jupyter's libraries are imported by the kernel that needs them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from sandbox.events import KernelOptions
from sandbox.kernel import Kernel, ToolHandler

if TYPE_CHECKING:
    from sandbox.pool import Pool

__all__ = ["Kernel", "KernelOptions", "ToolHandler", "open_kernel"]


def open_kernel(
    options: KernelOptions,
    handler: ToolHandler | None = None,
    kind: Literal["docker", "bubblewrap", "local", "fake"] = "docker",
    pool: Pool | None = None,
) -> Kernel:
    """A kernel that is not started yet; use it with `async with`. Call it where an event loop runs.

    Args:
        kind: `docker` isolates; `bubblewrap` does so less well (only for `--weaker-sandbox` or where the settings say
            so). `local` (only for `--unsafe-local-kernel`) and `fake` (only for tests) do not: the code can do whatever
            this user can.
        pool: where spare kernels come from; it begins to make some of this kind at once.

    Raises:
        LimitTooLow: a limit is below what a kernel needs.
    """
    options.limits.check()
    match kind:
        case "docker":
            from sandbox.docker_kernel import DockerKernel

            return DockerKernel(options, handler, pool)
        case "bubblewrap":
            from sandbox.bubblewrap_kernel import BubblewrapKernel

            return BubblewrapKernel(options, handler, pool)
        case "local":
            from sandbox.local_kernel import LocalKernel

            return LocalKernel(options, handler, pool)
        case "fake":
            from sandbox.fake_kernel import FakeKernel

            return FakeKernel(options, handler)
