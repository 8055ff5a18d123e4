"""A session's name, given by a person: a record of its log, so that it goes where the log goes. The last one counts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from agent.events import Event
from agent.log.writer import SessionLog

MAX_CHARS = 120


@dataclass(frozen=True)
class SessionNamed(Event):
    """A person named the session; '' takes the name away."""

    kind: ClassVar[str] = "named"
    name: str


def named(name: str) -> SessionNamed:
    """
    Raises:
        ValueError: the name is longer than `MAX_CHARS`.
    """
    line = " ".join(name.split())
    if len(line) > MAX_CHARS:
        raise ValueError(f"a name has at most {MAX_CHARS} characters; this one has {len(line)}")
    return SessionNamed(line)


def rename(path: Path, name: str) -> None:
    """Name the session whose log `path` is. The session that is open in this process is named through its own log.

    Raises:
        ValueError: the name is too long.
        SessionLogError: the log cannot be written, or another toolcoder has the session open.
    """
    event = named(name)
    with SessionLog(path.parent, path.stem) as log:
        log.claim()
        log.write(event)
