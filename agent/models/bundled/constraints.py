"""Which token may come next, from what the model was given and nothing else.

The answering call keeps to the signature declared above it. A string of it is a span of the question, a number there a
number of the question, a field one of the documented fields, a tool one of the declared tools. Everything else is the
model's own choice.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from agent.models.bundled.call_line import Signature, fits, read_signature, repeats_a_parameter
from agent.prompts.compact_pointers import is_call_line, number_text, quoted_spans
from agent.prompts.compact_tokens import FIRST_POINTER, N_SPECIALS, CompactTokenizer

_CALLED = re.compile(r"(?<![\w.])([A-Za-z_]\w*)$")
_VALUE = re.compile(r"(?:= |\breturn |\bin )([A-Za-z_]\w*)$")
"""A name where a value begins, at the end of an unfinished line: a tool's, or one that was written before."""
_NAME = re.compile(r"[A-Za-z_]\w*")
_WORDS = frozenset({"not", "None", "True", "False", "lambda", "f"})
_DEFINED = re.compile(r"\bdef (\w+)\(")
_BUILTINS = frozenset(
    "len max min sum round sorted set list dict tuple any all abs int float str range enumerate zip reversed map "
    "filter print next iter bool".split()
)


class Constraint:
    """Follows one completion; `allows` judges a token, `note` tells what was chosen."""

    def __init__(self, tokenizer: CompactTokenizer, tag: str, header: str, words: Sequence[str], prompt: str) -> None:
        self._piece = tokenizer.piece
        self._words = words
        self._quoted = quoted_spans(list(words))
        self._tag = tag
        lines = header.splitlines()
        tools = {line.split("(")[0] for line in lines if "(" in line}
        self._fields = {field for line in lines if "(" not in line for field in line.split()[1:]}
        self._written = set(_NAME.findall(prompt.partition("<scaffold>")[2])) | _WORDS
        self._callable = tools | _BUILTINS | set(_DEFINED.findall(prompt))
        self._text = ""
        self._open_span: int | None = None
        self._taken: set[int] = set()
        """Words that strings of the call already stand for."""

    @property
    def _line(self) -> str:
        return self._text.rpartition("\n")[2]

    def _signature(self) -> Signature | None:
        return read_signature(self._text.partition("\n")[0])

    def _in_call(self) -> bool:
        return self._tag == "scaffold" and is_call_line(self._line)

    def allows(self, token: int) -> bool:
        if FIRST_POINTER <= token < N_SPECIALS:
            return self._allows_pointer(token - FIRST_POINTER)
        if self._open_span is not None:
            return False
        signature = self._signature() if self._tag == "scaffold" else None
        if token < FIRST_POINTER:
            return signature is None or (self._line.endswith(")") and fits(self._line, signature))
        piece = self._piece(token)
        begun = bool(self._line) or self._text.endswith('"""\n')
        if signature is not None and begun and is_call_line(self._line + piece):
            return fits(self._line + piece, signature)
        if self._tag == "scaffold" and piece.startswith(":"):
            return not repeats_a_parameter(self._line + piece)
        if self._field_begun() is not None:
            return self._allows_field(piece)
        if self._tag in ("select", "implement", "review"):
            return self._allows_call() if piece.startswith("(") else self._allows_value(self._line + piece)
        return True

    def note(self, token: int) -> None:
        if FIRST_POINTER <= token < N_SPECIALS:
            at = token - FIRST_POINTER
            if self._open_span is not None:
                self._taken.update(range(self._open_span, at + 1))
                self._open_span = None
                self._text += "0"
            elif self._text.endswith('"'):
                self._open_span = at
            else:
                self._text += "0"
        else:
            self._text += self._piece(token)

    def _allows_pointer(self, at: int) -> bool:
        if at >= len(self._words) or not self._in_call():
            return False
        if not self._keeps_quotes_whole(at):
            return False
        if self._open_span is not None:
            return self._open_span <= at < self._open_span + 14 and self._taken.isdisjoint(
                range(self._open_span, at + 1)
            )
        if self._text.endswith('"'):
            return at not in self._taken
        signature = self._signature()
        is_number = number_text(self._words[at]) is not None
        return is_number and (signature is None or fits(self._line + "0", signature))

    def _keeps_quotes_whole(self, at: int) -> bool:
        """Whether a span's first or last word leaves what stands between quotes in one piece."""
        begun = self._open_span
        if begun is None and not self._text.endswith('"'):
            return True  # a number
        for first, last in self._quoted:
            if begun is None and first < at <= last:
                return False
            if begun is not None and ((begun == first and at != last) or first <= at < last):
                return False
        return True

    def _field_begun(self) -> str | None:
        """What is written of a field's name after `["`, or None outside one."""
        if self._tag not in ("select", "implement", "review"):
            return None
        _, opened, begun = self._line.rpartition('["')
        return begun if opened and '"' not in begun else None

    def _allows_field(self, piece: str) -> bool:
        begun = self._field_begun() or ""
        if piece.startswith('"'):
            return begun in self._fields
        return any(field.startswith(begun + piece) for field in self._fields)

    def _allows_value(self, line: str) -> bool:
        found = _VALUE.search(line)
        if found is None:
            return True
        names = self._callable | self._written | set(_NAME.findall(self._text))
        return any(name.startswith(found[1]) for name in names)

    def _allows_call(self) -> bool:
        found = _CALLED.search(self._line)
        if found is None or self._line.lstrip().startswith("def "):
            return True
        return found[1] in self._callable or found[1] in _DEFINED.findall(self._text)
