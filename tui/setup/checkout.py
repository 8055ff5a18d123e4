"""Where things are in this checkout, and the notes that setting up leaves for its next run."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tui.setup.steps import say


@dataclass(frozen=True)
class Checkout:
    """`root` holds pyproject.toml. Notes live in `.venv`, so that removing it forgets them too."""

    root: Path

    @classmethod
    def here(cls) -> Checkout:
        return cls(Path(__file__).resolve().parents[2])

    @property
    def venv(self) -> Path:
        return self.root / ".venv"

    @property
    def venv_python(self) -> Path:
        return self.venv / "bin" / "python"

    @property
    def log_path(self) -> Path:
        return self.root / ".build" / "setup.log"

    def note(self, name: str) -> dict[str, Any]:
        """What the step `name` noted when it last ended well; empty when it never did or the note is damaged."""
        try:
            found = json.loads(self._note_path(name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def write_note(self, name: str, content: dict[str, Any]) -> None:
        """Note that the step `name` is done, all or nothing."""
        path = self._note_path(name)
        scratch = path.with_suffix(".new")
        scratch.write_text(json.dumps(content), encoding="utf-8")
        scratch.replace(path)

    def forget_note(self, name: str) -> None:
        self._note_path(name).unlink(missing_ok=True)

    def _note_path(self, name: str) -> Path:
        return self.venv / f"toolcoder-{name}.json"


def fingerprint(paths: Iterable[Path], *also: str) -> str:
    """A hash of the names and contents of `paths` (folders: all their files) and of the strings in `also`."""
    total = hashlib.sha256()
    for path in paths:
        inside = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
        for file in sorted(inside):
            if "__pycache__" not in file.parts:
                total.update(f"{file.name}\0{file.stat().st_size}\0".encode())
                total.update(file.read_bytes())
    for text in also:
        total.update(f"{text}\0".encode())
    return total.hexdigest()


def state_home() -> Path:
    """The folder of `agent.home.state_home`, which cannot be asked before its library is installed (Linux alone)."""
    if named := os.environ.get("TOOLCODER_HOME", "").strip():
        return Path(named).expanduser().absolute()
    state = os.environ.get("XDG_STATE_HOME", "").strip()
    return (Path(state) if state else Path.home() / ".local" / "state") / "toolcoder"


@contextmanager
def only_one(checkout: Checkout) -> Iterator[None]:
    """Two `make` at once (two terminals) set up one after the other."""
    path = checkout.root / ".build" / "setup.lock"
    path.parent.mkdir(exist_ok=True)
    with path.open("w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another `make` is setting up this checkout; waiting for it.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
