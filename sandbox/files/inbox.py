"""What cells hand over, put together on the host: files of /out into the session's folder, changes into the copy.

The paths and the content come from inside the sandbox. Where a file goes is decided here, beneath two folders of ours,
and both how many and how much is capped.
"""

from __future__ import annotations

import mimetypes
import re
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, Literal, cast

from sandbox.errors import FileRefused
from sandbox.events import Artifact, CellFile
from sandbox.files.beneath import Beneath, parts_of
from sandbox.files.limits import MB, FileLimits
from sandbox.files.work_copy import WorkCopy

_IN_MEMORY = 8 << 20
_N_REFUSALS = 20
_UNSAFE = re.compile(r"[^\w.\-+=@ ()]", re.ASCII)
_NAME_CHARS = 100


@dataclass(frozen=True)
class Received:
    """What became of one file. `artifact` for a file of /out that was stored under `name`; `refused` says why nothing
    was; neither: a change of the copy was taken note of."""

    place: Literal["out", "work"]
    path: str
    artifact: Artifact | None = None
    refused: str = ""


class Inbox:
    """One per session. `take` is given every `CellFile`, in order; blocking, but a piece is small."""

    def __init__(self, out: Path | None, copy: WorkCopy | None, limits: FileLimits) -> None:
        """`out`: the folder for files of /out, made when first needed. None: they are not kept."""
        self._out = out
        self._copy = copy
        self._limits = limits
        self._open: tuple[str, str, IO[bytes]] | None = None
        self._n_bytes = Counter[str]()
        self._n_refused = 0
        self._names: dict[str, str] = {}

    def take(self, event: CellFile) -> Received | None:
        """What the piece brought to an end: a stored file, a refusal; None while a file is not whole.

        Raises:
            OSError: the disk of the host.
        """
        match event.kind:
            case "refused":
                return self._refuse(event, event.why or "it was not handed over")
            case "deleted":
                return self._delete(event)
            case "piece":
                return self._add(event)

    def _add(self, event: CellFile) -> Received | None:
        if event.first:
            self._drop()
            self._open = (event.place, event.path, tempfile.SpooledTemporaryFile(_IN_MEMORY))  # noqa: SIM115  held over calls
        if self._open is None or self._open[:2] != (event.place, event.path):
            return None
        file = self._open[2]
        limit = self._limits.out_bytes if event.place == "out" else self._limits.work_bytes
        if file.tell() + len(event.piece) > limit:
            self._drop()
            return self._refuse(event, f"it is larger than {limit // MB} MB")
        file.write(event.piece)
        if not event.last:
            return None
        n_bytes = file.tell()
        file.seek(0)
        try:
            parts_of(event.path)
            return (self._store if event.place == "out" else self._change)(event, cast("BinaryIO", file), n_bytes)
        except FileRefused as error:
            return self._refuse(event, str(error))
        finally:
            self._drop()

    def _store(self, event: CellFile, file: BinaryIO, n_bytes: int) -> Received:
        if self._out is None:
            raise FileRefused("this session keeps no files")
        self._out.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = self._free_name(event.path)
        with Beneath(self._out) as folder:
            sizes = {entry.path: entry.n_bytes for entry in folder.entries()}
            others = sum(size for path, size in sizes.items() if path != name)
            if len(sizes) >= self._limits.n_out and name not in sizes:
                raise FileRefused(f"this session has {self._limits.n_out} files already")
            if others + n_bytes > self._limits.out_session_bytes:
                raise FileRefused(
                    f"this session's files would take more than {self._limits.out_session_bytes // MB} MB"
                )
            folder.write(name, file, mode=0o600, replace=True)
        return Received("out", event.path, Artifact(str(self._out / name), mime_of(name), n_bytes))

    def _free_name(self, path: str) -> str:
        """The same for the same path; another one where two paths have become one name."""
        stem, dot, suffix = file_name(path).rpartition(".")
        name, number = f"{stem}{dot}{suffix}", 1
        while self._names.setdefault(name, path) != path:
            number += 1
            name = f"{stem}-{number}{dot}{suffix}" if dot else f"{suffix}-{number}"
        return name

    def _change(self, event: CellFile, file: BinaryIO, n_bytes: int) -> Received:
        if self._copy is None:
            raise FileRefused("this session's work folder is no copy")
        self._n_bytes[event.path] = n_bytes
        if len(self._n_bytes) > self._limits.n_changed:
            raise FileRefused(f"more than {self._limits.n_changed} files were changed")
        if self._n_bytes.total() > self._limits.work_bytes:
            raise FileRefused(f"the changed files take more than {self._limits.work_bytes // MB} MB")
        self._copy.put(event.path, file, executable=event.executable)
        return Received("work", event.path)

    def _delete(self, event: CellFile) -> Received | None:
        if self._copy is None or event.place != "work":
            return None
        try:
            parts_of(event.path)
            self._copy.put_deleted(event.path)
        except FileRefused as error:
            return self._refuse(event, str(error))
        self._n_bytes.pop(event.path, None)
        return Received("work", event.path)

    def _refuse(self, event: CellFile, why: str) -> Received | None:
        self._n_refused += 1
        if self._n_refused > _N_REFUSALS:
            return None  # whoever floods is told often enough
        return Received(event.place, event.path[:200], refused=why)

    def close(self) -> None:
        """Forget a file that did not become whole."""
        self._drop()

    def _drop(self) -> None:
        if self._open is not None:
            self._open[2].close()
            self._open = None


def file_name(path: str) -> str:
    """A name for a file of /out: one component, of letters that neither a shell nor a terminal reads as anything."""
    name = _UNSAFE.sub("_", path.replace("/", "-")).strip(". ")[-_NAME_CHARS:].lstrip("-. ")
    return name or "file"


def mime_of(name: str) -> str:
    """By the name's ending; what is not known is just bytes. (The content is the program's and may be anything.)"""
    return mimetypes.guess_type(name, strict=False)[0] or "application/octet-stream"
