"""Finding a session by words of its questions, answers, programs or name. Reads the logs as they lie: no index."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from agent.errors import SessionLogError
from agent.log.reader import SessionSummary, list_sessions, texts

_AROUND_CHARS = 60

Where = Literal["question", "answer", "program", "name"]


@dataclass(frozen=True)
class Hit:
    """A session that has all the words. `where` is the kind of the text that has the most of them, `excerpt` the line
    around the first one there."""

    session: SessionSummary
    where: Where
    excerpt: str


def search(folder: Path, query: str) -> Iterator[Hit]:
    """The sessions in which every word of `query` occurs (in any of their texts, whatever the case), newest first."""
    words = query.casefold().split()
    if not words:
        return
    for summary in list_sessions(folder):
        if hit := _hit(summary, words):
            yield hit


def _hit(summary: SessionSummary, words: list[str]) -> Hit | None:
    missing = set(words)
    best: tuple[int, Where, str] | None = None
    try:
        for kind, text in texts(summary.path):
            folded = text.casefold()
            found = {word for word in words if word in folded}
            if found and (best is None or len(found) > best[0]):
                best = len(found), kind, _excerpt(text, folded, min(folded.index(word) for word in found))
            missing -= found
    except SessionLogError:
        return None
    return Hit(summary, best[1], best[2]) if best and not missing else None


def _excerpt(text: str, folded: str, at: int) -> str:
    if len(folded) != len(text):  # folding changed lengths: the place is only about right
        at = min(at, len(text))
    start = max(0, at - _AROUND_CHARS)
    shown = " ".join(text[start : at + 2 * _AROUND_CHARS].split())
    return f"{'…' if start else ''}{shown}{'…' if at + 2 * _AROUND_CHARS < len(text) else ''}"
