"""What is typed and not yet sent, on disk within half a second: a killed chat loses none of it.

Each chat has a file of its own and holds a lock on it while it lives; a file without an owner is what a chat that is
gone left behind, and the next one takes it over. A file is removed as soon as there is nothing in it.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from agent.home import private_folder, replace_file

_SCRATCH_S = 60.0


@dataclass(frozen=True)
class Draft:
    """`text` as it stands in the prompt, `pasted` the texts behind its chips, `queue` the questions that wait."""

    text: str = ""
    pasted: dict[str, str] = field(default_factory=dict)
    queue: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.text.strip() or self.queue)


class Drafts:
    """Of one chat. `folder` None: nothing can be written, nothing is kept."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._name = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._lock: int | None = None

    def open(self) -> list[Draft]:
        """Begin to own a file; what chats that are gone left behind, the newest last."""
        if self._folder is None:
            return []
        try:
            private_folder(self._folder)
            self._lock = _locked(self._folder / f"{self._name}.lock")
            return self._orphans(self._folder)
        except OSError:
            self._folder = None
            return []

    def save(self, draft: Draft) -> None:
        """Write it whole or not at all; without anything in it, remove the file."""
        if self._folder is None:
            return
        path = self._folder / f"{self._name}.json"
        with contextlib.suppress(OSError):  # a full disk must not keep anybody from typing
            if draft:
                replace_file(path, json.dumps(asdict(draft)))
            else:
                path.unlink(missing_ok=True)

    def close(self) -> None:
        """Stop owning the file. What is in it stays for the next chat."""
        if self._lock is not None and self._folder is not None:
            with contextlib.suppress(OSError):
                (self._folder / f"{self._name}.lock").unlink(missing_ok=True)
            os.close(self._lock)
            self._lock = None

    def _orphans(self, folder: Path) -> list[Draft]:
        """Take over each draft whose chat is gone. Two that start at once do not both get it: the lock decides."""
        found: list[tuple[float, Draft]] = []
        for path in folder.glob("*.json"):
            lock = path.with_suffix(".lock")
            if path.name.startswith("."):  # half written when its chat was killed, or being written now
                with contextlib.suppress(OSError):
                    if time.time() - path.stat().st_mtime > _SCRATCH_S:
                        path.unlink()
                continue
            if path.stem == self._name:
                continue
            try:
                taken = _locked(lock)
            except OSError:
                continue  # its chat is alive
            with contextlib.suppress(OSError):
                changed, draft = path.stat().st_mtime, _read(path)
                path.unlink()
                if draft:
                    found.append((changed, draft))
            lock.unlink(missing_ok=True)
            os.close(taken)
        return [draft for _, draft in sorted(found, key=lambda one: one[0])]


def _locked(path: Path) -> int:
    """An open file with our lock on it.

    Raises:
        OSError: another process holds it.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _read(path: Path) -> Draft:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        pasted = {str(name): str(text) for name, text in kept["pasted"].items()}
        return Draft(str(kept["text"]), pasted, tuple(str(question) for question in kept["queue"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Draft()
