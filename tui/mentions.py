"""`@file` in a question: which file is meant, and how the question's programs get it.

A file of the work folder is named by its place at /work. Every other one is attached, as `ask --attach` does it: short
text stands in the question, the rest is copied to where programs find it.
"""

from __future__ import annotations

import filecmp
import re
from dataclasses import dataclass
from pathlib import Path

from tui.attachments import Attachment, attach, put

_MENTION = re.compile(r'(?:^|(?<=\s))@(?:"([^"\n]+)"|([^\s@"]+))')
_AFTER = ".,;:!?)"
"""What ends a sentence is no part of the name before it."""


@dataclass(frozen=True)
class Shown:
    """The folders that programs of a session see at /work: the person's, or what was attached so far."""

    work: Path | None = None
    attached: Path | None = None


@dataclass(frozen=True)
class Taken:
    """A question as it is asked, the files that must be copied to /work before, and what the person is told of it."""

    question: str
    files: tuple[Attachment, ...] = ()
    notes: tuple[str, ...] = ()

    def put(self, folder: Path) -> None:
        """Copy the files. Blocking. Raises OSError."""
        if self.files:
            put(self.files, folder)


def mentions_files(question: str) -> bool:
    """Whether there may be one."""
    return _MENTION.search(question) is not None


def take(question: str, shown: Shown, here: Path) -> Taken:
    """Find the files. Blocking. `here`: names are looked up there, after the work folder.

    Raises:
        UsageProblem: a file cannot be attached.
    """
    found: dict[Path, str] = {}
    notes: list[str] = []

    def place(mention: re.Match[str]) -> str:
        for name in _names(mention):
            rest = mention[0].removeprefix(f"@{name}") if mention[2] else ""
            if shown.work is not None and beneath(shown.work, name) is not None:
                return f"/work/{name}{rest}"
            path = looked_up(name, here)
            if path is not None and path.is_file():
                found[path.resolve()] = path.name
                return f"{path.name}{rest}"
            if path is not None and path.is_dir():
                notes.append(f"@{name} is a folder: `toolcoder --work-folder {name}` shows one to the programs")
                return mention[0]
        if mention[1] or "." in mention[2].strip(_AFTER) or "/" in mention[2]:
            where = f" in {shown.work} or" if shown.work is not None else ""
            notes.append(f"{mention[0].rstrip(_AFTER)} is no file{where} in {here}: the question has it as it stands")
        return mention[0]

    text = _MENTION.sub(place, question)
    text, files = attach(text, list(found), shown.work, shown.attached)
    held = {file.path: file.name for file in files}
    for path, name in found.items():
        where = f"programs find it at /work/{held[path]}" if path in held else "its text goes along with the question"
        notes.append(f"attached {name}: {where}")
    there = shown.attached
    new = tuple(f for f in files if there is None or not _is_same(f.path, there / f.name))
    return Taken(text, new, tuple(notes))


def looked_up(name: str, here: Path) -> Path | None:
    """The path that a person means by a name, from where they are; None where it is none."""
    try:
        path = here / Path(name).expanduser()
        path.stat()
    except (OSError, ValueError, RuntimeError):  # a null byte, a home that nobody has
        return None
    return path


def beneath(folder: Path, path: str) -> Path | None:
    """The path in the folder; None where it is none, leads out of it, or goes through a link."""
    if path.startswith("/") or ".." in path.split("/") or "\0" in path:
        return None
    place = folder / path
    try:
        real = place.resolve(strict=True)
        return place if real == folder.resolve() / path or path == "." else None
    except (OSError, ValueError):
        return None


def _names(mention: re.Match[str]) -> tuple[str, ...]:
    """As it stands, and without what ends a sentence."""
    if mention[1]:
        return (mention[1],)
    short = mention[2].rstrip(_AFTER)
    return tuple(name for name in dict.fromkeys((mention[2], short)) if name)


def _is_same(path: Path, there: Path) -> bool:
    return there.is_file() and filecmp.cmp(path, there, shallow=False)
