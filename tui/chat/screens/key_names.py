"""Keys as people write them."""

from __future__ import annotations

_NAMES = {
    "escape": "Esc",
    "question_mark": "?",
    "slash": "/",
    "enter": "Enter",
    "delete": "Del",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "space": "Space",
}


def key_name(keys: str) -> str:
    """`ctrl+c,ctrl+q` as `Ctrl-C, Ctrl-Q`."""
    return ", ".join(_name(key) for key in keys.split(","))


def _name(key: str) -> str:
    *modifiers, last = map(_part, key.split("+"))
    return "-".join([*modifiers, last.upper() if modifiers and len(last) == 1 else last])


def _part(part: str) -> str:
    if part in _NAMES:
        return _NAMES[part]
    if part in ("ctrl", "shift", "alt", "end", "home", "up", "down", "tab"):
        return part.capitalize()
    return part.upper() if part[:1] == "f" and part[1:].isdigit() else part
