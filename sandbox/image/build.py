"""Builds the kernel images, by the way that works on this machine: `python -m sandbox.image.build [--science]`.

Wheels are downloaded on the host and installed without network. Each step is skipped when it was done before, so an
interrupted build is simply run again.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.engine import connect
from sandbox.errors import ImageMissing, SandboxError
from sandbox.image import recipe
from sandbox.image.base import ensure_base
from sandbox.image.running import AGAIN, follow
from sandbox.image.wheels import download, target_of

if TYPE_CHECKING:
    from docker import DockerClient


def image_is_current(client: DockerClient, name: str = recipe.IMAGE) -> bool | None:
    """True: built from exactly these files; False: from others; None: there is none."""
    from docker.errors import ImageNotFound

    try:
        labels = client.images.get(name).labels
    except ImageNotFound:
        return None
    return labels.get(recipe.RECIPE_LABEL) in recipe.current_hashes()


def refuse_stale(client: DockerClient, name: str) -> None:
    """The kernel's side and ours speak to each other: both must be of the same version.

    An image that does not say what it was built from is the person's own and taken as it is.

    Raises:
        ImageMissing: it was built by another version of this program.
        docker.errors.ImageNotFound: there is none.
    """
    found = client.images.get(name).labels.get(recipe.RECIPE_LABEL)
    if found is not None and found not in recipe.current_hashes():
        hint = f"Run `{recipe.build_command(name)}`."
        raise ImageMissing(f"The kernel image {name} was built by another version.", hint)


def ensure_image(progress: Callable[[str], None], variant: recipe.Variant = recipe.SLIM) -> str:
    """Build the image unless it is there and current; return its name. Blocking: seconds to two minutes.

    Raises:
        EngineMissing: no container engine.
        ImageMissing: it could not be built; the hint says what to do.
    """
    from docker.errors import DockerException
    from requests.exceptions import RequestException

    client = connect(timeout_s=600)
    try:
        if image_is_current(client, variant.image):
            progress(f"the image {variant.image} is current")
            return variant.image
        base = ensure_base(client, progress)
        with tempfile.TemporaryDirectory(prefix="toolcoder-wheels-") as folder:
            pins = Path(folder) / "pins.txt"
            pins.write_bytes(variant.pins)
            download(target_of(client, base), pins, Path(folder), progress)
            _build(client, base, Path(folder), variant, progress)
        return variant.image
    except (DockerException, RequestException) as error:
        raise ImageMissing(f"The engine could not build the kernel image: {error}", AGAIN) from error
    finally:
        client.close()


def _build(
    client: DockerClient, base: str, wheels: Path, variant: recipe.Variant, progress: Callable[[str], None]
) -> None:
    from docker.errors import DockerException

    labels = recipe.LABELS | {recipe.RECIPE_LABEL: recipe.recipe_hash(variant)}
    with tempfile.TemporaryFile() as context:
        recipe.write_context(wheels, context, variant)
        context.seek(0)
        steps = client.api.build(
            fileobj=context, custom_context=True, tag=variant.image, buildargs={"BASE": base}, labels=labels,
            network_mode="none", rm=True, forcerm=True, decode=True,
        )  # fmt: skip
        follow(steps, progress)
    image = client.images.get(variant.image)
    # Former images go. Those that other sessions' kernels run on stay, and so does the packages' stage, as a cache.
    with suppress(DockerException):
        client.images.prune(filters={"dangling": True, "label": recipe.RECIPE_LABEL})
    progress(f"image {variant.image} is ready, {image.attrs['Size'] / 1e6:.0f} MB")


def main() -> int:
    variant = recipe.SCIENCE if "--science" in sys.argv[1:] else recipe.SLIM
    try:
        print(ensure_image(lambda line: print(line, file=sys.stderr, flush=True), variant))
    except SandboxError as error:
        print(f"{error}\n{error.hint}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
