"""Structured tracebacks: what happened in the code of the session, without the frames that carried it here."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Any

from . import limits
from .displays import escaped

CELL = "<cell>"
TEXT_LIMIT_CHARS = 60_000
MESSAGE_LIMIT_CHARS = 20_000
_N_FRAMES = 60
_N_RAW_FRAMES = 4000
_OWN = str(Path(__file__).parent) + os.sep
_MACHINERY = tuple(os.sep + name + os.sep for name in ("IPython", "ipykernel", "tornado", "traitlets"))


def describe(
    error: BaseException, is_cell: Callable[[str], bool], trace: TracebackType | None = None
) -> dict[str, Any]:
    """The traceback as JSON: `exception`, `message`, `frames` (file, line, function, source), `text`.

    `is_cell` says whether a file name is that of a cell; those are shown as `<cell>` with the cell's own line numbers.
    """
    trace = trace if trace is not None else error.__traceback__
    # A negative limit keeps the innermost frames, which are the ones that matter when there are thousands.
    limit = None if _n_frames(trace) < _N_RAW_FRAMES else -_N_RAW_FRAMES
    whole = traceback.TracebackException(type(error), error, trace, limit=limit, compact=True)
    _clean(whole, is_cell, set())
    frames = [_frame(item) for item in whole.stack]
    if isinstance(error, SyntaxError) and whole.filename == CELL:
        frames = [
            {"file": CELL, "line": error.lineno or 0, "function": "<module>", "source": (error.text or "").strip()}
        ]
    return {
        "exception": type(error).__name__,
        "message": escaped(_cut(_message(error), MESSAGE_LIMIT_CHARS)),
        "frames": frames if len(frames) <= _N_FRAMES else frames[: _N_FRAMES // 3] + frames[-2 * _N_FRAMES // 3 :],
        "text": escaped(_cut("".join(whole.format()).rstrip("\n"), TEXT_LIMIT_CHARS) + limits.note(error)),
    }


def _n_frames(trace: TracebackType | None) -> int:
    n = 0
    while trace is not None:
        n, trace = n + 1, trace.tb_next
    return n


def _message(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return str(error.msg)
    if isinstance(error, KeyError) and len(error.args) == 1:
        return str(error.args[0]) if isinstance(error.args[0], str) and " " in error.args[0] else str(error)
    try:
        return str(error)
    except Exception:  # noqa: BLE001  a broken __str__ must not hide the error that it belongs to
        return f"<the message of this {type(error).__name__} cannot be shown>"


def _clean(whole: traceback.TracebackException, is_cell: Callable[[str], bool], seen: set[int]) -> None:
    if id(whole) in seen:
        return
    seen.add(id(whole))
    whole.stack = traceback.StackSummary.from_list(list(_session_frames(whole.stack, is_cell)))
    if isinstance(getattr(whole, "filename", None), str) and is_cell(whole.filename):
        whole.filename = CELL
    for other in (whole.__cause__, whole.__context__, *(whole.exceptions or ())):
        if other is not None:
            _clean(other, is_cell, seen)


def _session_frames(
    stack: Iterable[traceback.FrameSummary], is_cell: Callable[[str], bool]
) -> Iterable[traceback.FrameSummary]:
    frames = [frame for frame in stack if not _is_machinery(frame.filename)]
    first = next((i for i, frame in enumerate(frames) if is_cell(frame.filename)), 0)
    for frame in frames[first:]:
        frame.line  # noqa: B018  (reads the source now, before the name changes under which it is found)
        frame.filename = CELL if is_cell(frame.filename) else _library_name(frame.filename)
        yield frame


def _is_machinery(file: str) -> bool:
    return file.startswith(_OWN) or any(part in file for part in _MACHINERY)


def _library_name(file: str) -> str:
    """`pandas/core/frame.py` instead of where the interpreter keeps it."""
    roots = [root for root in sys.path if root and file.startswith(root.rstrip(os.sep) + os.sep)]
    return os.path.relpath(file, max(roots, key=len)) if roots else file


def _frame(item: traceback.FrameSummary) -> dict[str, Any]:
    return {"file": item.filename, "line": item.lineno or 0, "function": item.name, "source": escaped(item.line or "")}


def _cut(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    return f"{text[: limit // 3]}\n[... {len(text) - limit} characters left out ...]\n{text[-2 * limit // 3 :]}"
