"""What was asked before, also in earlier chats: a file of JSON lines in the home, readable by its owner alone.

An entry is one write at the end of the file, so chats beside each other do not mix their lines; a torn line is skipped.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from pathlib import Path

from agent.home import replace_file

_N_KEPT = 2_000
_LIMIT_BYTES = 8 << 20


class History:
    """Oldest first. `path` None: only this chat's, nothing is written (`--no-log`)."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self.entries: list[str] = []
        self._at: int | None = None
        self._draft = ""

    def load(self) -> None:
        """Read what earlier chats left; a file that cannot be read is an empty history."""
        if self._path is None:
            return
        with contextlib.suppress(OSError):
            size = self._path.stat().st_size
            with self._path.open("rb") as file:
                file.seek(max(size - _LIMIT_BYTES, 0))
                lines = file.read().split(b"\n")
            found = [text for line in lines if (text := _text_of(line))]
            self.entries = _without_repeats(found)[-_N_KEPT:] + self.entries
            if len(found) > 2 * _N_KEPT or size > _LIMIT_BYTES:
                replace_file(self._path, "".join(_line(text) for text in self.entries))

    def stop_writing(self) -> None:
        """From now on nothing is kept beyond this chat."""
        self._path = None

    def add(self, text: str, whole: str = "", *, is_asked: bool = True) -> None:
        """One more question; the newest is kept once. `whole`: with what its chips stand for, which later chats do not
        know. What was typed and never asked stays in this chat."""
        self._at = None
        if self.entries and self.entries[-1] == text:
            return
        self.entries.append(text)
        if self._path is None or not is_asked:
            return
        with contextlib.suppress(OSError):  # a full disk must not keep anybody from asking
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
            try:
                os.write(descriptor, _line(whole or text).encode("utf-8", "backslashreplace"))
            finally:
                os.close(descriptor)

    def older(self, draft: str) -> str | None:
        """The entry before the one that is shown; `draft` is what stands in the prompt, kept for the way back."""
        if self._at is None:
            self._draft, self._at = draft, len(self.entries)
        if self._at == 0:
            return None
        self._at -= 1
        return self.entries[self._at]

    def newer(self) -> str | None:
        """The entry after it; after the newest one the draft."""
        if self._at is None:
            return None
        self._at += 1
        if self._at >= len(self.entries):
            self._at = None
            return self._draft
        return self.entries[self._at]

    def leave(self) -> None:
        """The text in the prompt is a new one: the next `older` begins at the end."""
        self._at = None

    def search(self, text: str, n_most: int) -> list[str]:
        """The newest entries with this text in them, whatever the case."""
        wanted = text.casefold()
        found = [entry for entry in reversed(self.entries) if wanted in entry.casefold()]
        return _without_repeats(found)[:n_most]


def _line(text: str) -> str:
    return json.dumps({"time": round(time.time()), "text": text}) + "\n"


def _text_of(line: bytes) -> str:
    try:
        text = json.loads(line)["text"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    return text if isinstance(text, str) else ""


def _without_repeats(texts: list[str]) -> list[str]:
    """The first of each, in order."""
    return list(dict.fromkeys(texts))
