"""The session's files inside the kernel: /work made from what the host put there to read, /out, and both looked through
after each cell, so that what is new or changed goes to the host.

Nothing in here is trusted by the host: code of the session can send the same messages. It is here and not on the host
so that the host never opens a folder that the code can write to.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

COMM_ID = "toolcoder.file"
"""Files travel as messages of a comm that nobody opened: other clients of this kernel ignore those."""
SEED, WORK, OUT = "TOOLCODER_SEED", "TOOLCODER_WORK", "TOOLCODER_OUT"
_PIECE_BYTES = 1 << 20
_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_NOCTTY | os.O_CLOEXEC
_LONGEST_WALK = 50_000

Send = Callable[[dict[str, Any], bytes], None]
"""Sends one piece, and waits while too much is unsent."""
_Mark = tuple[int, int, int, int]
"""Size, time, inode and permissions: what tells a changed file from one that was handed over."""


class Place:
    """A folder that is looked through; `known` is what the host has."""

    def __init__(self, name: str, root: str) -> None:
        self.name = name
        self.root = root
        self.known: dict[str, _Mark] = {}
        self._told: set[str] = set()

    def learn(self) -> None:
        """What is there now, the host has."""
        self.known = {path: _mark(state) for path, state in self._walk() if stat.S_ISREG(state.st_mode)}

    def hand_over(self, send: Send) -> None:
        """Send what is new, changed or deleted."""
        found: dict[str, os.stat_result] = dict(self._walk())
        for path in [path for path in self.known if path not in found]:
            if self.name == "work":
                send({"place": self.name, "path": path, "kind": "deleted"}, b"")
            del self.known[path]
        for path, state in found.items():
            if not _is_text(path):
                self._refuse(send, ascii(path), "has a name that is no text")
            elif not stat.S_ISREG(state.st_mode):
                self._refuse(send, path, "is a link" if stat.S_ISLNK(state.st_mode) else "is no regular file")
            elif self.known.get(path) != _mark(state):
                self._send_file(send, path)

    def _send_file(self, send: Send, path: str) -> None:
        try:
            descriptor = os.open(f"{self.root}/{path}", _READ)
        except OSError as error:
            self._refuse(send, path, error.strerror or "cannot be read")
            return
        with os.fdopen(descriptor, "rb") as file:
            state = os.fstat(descriptor)
            if not stat.S_ISREG(state.st_mode):
                return  # exchanged in this very moment; the next cell's end sees it
            room = os.statvfs(self.root)
            if state.st_size > room.f_blocks * room.f_frsize:  # holes: a terabyte of nothing would be sent for hours
                self._refuse(send, path, "says that it is larger than the folder it is in")
                return
            about = {
                "place": self.name,
                "path": path,
                "kind": "piece",
                "executable": bool(state.st_mode & 0o100),
                "full": room.f_bavail == 0,  # what was written until then may lack its end
            }
            left, first = state.st_size, True
            while True:
                piece = file.read(min(left, _PIECE_BYTES))
                left -= len(piece)
                last = left <= 0 or not piece
                send({**about, "first": first, "last": last}, piece)
                first = False
                if last:
                    break
        self.known[path] = _mark(state)

    def _refuse(self, send: Send, path: str, why: str) -> None:
        if path not in self._told:
            self._told.add(path)
            send({"place": self.name, "path": path, "kind": "refused", "why": why}, b"")

    def _walk(self) -> Iterator[tuple[str, os.stat_result]]:
        pending, n_seen = [""], 0
        while pending:
            folder = pending.pop()
            try:
                entries = sorted(os.scandir(f"{self.root}/{folder}"), key=lambda entry: entry.name)
            except OSError:
                continue
            for entry in entries:
                n_seen += 1
                if n_seen > _LONGEST_WALK:
                    return
                path = f"{folder}/{entry.name}" if folder else entry.name
                try:
                    state = entry.stat(follow_symlinks=False)
                except OSError:
                    continue
                if stat.S_ISDIR(state.st_mode):
                    pending.append(path)
                else:
                    yield path, state


class Files:
    """One per kernel process. `begin` before each cell, `hand_over` after it."""

    def __init__(self) -> None:
        self._seed = os.environ.get(SEED)
        self._places = [
            Place(name, root) for name, variable in (("work", WORK), ("out", OUT)) if (root := os.environ.get(variable))
        ]

    def begin(self) -> None:
        """Make /work from the seed, once; not at the process's start: a spare may wait while the seed changes."""
        seed, self._seed = self._seed, None
        if not seed:
            return
        for place in self._places:
            if place.name == "work":
                try:
                    _fill(Path(seed), Path(place.root))
                except OSError as error:
                    sys.stderr.write(f"the work folder could not be copied whole: {error}\n")
                place.learn()

    def hand_over(self, send: Send) -> None:
        """Send all that changed; an interrupt ends it, and the next cell's end goes on."""
        try:
            for place in self._places:
                place.hand_over(send)
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  the cell is over; this must not change its outcome
            send({"place": "out", "path": "", "kind": "refused", "why": f"{type(error).__name__}: {error}"}, b"")


def _fill(seed: Path, work: Path) -> None:
    for part in ("base", "now"):
        for folder, _, names in os.walk(seed / part):
            target = work / os.path.relpath(folder, seed / part)
            _make_folder(target)
            for name in names:
                _copy(f"{folder}/{name}", target / name)
    for path in json.loads((seed / "deleted").read_bytes()):
        place = work / path
        if place.is_file():
            place.unlink()
            for parent in place.parents:  # a folder that only held deleted files is gone as well
                if parent == work or any(parent.iterdir()):
                    break
                parent.rmdir()


def _make_folder(path: Path) -> None:
    if path.is_file():  # what was a file is a folder now
        path.unlink()
    path.mkdir(parents=True, exist_ok=True)


def _copy(source: str, target: Path) -> None:
    if target.is_dir():  # what was a folder is a file now
        shutil.rmtree(target)
    shutil.copy2(source, target)
    target.chmod(target.stat().st_mode | 0o600)


def _is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _mark(state: os.stat_result) -> _Mark:
    return state.st_size, state.st_mtime_ns, state.st_ino, state.st_mode
