"""What the person was told once: a small file of marks in the chat's folder."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from agent.home import replace_file


class Marks:
    """`folder` None: nothing is kept, and everything is told again. A damaged file counts as an empty one."""

    def __init__(self, folder: Path | None) -> None:
        self._path = folder / "marks.json" if folder is not None else None
        self._marks: set[str] | None = None

    def has(self, mark: str) -> bool:
        """Whether it was set, now or in an earlier chat."""
        return mark in self._all()

    def add(self, mark: str) -> None:
        """Set it; where it cannot be written it holds for this chat."""
        marks = self._all()
        marks.add(mark)
        if self._path is not None:
            with contextlib.suppress(OSError):
                replace_file(self._path, json.dumps(sorted(marks)) + "\n")

    def _all(self) -> set[str]:
        if self._marks is None:
            try:
                found = json.loads(self._path.read_text("utf-8")) if self._path is not None else []
            except (OSError, ValueError):
                found = []
            self._marks = {mark for mark in found if isinstance(mark, str)} if isinstance(found, list) else set()
        return self._marks
