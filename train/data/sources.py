"""What is given to `train data`: files and folders, and what each file is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from train.formats import atif, chat_messages, rotbench, session_log, toolalpaca
from train.formats.imported import task_of
from train.formats.problems import OnProblem, Problem
from train.formats.session_log import Chosen
from train.formats.task import Task
from train.rows import CallsRow

Kind = Literal["session", "atif", "chat", "rotbench", "toolalpaca"]
KINDS: tuple[Kind, ...] = get_args(Kind)
_HEAD_BYTES = 64 * 1024


@dataclass(frozen=True)
class Source:
    """One file and how to read it."""

    path: Path
    kind: Kind
    n_bytes: int


def find(paths: Sequence[Path], kind: Kind | None, on_problem: OnProblem) -> list[Source]:
    """The files to read, newest sessions first. Of a folder all `.json` and `.jsonl` in it, but not what lies in the
    folders `<session>.d` beside logs. `kind` None: each file's own, by how it begins."""
    found = []
    for path in paths:
        if not path.exists():
            on_problem(Problem(path, 0, "there is no such file or folder"))
            continue
        for file in _files(path) if path.is_dir() else [path]:
            looked = kind or kind_of(file, on_problem)
            if looked is not None:
                found.append(Source(file, looked, file.stat().st_size))
    return found


def _files(folder: Path) -> Iterator[Path]:
    """In reverse order of their names, which begin with the time where they are sessions."""
    for path in sorted(folder.rglob("*"), reverse=True):
        beside_logs = any(parent.suffix == ".d" for parent in path.relative_to(folder).parents)
        if path.suffix in (".json", ".jsonl") and path.is_file() and not beside_logs and not path.name.startswith("."):
            yield path


def kind_of(path: Path, on_problem: OnProblem) -> Kind | None:
    """What the file is, by its beginning; None and a problem where it is nothing of ours."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError as error:
        on_problem(Problem(path, 0, error.strerror or str(error)))
        return None
    if not head.strip():
        on_problem(Problem(path, 0, "the file is empty"))
        return None
    if b"\0" in head:
        on_problem(Problem(path, 0, "a binary file"))
        return None
    text = head.decode("utf-8-sig", "replace")
    first = text.split("\n", 1)[0]
    try:
        keys = set(json.loads(first))
    except (ValueError, RecursionError, TypeError):
        keys = set()
    if {"schema", "session"} <= keys or (path.suffix == ".jsonl" and re.match(r'\s*\{"schema"\s*:\s*\d+', text)):
        return "session"
    kind = _by_words(text)
    if kind is None:
        on_problem(Problem(path, 1, "neither a session log nor ATIF, chat messages, RoTBench or ToolAlpaca"))
    return kind


def _by_words(text: str) -> Kind | None:
    if re.search(r'"schema_version"\s*:\s*"ATIF', text):
        return "atif"
    if '"scenario"' in text and '"conversations"' in text:
        return "rotbench"
    if '"Instances"' in text or '"NLDocumentation"' in text or '"Function_Description"' in text:
        return "toolalpaca"
    if re.search(r'"(?:messages|conversations)"\s*:\s*\[', text):
        return "chat"
    return None


def tasks(source: Source, on_problem: OnProblem, chosen: Chosen) -> Iterator[Task]:
    """All tasks of one file. What cannot be read is reported and nothing else is lost."""
    match source.kind:
        case "session":
            yield from session_log.load(source.path, on_problem, chosen)
        case "atif":
            yield from atif.load(source.path, on_problem)
        case "chat":
            yield from chat_messages.load(source.path, on_problem)
        case "rotbench":
            yield from _of_rows(rotbench.load(source.path, on_problem), "RoTBench")
        case "toolalpaca":
            yield from _of_rows(toolalpaca.load(source.path, on_problem), "ToolAlpaca")


def _of_rows(rows: Iterator[CallsRow], source: str) -> Iterator[Task]:
    for row in rows:
        yield task_of(row, source)
