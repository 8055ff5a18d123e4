"""Large values put aside on disk, by their hash, while a session runs: a turn may see two hundred of 32 MB."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.json_pieces import encode, is_larger

LARGE_BYTES = 256 << 10


@dataclass(frozen=True)
class Shelved:
    """A JSON value that lies on disk. `load` reads it: blocking."""

    path: Path
    n_bytes: int

    def load(self) -> Any:
        return json.loads(self.path.read_bytes())


class Shelf:
    """A private temporary folder, made with the first large value and removed by `close` (or with the interpreter)."""

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._last: tuple[Any, Shelved] | None = None

    def put(self, value: Any) -> Shelved:
        """Blocking. The same value is stored once; the very same object is not even encoded twice in a row.

        Raises:
            OSError: the disk is full.
        """
        if self._last is not None and self._last[0] is value:
            return self._last[1]
        data = encode(value)
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="toolcoder-values-")
        path = Path(self._folder.name) / hashlib.sha256(data).hexdigest()
        if not path.exists():
            path.write_bytes(data)
        self._last = (value, Shelved(path, len(data)))
        return self._last[1]

    async def keep(self, value: Any) -> Any:
        """The value, put aside where it is large; `loaded` gives it back. Where the disk is full it stays in memory."""
        if is_larger(value, LARGE_BYTES):
            with contextlib.suppress(OSError):
                return await asyncio.to_thread(self.put, value)
        return value

    def close(self) -> None:
        """Safe to call twice."""
        self._last = None
        folder, self._folder = self._folder, None
        if folder is not None:
            folder.cleanup()


def loaded(value: Any) -> Any:
    """The value itself, wherever it lies: blocking where it was put aside."""
    return value.load() if isinstance(value, Shelved) else value
