"""Seeing Ctrl-C in what Python made of it. No imports: `tui.main` needs this before anything else is loaded."""

from __future__ import annotations


def was_interrupted(error: BaseException | None) -> bool:
    """Whether a KeyboardInterrupt is the reason: CPython wraps one that hits a class body in a RuntimeError."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        if isinstance(error, KeyboardInterrupt):
            return True
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return False
