"""What a kernel wrote just before it died, read from the memory that it shared (`toolcoder_runtime/last_words.py`).

Like all that comes from inside it is a claim: two rings of text at most, and no path is opened once code runs.
"""

from __future__ import annotations

import os
import stat
import struct
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from sandbox.runtime.toolcoder_runtime.last_words import HEADER_BYTES, NAME, RING_BYTES, SIZE_BYTES, STREAMS


class LastWords:
    """An open file whose name is gone; `close` it with the kernel."""

    def __init__(self, handle: int) -> None:
        self._handle: int | None = handle

    @classmethod
    def open(cls, folder: Path) -> LastWords | None:
        """Who calls it: the process, after the kernel is up and before code runs. None where there is no such file."""
        path = folder / NAME
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            return None
        found = os.fstat(handle)
        with suppress(OSError):
            path.unlink()
        if not stat.S_ISREG(found.st_mode) or found.st_size != SIZE_BYTES or found.st_nlink != 1:
            os.close(handle)
            return None
        return cls(handle)

    def missing(self, n_heard: Mapping[str, int]) -> list[tuple[str, str]]:
        """Stream and text of what was written after the bytes that were heard."""
        if self._handle is None:
            return []
        words = []
        counts = struct.unpack("<2Q", os.pread(self._handle, 16, 0).ljust(16, b"\0"))
        for number, (stream, n_written) in enumerate(zip(STREAMS, counts, strict=True)):
            start = max(n_heard.get(stream, 0), n_written - RING_BYTES)
            if start < n_written:
                data = self._read(HEADER_BYTES + number * RING_BYTES, start, n_written)
                words.append((stream, data.decode("utf-8", "ignore")))
        return words

    def close(self) -> None:
        """Safe to call twice."""
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)

    def _read(self, ring: int, start: int, end: int) -> bytes:
        assert self._handle is not None
        first, last = start % RING_BYTES, end % RING_BYTES
        if first < last:
            return os.pread(self._handle, last - first, ring + first)
        head = os.pread(self._handle, RING_BYTES - first, ring + first)
        return head + os.pread(self._handle, last, ring)
