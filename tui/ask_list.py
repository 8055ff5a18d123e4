"""The questions of `ask --file LIST`: one per line, or JSON Lines with `question` and, where wanted, `id` and more.

Read whole and checked before the first is asked: a mistake in line 900 must not cost an hour.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tui.failures import UsageProblem
from tui.question import LIMIT_BYTES

_ID_CHARS = 200
RESULT_KEYS = frozenset({"question_sha256", "status", "answer", "error", "session", "usage", "timings", "tool_calls"})
"""Keys of a result that a list cannot use for itself."""


@dataclass(frozen=True)
class Listed:
    """One question of the list. `more`: the other fields of its line, handed through to its result."""

    id: str
    question: str
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sha256(self) -> str:
        """Of the question: with the id it says whether a result is this question's."""
        return hashlib.sha256(self.question.encode()).hexdigest()[:16]

    @property
    def file_name(self) -> str:
        """The id as the name of a folder, whatever stands in it."""
        safe = re.sub(r"[^\w\-+=@. ]", "_", self.id).strip(". ")
        return safe[:100] or self.sha256

    @property
    def key(self) -> tuple[str, str]:
        return self.id, self.sha256


def read_list(path: Path) -> list[Listed]:
    """All questions, in order; `-` reads stdin. A plain line's id is made of its text, so that lines may be added.

    Raises:
        UsageProblem: it cannot be read, a line is none, two have the same id, or there is none at all.
    """
    name = "stdin" if str(path) == "-" else str(path)
    try:
        raw = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise UsageProblem(f"--file {name} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise UsageProblem(
            f"--file {name} is not UTF-8 text (byte {error.start + 1})",
            "convert it first, as with: iconv -f latin1 -t utf-8",
        ) from None
    listed = list(_items(name, text.split("\n")))
    if not listed:
        raise UsageProblem(f"--file {name} has no question", "write one question per line, or JSON Lines")
    _check_ids(name, listed)
    return listed


def _items(name: str, lines: Sequence[str]) -> Iterator[Listed]:
    seen = Counter[str]()
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if not text:
            continue
        item = _from_json(name, number, text) if text.startswith("{") else Listed("", text)
        if len(item.question.encode()) > LIMIT_BYTES:
            raise UsageProblem(f"--file {name}, line {number}: the question has more than {LIMIT_BYTES:,} bytes")
        if not item.id:  # the same line twice is asked twice
            seen[item.sha256] += 1
            again = f"-{seen[item.sha256]}" if seen[item.sha256] > 1 else ""
            item = Listed(item.sha256 + again, item.question, item.more)
        yield item


def _from_json(name: str, number: int, text: str) -> Listed:
    where = f"--file {name}, line {number}"
    try:
        row = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageProblem(f"{where} begins like JSON and is none: {error}") from None
    question = row.get("question")
    if not isinstance(question, str) or not question.strip():
        raise UsageProblem(f"{where} has no question", 'as in {"id": "q1", "question": "How many films ...?"}')
    own_id = row.get("id", "")
    if isinstance(own_id, bool) or not isinstance(own_id, str | int) or len(str(own_id)) > _ID_CHARS:
        raise UsageProblem(f"{where}: its id is neither a short text nor a number")
    more = {key: value for key, value in row.items() if key not in ("id", "question")}
    if clash := RESULT_KEYS & more.keys():
        raise UsageProblem(
            f"{where}: {', '.join(sorted(clash))} would be overwritten by the result", "give that field another name"
        )
    return Listed(str(own_id), question.strip(), more)


def _check_ids(name: str, listed: Sequence[Listed]) -> None:
    twice = [each for each, n in Counter(item.id for item in listed).items() if n > 1]
    if twice:
        raise UsageProblem(f"--file {name}: several questions have the id {twice[0]!r}", "give each its own")
