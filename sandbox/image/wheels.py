"""Wheels for a kernel image, by the host's pip: with whatever index, proxy and certificates it is set up for."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.errors import ImageMissing
from sandbox.image import recipe
from sandbox.image.running import AGAIN, run

if TYPE_CHECKING:
    from docker import DockerClient

_MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
_GLIBC = ("2_36", "2_35", "2_34", "2_31", "2_28", "2_27", "2_26", "2_24", "2_17")
_ANSWER_S = 60.0
_OWN_IMAGES = "Use an image that is made from ours."
_ASK = """
import json, platform
from importlib.metadata import distributions
print(json.dumps([platform.python_version(), sorted({(d.name, d.version) for d in distributions()})]))
"""


@dataclass(frozen=True)
class Target:
    """What wheels must fit: the image's Python and machine. `installed`: name and version of what it has."""

    python: str
    machine: str
    installed: tuple[tuple[str, str], ...] = ()

    @property
    def pip_arguments(self) -> list[str]:
        """Wheels alone, for this Python and machine, whatever pip itself runs on."""
        tag = "cp" + "".join(self.python.split(".")[:2])
        arguments = ["--only-binary", ":all:", "--implementation", "cp", "--python-version", self.python]
        arguments += [word for abi in (tag, "abi3", "none") for word in ("--abi", abi)]
        arguments += [word for glibc in _GLIBC for word in ("--platform", f"manylinux_{glibc}_{self.machine}")]
        return [*arguments, "--platform", f"manylinux2014_{self.machine}"]


def target_of(client: DockerClient, image: str, python: str = "python3") -> Target:
    """Ask an image, in a container without network. Raises docker's errors."""
    container = client.containers.create(image, [python, "-c", _ASK], network_mode="none", labels=recipe.LABELS)
    try:
        container.start()
        status = container.wait(timeout=_ANSWER_S)["StatusCode"]
        # Not followed while it runs: engines have been seen never to end the log of so short a life.
        answer, errors = container.logs(stdout=True, stderr=False), container.logs(stdout=False, stderr=True)
    finally:
        container.remove(force=True)
    if status != 0:
        last_words = errors.decode(errors="replace").strip()[-500:]
        raise ImageMissing(f"{image} has no Python that packages can be installed for: {last_words}", _OWN_IMAGES)
    version, installed = json.loads(answer)
    arch = str(client.version().get("Arch", "amd64"))
    return Target(version, _MACHINES.get(arch, arch), tuple((str(name), str(number)) for name, number in installed))


def pip(*arguments: str) -> list[str]:
    """The command line of the host's pip."""
    return [sys.executable, "-m", "pip", *arguments, "--disable-pip-version-check"]


def download(target: Target, pins: Path, folder: Path, progress: Callable[[str], None]) -> None:
    """All wheels of `pins`, and pip's own.

    Raises:
        ImageMissing: pip could not get them.
    """
    progress(f"packages: wheels for Python {target.python} on {target.machine}")
    command = pip("download", "--quiet", "--no-deps", *target.pip_arguments, "--dest", str(folder))
    command += ["--requirement", str(pins), recipe.PIP]
    run(command, lambda line: None, hint=f"Check that pip can download ({sys.executable} -m pip). {AGAIN}")
