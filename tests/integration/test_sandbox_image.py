"""The image as it was built: what is in it, when it is built again, when it is refused."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from contextlib import closing

import docker
import pytest

from sandbox import KernelOptions, open_kernel
from sandbox.doctor import checks
from sandbox.errors import ImageMissing, KernelStartFailed
from sandbox.image import recipe
from sandbox.image.build import ensure_image, image_is_current
from tests.contract.kernel_harness import opened, run

pytestmark = pytest.mark.docker
TEST_IMAGE = "toolcoder-kernel-of-a-test"


def build(dockerfile: str) -> None:
    """An image on top of ours."""
    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as tar:
        entry = tarfile.TarInfo("Dockerfile")
        entry.size = len(dockerfile)
        tar.addfile(entry, io.BytesIO(dockerfile.encode()))
    context.seek(0)
    with closing(docker.from_env()) as client:
        for step in client.api.build(
            fileobj=context,
            custom_context=True,
            tag=TEST_IMAGE,
            network_mode="none",
            rm=True,
            forcerm=True,
            decode=True,
        ):
            assert "error" not in step, step


@pytest.fixture
def image_removed() -> Iterator[None]:
    yield
    with closing(docker.from_env()) as client:
        client.api.remove_image(TEST_IMAGE, force=True)


def test_a_current_image_is_not_built_again() -> None:
    steps: list[str] = []
    assert ensure_image(steps.append) == "toolcoder-kernel"
    assert steps == ["the image toolcoder-kernel is current"]


async def test_the_pinned_packages_are_there_and_nothing_else() -> None:
    code = "from importlib.metadata import distributions\nsorted(f'{d.name}=={d.version}' for d in distributions())"
    async with opened("docker") as kernel:
        cell = await run(kernel, code)
        assert cell.result is not None and cell.result.json is not None
        pins = [line for line in recipe.REQUIREMENTS.read_text().splitlines() if "==" in line]
        assert {p.lower().replace("_", "-") for p in json.loads(cell.result.json)} == {
            p.lower().replace("_", "-") for p in pins
        }
        imports = await run(kernel, "import numpy, pandas, matplotlib.pyplot, ipykernel", wall_s=60)
        assert imports.end.status == "ok" and imports.end.n_stderr_bytes == 0


async def test_an_image_of_another_version_is_refused(image_removed: None) -> None:
    build(f"FROM toolcoder-kernel\nLABEL {recipe.RECIPE_LABEL}=0123456789abcdef\n")
    with pytest.raises(ImageMissing, match="another version") as caught:
        async with open_kernel(KernelOptions(image=TEST_IMAGE)):
            pass
    assert "toolcoder sandbox build" in caught.value.hint
    with closing(docker.from_env()) as client:
        assert image_is_current(client, TEST_IMAGE) is False


async def test_a_kernel_that_cannot_start_says_why(image_removed: None) -> None:
    build("FROM toolcoder-kernel\nUSER 0\nRUN find /opt/toolcoder -name 'streams*' -delete\n")
    with pytest.raises(KernelStartFailed, match=r"its exit code is 1\.\n(.*\n)*ModuleNotFoundError.*streams"):
        async with open_kernel(KernelOptions(image=TEST_IMAGE)):
            pass


def test_doctor_finds_all_in_order() -> None:
    found = {check.name: check for check in checks()}
    assert list(found) == ["engine", "runc", "disk", "image", "kernel"]
    assert all(check.ok is not False for check in found.values()), found
    assert found["kernel"].ok and found["image"].ok
