"""An image with packages added: a layer on top of one of the kernel images, built from wheels without network.

Nothing of the host gets in but the wheels: no index address, no credentials, no environment. What a wheel holds runs
first in a kernel, that is without network and as an ordinary user.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.engine import connect
from sandbox.errors import ImageMissing, PackageRefused
from sandbox.image import recipe
from sandbox.image.build import refuse_stale
from sandbox.image.lock import ImageLock, PackageLock
from sandbox.image.resolve import fetch
from sandbox.image.running import AGAIN, follow
from sandbox.image.wheels import Target, target_of

if TYPE_CHECKING:
    from docker import DockerClient

REPOSITORY = "toolcoder-kernel-packages"
BASE_LABEL, LOCK_LABEL = "toolcoder.base", "toolcoder.lock"
_PYTHON = "/opt/kernel/bin/python"
_DOCKERFILE = b"""\
ARG BASE
FROM ${BASE} AS added
USER 0:0
COPY wheels /wheels
COPY requirements.txt /
# Into a folder of its own first: a wheel that would replace a file of the kernel's is refused.
RUN /opt/kernel/bin/python "$(echo /opt/pip/pip-*.whl)/pip" install --no-index --no-deps --require-hashes \\
      --ignore-installed --no-cache-dir --disable-pip-version-check --root-user-action ignore \\
      --no-warn-script-location --prefix /added --find-links /wheels -r /requirements.txt \\
 && cd /added && find . -type f -o -type l > /files \\
 && while read -r file; do \\
      if [ -e "/opt/kernel/$file" ]; then echo "it would replace $file"; exit 1; fi; \\
    done < /files \\
 && chmod -R a+rX /added
FROM ${BASE}
COPY --from=added /added /opt/kernel
"""


def image_with_packages(lock: PackageLock, image: str, progress: Callable[[str], None]) -> str:
    """The image that has the locked packages besides: `image` itself where there are none, else a derived one, which is
    built where it is missing (the image below was built again). Blocking.

    Raises:
        EngineMissing: no container engine.
        ImageMissing: `image` is not built, or the build failed.
        PackageRefused: a locked wheel is missing or another one.
    """
    own = lock.of(image)
    if not own.packages:
        return image
    client = connect(timeout_s=600)
    try:
        return _ensure(client, lock, own, progress)
    finally:
        client.close()


def image_target(image: str) -> Target:
    """What wheels for this image must fit. Blocking.

    Raises:
        EngineMissing: no container engine.
        ImageMissing: it is not built, or is none that packages can be added to.
    """
    from docker.errors import DockerException, ImageNotFound

    client = connect(timeout_s=120)
    try:
        refuse_stale(client, image)
        return target_of(client, image, _PYTHON)
    except ImageNotFound:
        raise ImageMissing(f"The kernel image {image} is not built.", f"Run `{recipe.build_command(image)}`.") from None
    except DockerException as error:
        raise ImageMissing(f"Packages cannot be added to {image}: {error}", "Use an image made from ours.") from error
    finally:
        client.close()


def remove_derived(lock: PackageLock, image: str) -> None:
    """Remove what was built on top of `image` for this list. Raises EngineMissing. Blocking."""
    client = connect()
    try:
        _remove_former(client, image, _owner(lock), "")
    finally:
        client.close()


def _ensure(client: DockerClient, lock: PackageLock, own: ImageLock, progress: Callable[[str], None]) -> str:
    from docker.errors import DockerException, ImageNotFound

    try:
        refuse_stale(client, own.image)
        base_id = str(client.images.get(own.image).id)
        tag = f"{REPOSITORY}:{_digest(base_id, own)}"
        try:
            client.images.get(tag)
        except ImageNotFound:
            _build(client, lock, own, base_id, tag, progress)
        return tag
    except ImageNotFound:
        hint = f"Run `{recipe.build_command(own.image)}`."
        raise ImageMissing(f"The kernel image {own.image} is not built.", hint) from None
    except DockerException as error:
        raise ImageMissing(f"The engine could not build an image with packages: {error}", AGAIN) from error


def _digest(base_id: str, own: ImageLock) -> str:
    """The same image and the same wheels give the same name."""
    return hashlib.sha256(b"\n".join([_DOCKERFILE, base_id.encode(), own.requirements])).hexdigest()[:16]


def _build(
    client: DockerClient, lock: PackageLock, own: ImageLock, base_id: str, tag: str, progress: Callable[[str], None]
) -> None:
    target = target_of(client, own.image, _PYTHON)
    fetch(own.packages, target, lock.wheels)
    names = ", ".join(package.name for package in own.packages)
    progress(f"building an image with {names}")
    with tempfile.TemporaryDirectory(prefix="toolcoder-wheels-") as folder, tempfile.TemporaryFile() as context:
        for wheel in lock.checked_wheels(own):
            Path(folder, wheel.name).symlink_to(wheel)
        recipe.write_tar(_files(own), Path(folder), context)
        context.seek(0)
        labels = recipe.LABELS | {BASE_LABEL: own.image, LOCK_LABEL: _owner(lock)}
        steps = client.api.build(
            fileobj=context, custom_context=True, tag=tag, buildargs={"BASE": base_id}, labels=labels,
            network_mode="none", rm=True, forcerm=True, decode=True,
        )  # fmt: skip
        try:
            follow(steps, progress, f"An image with {names}")
        except ImageMissing as error:
            raise PackageRefused(str(error), "Remove it with `toolcoder sandbox packages remove`.") from error
    _remove_former(client, own.image, _owner(lock), tag)
    progress(f"image {tag} is ready")


def _files(own: ImageLock) -> Iterator[tuple[str, bytes]]:
    yield "Dockerfile", _DOCKERFILE
    yield "requirements.txt", own.requirements


def _owner(lock: PackageLock) -> str:
    """Whose images these are: another state folder has its own."""
    return hashlib.sha256(str(lock.home.resolve()).encode()).hexdigest()[:16]


def _remove_former(client: DockerClient, image: str, owner: str, tag: str) -> None:
    """Those made before for the same image; one that a kernel runs on stays until the next time."""
    from docker.errors import APIError

    for former in client.images.list(
        name=REPOSITORY, filters={"label": [f"{BASE_LABEL}={image}", f"{LOCK_LABEL}={owner}"]}
    ):
        for name in former.tags:
            if name != tag:
                with suppress(APIError):
                    client.images.remove(name)
