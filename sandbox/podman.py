"""What podman's Docker-compatible service takes otherwise than Docker. Seen with podman 4.3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from docker import DockerClient

_UNKNOWN_TMPFS = ("nr_inodes=",)
"""Refused there. That many empty files still end at the memory's limit, as each takes some of it."""


def is_podman(client: DockerClient) -> bool:
    """Whether this engine is podman. Blocking, a millisecond or two."""
    components = client.version().get("Components") or ()
    return any("podman" in str(component.get("Name", "")).lower() for component in components)


def adapted(settings: dict[str, Any]) -> dict[str, Any]:
    """The same container in podman's words."""
    tmpfs = {place: _known(options) for place, options in settings["tmpfs"].items()}
    # Places below /run get the mode of a folder that is made for them; `U` gives them to the container's user.
    tmpfs |= {place: f"{tmpfs[place]},U" for place in tmpfs if place.startswith("/run/")}
    # Its events do not say that the memory was used up.
    return {**settings, "tmpfs": tmpfs, "environment": {**settings["environment"], "TOOLCODER_TELL_OOM": "1"}}


def _known(options: str) -> str:
    return ",".join(option for option in options.split(",") if not option.startswith(_UNKNOWN_TMPFS))
