"""stdout is data, stderr is narration; neither may break the program when its reader goes away.

All that the commands print goes through `emit` and `narrate`, which let no control sequence through: the callers clean
text where they lay it out, this is the last gate for what one of them forgot.
"""

from __future__ import annotations

import os
import sys
from typing import TextIO

from tui.plain import plain


def prepare() -> None:
    """Make the standard streams take any text, whatever the terminal's encoding. Called once by `tui.main`."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def emit(text: str) -> None:
    """Write data to stdout at once. A reader that has gone (`| head`) is no error: the rest is dropped.

    Raises:
        OSError: stdout cannot be written for another reason, such as a full disk.
    """
    _write(sys.stdout, text)


def narrate(text: str) -> None:
    """Write to stderr at once; narration that cannot be written is dropped, whatever the reason."""
    try:
        _write(sys.stderr, text)
    except OSError:
        _silence(sys.stderr)


def flush_at_exit() -> None:
    """Flush before the interpreter does: it would print a traceback where a reader has gone."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None and not stream.closed:
                stream.flush()
        except OSError:
            _silence(stream)


def is_terminal(stream: object) -> bool:
    """Whether a standard stream is a terminal; a closed one is not."""
    isatty = getattr(stream, "isatty", None)
    try:
        return bool(isatty and isatty())
    except ValueError:  # the stream was closed
        return False


def has_person() -> bool:
    """Somebody can be asked: the question can be seen on stderr and answered on stdin."""
    return is_terminal(sys.stdin) and is_terminal(sys.stderr)


def _write(stream: TextIO | None, text: str) -> None:
    if stream is None or stream.closed:  # started with the descriptor closed (`>&-`)
        return
    try:
        stream.write(plain(text))
        stream.flush()
    except BrokenPipeError:
        _silence(stream)


def _silence(stream: TextIO) -> None:
    """Point the stream's descriptor at the null device, so that later writes and the flush at exit succeed."""
    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)
    except (OSError, ValueError):  # no descriptor behind it (a test's buffer), or none left to open
        return
