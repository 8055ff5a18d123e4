"""stdout is data, stderr is narration; neither may break the program when its reader goes away.

All that the commands print goes through `emit` and `narrate`, which let no control sequence through: the callers clean
text where they lay it out, this is the last gate for what one of them forgot.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

from tui.plain import plain

_data: tuple[TextIO | None] | None = None
"""Holds where `emit` writes (nowhere, with stdout closed) while `sys.stdout` belongs to the code of others."""


def prepare() -> None:
    """Make the standard streams take any text, whatever the terminal's encoding. Called once by `tui.main`."""
    _occupy_closed_descriptors()
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def emit(text: str) -> None:
    """Write data to stdout at once. A reader that has gone (`| head`) is no error: the rest is dropped.

    Raises:
        OSError: stdout cannot be written for another reason, such as a full disk.
    """
    try:
        _write(_data[0] if _data is not None else sys.stdout, text)
    except OSError as error:
        raise OSError(error.errno, error.strerror, "stdout") from error


@contextmanager
def stdout_for_data_alone() -> Iterator[None]:
    """While code of others runs in this process (tools): what it prints is narration, also what its children print.

    `emit` still writes to the real stdout. Not to be nested.
    """
    global _data  # noqa: PLW0603  # the process has one stdout
    stdout = sys.stdout
    kept = _move_descriptor(stdout)
    _data = (kept or stdout,)
    sys.stdout = _Narration()
    try:
        yield
    finally:
        sys.stdout, _data = stdout, None
        if kept is not None:
            os.dup2(kept.fileno(), stdout.fileno())
            with suppress(OSError):  # what could not be written was told to whoever wrote it
                kept.close()


class _Narration(io.TextIOBase):
    """Stands in for `sys.stdout`."""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        narrate(text)
        return len(text)


def _move_descriptor(stdout: TextIO | None) -> TextIO | None:
    """The real stdout at a descriptor of its own, its old one being stderr's now; None where there is no descriptor."""
    try:
        if stdout is None or sys.stderr is None:
            return None
        stdout.flush()
        kept = open(  # noqa: PTH123, SIM115  # a descriptor; closed by the caller
            os.dup(stdout.fileno()), "w", encoding=stdout.encoding, errors=stdout.errors, newline=""
        )
        os.dup2(sys.stderr.fileno(), stdout.fileno())
    except (OSError, ValueError):  # a test's buffer, or closed
        return None
    return kept


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
    except KeyboardInterrupt:  # the reader sleeps and the pipe is full: what is left would block the exit too
        _silence(stream)
        raise


def _occupy_closed_descriptors() -> None:
    """Started with `>&-`: the next file to be opened would get that number, and whoever prints would write into it."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest free number, which is this one


def _silence(stream: TextIO) -> None:
    """Point the stream's descriptor at the null device, so that later writes and the flush at exit succeed."""
    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)
    except (OSError, ValueError):  # no descriptor behind it (a test's buffer), or none left to open
        return
