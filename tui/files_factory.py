"""From flags and settings to the files of a session: the folder's copy is made here, before the kernel starts."""

from __future__ import annotations

import atexit
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from agent.home import private_folder, state_home
from agent.loop.session_files import FileOptions
from sandbox.files.limits import MB, FileLimits
from sandbox.files.work_copy import WorkCopy, kept_copies
from tui.attachments import put
from tui.failures import UsageProblem
from tui.mentions import Shown
from tui.places import sessions_folder
from tui.session_request import SessionRequest

if TYPE_CHECKING:
    from tui.settings_files import FilesSettings

_DAY_S = 86_400.0
_ATTACHED, _ATTACHED_HOME = "attached", "toolcoder-attached-"


def copies_folder() -> Path:
    """Where the copies of work folders are kept; it may not exist yet."""
    return state_home() / "work"


def file_options(
    request: SessionRequest,
    files: FilesSettings,
    session_id: str,
    *,
    is_logged: bool,
    interactive: bool,
    is_new: bool = True,
) -> FileOptions:
    """What the session needs to know of files; makes the copy where one is wanted. Blocking.

    `is_new`: a session that is resumed goes on with the copy that it had, if its changes were not applied yet.
    `is_logged`: files of /out are kept beside the session's log. Without a log they go only where `--output-dir` says.

    Raises:
        UsageProblem: the folder is none, or the mode has no folder.
        WorkFolderRefused: it cannot be copied.
        OSError: the place for copies cannot be made.
    """
    attached = _attached(request, session_id, is_logged=is_logged)
    folder = request.work_folder or attached or _folder(files)
    mode = "read-only" if attached is not None else request.work_mode or files.mode
    limits = limits_of(files)
    if request.apply and (folder is None or mode != "copy"):
        raise UsageProblem(
            "--apply is for the changes of a copied folder", "add --work-mode copy and --work-folder DIR"
        )
    out = request.out or (sessions_folder() / f"{session_id}.d" / "out" if is_logged else None)
    is_own = request.out is None
    if folder is None:
        if request.work_mode not in (None, "read-only"):
            raise UsageProblem(f"--work-mode {mode} needs a folder", "name it with --work-folder")
        return FileOptions(out=out, is_out_own=is_own, limits=limits)
    if mode == "read-only":
        return FileOptions(folder=folder, out=out, is_out_own=is_own, limits=limits)
    home = private_folder(copies_folder())
    prune_copies(home, files.keep_days)
    copy = None if is_new else _kept_copy(home / session_id, folder)
    copy = copy or WorkCopy.create(folder, home / session_id, limits)
    approve: Literal["ask", "yes", "no"] = "yes" if request.apply else "ask" if interactive else "no"
    write_back = mode == "read-write"
    return FileOptions(copy=copy, write_back=write_back, out=out, is_out_own=is_own, limits=limits, approve=approve)


def shown_folders(files: FileOptions) -> Shown:
    """What programs see at /work: the person's folder, or the one with what was attached."""
    folder = files.copy.root if files.copy is not None else files.folder
    if folder is None or folder.name != _ATTACHED:
        return Shown(work=folder)
    is_ours = folder.parent.parent == sessions_folder() or folder.parent.name.startswith(_ATTACHED_HOME)
    return Shown(attached=folder) if is_ours else Shown(work=folder)


def _attached(request: SessionRequest, session_id: str, *, is_logged: bool) -> Path | None:
    """The folder with what was attached to the session's questions so far, where it shows no other folder."""
    if request.work_folder is not None:
        return None
    folder = sessions_folder() / f"{session_id}.d" / _ATTACHED
    if not request.attached:
        return folder if folder.is_dir() else None
    if not is_logged:
        folder = Path(tempfile.mkdtemp(prefix=_ATTACHED_HOME)) / _ATTACHED
        atexit.register(shutil.rmtree, folder.parent, ignore_errors=True)
    else:
        private_folder(folder.parent.parent)
        private_folder(folder.parent)
    put(request.attached, folder)
    return folder


def _kept_copy(place: Path, folder: Path) -> WorkCopy | None:
    """The copy that the session had before; None where there is none any more."""
    if not place.exists():
        return None
    copy = WorkCopy.load(place)
    if copy.root != folder:
        raise UsageProblem(
            f"programs of this session changed a copy of {copy.root}, and that was not applied yet",
            f"`toolcoder sandbox apply {place.name}` shows it; or name --work-folder {copy.root}",
        )
    return copy


def limits_of(files: FilesSettings) -> FileLimits:
    """The sizes in bytes. Raises `UsageProblem` where the copy would not fit into its own /work."""
    if files.work_mb < files.copy_mb:
        raise UsageProblem("files.work_mb is smaller than files.copy_mb", "a copy must fit into /work")
    return FileLimits(
        copy_bytes=files.copy_mb * MB,
        n_copied=files.n_copied,
        work_bytes=files.work_mb * MB,
        out_bytes=files.out_mb * MB,
    )


def prune_copies(home: Path, keep_days: float) -> int:
    """Remove copies that are older than `keep_days`; how many."""
    old = [copy for copy in kept_copies(home) if time.time() - copy.created > keep_days * _DAY_S]
    for copy in old:
        copy.discard()
    return len(old)


def _folder(files: FilesSettings) -> Path | None:
    if files.folder is not None and not files.folder.is_dir():
        raise UsageProblem(
            f"files.folder: {files.folder} is no folder", "name a folder there, or --work-folder DIR for this time"
        )
    return files.folder
