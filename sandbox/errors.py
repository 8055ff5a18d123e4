"""Failures of the sandbox itself. What the code inside does (raise, use up memory) is a value: `sandbox.events`.

SandboxError
├── EngineMissing       no Docker here, or no permission to use it
├── EngineGone          the daemon stopped answering during a run
├── ImageMissing        the kernel image is not built
├── LimitTooLow         no kernel can live with so little
├── KernelStartFailed   the container or the kernel did not come up
├── KernelClosed        run() after close()
├── FileRefused         a file is a link, no regular file, too large, or leads out of its folder
├── WorkFolderRefused   a work folder cannot be copied, or changes cannot be applied to it
└── PackageRefused      a package cannot be had, or nobody approved it
"""

from __future__ import annotations


class SandboxError(Exception):
    """Base of all; `hint` is one sentence that says what to do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class EngineMissing(SandboxError):
    """No container engine can be reached."""


class EngineGone(SandboxError):
    """The engine stopped answering while a kernel was in use."""


class ImageMissing(SandboxError):
    """The kernel image does not exist on this machine."""


class LimitTooLow(SandboxError):
    """A limit is below what the kernel itself needs."""


class KernelStartFailed(SandboxError):
    """The container or the kernel inside did not come up in time."""


class KernelClosed(SandboxError):
    """The kernel was closed and cannot run code."""


class FileRefused(SandboxError):
    """A file is not read or written: a link, no regular file, too large, or outside of its folder."""


class WorkFolderRefused(SandboxError):
    """A work folder cannot be copied, or changes cannot be applied to it."""


class PackageRefused(SandboxError):
    """A package cannot be added to the kernel's image."""
