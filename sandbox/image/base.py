"""The base of the kernel images: an official slim Python where a registry of images answers, else Debian by debootstrap
(`base.sh`)."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from sandbox.image import recipe
from sandbox.image.running import run

if TYPE_CHECKING:
    from docker import DockerClient

_REGISTRY_ANSWERS_S = 15.0


def ensure_base(client: DockerClient, progress: Callable[[str], None]) -> str:
    """The name of a base image that is on this machine now.

    Raises:
        ImageMissing: it can neither be pulled nor made.
    """
    from docker.errors import ImageNotFound

    for name in (recipe.BASE, recipe.LOCAL_BASE):
        with suppress(ImageNotFound):
            client.images.get(name)
            progress(f"base image: {name}, already here")
            return name
    progress(f"base image: pulling {recipe.BASE}")
    problem = _pull(client, recipe.BASE, progress)
    if problem is None:
        return recipe.BASE
    progress(f"no registry of images ({problem}); making the base with debootstrap, about a minute")
    command = ["sh", str(recipe.BASE_SCRIPT), recipe.LOCAL_BASE]
    run(command, progress, hint=f"It needs root on a Debian machine, or `docker pull {recipe.BASE}` must work.")
    return recipe.LOCAL_BASE


def _pull(client: DockerClient, name: str, progress: Callable[[str], None]) -> str | None:
    """Pull; None when it worked, else the problem. A registry that stays silent is given up early."""
    steps: queue.Queue[str | Exception | None] = queue.Queue()

    def pull() -> None:
        try:
            for step in client.api.pull(name, stream=True, decode=True):
                if "error" in step:
                    raise RuntimeError(step["error"])
                if "progress" not in step:
                    steps.put(f"{step.get('id', '')} {step.get('status', '')}".strip())
            steps.put(None)
        except Exception as error:  # noqa: BLE001  whatever stops a pull sends us the other way
            steps.put(error)

    threading.Thread(target=pull, daemon=True, name="pull").start()
    timeout_s = _REGISTRY_ANSWERS_S
    while True:
        try:
            step = steps.get(timeout=timeout_s)
        except queue.Empty:
            return "it does not answer"
        match step:
            case None:
                return None
            case Exception():
                return str(step).split(": ")[-1][:200]
            case str():
                progress(f"  {step}")
        timeout_s = 600.0
