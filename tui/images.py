"""From the setting `[sandbox] image` to the image that kernels run in, with the packages that were added to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from agent.home import state_home
from sandbox.image.recipe import image_name
from tui.plain import plain_line
from tui.standard_streams import narrate

if TYPE_CHECKING:
    from agent.loop.packages import PackageOptions
    from sandbox.image.adding import Packages
    from tui.settings import SandboxSettings

__all__ = ["image_name", "kernel_image", "narrate_step", "open_packages", "package_options"]


def open_packages() -> Packages:
    """What was added to images, in the state folder."""
    from sandbox.image.adding import Packages

    return Packages(state_home() / "packages")


def kernel_image(sandbox: SandboxSettings, progress: Callable[[str], None]) -> str:
    """The image of a session's kernel. Blocking; builds it again where the one below was built again.

    Raises:
        SandboxError: packages were added, and the image with them cannot be built.
    """
    image = image_name(sandbox.image)
    if not (state_home() / "packages").is_dir():  # nothing was ever added: nothing to look for
        return image
    return open_packages().image(image, progress)


def package_options(sandbox: SandboxSettings, *, interactive: bool) -> PackageOptions:
    """Whether a missing package is offered. `--yes` says nothing about it: that is about tools."""
    from agent.loop.packages import PackageOptions

    approve = "no" if sandbox.packages == "ask" and not interactive else sandbox.packages
    return PackageOptions(open_packages(), image_name(sandbox.image), approve)


def narrate_step(step: str) -> None:
    """One line of a build, on stderr."""
    narrate(plain_line(step, 300) + "\n")
