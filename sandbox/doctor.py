"""The sandbox's part of `toolcoder doctor`: is each piece ready, and what to do where it is not."""

from __future__ import annotations

import asyncio
import re
import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sandbox import open_kernel
from sandbox.errors import EngineMissing, SandboxError
from sandbox.events import CellEnd, CellLimits, CellResult, KernelOptions
from sandbox.transport import choose

if TYPE_CHECKING:
    from docker import DockerClient

_SAFE_RUNC = (1, 2, 8)
_FREE_BYTES = 2 << 30
_BUILD = "Run `toolcoder sandbox build`."


@dataclass(frozen=True)
class Check:
    """One finding. `ok` is None for a warning; `remedy` is empty where nothing needs doing."""

    name: str
    ok: bool | None
    detail: str
    remedy: str = ""


def checks(
    options: KernelOptions = KernelOptions(),  # noqa: B008  frozen
    kind: Literal["docker", "bubblewrap"] = "docker",
    *,
    starts_kernel: bool = True,
) -> list[Check]:
    """All checks of the sandbox, in the order in which failures cause one another. Blocking, a few seconds.

    Never raises for what it finds. Starts a kernel and removes it, unless told otherwise.
    """
    if kind == "bubblewrap":
        weaker = "bubblewrap: the WEAKER sandbox, chosen by the settings"
        isolation = Check("isolation", None, weaker, "Prefer a container: install Docker or podman.")
        return [isolation, *([check_kernel(options, kind)] if starts_kernel else [])]
    from docker.errors import DockerException
    from requests.exceptions import RequestException

    from sandbox.engine import connect

    try:
        client = connect(timeout_s=10)
    except EngineMissing as error:
        return [Check("engine", False, str(error), error.hint)]
    try:
        found = [check_engine(client), check_runc(client), check_disk(client), check_image(client, options.image)]
    except (DockerException, RequestException) as error:
        return [Check("engine", False, f"it stopped answering: {error}", "Start it again.")]
    finally:
        client.close()
    if found[-1].ok is not False and starts_kernel:
        found.append(check_kernel(options, kind))
    return found


def check_engine(client: DockerClient) -> Check:
    """The engine's version, and whether it runs without root."""
    info: dict[str, Any] = client.info()
    rootless = any("rootless" in option for option in info.get("SecurityOptions") or ())
    seccomp = any("seccomp" in option for option in info.get("SecurityOptions") or ())
    system = str(info.get("OperatingSystem", "?"))
    detail = f"{info.get('ServerVersion', '?')} on {system}{', rootless' if rootless else ''}"
    reached_by = choose(client, info, "auto", None)
    if reached_by.kind == "relay":
        detail = f"{detail}; kernels are reached through a relay ({reached_by.reason})"
    if not seccomp:
        return Check("engine", None, f"{detail}; without seccomp", "Use an engine that filters system calls (seccomp).")
    return Check("engine", True, detail)


def check_runc(client: DockerClient) -> Check:
    """What starts the containers. Versions of runc below 1.2.8 have known ways out of one; others are named."""
    runtime = str(client.info().get("DefaultRuntime") or "runc")
    found = {str(c.get("Name", "")).lower(): c for c in client.version().get("Components") or []}
    component = found.get(runtime) or found.get("oci runtime") or found.get("runc") or {}
    version = str(component.get("Version", ""))
    text = " ".join([version, str((component.get("Details") or {}).get("Version", ""))])
    name = next((known for known in ("crun", "runsc", "kata", "youki") if known in f"{runtime} {text}"), "runc")
    if name != "runc":
        return Check(name, True, f"{version or runtime} starts the containers, not runc")
    parsed = parse_version(version)
    if parsed is None:
        return Check("runc", None, "its version is not known", "Make sure that it is 1.2.8 or later.")
    if parsed < _SAFE_RUNC:
        remedy = "Update runc to 1.2.8 or later; older ones have known ways out of a container."
        return Check("runc", None, version, remedy)
    return Check("runc", True, version)


def parse_version(text: str) -> tuple[int, int, int] | None:
    """The three numbers that a version starts with: `1.1.5+ds1` is (1, 1, 5)."""
    found = re.match(r"v?(\d+)\.(\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def check_disk(client: DockerClient) -> Check:
    """Room where images are kept, as far as this user can see that place."""
    root = str(client.info().get("DockerRootDir", "/"))
    try:
        free = shutil.disk_usage(root).free
    except OSError:
        return Check("disk", None, f"{root} cannot be looked at from here")
    detail = f"{free / 1e9:.0f} GB free at {root}"
    if free < _FREE_BYTES:
        return Check("disk", False, detail, f"Free some space: the image and kernels need {_FREE_BYTES / 1e9:.0f} GB.")
    return Check("disk", True, detail)


def check_image(client: DockerClient, image: str) -> Check:
    """Built, and from the files of this version."""
    from sandbox.image.build import image_is_current

    match image_is_current(client, image):
        case None:
            return Check("image", False, f"{image} is not built", _BUILD)
        case False:
            return Check("image", None, f"{image} was built from other files than this version's", _BUILD)
        case _:
            size = client.images.get(image).attrs["Size"]
            return Check("image", True, f"{image}, {size / 1e6:.0f} MB")


def check_kernel(options: KernelOptions, kind: Literal["docker", "bubblewrap"] = "docker") -> Check:
    """A kernel starts, runs 1 + 1, and goes away. Must not be called where an event loop runs."""
    started = time.monotonic()
    try:
        answer = asyncio.run(_one_plus_one(options, kind))
    except SandboxError as error:
        return Check("kernel", False, str(error), error.hint)
    if answer != "2":
        return Check("kernel", False, f"1 + 1 gave {answer!r}", _BUILD)
    return Check("kernel", True, f"started, ran a cell and was removed in {time.monotonic() - started:.1f} s")


async def _one_plus_one(options: KernelOptions, kind: Literal["docker", "bubblewrap"]) -> str:
    answer = ""
    async with open_kernel(options, None, kind) as kernel:
        async for event in kernel.run("1 + 1", CellLimits(wall_s=30)):
            match event:
                case CellResult(text):
                    answer = text
                case CellEnd(status=status) if status != "ok":
                    answer = status
    return answer
