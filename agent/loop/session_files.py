"""The files of one session: the folder that programs see, what they changed in it, and what they leave in /out."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from agent.events import ErrorSeen, Event
from agent.file_events import ChangesSettled, DecisionAsked, DecisionMade, FileMade, FolderCopied
from agent.loop.work_folder import copy_listing, listing
from sandbox.errors import SandboxError
from sandbox.events import CellFile, KernelOptions
from sandbox.files.applying import Applied, apply
from sandbox.files.beneath import Beneath
from sandbox.files.changes import Change, changes_of
from sandbox.files.inbox import Inbox
from sandbox.files.limits import FileLimits
from sandbox.files.work_copy import WorkCopy

_DETAIL_LINES = 300

AskPerson = Callable[[Callable[["asyncio.Future[bool]"], Event]], Awaitable[bool]]
"""Emits the event that is made of a future, and waits for the future."""


@dataclass(frozen=True)
class FileOptions:
    """`folder` is shown read-only; `copy` is a copy that programs may change, whose changes are written back at each
    cell's end (`write_back`) or once the person agrees (`approve`). `out`: where files of /out go; None: nowhere.
    `is_out_own`: that folder is this session's alone, and what lies there is of its earlier questions."""

    folder: Path | None = None
    copy: WorkCopy | None = None
    write_back: bool = False
    out: Path | None = None
    is_out_own: bool = False
    limits: FileLimits = field(default_factory=FileLimits)
    approve: Literal["ask", "yes", "no"] = "no"


class SessionFiles:
    """Who calls it: the session, and its runner (`take`, `cell_ended`)."""

    def __init__(self, options: FileOptions, emit: Callable[[Event], None], ask: AskPerson, n_asked: int = 0) -> None:
        """`n_asked`: numbers of decisions that a resumed session has given already."""
        self._options = options
        self._emit = emit
        self._ask = ask
        self._inbox = Inbox(options.out, options.copy, options.limits, is_own=options.is_out_own)
        self._n_asked = n_asked
        self._seen: tuple[Change, ...] = ()

    def kernel_options(self, options: KernelOptions) -> KernelOptions:
        """The same options with this session's places."""
        mine, limits = self._options, self._options.limits
        return replace(
            options,
            files=str(mine.folder) if mine.folder is not None else None,
            seed=str(mine.copy.seed) if mine.copy is not None else None,
            work_bytes=limits.work_bytes,
            out_bytes=limits.out_bytes,
        )

    @property
    def mode(self) -> Literal["none", "read-only", "copy", "read-write"]:
        """What programs may do with the person's folder, for the prompts."""
        if self._options.copy is not None:
            return "read-write" if self._options.write_back else "copy"
        return "none" if self._options.folder is None else "read-only"

    def listing(self) -> tuple[str, ...]:
        """The folder as prompts show it, with what programs changed. Blocking."""
        if self._options.copy is not None:
            return copy_listing(self._options.copy)
        return listing(self._options.folder)

    def holds_module(self, name: str) -> bool:
        """Whether the folder has a Python module of this name at its top. Nothing is opened."""
        paths = {f"{name.split('.', maxsplit=1)[0]}{suffix}" for suffix in (".py", "/__init__.py")}
        if (copy := self._options.copy) is not None:
            return not paths.isdisjoint({*copy.files, *copy.changed_paths()} - copy.deleted)
        if self._options.folder is None:
            return False
        with contextlib.suppress(OSError, SandboxError), Beneath(self._options.folder) as folder:
            return any(folder.entry(path) is not None for path in paths)
        return False

    def opened(self) -> None:
        """The session began: say what was copied."""
        copy = self._options.copy
        if copy is not None:
            n_bytes = sum(file.n_bytes for file in copy.files.values())
            mode: Literal["copy", "read-write"] = "read-write" if self._options.write_back else "copy"
            left_out = tuple((item.path, item.why) for item in copy.left_out)
            self._emit(FolderCopied(str(copy.root), mode, len(copy.files), n_bytes, left_out))

    def take(self, cell: int, event: CellFile) -> None:
        """One piece of what a cell hands over. What cannot be stored is told, and costs nobody the answer."""
        try:
            received = self._inbox.take(event)
        except OSError as error:
            self._emit(ErrorSeen("files", f"{event.path} cannot be stored: {error.strerror or error}"))
            return
        if received is None:
            return
        if received.refused:
            self._emit(FileMade(cell, received.path, refused=received.refused))
        elif (kept := received.artifact) is not None:
            self._emit(FileMade(cell, received.path, kept.path, kept.mime, kept.n_bytes, note=received.note))

    async def cell_ended(self) -> None:
        """All files of a cell are here; in the mode `read-write` they go into the person's folder now."""
        copy = self._options.copy
        if copy is None or not self._options.write_back:
            return
        changes = await asyncio.to_thread(changes_of, copy)
        if not changes or changes == self._seen:
            return
        applied, problem = await self._apply(copy, changes, all_or_none=False)
        self._seen = await asyncio.to_thread(changes_of, copy)
        self._settled(copy, changes, applied, problem)

    async def settle(self, *, answered: bool) -> None:
        """A turn ended: in the mode `copy`, show what changed and apply it if the person agrees."""
        copy = self._options.copy
        if copy is None or self._options.write_back:
            return
        changes = await asyncio.to_thread(changes_of, copy)
        if not changes or changes == self._seen:
            return
        self._seen = changes
        applied, problem = Applied(), ""
        if not answered:
            problem = "the question was not answered"
        elif any(not change.refused for change in changes) and await self._allowed(copy, changes):
            applied, problem = await self._apply(copy, changes, all_or_none=True)
            self._seen = await asyncio.to_thread(changes_of, copy)
        self._settled(copy, changes, applied, problem)

    async def close(self) -> None:
        """The session ended: a copy that holds nothing to apply goes."""
        self._inbox.close()
        copy = self._options.copy
        if copy is not None:
            with contextlib.suppress(OSError, SandboxError):
                if not await asyncio.to_thread(_is_worth_keeping, copy):
                    await asyncio.to_thread(copy.discard)

    async def _allowed(self, copy: WorkCopy, changes: tuple[Change, ...]) -> bool:
        self._n_asked += 1
        asked = f"changes-{self._n_asked}"
        match self._options.approve:
            case "yes":
                self._emit(DecisionMade(asked, "changes", True, "policy"))
                return True
            case "no":
                self._emit(DecisionMade(asked, "changes", False, "nobody"))
                return False
        question = f"apply these changes to {copy.root}?"
        details = details_of(changes)
        allowed = await self._ask(lambda future: DecisionAsked(asked, "changes", question, details, future))
        self._emit(DecisionMade(asked, "changes", allowed, "person"))
        return allowed

    async def _apply(self, copy: WorkCopy, changes: tuple[Change, ...], *, all_or_none: bool) -> tuple[Applied, str]:
        try:
            return await asyncio.to_thread(apply, copy, changes, all_or_none=all_or_none), ""
        except (SandboxError, OSError) as error:
            message = str(error) if isinstance(error, SandboxError) else f"{error.filename}: {error.strerror}"
            self._emit(ErrorSeen("files", message, getattr(error, "hint", "")))
            return Applied(), message

    def _settled(self, copy: WorkCopy, changes: tuple[Change, ...], applied: Applied, problem: str) -> None:
        told = tuple(change.as_json() for change in changes)
        is_kept = any(not change.refused for change in self._seen)
        self._emit(ChangesSettled(str(copy.root), told, applied.paths, applied.kept_back, is_kept, problem))


def details_of(changes: tuple[Change, ...]) -> str:
    """The changes as a person reads them before deciding: a line each, then the diffs."""
    lines = [_line(change) for change in changes]
    for change in changes:
        if change.diff and not change.refused:
            lines += ["", *change.diff.split("\n"), *(["... the rest of this diff is left out"] if change.cut else [])]
    if len(lines) > _DETAIL_LINES:
        lines = [*lines[:_DETAIL_LINES], f"... {len(lines) - _DETAIL_LINES:,} lines left out"]
    return "\n".join(lines)


def _line(change: Change) -> str:
    if change.refused:
        return f"never   {change.path}: {change.refused}"
    size = "" if change.kind == "deleted" else f", {change.n_bytes:,} bytes"
    kind = f" (no text, sha256 {change.sha256[:12]})" if change.diff is None and change.sha256 else ""
    look = " - other programs run what stands in it" if change.runs_code else ""
    return f"{change.kind:<8}{change.path}{size}{kind}{look}"


def _is_worth_keeping(copy: WorkCopy) -> bool:
    return any(not change.refused for change in changes_of(copy))
