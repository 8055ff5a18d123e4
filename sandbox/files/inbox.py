"""What cells hand over, put together on the host: files of /out into the session's folder, changes into the copy.

The paths and the content come from inside the sandbox. Where a file goes is decided here, beneath two folders of ours,
and both how many and how much is capped.
"""

from __future__ import annotations

import mimetypes
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, Literal, cast

from sandbox.errors import FileRefused
from sandbox.events import Artifact, CellFile
from sandbox.files.beneath import Beneath, parts_of
from sandbox.files.limits import MB, FileLimits
from sandbox.files.out_names import file_name, numbered
from sandbox.files.work_copy import WorkCopy

_IN_MEMORY = 8 << 20
_N_REFUSALS = 20


@dataclass(frozen=True)
class Received:
    """What became of one file. `artifact` for a file of /out that was stored under `name`; `refused` says why nothing
    was; neither: a change of the copy was taken note of. `note`: what else a person must know of a stored file."""

    place: Literal["out", "work"]
    path: str
    artifact: Artifact | None = None
    refused: str = ""
    note: str = ""


class Inbox:
    """One per session. `take` is given every `CellFile`, in order; blocking, but a piece is small."""

    def __init__(self, out: Path | None, copy: WorkCopy | None, limits: FileLimits, *, is_own: bool = False) -> None:
        """`out`: the folder for files of /out, made when first needed. None: they are not kept. `is_own`: all that is
        there is of this session (of earlier questions); else it may be a person's, and is neither counted nor changed.
        """
        self._out = out
        self._is_own = is_own
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
        with Beneath(self._out) as folder:
            mine = self._mine(folder)
            name, note = self._name_for(event.path, folder, mine)
            others = sum(size for path, size in mine.items() if path != name)
            if len(mine) >= self._limits.n_out and name not in mine:
                raise FileRefused(f"this session has {self._limits.n_out} files already")
            if others + n_bytes > self._limits.out_session_bytes:
                raise FileRefused(
                    f"this session's files would take more than {self._limits.out_session_bytes // MB} MB"
                )
            folder.write(name, file, mode=0o600, replace=name in mine)
        self._names[event.path] = name
        if event.is_full:
            full = f"/out was full ({self._limits.out_bytes // MB} MB, [files] out_mb), so it may be cut"
            note = f"{note}; {full}" if note else full
        artifact = Artifact(str(self._out / name), mime_of(name), n_bytes)
        return Received("out", event.path, artifact, note=note)

    def _mine(self, folder: Beneath) -> dict[str, int]:
        """The files that this session wrote and that are still there, with their sizes."""
        if self._is_own:
            return {entry.path: entry.n_bytes for entry in folder.entries()}
        found = {path: folder.entry(name) for path, name in self._names.items()}
        there = {path: entry for path, entry in found.items() if entry is not None and entry.kind == "file"}
        self._names = {path: entry.path for path, entry in there.items()}
        return {entry.path: entry.n_bytes for entry in there.values()}

    def _name_for(self, path: str, folder: Beneath, mine: dict[str, int]) -> tuple[str, str]:
        """The same for the same path; another one where two paths become one name, and where a file of somebody else
        has the name, which the second text says."""
        if path in self._names:
            return self._names[path], ""
        taken, note = set(self._names.values()), ""
        for name in numbered(wanted := file_name(path)):
            if name in taken:
                continue
            if name in mine or folder.entry(name) is None:
                break
            note = f"{wanted} was there already and is not of this session"
        return name, note

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


def mime_of(name: str) -> str:
    """By the name's ending; what is not known is just bytes. (The content is the program's and may be anything.)"""
    return mimetypes.guess_type(name, strict=False)[0] or "application/octet-stream"
