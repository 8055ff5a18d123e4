"""A copy of what is written, in memory that outlives this process: the host reads the end of it after a sudden death.

    header   the number of bytes written so far to stdout and to stderr (little-endian, 8 bytes each)
    rings    for each stream its last `RING_BYTES` bytes of UTF-8, byte n of the stream at n modulo `RING_BYTES`

What was printed a moment before SIGKILL, a crash or a lack of memory is otherwise lost on its way through the socket.
The host knows how much of each stream has reached it. It unlinks the file before any code of the session runs, and no
descriptor stays open here: nobody can make the file grow.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import struct
from contextlib import suppress
from pathlib import Path

NAME = "last-words"
HEADER_BYTES = 4096
RING_BYTES = 8 << 20
SIZE_BYTES = HEADER_BYTES + 2 * RING_BYTES
STREAMS = ("stdout", "stderr")
_FAILED = ctypes.c_void_p(-1).value


class LastWords:
    """The rings of this process; `note` is called under the lock of whoever orders the writes."""

    def __init__(self, folder: Path) -> None:
        """
        Raises:
            OSError: the folder is closed, or there is a file already.
        """
        handle = os.open(folder / NAME, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            os.ftruncate(handle, SIZE_BYTES)  # sparse: it takes room as it is used
            # Python's own mmap object keeps a descriptor, through which code could make the file grow.
            libc = ctypes.CDLL(None, use_errno=True)
            libc.mmap.restype = ctypes.c_void_p
            libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
            protection, shared = mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_SHARED
            address = libc.mmap(None, SIZE_BYTES, protection, shared, handle, 0)
        finally:
            os.close(handle)
        if address in (None, _FAILED):
            raise OSError(ctypes.get_errno(), "the file cannot be mapped")
        self._memory = memoryview((ctypes.c_char * SIZE_BYTES).from_address(address)).cast("B")
        self._n_written = dict.fromkeys(STREAMS, 0)

    def note(self, stream: str, text: str) -> None:
        """The text was written to the stream."""
        data = text.encode("utf-8")
        number, n = STREAMS.index(stream), self._n_written[stream]
        ring = HEADER_BYTES + number * RING_BYTES
        rest = memoryview(data)[-RING_BYTES:]
        position = n + len(data) - len(rest)
        while rest:
            start = position % RING_BYTES
            piece = rest[: RING_BYTES - start]
            self._memory[ring + start : ring + start + len(piece)] = piece
            position, rest = position + len(piece), rest[len(piece) :]
        self._n_written[stream] = n + len(data)
        struct.pack_into("<Q", self._memory, number * 8, n + len(data))


def open_last_words(folder: str) -> LastWords | None:
    """None where it cannot be: then the last moments before a sudden death are lost."""
    with suppress(OSError, AttributeError, ValueError):
        return LastWords(Path(folder))
    return None
