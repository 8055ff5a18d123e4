"""Files that `@` can be completed with: beneath the work folder, else from where the chat was started."""

from __future__ import annotations

import os
from pathlib import Path

from tui.mentions import beneath, looked_up
from tui.plain import plain_line

_N_MOST = 50
_N_LISTED = 5_000


def files(typed: str, folder: Path | None) -> list[tuple[str, str, str, int]]:
    """What `@typed` can become: the text, how it is shown, a word about it, how many typed characters it replaces.

    The entries of one folder that begin so; hidden ones only where a dot was typed. A name with spaces is quoted.
    """
    is_quoted = typed.startswith('"')
    parent, slash, start = typed.removeprefix('"').rpartition("/")
    place = beneath(folder, parent or ".") if folder is not None else looked_up(parent + slash or ".", Path.cwd())
    if place is None:
        return []
    found: list[tuple[str, str, str, int]] = []
    try:
        with os.scandir(place) as entries:
            for n_seen, entry in enumerate(entries):
                if n_seen >= _N_LISTED or entry.is_symlink() or not entry.name.startswith(start):
                    continue
                if not entry.name.isprintable() or '"' in entry.name:
                    continue
                if entry.name.startswith(".") and not start.startswith("."):
                    continue
                path = f"{parent}{slash}{entry.name}"
                is_folder = entry.is_dir(follow_symlinks=False)
                needs_quotes = is_quoted or any(c.isspace() for c in path)
                text = f'"{path}' if needs_quotes else path
                text += "/" if is_folder else '" ' if needs_quotes else " "
                found.append((f"@{text}", plain_line(f"{path}{'/' * is_folder}"), "", len(typed) + 1))
    except OSError:
        return []
    return sorted(found, key=lambda one: one[1])[:_N_MOST]
