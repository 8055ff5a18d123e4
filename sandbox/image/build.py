"""Builds the kernel image, by the way that works on this machine: `python -m sandbox.image.build`.

The base is an official slim Python where a registry of images answers, else Debian by debootstrap (`base.sh`). Wheels
are downloaded on the host, with whatever index, proxy and certificates its pip is set up for, and installed without
network. Each step is skipped when it was done before, so an interrupted build is simply run again.
"""

from __future__ import annotations

import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.engine import connect
from sandbox.errors import ImageMissing, SandboxError
from sandbox.image import recipe

if TYPE_CHECKING:
    from docker import DockerClient

_REGISTRY_ANSWERS_S = 15.0
_MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
_GLIBC = ("2_36", "2_35", "2_34", "2_31", "2_28", "2_27", "2_26", "2_24", "2_17")
_AGAIN = "Run it again: what was finished is kept."


def image_is_current(client: DockerClient, name: str = recipe.IMAGE) -> bool | None:
    """True: built from exactly these files; False: from others; None: there is none."""
    from docker.errors import ImageNotFound

    try:
        labels = client.images.get(name).labels
    except ImageNotFound:
        return None
    return bool(labels.get(recipe.RECIPE_LABEL) == recipe.recipe_hash())


def refuse_stale(client: DockerClient, name: str) -> None:
    """The kernel's side and ours speak to each other: both must be of the same version.

    An image that does not say what it was built from is the person's own and taken as it is.

    Raises:
        ImageMissing: it was built by another version of this program.
        docker.errors.ImageNotFound: there is none.
    """
    found = client.images.get(name).labels.get(recipe.RECIPE_LABEL)
    if found is not None and found != recipe.recipe_hash():
        raise ImageMissing(f"The kernel image {name} was built by another version.", "Run `toolcoder sandbox build`.")


def ensure_image(progress: Callable[[str], None]) -> str:
    """Build the image unless it is there and current; return its name. Blocking: seconds to two minutes.

    Raises:
        EngineMissing: no container engine.
        ImageMissing: it could not be built; the hint says what to do.
    """
    client = connect(timeout_s=600)
    try:
        if image_is_current(client):
            progress(f"the image {recipe.IMAGE} is current")
            return recipe.IMAGE
        base = _base(client, progress)
        with tempfile.TemporaryDirectory(prefix="toolcoder-wheels-") as folder:
            _download(client, base, Path(folder), progress)
            _build(client, base, Path(folder), progress)
        return recipe.IMAGE
    finally:
        client.close()


def _base(client: DockerClient, progress: Callable[[str], None]) -> str:
    """The name of a base image that is on this machine now."""
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
    _stream(command, progress, hint=f"It needs root on a Debian machine, or `docker pull {recipe.BASE}` must work.")
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


def _download(client: DockerClient, base: str, folder: Path, progress: Callable[[str], None]) -> None:
    """All wheels, for the base's Python and this engine's machine, by the host's pip."""
    ask = ["python3", "-c", "import platform; print(platform.python_version())"]
    version = client.containers.run(base, ask, remove=True, network_mode="none", labels=recipe.LABELS).decode().strip()
    arch = str(client.version().get("Arch", "amd64"))
    machine = _MACHINES.get(arch, arch)
    tag = "cp" + "".join(version.split(".")[:2])
    progress(f"packages: wheels for Python {version} on {machine}")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--only-binary", ":all:", "--implementation", "cp", "--python-version", version]
    command += [word for abi in (tag, "abi3", "none") for word in ("--abi", abi)]
    command += [word for glibc in _GLIBC for word in ("--platform", f"manylinux_{glibc}_{machine}")]
    command += ["--platform", f"manylinux2014_{machine}"]
    command += ["--dest", str(folder), "--requirement", str(recipe.REQUIREMENTS), recipe.PIP]
    _stream(command, lambda line: None, hint=f"Check that pip can download ({sys.executable} -m pip). {_AGAIN}")


def _build(client: DockerClient, base: str, wheels: Path, progress: Callable[[str], None]) -> None:
    from docker.errors import DockerException

    labels = recipe.LABELS | {recipe.RECIPE_LABEL: recipe.recipe_hash()}
    with tempfile.TemporaryFile() as context:
        recipe.write_context(wheels, context)
        context.seek(0)
        try:
            steps = client.api.build(
                fileobj=context, custom_context=True, tag=recipe.IMAGE, buildargs={"BASE": base}, labels=labels,
                network_mode="none", rm=True, forcerm=True, decode=True,
            )  # fmt: skip
            _follow(steps, progress)
        except DockerException as error:
            raise ImageMissing(f"The engine could not build the kernel image: {error}", _AGAIN) from error
    image = client.images.get(recipe.IMAGE)
    # Former images go. Those that other sessions' kernels run on stay, and so does the packages' stage, as a cache.
    with suppress(DockerException):
        client.images.prune(filters={"dangling": True, "label": recipe.RECIPE_LABEL})
    progress(f"image {recipe.IMAGE} is ready, {image.attrs['Size'] / 1e6:.0f} MB")


def _follow(steps: Iterable[dict[str, Any]], progress: Callable[[str], None]) -> None:
    last: list[str] = []
    for step in steps:
        text = str(step.get("stream", "")).strip()
        if text.startswith("Step "):
            progress("  " + text.split(" && ")[0][:100])
        elif text:
            last = [*last[-7:], text]
        if "error" in step:
            raise ImageMissing("The kernel image could not be built:\n  " + "\n  ".join(last), _AGAIN)


def _stream(command: list[str], progress: Callable[[str], None], hint: str) -> None:
    """Run a command, passing on its lines; its last words become the error."""
    last: list[str] = []
    streams: dict[str, Any] = {
        "stdout": subprocess.PIPE,
        "stderr": subprocess.STDOUT,
        "text": True,
        "errors": "replace",
    }
    with subprocess.Popen(command, **streams) as process:
        try:
            assert process.stdout is not None
            for line in process.stdout:
                last = [*last[-7:], line.rstrip()]
                progress("  " + line.rstrip())
        except BaseException:  # also Ctrl-C: the child ends with us
            process.terminate()
            raise
    status = process.returncode
    if status != 0:
        raise ImageMissing("A step of building the kernel image failed:\n  " + "\n  ".join(last), hint)


def main() -> int:
    try:
        print(ensure_image(lambda line: print(line, file=sys.stderr, flush=True)))
    except SandboxError as error:
        print(f"{error}\n{error.hint}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
