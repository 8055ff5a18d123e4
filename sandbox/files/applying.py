"""Writing changes into the person's folder: only beneath it, only over what is still as it was copied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.errors import FileRefused, WorkFolderRefused
from sandbox.files.beneath import Beneath
from sandbox.files.changes import Change
from sandbox.files.work_copy import WorkCopy, digest_of


@dataclass(frozen=True)
class Applied:
    """Paths that were written or deleted, and those that were not, with the reason."""

    paths: tuple[str, ...] = ()
    kept_back: tuple[tuple[str, str], ...] = ()


def apply(copy: WorkCopy, changes: Sequence[Change], *, all_or_none: bool = True) -> Applied:
    """Apply the changes that may be applied. Each file is written as a whole or not at all. Blocking.

    `all_or_none`: where a single original is not as it was any more, nothing is written (files that are refused for
    their name never count). Otherwise such files are kept back and the others written.

    Raises:
        WorkFolderRefused: the folder is gone, or (`all_or_none`) the original changed meanwhile.
        OSError: a file cannot be written; those before it are.
    """
    try:
        folder = Beneath(copy.root)
    except OSError as error:
        raise WorkFolderRefused(f"{copy.root} cannot be opened: {error.strerror}.") from error
    kept_back = [(change.path, change.refused) for change in changes if change.refused]
    wanted = [change for change in changes if not change.refused]
    done: list[str] = []
    with folder:
        problems = [(change.path, why) for change in wanted if (why := _conflict(folder, copy, change))]
        if problems and all_or_none:
            told = "; ".join(f"{path}: {why}" for path, why in problems[:5])
            raise WorkFolderRefused(
                f"Nothing was applied, since {copy.root} changed meanwhile: {told}.",
                f"The changed files are kept in {copy.seed / 'now'}: take over by hand what you want.",
            )
        conflicting = {path for path, _ in problems}
        try:
            # Deletions first: a file may stand where a folder was.
            for change in sorted(wanted, key=lambda change: change.kind != "deleted"):
                if change.path in conflicting:
                    continue
                try:
                    _apply_one(folder, copy, change)
                except (FileRefused, FileExistsError, IsADirectoryError) as error:  # changed in this very moment
                    problems.append((change.path, str(error)))
                    continue
                copy.settle(change.path)
                done.append(change.path)
        finally:
            copy.save()
    return Applied(tuple(done), (*kept_back, *problems))


def _conflict(folder: Beneath, copy: WorkCopy, change: Change) -> str:
    """Why the original is not what the change was made from; empty where it is."""
    try:
        entry = folder.entry(change.path)
        if change.kind == "added":
            return "" if entry is None else "it was made there too"
        if entry is None:
            return "it was deleted there"
        with folder.open(change.path) as content:
            before = copy.files[change.path]
            same = digest_of(content) == (before.n_bytes, before.sha256)
    except (FileRefused, OSError) as error:
        return str(error)
    return "" if same else "it was changed there too"


def _apply_one(folder: Beneath, copy: WorkCopy, change: Change) -> None:
    if change.kind == "deleted":
        folder.remove(change.path)
        return
    content = copy.open_now(change.path)
    if content is None:
        raise FileRefused(f"{change.path} is missing in the copy.")
    with content:
        before = copy.files.get(change.path)
        with Beneath(copy.seed / "now") as now:
            entry = now.entry(change.path)
        mode = before.mode if before is not None else entry.mode if entry is not None else 0o644
        folder.write(change.path, content, mode=mode, replace=change.kind == "changed")
