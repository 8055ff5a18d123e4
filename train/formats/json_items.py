"""The items of a JSON array, or of JSON Lines, one by one with the line each begins on.

A file that was cut off gives all its whole items and one problem, where `json.load` would give none of them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from train.formats.problems import OnProblem, Problem

_SPACE = re.compile(r"[\s,]*")


def json_items(path: Path, on_problem: OnProblem) -> Iterator[tuple[int, Any]]:
    """Each item of the file's array, or each line's value, as (line, value); lines count from 1.

    What is no JSON is reported and skipped: to the next line that begins as the items before did, equally indented.
    """
    text = file_text(path, on_problem)
    if text is None:
        return
    at = _SPACE.match(text).end()  # type: ignore[union-attr]  # the pattern matches everywhere
    if at >= len(text):
        on_problem(Problem(path, 0, "the file is empty"))
        return
    is_array = text[at] == "["
    at += is_array
    yield from _values(text, at, is_array, path, on_problem)


def file_text(path: Path, on_problem: OnProblem) -> str | None:
    """The file's text, or None and a problem."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        on_problem(Problem(path, 0, f"no text in UTF-8 (byte {error.start}): is it a compressed or binary file?"))
    except OSError as error:
        on_problem(Problem(path, 0, error.strerror or str(error)))
    return None


def _values(text: str, at: int, is_array: bool, path: Path, on_problem: OnProblem) -> Iterator[tuple[int, Any]]:
    decoder = json.JSONDecoder()
    line, counted = 1, 0
    begin = re.compile(r"\n[ \t]*(?=[{\"])")
    while True:
        at = _SPACE.match(text, at).end()  # type: ignore[union-attr]
        line, counted = line + text.count("\n", counted, at), at
        if at >= len(text):
            if is_array:
                on_problem(Problem(path, line, "the array does not end: the file was cut off"))
            return
        if is_array and text[at] == "]":
            if text[at + 1 :].strip():
                on_problem(Problem(path, line, "there is more after the end of the array; it is not read"))
            return
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            why = error.msg if isinstance(error, json.JSONDecodeError) else "nested too deeply"
            on_problem(Problem(path, line, f"no JSON: {why}"))
            found = begin.search(text, at + 1)
            if found is None:
                return
            at = found.end()
            continue
        if line > 1 or not is_array:
            indent = text[text.rfind("\n", 0, at) + 1 : at]
            begin = re.compile(rf"\n{re.escape(indent)}(?=[{{\"])") if not indent.strip() else begin
        yield line, value
        at = end
