"""The items of a JSON array, or of JSON Lines, one by one with the line each begins on.

A file that was cut off gives all its whole items and one problem, where `json.load` would give none of them. It is read
in pieces: of a file of gigabytes one item at a time is in memory.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from train.formats.json_text import NOT_TEXT, JsonText
from train.formats.problems import OnProblem, Problem

_SPACE = re.compile(r"[\s,]*")
_LARGEST = 1 << 28
"""Characters of one item. What goes on longer than this is no item but a quote or a brace that is missing."""
_AT_THE_END = 16
"""An error so near the end of what was read may be an item that goes on: an escape, a number, a literal."""


def json_items(path: Path, on_problem: OnProblem) -> Iterator[tuple[int, Any]]:
    """Each item of the file's array, or each line's value, as (line, value); lines count from 1.

    What is no JSON is reported and skipped: to the next line that begins as the items before did, equally indented.
    """
    try:
        with JsonText(path) as text:
            yield from _Items(path, text, on_problem).items()
    except OSError as error:
        on_problem(Problem(path, 0, error.strerror or str(error)))


class _Items:
    def __init__(self, path: Path, text: JsonText, on_problem: OnProblem) -> None:
        self._path, self._text, self._on_problem = path, text, on_problem
        self._begin = re.compile(r"\n[ \t]*(?=[{\"])")
        self._decoder = json.JSONDecoder()

    def items(self) -> Iterator[tuple[int, Any]]:
        text = self._text
        if not text.skip(_SPACE):
            self._tell("the file is empty", line=0)
            return
        is_array = text.text[text.at] == "["
        text.go(text.at + is_array)
        is_first = True
        while text.skip(_SPACE):
            if is_array and text.text[text.at] == "]":
                text.go(text.at + 1)
                if text.skip(re.compile(r"\s*")):
                    self._tell("there is more after the end of the array; it is not read")
                return
            line, indent = text.line, self._indent()
            begun = text.n_used
            value, problem = self._value()
            is_passed = text.n_used > begun
            if problem and not is_passed and is_first and NOT_TEXT.search(text.text):
                self._tell("no text in UTF-8: is it a compressed or binary file?", line=0)
                return
            is_first = False
            if problem:
                self._tell(problem, line)
                if not is_passed and not self._to_next():
                    return
                continue
            if indent is not None and (line > 1 or not is_array):
                self._begin = re.compile(rf"\n{re.escape(indent)}(?=[{{\"])")
            yield line, value
        if is_array:
            self._tell("the array does not end: the file was cut off")

    def _value(self) -> tuple[Any, str]:
        """The item that begins here, passed over; or what is wrong with it: where it is no JSON, we stay."""
        text = self._text
        while True:
            try:
                value, end = self._decoder.raw_decode(text.text, text.at)
            except json.JSONDecodeError as error:
                if self._may_go_on(error) and text.more():
                    continue
                return None, f"no JSON: {error.msg}"
            except RecursionError:
                return None, "no JSON: nested too deeply"
            if end == len(text.text) and text.more():  # a number may go on
                continue
            is_text = text.text.isascii() or not NOT_TEXT.search(text.text, text.at, end)
            text.go(end)
            return (value, "") if is_text else (None, "bytes in it are no text in UTF-8")

    def _may_go_on(self, error: json.JSONDecodeError) -> bool:
        """Whether more of the file may make this an item. A string that does not end has no line break in it."""
        n_left = len(self._text.text) - error.pos
        return (n_left <= _AT_THE_END or error.msg.startswith("Unterminated")) and (
            len(self._text.text) - self._text.at < _LARGEST
        )

    def _indent(self) -> str | None:
        """What stands before the item on its line; None where that is more than space, or was let go."""
        text, at = self._text.text, self._text.at
        begun = text.rfind("\n", 0, at)
        indent = text[begun + 1 : at]
        return indent if (begun >= 0 or self._text.line == 1) and not indent.strip() else None

    def _to_next(self) -> bool:
        """Pass over what cannot be read; False where nothing is behind it."""
        text = self._text
        text.go(text.at + 1)
        while True:
            if found := self._begin.search(text.text, text.at):
                text.go(found.end())
                return True
            last = text.text.rfind("\n", text.at)  # the space of a line may be cut by the end of what was read
            text.go(last if last >= 0 else len(text.text))
            if not text.more():
                return False

    def _tell(self, why: str, line: int | None = None) -> None:
        self._on_problem(Problem(self._path, self._text.line if line is None else line, why))
