"""Where the commands find what sessions left behind."""

from __future__ import annotations

from pathlib import Path

from agent.home import state_home


def sessions_folder() -> Path:
    """The folder of session logs; it may not exist yet."""
    return state_home() / "sessions"
