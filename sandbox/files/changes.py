"""What programs changed in a copy, as a person and a script read it: text as a diff, the rest by size and hash."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Any, Literal

from sandbox.files import names
from sandbox.files.work_copy import WorkCopy, digest_of

_TEXT_BYTES = 1 << 20
_DIFF_LINES = 400


@dataclass(frozen=True)
class Change:
    """One file. `diff` is a unified diff, None where the file is no text or too large for one; `cut` says that it goes
    on. `refused` says why it will never be applied; `runs_code` that other programs run what stands in it."""

    path: str
    kind: Literal["added", "changed", "deleted"]
    n_bytes_before: int = 0
    n_bytes: int = 0
    sha256: str = ""
    diff: str | None = None
    cut: bool = False
    runs_code: bool = False
    refused: str = ""

    def as_json(self) -> dict[str, Any]:
        """The object of `--json` and of the log."""
        return {
            "path": self.path,
            "kind": self.kind,
            "n_bytes_before": self.n_bytes_before,
            "n_bytes": self.n_bytes,
            "sha256": self.sha256,
            "diff": self.diff,
            "cut": self.cut,
            "runs_code": self.runs_code,
            "refused": self.refused,
        }


def changes_of(copy: WorkCopy) -> tuple[Change, ...]:
    """All changes, sorted by path. Blocking."""
    left_out = {item.path for item in copy.left_out}
    return tuple(_change(copy, path, left_out) for path in copy.changed_paths())


def _change(copy: WorkCopy, path: str, left_out: set[str]) -> Change:
    now, before = copy.open_now(path), copy.open_before(path)
    kind: Literal["added", "changed", "deleted"] = (
        "deleted" if now is None else "added" if before is None else "changed"
    )
    n_bytes, digest = 0, ""
    if now is not None:
        with now:
            n_bytes, digest = digest_of(now)
    if before is not None:
        before.close()
    diff, cut = _diff(copy, path)
    refused = ""
    if names.protected(path):
        refused = "other programs run or obey this file by themselves; it is never written"
    elif _is_behind(path, left_out):
        refused = "the folder has something of this name that was left out of the copy"
    n_before = copy.files[path].n_bytes if path in copy.files else 0
    return Change(path, kind, n_before, n_bytes, digest, diff, cut, names.runs_code(path), refused)


def _is_behind(path: str, left_out: set[str]) -> bool:
    parts = path.split("/")
    return any("/".join(parts[:n]) in left_out for n in range(1, len(parts) + 1))


def _diff(copy: WorkCopy, path: str) -> tuple[str | None, bool]:
    texts = []
    for opened in (copy.open_before(path), copy.open_now(path)):
        if opened is None:
            texts.append("")
            continue
        with opened:
            data = opened.read(_TEXT_BYTES + 1)
        if len(data) > _TEXT_BYTES or b"\0" in data:
            return None, False
        try:
            texts.append(data.decode("utf-8"))
        except UnicodeDecodeError:
            return None, False
    before, after = map(_lines, texts)
    lines = list(difflib.unified_diff(before, after, f"a/{path}", f"b/{path}", lineterm=""))
    return "\n".join(lines[:_DIFF_LINES]), len(lines) > _DIFF_LINES


def _lines(text: str) -> list[str]:
    """Only a line feed ends a line; what is missing at the end is told as other tools tell it."""
    *lines, last = text.split("\n")
    return [*lines, f"{last}\n\\ No newline at end of file"] if last else lines
