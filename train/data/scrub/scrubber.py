"""Scrubbing texts, JSON values and rows; counts of what was found."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from agent.log.redact import REDACTED, Redactor
from train.data.scrub.pseudonyms import Pseudonyms
from train.data.scrub.rules import RULES, Rule
from train.rows import Call, Called, CallsRow, CodeRow, Row, Said

_MIN_NAME_CHARS = 3
_NO_NAMES = frozenset(
    "root user admin test guest app ubuntu runner home localhost none nobody www data host server".split()
)
_PHONE_KEY = re.compile(r"(?:phone|telephone|tel|mobile|cell|fax|whatsapp)(?:[ _-]?(?:number|no|nr))?", re.IGNORECASE)
_LONG_INT = 10**12
_N_LINES = 20_000


class Scrubber:
    """One for a whole dataset: the same datum becomes the same pseudonym in every row of it.

    `names`: of the person and the machine, wherever they stand as words. `secrets`: values that are known. `personal`
    False: secrets are taken out, personal data stay.
    """

    def __init__(
        self,
        key: bytes,
        names: Iterable[str] = (),
        secrets: Callable[[], Iterable[str]] | None = None,
        *,
        personal: bool = True,
    ) -> None:
        self.counts: Counter[str] = Counter()
        self._lines: dict[str, tuple[str, Counter[str]]] = {}
        self._pseudonyms = Pseudonyms(key)
        self._redactor = Redactor(secrets)
        self._personal = personal
        known = {n for n in names if len(n) >= _MIN_NAME_CHARS and n.lower() not in _NO_NAMES}
        longest_first = sorted(known, key=len, reverse=True)
        self._names = (
            re.compile(rf"(?<![\w@])(?:{'|'.join(map(re.escape, longest_first))})(?!\w)", re.IGNORECASE)
            if known
            else None
        )

    def text(self, text: str) -> str:
        """`text` without secrets and personal data; applying it again changes nothing."""
        clean = self._redactor.text(text)
        if clean != text:
            self.counts["secrets"] += clean.count(REDACTED) - text.count(REDACTED)
        return "\n".join(map(self._line, clean.split("\n"))) if self._personal else clean

    def _line(self, line: str) -> str:
        """One line: nothing personal spans two. Most lines of prompts (tools, instructions) come again and again."""
        known = self._lines.get(line)
        if known is None:
            before = self.counts.copy()
            clean = self._without_personal(line)
            known = clean, self.counts - before
            if len(self._lines) >= _N_LINES:
                self._lines.clear()
            self._lines[line] = known
        elif known[1]:
            self.counts.update(known[1])
        return known[0]

    def _without_personal(self, line: str) -> str:
        for rule in RULES:
            if rule.may_be(line):
                line = rule.pattern.sub(partial(self._replaced, rule), line)
        return line if self._names is None else self._names.sub(self._named, line)

    def _replaced(self, rule: Rule, match: re.Match[str]) -> str:
        replacement = rule.replace(match, self._pseudonyms)
        if replacement != match[0]:
            self.counts[rule.kind] += 1
        return replacement

    def _named(self, match: re.Match[str]) -> str:
        self.counts["own names"] += 1
        return self._pseudonyms.name(match[0])

    def value(self, value: Any, key: str = "") -> Any:
        """A JSON value with every string scrubbed, keys too; whole numbers that are card numbers as well.

        `key`: the field's name, which may say that it is a telephone number.
        """
        match value:
            case str():
                if self._personal and _PHONE_KEY.fullmatch(key):
                    return self.text(f"{key}: {value}")[len(key) + 2 :]
                return self.text(value)
            case bool():
                return value
            case int() if value >= _LONG_INT:
                return int(self.text(str(value)))
            case Mapping():
                return {self.text(str(k)): self.value(item, str(k)) for k, item in value.items()}
            case list() | tuple():
                return [self.value(item, key) for item in value]
            case _:
                return value

    def row(self, row: Row) -> Row:
        """The row with all its texts scrubbed; its tools' documentation is nobody's and stays."""
        if isinstance(row, CodeRow):
            messages = tuple((role, self.text(content)) for role, content in row.messages)
            return replace(row, messages=messages, completion=self.text(row.completion))
        return self._calls_row(row)

    def _calls_row(self, row: CallsRow) -> CallsRow:
        return replace(row, turns=tuple(self._turn(turn) for turn in row.turns))

    def _turn(self, turn: Said | Called) -> Said | Called:
        if isinstance(turn, Said):
            return replace(turn, text=self.text(turn.text))
        return replace(turn, calls=tuple(map(self._call, turn.calls)), thought=self.text(turn.thought))

    def _call(self, call: Call) -> Call:
        return replace(call, args=self.value(call.args))
