"""The files of one cell: its spooled output, and the session's artifacts. None where the session keeps no files."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.artifacts import ArtifactStore
from sandbox.events import KernelOptions
from sandbox.spool import CellSpool, DiskShare, Spool


@dataclass(frozen=True)
class CellFiles:
    """What the collector of one cell writes to; `spool` is None where outputs are not kept."""

    spool: CellSpool | None
    artifacts: ArtifactStore


class CellFiler:
    """One per kernel, whatever its number of lives: gives each cell its files."""

    def __init__(self, options: KernelOptions) -> None:
        self._spool: Spool | None = None
        self._artifacts: ArtifactStore | None = None
        if options.spool is not None:
            share = DiskShare(options.spool)
            self._artifacts = ArtifactStore(options.spool, share)
            self._spool = Spool(options.spool, share) if share.folder is not None else None

    def begin_cell(self) -> CellFiles | None:
        if self._artifacts is None:
            return None
        return CellFiles(self._spool.begin() if self._spool is not None else None, self._artifacts)
