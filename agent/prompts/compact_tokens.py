"""Text of the compact prompts to token ids and back. The only place that knows the vocabulary's layout.

Ids: the tags, `<end>`, one id per pointer, then byte-level BPE. The pieces of a question carry a mark, the pointer of
their word, whose embedding the model adds to theirs; in call lines the pointers stand for literals (see
`compact_pointers`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from agent.prompts.compact import TAGS, parse
from agent.prompts.compact_pointers import (
    N_POINTERS,
    is_call_line,
    number_text,
    question_words,
    quoted,
    span_text,
    split_call,
)

if TYPE_CHECKING:
    from tokenizers import Tokenizer

SPECIALS = (*(f"<{tag}>" for tag in TAGS), "<end>", *(f"<w{i}>" for i in range(N_POINTERS)))
END = len(TAGS)
FIRST_POINTER = len(TAGS) + 1
N_SPECIALS = len(SPECIALS)
PIECES = r" ?[A-Za-z_]+|\d| ?[^\sA-Za-z_\d]+\n? *|\s+"
"""How text is cut before BPE: identifiers and words whole, digits one by one, punctuation with the indent after it."""
_POINTED = frozenset({"scaffold", "implement", "review"})


@dataclass(frozen=True)
class Encoded:
    """Ids of a document, the mark of each (0 for none), and the question's words."""

    ids: list[int]
    marks: list[int]
    words: list[str]


def tag_id(tag: str) -> int:
    """The id of a tag; it also ends the section before it."""
    return TAGS.index(tag)


class CompactTokenizer:
    """Wraps a `tokenizers` file whose ids begin after the specials."""

    def __init__(self, file: Path) -> None:
        from tokenizers import Tokenizer

        self._bpe: Tokenizer = Tokenizer.from_file(str(file))
        self.n_vocabulary = N_SPECIALS + self._bpe.get_vocab_size()
        self._plain = lru_cache(maxsize=50_000)(self._encode_plain)

    def _encode_plain(self, text: str) -> tuple[int, ...]:
        return tuple(N_SPECIALS + i for i in self._bpe.encode(text).ids)

    def plain(self, text: str) -> list[int]:
        """Ids of a text without tags or pointers."""
        return list(self._plain(text))

    def question(self, question: str) -> tuple[list[int], list[int]]:
        """Ids and marks of a question's words."""
        ids: list[int] = []
        marks: list[int] = []
        for i, word in enumerate(question_words(question)):
            pieces = self._plain(" " + word)
            ids += pieces
            marks += [FIRST_POINTER + i] * len(pieces)
        return ids, marks

    def section(self, tag: str, text: str, words: list[str]) -> list[int]:
        """Ids of a section without its tag."""
        if tag == "question":
            return self.question(text)[0]
        if tag not in _POINTED:
            return self.plain(text)
        ids: list[int] = []
        pending = ""
        for i, line in enumerate(text.split("\n")):
            pending += "\n" if i else ""
            if not is_call_line(line):
                pending += line
                continue
            for part in split_call(line, words):
                if isinstance(part, str):
                    pending += part
                    continue
                ids += self.plain(pending)
                pending = ""
                ids += [FIRST_POINTER + at for at in (part.start, part.end) if at is not None]
        return ids + self.plain(pending) if pending else ids

    def document(self, text: str) -> Encoded:
        """A whole document."""
        ids: list[int] = []
        marks: list[int] = []
        words: list[str] = []
        for tag, body in parse(text):
            ids.append(tag_id(tag))
            if tag == "question":
                words = question_words(body)
                found, marked = self.question(body)
            else:
                found = self.section(tag, body, words) if body else []
                marked = [0] * len(found)
            ids += found
            marks += [0, *marked]
        return Encoded(ids, marks, words)

    def text(self, ids: list[int], words: list[str]) -> str:
        """A completion's text; pointers become what they stand for."""
        out = ""
        run: list[int] = []
        at = 0
        while at < len(ids):
            token = ids[at]
            at += 1
            if token >= N_SPECIALS:
                run.append(token - N_SPECIALS)
                continue
            out += self._bpe.decode(run) if run else ""
            run = []
            if token < FIRST_POINTER:
                break
            start = token - FIRST_POINTER
            if out.endswith('"') and at < len(ids) and FIRST_POINTER <= ids[at] < N_SPECIALS:
                out += quoted(span_text(words, start, ids[at] - FIRST_POINTER))[1:-1]
                at += 1
            elif start < len(words):
                out += number_text(words[start]) or "None"
        return out + (self._bpe.decode(run) if run else "")

    def piece(self, token: int) -> str:
        """What one id looks like, for displays and constraints."""
        return SPECIALS[token] if token < N_SPECIALS else self._bpe.decode([token - N_SPECIALS])
