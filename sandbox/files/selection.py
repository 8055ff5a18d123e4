"""What of a person's folder goes into a copy, and what is left out and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from sandbox.errors import FileRefused, WorkFolderRefused
from sandbox.files import names
from sandbox.files.beneath import Beneath, Entry
from sandbox.files.limits import MB, FileLimits

Why = Literal["version control", "secret", "built by tools", "link", "not a file", "unreadable"]
_CACHE_TAG = "CACHEDIR.TAG"
_MARKS = (_CACHE_TAG, "pyvenv.cfg")
_MOST_LEFT_OUT = 10_000


@dataclass(frozen=True)
class LeftOut:
    """A file or a whole folder that a copy does not have."""

    path: str
    why: Why


@dataclass(frozen=True)
class Selection:
    """The files of a copy, sorted by path, and what stays behind."""

    files: tuple[Entry, ...]
    left_out: tuple[LeftOut, ...]


def select(folder: Beneath, limits: FileLimits) -> Selection:
    """Look through the folder; nothing is opened but folders.

    Raises:
        WorkFolderRefused: there is more than a copy may hold.
        OSError: the folder itself cannot be read.
    """
    files: list[Entry] = []
    left_out: list[LeftOut] = []
    n_bytes = 0
    for found in _walk(folder):
        if isinstance(found, LeftOut):
            left_out.append(found)
        else:
            files.append(found)
            n_bytes += found.n_bytes
        if len(files) > limits.n_copied or n_bytes > limits.copy_bytes or len(left_out) > _MOST_LEFT_OUT:
            raise _too_much(folder, limits)
    return Selection(tuple(files), tuple(left_out))


def _walk(folder: Beneath) -> Iterator[Entry | LeftOut]:
    pending = [""]
    while pending:
        path = pending.pop()
        try:
            entries = folder.entries(path)
        except (OSError, FileRefused):
            if not path:
                raise
            yield LeftOut(path, "unreadable")
            continue
        if path and any(entry.path.rpartition("/")[2] in _MARKS for entry in entries):
            yield LeftOut(path, "built by tools")
            continue
        for entry in entries:
            why = _reason(entry)
            if why is not None:
                yield LeftOut(entry.path, why)
            elif entry.kind == "folder":
                pending.append(entry.path)
            else:
                yield entry


def _reason(entry: Entry) -> Why | None:
    name = entry.path.rpartition("/")[2]
    if names.versioned(name):
        return "version control"
    if names.secret(name):
        return "secret"
    match entry.kind:
        case "link":
            return "link"
        case "other":
            return "not a file"
        case "folder" if names.built(name):
            return "built by tools"
    return None


def _too_much(folder: Beneath, limits: FileLimits) -> WorkFolderRefused:
    return WorkFolderRefused(
        f"{folder.root} holds more than a copy may: {limits.n_copied:,} files, {limits.copy_bytes // MB} MB"
        " (without version control, secrets and folders that tools built).",
        "Name a smaller folder, raise copy_mb or n_copied in [files] of the settings, or use --work-mode read-only.",
    )
