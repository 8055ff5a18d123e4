"""Pieces of files as a kernel's messages carry them: checked for their shape, since the code inside can send any."""

from __future__ import annotations

from typing import Any

from sandbox.events import CellFile

COMM_ID = "toolcoder.file"
_LARGEST_PIECE = 2 << 20
_WHY_CHARS = 300


def file_events(about: object, buffers: object) -> list[CellFile]:
    """The event of one message; none where it has not the shape of one."""
    if not isinstance(about, dict):
        return []
    given: dict[str, Any] = about
    path, place, kind = given.get("path"), given.get("place"), given.get("kind")
    if not isinstance(path, str) or place not in ("out", "work") or kind not in ("piece", "deleted", "refused"):
        return []
    piece = bytes(buffers[0]) if isinstance(buffers, list) and buffers else b""
    if len(piece) > _LARGEST_PIECE:
        return []
    why = given.get("why")
    return [
        CellFile(
            place,
            path,
            kind,
            piece,
            given.get("first") is True,
            given.get("last") is True,
            given.get("executable") is True,
            why[:_WHY_CHARS] if isinstance(why, str) else "",
            given.get("full") is True,
        )
    ]
