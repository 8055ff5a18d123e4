"""Which wheels a package needs on top of an image, asked of the host's pip: nothing is built, installed or run."""

from __future__ import annotations

import json
import subprocess
import tempfile
import urllib.parse
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from sandbox.errors import PackageRefused
from sandbox.image.distributions import canonical, is_name
from sandbox.image.lock import LockedPackage
from sandbox.image.wheels import Target, pip

_RESOLVE_S, _DOWNLOAD_S, _SIZE_S = 180.0, 900.0, 5.0
_MOST_PACKAGES = 60


def resolve(names: Sequence[str], target: Target, *, wheels: Path | None = None) -> tuple[LockedPackage, ...]:
    """The wheels that `names` need and the image lacks, sorted by name. What the image has stays as it is. Blocking.

    `wheels`: only what lies in that folder, without any index.

    Raises:
        PackageRefused: a name is none, nothing of that name fits, or it does not go together with the image's packages.
    """
    for name in names:
        if not is_name(name.split("==")[0]):
            raise PackageRefused(f"{name!r} is no name of a package.")
    with tempfile.TemporaryDirectory(prefix="toolcoder-resolve-") as folder:
        constraints = Path(folder) / "constraints.txt"
        constraints.write_text("".join(f"{name}=={version}\n" for name, version in target.installed))
        report = Path(folder) / "report.json"
        command = pip("install", "--dry-run", "--ignore-installed", "--quiet", "--no-input", "--report", str(report))
        command += ["--target", str(Path(folder) / "nowhere"), *target.pip_arguments, "--constraint", str(constraints)]
        if wheels is not None:
            command += ["--no-index", "--find-links", str(wheels)]
        _pip([*command, "--", *names], _RESOLVE_S, f"{', '.join(names)} cannot be added")
        found = json.loads(report.read_bytes())["install"]
    present = {canonical(name) for name, _ in target.installed}
    packages = [_package(item) for item in found if canonical(item["metadata"]["name"]) not in present]
    if len(packages) > _MOST_PACKAGES:
        raise PackageRefused(f"{', '.join(names)} would bring {len(packages)} packages; {_MOST_PACKAGES} are possible.")
    return tuple(sorted(packages, key=lambda package: package.name))


def fetch(packages: Sequence[LockedPackage], target: Target, wheels: Path) -> tuple[LockedPackage, ...]:
    """Download exactly these into `wheels`, with their hashes checked; the same packages with their sizes. Blocking.

    Raises:
        PackageRefused: one cannot be had, or is another one by now.
    """
    wheels.mkdir(mode=0o700, parents=True, exist_ok=True)
    missing = [package for package in packages if not (wheels / package.file).exists()]
    if missing:
        with tempfile.TemporaryDirectory(prefix="toolcoder-fetch-") as folder:
            pins = Path(folder) / "pins.txt"
            pins.write_text("".join(f"{p.name}=={p.version} --hash=sha256:{p.sha256}\n" for p in missing))
            command = pip("download", "--quiet", "--no-input", "--no-deps", "--require-hashes", *target.pip_arguments)
            command += ["--dest", str(wheels), "--requirement", str(pins)]
            _pip(command, _DOWNLOAD_S, "the packages cannot be downloaded")
    sized = []
    for package in packages:
        path = wheels / package.file
        if not path.is_file():
            raise PackageRefused(f"pip downloaded no {package.file}.")
        sized.append(LockedPackage(package.name, package.version, package.file, package.sha256, path.stat().st_size))
    return tuple(sized)


def _package(item: dict[str, Any]) -> LockedPackage:
    info, metadata = item["download_info"], item["metadata"]
    digest = info.get("archive_info", {}).get("hashes", {}).get("sha256", "")
    address = str(info["url"])
    file = urllib.parse.unquote(urllib.parse.urlsplit(address).path.rpartition("/")[2])
    if not digest or not file.endswith(".whl"):
        raise PackageRefused(f"{metadata['name']}: the index gives no sha256 for it, or no wheel.")
    return LockedPackage(canonical(metadata["name"]), metadata["version"], file, digest, _size(address))


def _size(address: str) -> int | None:
    """What the index says; None where it does not in time."""
    import urllib.request  # costs 40 ms, so only when a package is looked up

    parts = urllib.parse.urlsplit(address)
    with suppress(OSError, ValueError):
        if parts.scheme == "file":
            return Path(urllib.parse.unquote(parts.path)).stat().st_size
        if parts.scheme in ("http", "https"):
            request = urllib.request.Request(address, method="HEAD")
            with urllib.request.urlopen(request, timeout=_SIZE_S) as answer:
                return int(answer.headers["Content-Length"])
    return None


def _pip(command: list[str], limit_s: float, what: str) -> None:
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=limit_s,
            check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise PackageRefused(f"{what}: pip did not come to an end within {limit_s:.0f} s.") from None
    if done.returncode != 0:
        raise PackageRefused(f"{what}: {_reason(done.stderr)}", f"Try it by hand: {command[0]} -m pip download NAME")


def _reason(text: str) -> str:
    """What pip says that went wrong, without its warnings."""
    errors = [line.removeprefix("ERROR: ") for line in text.splitlines() if line.startswith("ERROR: ")]
    if any("No matching distribution" in line for line in errors):
        return "the index has no wheel of it that fits this image"
    if any("ResolutionImpossible" in line or "conflict" in line for line in errors):
        return "it does not go together with what the image holds"
    if "No module named pip" in text:
        return "this Python has no pip"
    return (errors or text.strip().splitlines() or ["pip failed"])[-1][:300]
