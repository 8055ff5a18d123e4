"""A command changes one setting of the settings' file: comments and layout stay, the file is whole or as it was."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agent.home import replace_file
from tui.settings_load import SettingsProblem, load_settings


def write_list(section: str, name: str, values: Sequence[str]) -> Path:
    """Set `[section] name = [values]` in the settings' file and say where that is.

    Raises:
        SettingsProblem: the file cannot be read or written, or is not valid (then it is left as it was).
    """
    import tomlkit

    array = tomlkit.array()
    array.extend(values)
    return write_value(section, name, array.multiline(len(values) > 1))


def write_value(section: str, name: str, value: Any) -> Path:
    """Set `[section] name = value`.

    Raises:
        SettingsProblem: as `write_list`.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    from tui.places import config_file

    load_settings()  # a file that is wrong already is not touched
    path = config_file()
    try:
        document = tomlkit.parse(path.read_text(encoding="utf-8") if path.exists() else "")
    except TOMLKitError as error:
        raise SettingsProblem(f"{path}: {error}", "mend it by hand") from error
    table: Any = document.setdefault(section, tomlkit.table())
    table[name] = value
    _replace(path, tomlkit.dumps(document))
    return path


def _replace(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o600
        replace_file(path.resolve(), text, mode)  # a link to a file elsewhere stays a link
    except OSError as error:
        raise SettingsProblem(f"{path}: {error.strerror}", "is its folder yours, and the disk not full?") from error
