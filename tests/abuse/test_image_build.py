"""Attempts on the making of images: names that are commands, packages that run code, images of other origin."""

from __future__ import annotations

import tarfile
import uuid
from collections.abc import Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path

import docker
import pytest

from sandbox import KernelOptions, open_kernel
from sandbox.errors import ImageMissing, PackageRefused, SandboxError
from sandbox.image import recipe
from sandbox.image.adding import Packages
from sandbox.image.lock import ImageLock, LockedPackage
from sandbox.image.resolve import resolve
from sandbox.image.wheels import Target
from tests.contract.kernel_harness import SMALL

pytestmark = pytest.mark.docker

TARGET = Target("3.11.2", "x86_64")
NAMES = (
    "x; touch {mark}", "$(touch {mark})", "`touch {mark}`", "x && touch {mark}", "x\ntouch {mark}", "x\0y", "-r/etc/x",
    "--index-url=http://192.0.2.1", "-e.", ".", "/tmp/x.whl", "../x", "git+https://192.0.2.1/x", "x @ file:///etc/passwd",
    "http://192.0.2.1/x.whl", "x[extra]; python_version>'0'", "", " ", "x" * 300, "\u202exyp", "пандас",
)  # fmt: skip
SETUP = "import pathlib\npathlib.Path({mark!r}).write_text('ran')\nfrom setuptools import setup\nsetup(name='evil')\n"


@pytest.fixture
def mark(tmp_path: Path) -> Iterator[Path]:
    """A file that must never come to be: the observable of code that ran on the host."""
    path = tmp_path / "mark"
    yield path
    assert not path.exists()


@pytest.mark.parametrize("name", NAMES)
def test_build_names_are_no_commands(name: str, mark: Path) -> None:
    """`build-names`: packages named like commands, options, paths, addresses; refused as no name, nothing runs."""
    with pytest.raises(PackageRefused, match=r"name|known|package"):
        resolve([name.format(mark=mark) if "{mark}" in name else name], TARGET, wheels=mark.parent)


def test_build_of_sources_runs_nothing(mark: Path, tmp_path: Path) -> None:
    """`build-sources`: a package as source only, whose set-up would run; it is not taken, its set-up did not run."""
    with tarfile.open(tmp_path / "evil-1.tar.gz", "w:gz") as tar:
        for path, text in (
            ("setup.py", SETUP.format(mark=str(mark))),
            ("PKG-INFO", "Metadata-Version: 2.1\nName: evil\nVersion: 1\n"),
        ):
            entry = tarfile.TarInfo(f"evil-1/{path}")
            entry.size = len(text)
            tar.addfile(entry, BytesIO(text.encode()))
    with pytest.raises(PackageRefused):
        resolve(["evil"], TARGET, wheels=tmp_path)


@pytest.mark.parametrize(
    "image",
    [
        "x; touch /tmp/mark",
        "--privileged",
        "x\nRUN touch /x",
        "-v/:/host",
        "\x1b]0;x\x07",
        "Toolcoder Kernel",
        "a" * 300,
    ],
)
async def test_build_image_names_are_no_commands(image: str, own_run_folder: Path) -> None:
    """`build-image-name`: an image named like a command, with newlines and controls; an error with a hint."""
    with pytest.raises(SandboxError) as caught:
        async with open_kernel(KernelOptions(image=image, limits=SMALL)):
            pass
    assert caught.value.hint


async def test_build_of_another_recipe_is_refused(own_run_folder: Path) -> None:
    """`build-stale`: an image that says it was built from other files; refused before anything of it runs."""
    name = f"toolcoder-abuse-{uuid.uuid4().hex[:8]}"
    with closing(docker.from_env()) as client:
        _image_with(client, name, {recipe.RECIPE_LABEL: "0" * 16, "app": "toolcoder"})
        try:
            with pytest.raises(ImageMissing, match="another version"):
                async with open_kernel(KernelOptions(image=name, limits=SMALL)):
                    pass
        finally:
            client.images.remove(name, force=True)


def _image_with(client: docker.DockerClient, name: str, labels: dict[str, str]) -> None:
    """An image of nothing but a label: enough to be refused by."""
    content = BytesIO()
    with tarfile.open(fileobj=content, mode="w") as tar:
        tar.addfile(tarfile.TarInfo("nothing"))
    changes = [f"LABEL {key}={value}" for key, value in labels.items()]
    client.api.import_image_from_data(content.getvalue(), repository=name, changes=changes)


def test_build_of_an_exchanged_wheel_is_refused(tmp_path: Path) -> None:
    """`build-exchanged`: a wheel in the state folder that is not the one that was approved, or a damaged
    list; both are refused, by name."""
    packages = Packages(tmp_path)
    packages.lock.wheels.mkdir()
    wheel = packages.lock.wheels / "tiny-1-py3-none-any.whl"
    wheel.write_bytes(b"another one")
    lock = ImageLock(recipe.IMAGE, ("tiny",), (LockedPackage("tiny", "1", wheel.name, "0" * 64),))
    packages.lock.save(lock)
    with pytest.raises(PackageRefused, match="approved"):
        list(packages.lock.checked_wheels(lock))
    (tmp_path / "lock.json").write_text('{"version": 1, "images": {"x": {"wanted": [], "packages": [{"sudo": 1}]}}}')
    with pytest.raises(PackageRefused, match="cannot be read"):
        packages.lock.of(recipe.IMAGE)
