"""Why a cell failed: the exception, and the lines of the program that led to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textual.content import Content
from textual.widgets import Static

from tui.plain import cut_lines, plain, plain_line

CELL_FILE = "<cell>"
"""What a kernel calls the program in its frames."""
_N_MESSAGE_LINES = 20


class FailureBlock(Static):
    """The frames, the innermost last, as Python shows them, and the exception."""

    def __init__(self, error: Mapping[str, Any]) -> None:
        super().__init__(_shown(error), markup=False, classes="traceback")


def failed_line(error: Mapping[str, Any]) -> int | None:
    """The program's line (from 1) in which it failed; None where the failure names none."""
    lines = [frame.get("line") for frame in _frames(error) if frame.get("file") == CELL_FILE]
    return lines[-1] if lines and isinstance(lines[-1], int) else None


def _frames(error: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What the sandbox claims the frames were: a list of mappings, or nothing."""
    frames = error.get("frames")
    return [frame for frame in frames if isinstance(frame, Mapping)] if isinstance(frames, list | tuple) else []


def _shown(error: Mapping[str, Any]) -> Content:
    lines: list[Content] = []
    for frame in _frames(error):
        is_ours = frame.get("file") == CELL_FILE
        where = "" if is_ours else f"{plain_line(str(frame.get('file')), 80)}, "
        function = plain_line(str(frame.get("function") or ""), 60)
        place = f"{where}line {plain_line(str(frame.get('line')), 12)}" + (f", in {function}" if function else "")
        lines.append(Content.styled(place, "" if is_ours else "dim"))
        if source := plain(str(frame.get("source") or "")).strip():
            lines.append(Content.styled(f"    {source[:200]}", "" if is_ours else "dim"))
    message = plain(f"{error.get('exception')}: {error.get('message')}").splitlines()
    lines += [Content.styled(line[:1000], "bold $text-error") for line in cut_lines(message, _N_MESSAGE_LINES, 4)]
    return Content("\n").join(lines)
