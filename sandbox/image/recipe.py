"""What the kernel image is made of: files, base, pins. Its hash tells a current image from a stale one."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

IMAGE = "toolcoder-kernel"
BASE = "python:3.11-slim"
LOCAL_BASE = "toolcoder-base"
PIP = "pip==26.3"
RECIPE_LABEL = "toolcoder.recipe"
LABELS = {"app": "toolcoder"}

_FOLDER = Path(__file__).parent
_RUNTIME = _FOLDER.parent / "runtime" / "toolcoder_runtime"
REQUIREMENTS = _FOLDER / "requirements.txt"
BASE_SCRIPT = _FOLDER / "base.sh"


def files() -> Iterator[tuple[str, bytes]]:
    """Name in the build context and content, sorted by name; without the wheels, which `requirements.txt` pins."""
    yield "Dockerfile", (_FOLDER / "Dockerfile").read_bytes()
    yield "requirements.txt", REQUIREMENTS.read_bytes()
    for path in sorted(_RUNTIME.glob("*.py")):
        yield f"toolcoder_runtime/{path.name}", path.read_bytes()


def recipe_hash() -> str:
    """16 hex digits over all files and pins; stored as the image's label."""
    digest = hashlib.sha256(PIP.encode())
    for name, content in files():
        digest.update(f"\n{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:16]


def write_context(wheels: Path, out: io.BufferedIOBase) -> None:
    """Write the build context as a tar. Times and owners are fixed, so that unchanged layers stay cached."""
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, content in files():
            tar.addfile(_entry(name, len(content)), io.BytesIO(content))
        for path in sorted(wheels.glob("*.whl")):
            with path.open("rb") as wheel:
                tar.addfile(_entry(f"wheels/{path.name}", path.stat().st_size), wheel)


def _entry(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size = size
    entry.mode = 0o644
    return entry
