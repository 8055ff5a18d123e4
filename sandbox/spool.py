"""Everything that cells write, kept in files of the session: whole, in order, private, up to a share of the disk.

    FOLDER/cell-0001.txt        stdout and stderr of one cell as a terminal would have shown them
    FOLDER/artifacts/...        what cells showed (`sandbox.artifacts`)

What is written comes from inside the sandbox; where it is written never does.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from sandbox.events import SpooledOutput, SpoolOptions

ARTIFACTS = "artifacts"
_PATTERN = "cell-*.txt"
_HELD_CHARS = 64 << 10
"""A line that does not end, or a key of many lines, is held back this long: redaction must see it whole."""
_KEY_CHARS = 16 << 10
_KEY_BEGINS = re.compile(r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----(?!.*-----END)", re.DOTALL)


class DiskShare:
    """What the files of one session may take, those of its earlier runs included."""

    def __init__(self, files: SpoolOptions) -> None:
        self.folder = Path(files.folder) if files.folder is not None else None
        self.artifacts = Path(files.artifacts) if files.artifacts is not None else (self.folder or Path()) / ARTIFACTS
        self._limit_bytes = files.limit_bytes
        self._n_used: int | None = None

    def take(self, n_bytes: int, *, whole: bool = False) -> int:
        """How many of the bytes may be written: all, the first, or none; with `whole` all or none."""
        if self._n_used is None:
            self._n_used = sum(path.stat().st_size for path in self._own_files())
        n_left = max(0, self._limit_bytes - self._n_used)
        granted = n_bytes if n_bytes <= n_left else 0 if whole else n_left
        self._n_used += granted
        return granted

    def _own_files(self) -> Iterator[Path]:
        """Those of this session; a folder for artifacts that the person named has others too."""
        if self.folder is not None:
            yield from self.folder.glob(_PATTERN)
            yield from (self.folder / ARTIFACTS).glob("*")


class Spool:
    """One per kernel; `begin` is called for each cell."""

    def __init__(self, files: SpoolOptions, share: DiskShare) -> None:
        self._redact = files.redact
        self._share = share
        self._number = 0

    def begin(self) -> CellSpool:
        return CellSpool(self._open, self._share, self._redact)

    def _open(self) -> tuple[int, Path]:
        """A new file. A resumed session goes on counting, and nothing that is there is ever written to."""
        folder = self._share.folder
        assert folder is not None
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        while True:
            self._number += 1
            path = folder / f"cell-{self._number:04}.txt"
            try:
                return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600), path
            except FileExistsError:
                continue


class CellSpool:
    """The output of one cell: `write` as it arrives, `end` once. Never raises: a full disk is told by `end`."""

    def __init__(
        self, open_file: Callable[[], tuple[int, Path]], share: DiskShare, redact: Callable[[str], str] | None
    ) -> None:
        self._open_file = open_file
        self._share = share
        self._redact = redact
        self._handle: int | None = None
        self._path: Path | None = None
        self._held = ""
        self._n_bytes = 0
        self._n_lost = 0
        self._failure = ""

    def write(self, text: str) -> None:
        if self._redact is None:
            self._put(text)
            return
        self._held += text
        cut = _safe_end(self._held)
        if cut:
            ready, self._held = self._held[:cut], self._held[cut:]
            self._put(self._redact(ready))

    def end(self) -> SpooledOutput | None:
        """The finished file; None where nothing was written. Safe to call twice."""
        held, self._held = self._held, ""
        if held and self._redact is not None:
            self._put(self._redact(held))
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
        if self._path is None and not self._n_lost:
            return None
        return SpooledOutput(str(self._path or ""), self._n_bytes, self._n_lost, self._failure)

    def _put(self, text: str) -> None:
        data = text.encode("utf-8", "backslashreplace")
        n_written = 0
        try:
            n_granted = 0 if self._failure else self._share.take(len(data))
            if n_granted < len(data):  # no half a character at the end of the file
                n_granted = len(data[:n_granted].decode("utf-8", "ignore").encode())
            if n_granted and self._handle is None:
                self._handle, self._path = self._open_file()
            while self._handle is not None and n_written < n_granted:
                n_written += os.write(self._handle, memoryview(data)[n_written:n_granted])
        except OSError as error:
            self._failure = error.strerror or str(error)
        self._n_bytes += n_written
        self._n_lost += len(data) - n_written


def _safe_end(text: str) -> int:
    """How much of the text may be redacted now: whole lines, and no key whose end has not come yet."""
    end = text.rfind("\n") + 1
    if not end and len(text) > _HELD_CHARS:
        end = max(text.rfind(" "), 0) + 1 if " " in text else len(text)
    opened = _KEY_BEGINS.search(text, max(0, end - _KEY_CHARS), end) if "PRIVATE KEY" in text else None
    return opened.start() if opened else end
