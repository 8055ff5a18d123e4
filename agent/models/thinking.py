"""Keeps a model's reasoning (`<think>...</think>`) apart from its answer while the text streams in.

Who uses it: every `Model` whose server may leave the tags in the text. The result does not depend on how the text was
cut into chunks. Both `<think>` and `<thinking>` are read; an unclosed block is thinking to the end.

The hard case is a template that opens the block inside the prompt, so that the answer starts with bare reasoning and
only a `</think>` tells. Until then nothing distinguishes it from an answer, so the splitter must know or wait (`Lead`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum

from agent.models.base import TextDelta, ThinkingDelta

_TAG = re.compile(r"<(/?)think(?:ing)?>")
_TAGS = ("<think>", "</think>", "<thinking>", "</thinking>")


class Lead(Enum):
    """What the first characters of a completion are taken for."""

    TEXT = "text"
    """An answer: streams at once. An unopened `</think>` later is dropped and reported by `unopened_close`."""
    THINKING = "thinking"
    """Reasoning: the prompt is known to end in an open `<think>`."""
    UNKNOWN = "unknown"
    """Not known: held back until a tag, or the end, decides."""


class ThinkSplitter:
    """Feed it chunks, pass on what comes back, and `flush()` at the end."""

    def __init__(self, lead: Lead = Lead.UNKNOWN) -> None:
        self.unopened_close = False
        """A `</think>` came before any `<think>`: completions of this model start inside the block."""
        self._held = ""
        self._scan_from = 0
        self._undecided = lead is not Lead.THINKING
        self._hold_lead = lead is Lead.UNKNOWN
        self._in_thinking = lead is Lead.THINKING
        self._seen_tag = lead is Lead.THINKING

    def feed(self, chunk: str) -> list[TextDelta | ThinkingDelta]:
        self._held += chunk
        return [delta for delta in self._take() if delta.text]

    def flush(self) -> list[TextDelta | ThinkingDelta]:
        """What is still held back, as the kind that it turned out to be."""
        rest, self._held = self._held, ""
        if not rest:
            return []
        return [ThinkingDelta(rest) if self._in_thinking else TextDelta(rest)]

    def _take(self) -> Iterator[TextDelta | ThinkingDelta]:
        while self._held:
            if self._undecided and not self._hold_lead and not self._decide_text():
                return
            match = self._next_tag()
            if match is None:
                if self._undecided:
                    self._scan_from = max(0, len(self._held) - len(_TAGS[-1]))
                else:
                    keep = _n_unfinished_tag(self._held)
                    yield self._as_kind(self._held[: len(self._held) - keep])
                    self._held = self._held[len(self._held) - keep :]
                return
            before, closes = self._held[: match.start()], bool(match.group(1))
            if closes and not self._seen_tag:
                self.unopened_close = True
            yield ThinkingDelta(before) if self._undecided and closes else self._as_kind(before)
            self._held, self._scan_from = self._held[match.end() :], 0
            self._in_thinking, self._undecided, self._seen_tag = not closes, False, True

    def _decide_text(self) -> bool:
        """With `Lead.TEXT`: whether enough has come to tell a tag at the very start from an answer."""
        start = self._held.lstrip()
        if not start or any(tag.startswith(start) and tag != start for tag in _TAGS):
            return False
        if _TAG.match(start) is None:
            self._undecided = False
        return True

    def _next_tag(self) -> re.Match[str] | None:
        """The next tag that means something here: a second `<think>` inside a block, or a stray close, is text."""
        for match in _TAG.finditer(self._held, self._scan_from):
            closes = bool(match.group(1))
            if closes == self._in_thinking or (closes and not self._seen_tag):
                return match
        return None

    def _as_kind(self, text: str) -> TextDelta | ThinkingDelta:
        return ThinkingDelta(text) if self._in_thinking else TextDelta(text)


def _n_unfinished_tag(text: str) -> int:
    """Characters at the end of `text` that may be the start of a tag."""
    start = text.rfind("<")
    if start < 0:
        return 0
    tail = text[start:]
    return len(tail) if any(tag.startswith(tail) and tag != tail for tag in _TAGS) else 0


def split_thinking(text: str) -> tuple[str, str]:
    """A whole completion's `(thinking, text)`."""
    splitter = ThinkSplitter()
    deltas = [*splitter.feed(text), *splitter.flush()]
    thinking = "".join(delta.text for delta in deltas if isinstance(delta, ThinkingDelta))
    return thinking, "".join(delta.text for delta in deltas if isinstance(delta, TextDelta))
