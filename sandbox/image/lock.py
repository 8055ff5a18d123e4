"""The packages that were added to an image, exactly: names, versions, hashes, in one file of the state folder; and the
wheels themselves beside it, so that a new image can be built without asking an index again.

    HOME/lock.json
    HOME/wheels/*.whl
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sandbox.errors import PackageRefused

_FILE, _WHEELS, _VERSION = "lock.json", "wheels", 1
_HINT = "Remove it to start again: `toolcoder sandbox packages add` builds what is wanted."


@dataclass(frozen=True)
class LockedPackage:
    """One wheel. `n_bytes` is None where the index did not say before it was downloaded."""

    name: str
    version: str
    file: str
    sha256: str
    n_bytes: int | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class ImageLock:
    """What one image (the engine's name of the one without additions) has besides. `wanted`: what was asked for."""

    image: str
    wanted: tuple[str, ...] = ()
    packages: tuple[LockedPackage, ...] = ()

    @property
    def requirements(self) -> bytes:
        """For pip, with hashes."""
        lines = [f"{p.name}=={p.version} --hash=sha256:{p.sha256}\n" for p in self.packages]
        return "".join(lines).encode()


class PackageLock:
    """The file. Reading a missing one gives no packages."""

    def __init__(self, home: Path) -> None:
        self.home = home

    @property
    def wheels(self) -> Path:
        return self.home / _WHEELS

    def of(self, image: str) -> ImageLock:
        """What the image has. Raises `PackageRefused` where the file is damaged."""
        return next((lock for lock in self.all() if lock.image == image), ImageLock(image))

    def all(self) -> list[ImageLock]:
        """Of all images. Raises `PackageRefused` where the file is damaged."""
        path = self.home / _FILE
        try:
            state = json.loads(path.read_bytes())
            if state["version"] != _VERSION:
                raise ValueError(f"version {state['version']}")
            return [
                ImageLock(image, tuple(own["wanted"]), tuple(LockedPackage(**package) for package in own["packages"]))
                for image, own in state["images"].items()
            ]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise PackageRefused(f"The list of added packages, {path}, cannot be read: {error}.", _HINT) from error

    def save(self, lock: ImageLock) -> None:
        """Write what one image has; wheels that no image needs any more go."""
        locks = {other.image: other for other in self.all()} | {lock.image: lock}
        state = {
            "version": _VERSION,
            "images": {
                image: {"wanted": list(own.wanted), "packages": [package.as_json() for package in own.packages]}
                for image, own in sorted(locks.items())
                if own.packages
            },
        }
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self.home, prefix=".new-")
        with os.fdopen(handle, "w") as file:
            json.dump(state, file, indent=1)
        Path(name).replace(self.home / _FILE)
        needed = {package.file for own in locks.values() for package in own.packages}
        for wheel in self.wheels.glob("*.whl"):
            if wheel.name not in needed:
                wheel.unlink(missing_ok=True)

    def checked_wheels(self, lock: ImageLock) -> Iterator[Path]:
        """The wheels of an image, each with the hash that was locked. Raises `PackageRefused` where one is not."""
        for package in lock.packages:
            path = self.wheels / package.file
            try:
                with path.open("rb") as file:
                    found = hashlib.file_digest(file, "sha256").hexdigest()
            except OSError as error:
                raise PackageRefused(f"The wheel {path} cannot be read: {error.strerror}.", _HINT) from error
            if found != package.sha256:
                raise PackageRefused(f"The wheel {path} is not the one that was approved.", _HINT)
            yield path
