"""The kernelspec `toolcoder-docker`: with it JupyterLab, nbclient or papermill start our kernels, like any other.

Jupyter itself starts nothing for it: our provisioner does, which it finds by its entry point. So toolcoder must be
installed where that Jupyter is.
"""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from sandbox.errors import SandboxError
from sandbox.image.recipe import IMAGE

NAME = "toolcoder-docker"


@dataclass(frozen=True)
class Installed:
    """Where the kernelspec is, and whether Jupyter finds our provisioner from this Python."""

    folder: Path
    spec: dict[str, Any]
    has_provisioner: bool


def spec(image: str = IMAGE) -> dict[str, Any]:
    """The content of kernel.json. `argv` is empty, since nothing on this machine is run."""
    return {
        "argv": [],
        "display_name": "Python (toolcoder sandbox)",
        "language": "python",
        "interrupt_mode": "signal",
        "metadata": {
            "debugger": False,
            "kernel_provisioner": {"provisioner_name": NAME, "config": {"image": image}},
        },
    }


def install(*, prefix: Path | None = None, image: str = IMAGE) -> Path:
    """Write the kernelspec for this user, or below `prefix` (an environment); the folder it is in now.

    Raises:
        SandboxError: it cannot be written there.
    """
    from jupyter_client.kernelspec import KernelSpecManager

    with tempfile.TemporaryDirectory(prefix="toolcoder-kernelspec-") as source:
        Path(source).chmod(0o755)  # it becomes the spec's own
        Path(source, "kernel.json").write_text(json.dumps(spec(image), indent=1) + "\n")
        place = {"user": True} if prefix is None else {"prefix": str(prefix)}
        try:
            return Path(KernelSpecManager().install_kernel_spec(source, NAME, **place))
        except OSError as error:
            hint = "Name a place of yours: --user, or --prefix with an environment's folder."
            raise SandboxError(f"The kernelspec cannot be written: {error}", hint) from error


def find() -> Installed | None:
    """The kernelspec as Jupyter finds it from here; None where there is none."""
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        found = KernelSpecManager().get_kernel_spec(NAME)
    except NoSuchKernel:
        return None
    return Installed(Path(found.resource_dir), found.to_dict(), has_provisioner())


def remove() -> Path | None:
    """Delete the kernelspec that Jupyter finds; its folder, None where there was none.

    Raises:
        SandboxError: it cannot be deleted.
    """
    import shutil

    found = find()
    if found is None:
        return None
    try:
        shutil.rmtree(found.folder)
    except OSError as error:
        raise SandboxError(f"The kernelspec cannot be removed: {error}", f"Delete {found.folder} yourself.") from error
    return found.folder


def has_provisioner() -> bool:
    """Whether the entry point is there: it is written when toolcoder is installed, not when it is only unpacked."""
    return any(point.name == NAME for point in entry_points(group="jupyter_client.kernel_provisioners"))


def where_installed() -> str:
    """The Python that Jupyter must run in to find the provisioner."""
    return sys.prefix
