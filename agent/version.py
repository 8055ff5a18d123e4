"""The installed version, for the session's header and `--version`."""

from __future__ import annotations

from functools import cache


@cache
def version() -> str:
    """From the package's metadata; `0+source` where it is run without being installed."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        return installed("toolcoder")
    except PackageNotFoundError:
        return "0+source"
