"""Feedback that is a traceback, or a program's output that ends in one."""

from __future__ import annotations

import re

from agent.calls.categories import Category
from train.mae.openings import of_exception_line

_START = re.compile(
    r"^(?:.{0,80}[ \t])?Traceback \(most recent call last\):?|\A\s*File \"[^\"]{1,300}\", line \d+", re.MULTILINE
)
_LAST_LINE = re.compile(
    r"^(?:\s{0,4}\|?\s?)((?:\w+\.)*_?[A-Z]\w*(?:\.\w+)*(?::\s.*|\s*$)|(?:\w+\.)+\w*(?:error|timeout)(?::\s.*|\s*$))",
    re.MULTILINE,
)
_FRAME = re.compile(
    r"""^\s*(?:File "(?P<file>[^"]+)", line \d+(?:, in (?P<name>\S+))?(?:\n\s+(?!File )(?P<source>\S.*))?"""
    r"""|(?P<cell>Cell In\s?\[\d+\]|Input In|<ipython-input))""",
    re.MULTILINE,
)
_OWN_FILE = re.compile(
    r"(?:<.*|.*(?:ipykernel|ipython).*|.*(?:main|program|script|solution|generated|cell|snippet|user_code|code)\w*\.py)"
)
_INTRODUCED = re.compile(
    r"\b(?:logs?|pasted?|traceback|file|content|below|stack|report|ticket|issue|post|question|here is|example)\b",
    re.IGNORECASE,
)
_BEFORE_CHARS = 12


def of_traceback(text: str, call_name: str) -> Category | None:
    """The category of the last exception; None where there is no traceback, or where one was asked for."""
    starts = [found.start() for found in _START.finditer(text)]
    if not starts:
        return None
    before = text[: starts[0]].strip(" \n-=*")
    is_whole = len(before) < _BEFORE_CHARS
    if not is_whole and _INTRODUCED.search(before[-200:]):
        return None
    lines = [found for found in _LAST_LINE.finditer(text, starts[-1]) if "Traceback" not in found[1]]
    if not lines:
        return Category.TOOL_CALL_FAILURE if is_whole else None
    last = lines[-1] if is_whole else lines[0]
    if not is_whole and len(text[last.end() :].strip().splitlines()) > 6:
        return None
    inside = _is_inside(text[starts[-1] : last.start()], last[1], call_name)
    return (
        of_exception_line(f"{last[1].strip()}{text[last.end() :][:500]}".strip(), inside=inside)
        or Category.TOOL_CALL_FAILURE
    )


def _is_inside(frames: str, message: str, call_name: str) -> bool:
    """Whether it was raised in the tool's own code: then a wrong name or argument there is not the call's.

    Where Python could not bind the arguments, the innermost frame is the caller's: the model's program, or a broker
    that calls what it was told to (`fn(**args)`); a tool's own mistake has the name of what it called in its line.
    """
    named = re.search(r"(?:\w+\.)*(\w+)\(\) ", message)
    if call_name and named:
        return named[1] != call_name
    found = list(_FRAME.finditer(frames))
    if not found:
        return False
    last = found[-1]
    if last["cell"] or last["name"] in (None, "<module>") or _OWN_FILE.fullmatch(last["file"]):
        return False
    return named is None or last["source"] is None or f"{named[1]}(" in last["source"]
