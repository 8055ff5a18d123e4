"""What is piped into `ask` beside its question: `--attach -` takes it; what nobody takes is told, not dropped silently.

It is not taken without being asked for. In `while read q; do toolcoder ask "$q"; done < LIST` it is the rest of the
list, which would be read away from the loop; under cron or CI it may be a pipe that never ends. Neither can be told
apart from data that is meant for the question.
"""

from __future__ import annotations

import array
import fcntl
import os
import stat
import sys
import tempfile
import termios
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tui.failures import UsageProblem
from tui.standard_streams import is_terminal, narrate

NAME = "stdin.txt"
_MOST_BYTES = 512 << 20


@contextmanager
def with_piped(paths: Sequence[Path], *, is_taken: bool = False) -> Iterator[list[Path]]:
    """The attachments, `-` being what stands on stdin, read to its end into a file that is there inside of this.

    `is_taken`: the question itself is read from there.

    Raises:
        UsageProblem: stdin is closed, wanted twice or too large.
        OSError: it cannot be read, or there is no space for it.
    """
    n_wanted = sum(str(path) == "-" for path in paths)
    if n_wanted == 0:
        yield list(paths)
        return
    if is_taken or n_wanted > 1:
        raise UsageProblem(
            "stdin can be read only once", "leave one '-' out, or put the data into a file: --attach FILE"
        )
    if sys.stdin is None:
        raise UsageProblem("--attach - takes stdin, which is closed", "name a file: --attach FILE")
    if is_terminal(sys.stdin):
        narrate("type or paste the attachment, end with Ctrl-D:\n")
    with tempfile.TemporaryDirectory(prefix="toolcoder-stdin-") as folder:
        file = Path(folder) / NAME
        _read_to_end(file)
        yield [file if str(path) == "-" else path for path in paths]


def _read_to_end(path: Path) -> None:
    n_bytes = 0
    with path.open("wb") as file:
        while piece := sys.stdin.buffer.read(1 << 20):
            n_bytes += len(piece)
            if n_bytes > _MOST_BYTES:
                raise UsageProblem(
                    f"stdin has more than {_MOST_BYTES:,} bytes",
                    "put it into a file and show its folder: --work-folder DIR",
                )
            file.write(piece)


class Untaken:
    """Tells, once, of data on stdin that nobody takes. Never waits: data may come later, or the pipe may never end."""

    def __init__(self, is_told: bool) -> None:
        """`is_told`: there is nothing to tell, since stdin is taken or nothing is to be said."""
        self._is_told = is_told

    def tell(self) -> None:
        """Look now. A slow producer's data are seen by looking again after the answer."""
        if not self._is_told and _has_data():
            self._is_told = True
            narrate("warning: the data on stdin are not part of the question; to attach them: --attach -\n")


def _has_data() -> bool:
    """There is data in a pipe, or a file was given whole: one that somebody has begun to read is theirs."""
    try:
        descriptor = sys.stdin.fileno()
        state = os.fstat(descriptor)
        if stat.S_ISREG(state.st_mode):
            return state.st_size > 0 and os.lseek(descriptor, 0, os.SEEK_CUR) == 0
        if not (stat.S_ISFIFO(state.st_mode) or stat.S_ISSOCK(state.st_mode)):
            return False
        n_waiting = array.array("i", [0])
        fcntl.ioctl(descriptor, termios.FIONREAD, n_waiting)
    except (AttributeError, OSError, ValueError):  # closed, or no descriptor behind it
        return False
    return n_waiting[0] > 0
