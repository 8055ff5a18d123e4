"""What the kernel images are made of: files, base, pins. Its hash tells a current image from a stale one.

Two images from one Dockerfile: `slim` has what most questions need, `science` more of it.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

BASE = "python:3.11-slim"
LOCAL_BASE = "toolcoder-base"
PIP = "pip==26.3"
RECIPE_LABEL = "toolcoder.recipe"
LABELS = {"app": "toolcoder"}

_FOLDER = Path(__file__).parent
_RUNTIME = _FOLDER.parent / "runtime" / "toolcoder_runtime"
REQUIREMENTS = _FOLDER / "requirements.txt"
SCIENCE_REQUIREMENTS = _FOLDER / "requirements-science.txt"
BASE_SCRIPT = _FOLDER / "base.sh"


@dataclass(frozen=True)
class Variant:
    """One of the images: its name for the engine, and the pins of what is installed."""

    name: str
    image: str
    requirements: tuple[Path, ...]

    @property
    def pins(self) -> bytes:
        """The content of `requirements.txt` in the build context."""
        return b"".join(path.read_bytes() for path in self.requirements)


SLIM = Variant("slim", "toolcoder-kernel", (REQUIREMENTS,))
SCIENCE = Variant("science", "toolcoder-kernel-science", (REQUIREMENTS, SCIENCE_REQUIREMENTS))
VARIANTS = {variant.name: variant for variant in (SLIM, SCIENCE)}
IMAGE = SLIM.image


def image_name(setting: str) -> str:
    """The engine's name for `[sandbox] image`: slim, science, or the name of an image of the person's own."""
    return VARIANTS[setting].image if setting in VARIANTS else setting


def build_command(image: str) -> str:
    """The command that builds an image of ours, for messages."""
    return "toolcoder sandbox build --science" if image == SCIENCE.image else "toolcoder sandbox build"


def files(variant: Variant = SLIM) -> Iterator[tuple[str, bytes]]:
    """Name in the build context and content, sorted by name; without the wheels, which the pins name."""
    yield "Dockerfile", (_FOLDER / "Dockerfile").read_bytes()
    yield "requirements.txt", variant.pins
    for path in sorted(_RUNTIME.glob("*.py")):
        yield f"toolcoder_runtime/{path.name}", path.read_bytes()


def recipe_hash(variant: Variant = SLIM) -> str:
    """16 hex digits over all files and pins; stored as the image's label."""
    digest = hashlib.sha256(PIP.encode())
    for name, content in files(variant):
        digest.update(f"\n{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:16]


def current_hashes() -> frozenset[str]:
    """Of all images of this version."""
    return frozenset(map(recipe_hash, VARIANTS.values()))


def write_context(wheels: Path, out: io.BufferedIOBase, variant: Variant = SLIM) -> None:
    """Write the build context as a tar."""
    write_tar(files(variant), wheels, out)


def write_tar(contents: Iterator[tuple[str, bytes]], wheels: Path, out: io.BufferedIOBase) -> None:
    """Files and wheels as a tar. Times and owners are fixed, so that unchanged layers stay cached."""
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, content in contents:
            tar.addfile(_entry(name, len(content)), io.BytesIO(content))
        for path in sorted(wheels.glob("*.whl")):
            with path.open("rb") as wheel:
                tar.addfile(_entry(f"wheels/{path.name}", path.stat().st_size), wheel)


def _entry(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size = size
    entry.mode = 0o644
    return entry
