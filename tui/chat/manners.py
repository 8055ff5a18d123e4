"""The section [chat] of the settings, read before the first frame: without pydantic, which takes longer than the frame.

What is wrong there counts as not said: opening the session reads all settings, and tells the mistake.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_FALSE = frozenset({"0", "false", "no", "off", "f", "n"})


@dataclass(frozen=True)
class Manners:
    """The fields of `tui.settings_chat.ChatSettings`, with the same defaults."""

    theme: str = "textual-dark"
    mouse: bool = True
    title: bool = True
    bell_s: float = 20.0
    pictures: str = "auto"


def manners(config: Path, env: Mapping[str, str] = os.environ) -> Manners:
    """From the file, then `TOOLCODER_CHAT_...` in the environment."""
    try:
        text = config.read_text("utf-8")
        import tomllib  # 10 ms that a home without settings need not wait for

        said = tomllib.loads(text).get("chat", {})
    except (OSError, ValueError):
        said = {}
    said = dict(said) if isinstance(said, dict) else {}
    for name in ("theme", "mouse", "title", "bell_s", "pictures"):
        if text := env.get(f"TOOLCODER_CHAT_{name.upper()}", "").strip():
            said[name] = text
    default = Manners()
    theme = said.get("theme")
    return Manners(
        theme if isinstance(theme, str) and theme else default.theme,
        _bool(said.get("mouse"), default.mouse),
        _bool(said.get("title"), default.title),
        _seconds(said.get("bell_s"), default.bell_s),
        str(said.get("pictures") or default.pictures),
    )


def _bool(value: Any, default: bool) -> bool:
    if isinstance(value, str):
        return value.casefold() not in _FALSE
    return value if isinstance(value, bool) else default


def _seconds(value: Any, default: float) -> float:
    try:
        found = float(value)
    except (TypeError, ValueError):
        return default
    return found if found >= 0 else default
