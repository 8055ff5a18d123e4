"""The question of `ask`: from the command line, or from stdin where it is `-`."""

from __future__ import annotations

import sys

from tui.failures import UsageProblem
from tui.standard_streams import has_person, narrate

LIMIT_BYTES = 32_000  # a session takes no more characters than this


def read_question(argument: str) -> str:
    """The question, without the white space around it.

    Raises:
        UsageProblem: it is empty, too long, or not UTF-8.
    """
    raw = _read_stdin() if argument == "-" else argument.encode("utf-8", "surrogateescape")
    if len(raw) > LIMIT_BYTES:
        size = f"more than {LIMIT_BYTES:,} bytes" if argument == "-" else f"{len(raw):,} bytes"
        raise UsageProblem(
            f"the question has {size}; at most {LIMIT_BYTES:,} are taken",
            "ask in a few sentences, and put long material into a folder for the program to read: --files DIR",
        )
    try:
        question = raw.decode("utf-8").strip()
    except UnicodeDecodeError as error:
        where = f"byte {error.start + 1} is {raw[error.start]:#04x}"
        hint = "convert it first, as with: iconv -f latin1 -t utf-8"
        raise UsageProblem(f"the question is not UTF-8 text ({where})", hint) from None
    if not question:
        raise UsageProblem("the question is empty", 'write it in quotes: toolcoder ask "How many films ...?"')
    return question


def _read_stdin() -> bytes:
    if sys.stdin is None:
        raise UsageProblem("the question is '-', but stdin is closed", "write it in quotes instead of the '-'")
    if has_person():
        narrate("type the question, end with Ctrl-D:\n")
    return sys.stdin.buffer.read(LIMIT_BYTES + 1)
