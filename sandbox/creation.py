"""A container is created: what it needs of this host is mounted, or copied in where the engine cannot see our files."""

from __future__ import annotations

import stat
import tarfile
import tempfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.container import BROKER_FOLDER, CONNECTION_FILE, SOCKET_FOLDER, TRANSPORT_LABEL
from sandbox.engine import engine_info
from sandbox.errors import ImageMissing, KernelStartFailed
from sandbox.image.build import refuse_stale
from sandbox.image.recipe import build_command
from sandbox.podman import adapted, is_podman
from sandbox.relay import KERNEL_UID
from sandbox.transport import NO_SHARED_FILES, Transport, Wanted, choose, lacks_our_files

if TYPE_CHECKING:
    from docker import DockerClient

_RELAY_TMPFS = "mode=1777,nosuid,nodev,noexec"
_MOST_BYTES = 512 << 20
_MOST_FILES = 50_000
_IN_MEMORY_BYTES = 16 << 20


@dataclass(frozen=True)
class Created:
    """A container that is not started yet. `image_id` is that of the image it is made from."""

    image_id: str
    transport: Transport


def create_container(
    client: DockerClient, settings: dict[str, Any], connection: Path, wanted: Wanted, runtime: str | None
) -> Created:
    """Create what `settings` describe (`sandbox.container`), for the transport that suits the engine. Blocking.

    Args:
        connection: the kernel's connection file; where nothing is mounted, its text goes in as a variable.

    Raises:
        ImageMissing: there is none, or it was built by another version.
        KernelStartFailed: the engine has no such runtime, or a folder is too large to be copied in.
        docker.errors.APIError: the engine refuses.
    """
    from docker.errors import APIError, ImageNotFound

    info = engine_info(client)
    if runtime is not None:
        known = sorted(info.get("Runtimes") or ())
        if known and runtime not in known:
            hint = f"Set [sandbox] runtime to one of these: {', '.join(known)}."
            raise KernelStartFailed(f"The engine has no runtime called {runtime}.", hint)
        settings = {**settings, "runtime": runtime}
    transport = choose(client, info, wanted, runtime)
    try:
        refuse_stale(client, settings["image"])
        if transport.kind == "socket":
            try:
                return Created(_create(client, settings), transport)
            except APIError as error:
                if wanted != "auto" or not lacks_our_files(error.explanation):
                    raise
                transport = NO_SHARED_FILES
        return Created(_create_apart(client, settings, connection), transport)
    except ImageNotFound:
        hint = f"Run `{build_command(settings['image'])}`."
        raise ImageMissing(f"The kernel image {settings['image']} is not built.", hint) from None


def _create(client: DockerClient, settings: dict[str, Any]) -> str:
    if is_podman(client):
        settings = adapted(settings)
    return str(client.containers.create(**settings).attrs["Image"])


def _create_apart(client: DockerClient, settings: dict[str, Any], connection: Path) -> str:
    """With nothing of this host mounted: sockets in memory, folders as volumes of the container with copies in them."""
    from docker.types import Mount

    mounted = {mount["Target"]: mount["Source"] for mount in settings["mounts"]}
    folders = {target: mounted[target] for target in mounted if target not in (BROKER_FOLDER, SOCKET_FOLDER)}
    sockets = {BROKER_FOLDER: f"size=64k,{_RELAY_TMPFS}", SOCKET_FOLDER: f"size=1m,{_RELAY_TMPFS}"}
    environment = {"TOOLCODER_CONNECTION": connection.read_text(), "TOOLCODER_CONNECTION_FILE": CONNECTION_FILE}
    changed = {
        **settings,
        # Ids of this host mean nothing there, and the relay has one of its own.
        "user": f"{KERNEL_UID}:{KERNEL_UID}",
        "labels": {**settings["labels"], TRANSPORT_LABEL: "relay"},
        "environment": {**settings["environment"], **environment},
        "tmpfs": {**settings["tmpfs"], **sockets},
        "mounts": [Mount(target, None, type="volume", no_copy=True) for target in folders],
    }
    image_id = _create(client, changed)
    for target, source in folders.items():
        _copy_in(client, settings["name"], Path(source), target)
    return image_id


def _copy_in(client: DockerClient, container: str, source: Path, target: str) -> None:
    """Files belong to root there and can be read by all: the kernel's user cannot change them."""
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES) as packed:
        with tarfile.open(fileobj=packed, mode="w") as tar:
            _pack(tar, source)
        packed.seek(0)
        client.api.put_archive(container, target, packed)


def _pack(tar: tarfile.TarFile, source: Path) -> None:
    n_bytes = n_files = 0
    for path in sorted(source.rglob("*")):
        try:
            found = path.lstat()
        except FileNotFoundError:
            continue
        entry = tarfile.TarInfo(str(path.relative_to(source)))
        entry.mtime = found.st_mtime
        n_files += 1
        if stat.S_ISDIR(found.st_mode):
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(entry)
        elif stat.S_ISLNK(found.st_mode):
            entry.type, entry.linkname = tarfile.SYMTYPE, str(path.readlink())
            tar.addfile(entry)
        elif stat.S_ISREG(found.st_mode):
            entry.size, entry.mode = found.st_size, 0o755 if found.st_mode & 0o111 else 0o644
            n_bytes += found.st_size
            if n_bytes <= _MOST_BYTES:
                with closing(path.open("rb")) as file:
                    tar.addfile(entry, file)
        if n_bytes > _MOST_BYTES or n_files > _MOST_FILES:
            raise KernelStartFailed(
                f"{source} is too large to be copied to the engine: more than {_MOST_BYTES >> 20} MiB"
                f" or {_MOST_FILES:,} files.",
                "Name a smaller folder; an engine on this machine itself needs no copy.",
            )
