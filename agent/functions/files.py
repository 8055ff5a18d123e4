"""Entries as files, one JSON per function: the truth, which any index is made from and people can read.

Safe under several processes: a change is read, made and written under one lock (`flock`), and files are replaced whole.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from agent.errors import RepositoryError
from agent.functions.base import FunctionEntry
from agent.functions.entries import begun, from_json, merged, to_json
from agent.home import private_folder, replace_file

_CLOCK_TICK_NS = 100_000_000
_LOCK_TIMEOUT_S = 30.0


class EntryFiles:
    """The folder of entries. Callers that share one object between threads bring their own lock."""

    def __init__(self, folder: Path) -> None:
        """Makes the folder, mode 0700. Raises `RepositoryError` where it cannot be made or written to."""
        self.folder = folder
        self.damaged: tuple[str, ...] = ()
        """Names of files that could not be read at the last look; they are left where they are."""
        self.n_looks = 0
        """How often the folder was listed: while it stays the same, so did the entries."""
        self._entries: dict[str, FunctionEntry] = {}
        self._stamps: dict[str, tuple[int, int, int]] = {}
        self._n_locks = 0
        self._changed_ns = -1
        with _our_errors(folder):
            private_folder(folder)
            self._lock = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def own_name(self) -> str:
        """A name for this folder that no other has: made once, kept beside the entries."""
        file = self.folder / ".name"
        with self.locked(), _our_errors(self.folder):
            if not file.exists():
                file.write_text(uuid.uuid4().hex[:12])
            return file.read_text().strip()

    def close(self) -> None:
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from changing entries (and the index beside them) meanwhile; may be nested."""
        if self._lock < 0:
            raise RepositoryError("the function repository is closed")
        if self._n_locks == 0:
            self._take_lock()
        self._n_locks += 1
        try:
            yield
        finally:
            self._n_locks -= 1
            if self._n_locks == 0:
                fcntl.flock(self._lock, fcntl.LOCK_UN)

    def _take_lock(self) -> None:
        deadline = time.monotonic() + _LOCK_TIMEOUT_S
        while True:
            try:
                with _our_errors(self.folder):
                    return fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except RepositoryError as error:
                if not isinstance(error.__cause__, BlockingIOError):
                    raise
                if time.monotonic() > deadline:
                    raise RepositoryError(
                        f"another toolcoder holds the function repository for more than {_LOCK_TIMEOUT_S:.0f} s",
                        "Look for one that hangs; the agent works without the repository, but does not learn.",
                    ) from error
            time.sleep(0.01)

    def add(self, entry: FunctionEntry) -> FunctionEntry:
        """The entry as it is now stored: new, or merged with the same function."""
        try:
            new = begun(entry)
        except ValueError as error:
            raise RepositoryError(f"{entry.name} cannot be stored: {error}") from error
        with self.locked():
            old = self.all().get(new.id)
            stored = merged(old, new) if old else new
            self._write(stored)
            return stored

    def change(self, entry_id: str, how: Callable[[FunctionEntry], FunctionEntry]) -> FunctionEntry:
        """Replace an entry by `how(entry)`, as one step also for other processes."""
        with self.locked():
            changed = replace(how(self.get(entry_id)), id=entry_id)
            self._write(changed)
            return changed

    def delete(self, entry_id: str) -> None:
        with self.locked():
            self.get(entry_id)
            with _our_errors(self.folder):
                (self.folder / f"{entry_id}.json").unlink(missing_ok=True)

    def get(self, entry_id: str) -> FunctionEntry:
        try:
            return self.all()[entry_id]
        except KeyError:
            raise KeyError(f"no stored function has the id {entry_id}") from None

    def all(self) -> dict[str, FunctionEntry]:
        """By id. Only files that are new or changed since the last look are read; while the folder itself is unchanged
        it is not even listed (so a file edited in place by hand is seen at the next change or start)."""
        with _our_errors(self.folder):
            changed_ns = self.folder.stat().st_mtime_ns
        if changed_ns == self._changed_ns:
            return self._entries
        # A change in the same tick of the file system's clock would not show: trust only a time that has passed.
        self._changed_ns = changed_ns if time.time_ns() - changed_ns > _CLOCK_TICK_NS else -1
        self.n_looks += 1
        with _our_errors(self.folder), os.scandir(self.folder) as found:
            stamps = {}
            for item in found:
                if item.name.startswith("fn-") and item.name.endswith(".json"):
                    state = item.stat(follow_symlinks=False)
                    stamps[item.name.removesuffix(".json")] = (state.st_mtime_ns, state.st_size, state.st_ino)
        for entry_id in self._entries.keys() - stamps.keys():
            del self._entries[entry_id]
        damaged = []
        for entry_id, stamp in stamps.items():
            if self._stamps.get(entry_id) != stamp:
                self._entries.pop(entry_id, None)
                entry = self._read(entry_id)
                if entry is not None:
                    self._entries[entry_id] = entry
            if entry_id not in self._entries:
                damaged.append(f"{entry_id}.json")
        self._stamps = stamps
        self.damaged = tuple(sorted(damaged))
        return self._entries

    def _read(self, entry_id: str) -> FunctionEntry | None:
        try:
            entry = from_json(json.loads((self.folder / f"{entry_id}.json").read_bytes()))
        except (OSError, ValueError, RecursionError):
            return None
        return entry if entry.id == entry_id else None

    def _write(self, entry: FunctionEntry) -> None:
        try:
            text = json.dumps(to_json(entry), ensure_ascii=True, indent=1, allow_nan=False)
        except (TypeError, ValueError, RecursionError) as error:
            raise RepositoryError(f"{entry.name} cannot be stored: a recorded value is no JSON ({error})") from error
        with _our_errors(self.folder):
            replace_file(self.folder / f"{entry.id}.json", text)


@contextmanager
def _our_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise RepositoryError(
            f"the function repository cannot be used: {error.strerror or error}",
            f"Look at {folder} (free space, permissions); the agent works without it, but does not learn.",
        ) from error
