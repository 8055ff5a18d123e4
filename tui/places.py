"""Where the commands find what sessions left behind."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from agent.home import state_home


def config_file() -> Path:
    """The settings' file: the one that `TOOLCODER_CONFIG` names, else config.toml in the user's config folder; it may
    not exist."""
    if named := os.environ.get("TOOLCODER_CONFIG", "").strip():
        return Path(named).expanduser().absolute()
    return platformdirs.user_config_path("toolcoder") / "config.toml"


def sessions_folder() -> Path:
    """The folder of session logs; it may not exist yet."""
    return state_home() / "sessions"
