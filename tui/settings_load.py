"""Reading the settings, and saying of a bad one where it stands and what it should be."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tui.failures import UsageProblem

if TYPE_CHECKING:
    from pydantic import ValidationError

    from tui.settings import Settings

Flags = Mapping[str, Mapping[str, Any]]
"""What was given on the command line: section to field to value; fields that were not given are left out."""


class SettingsProblem(UsageProblem):
    """A setting cannot be used; the message names its place (file and line, variable or flag) and its key."""


def load_settings(flags: Flags | None = None) -> Settings:
    """File, environment and flags; later wins.

    Raises:
        SettingsProblem: a value is wrong, a name is unknown, or the file cannot be read.
    """
    from pydantic import ValidationError
    from pydantic_settings import SettingsError

    from tui.places import config_file
    from tui.settings import Settings

    given: dict[str, Any] = {section: dict(fields) for section, fields in (flags or {}).items()}
    path = config_file()
    _check_file(path)
    _check_sections(set(Settings.model_fields))
    try:
        settings = Settings(**given)
        if settings.sandbox.engine_url is not None:
            # All that speaks to an engine, programs that we start too, looks there: it must be one and the same.
            os.environ["DOCKER_HOST"] = settings.sandbox.engine_url
        return settings
    except ValidationError as error:
        raise _explained(error, given, path) from None
    except SettingsError as error:
        # The only way here: a section's own name as a variable (TOOLCODER_MODEL=x), which would have to be JSON.
        section = next((name for name in Settings.model_fields if f'"{name}"' in str(error)), "model")
        raise SettingsProblem(
            f"TOOLCODER_{section.upper()} names a section, not a setting",
            f"name a field of it: {_names_of(section)}",
        ) from None


def _check_file(path: Path) -> None:
    """pydantic-settings passes over a file that it cannot find; one that is there must be readable and TOML."""
    try:
        tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if os.environ.get("TOOLCODER_CONFIG", "").strip():
            raise SettingsProblem(
                f"{path}: no such file (TOOLCODER_CONFIG names it)", "unset the variable, or make that file"
            ) from None
    except UnicodeDecodeError as error:
        raise SettingsProblem(f"{path}: not UTF-8 text (byte {error.start})", "save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsProblem(f"{path}: not valid TOML: {error}", 'strings need quotes: name = "bundled"') from None
    except RecursionError:
        raise SettingsProblem(f"{path}: nested too deeply", "settings are a section and a name") from None
    except OSError as error:
        raise SettingsProblem(f"{path}: {error.strerror}", "TOOLCODER_CONFIG may name another file") from None


def _check_sections(sections: set[str]) -> None:
    """A variable whose section is misspelt would be passed over in silence."""
    for name in os.environ:
        section, has_field, _ = name.removeprefix("TOOLCODER_").lower().partition("_")
        if not name.startswith("TOOLCODER_") or not has_field or section in sections:
            continue
        if close := difflib.get_close_matches(section, sections, n=1, cutoff=0.75):
            meant = name.replace(section.upper(), close[0].upper(), 1)
            raise SettingsProblem(f"{name}: no such section of the settings", f"did you mean {meant}?")


def _explained(error: ValidationError, flags: Flags, path: Path) -> SettingsProblem:
    """The first mistake, in the words of whoever made it."""
    first = error.errors(include_url=False)[0]
    section, field = (*(str(part) for part in first["loc"]), "", "")[:2]
    key = f"{section}.{field}" if field else section
    variable = f"TOOLCODER_{section}_{field}".upper()
    if field in flags.get(section, {}):
        place = "flag"
    elif field and variable in {name.upper() for name in os.environ}:
        place = variable
    else:
        place = _line_of(path, section, field)
    if first["type"] == "extra_forbidden":
        return SettingsProblem(f"{place}: no such setting: {key}", _names_of(section if field else ""))
    found = f" (found {first['input']!r})" if isinstance(first["input"], str | int | float | bool) else ""
    message = first["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return SettingsProblem(f"{place}: {key} {message}{found}", _help_of(section, field))


def _line_of(path: Path, section: str, field: str) -> str:
    """`FILE, line N` where the key is written as `[section]` and `field =`; else the file alone."""
    current = ""
    wanted = re.compile(rf"\s*{re.escape(field or section)}\s*[=.]")
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if header := re.match(r"\s*\[+\s*([\w.-]+)", line):
            current = header[1]
            if not field and current == section:
                return f"{path}, line {number}"
        elif current == (section if field else "") and wanted.match(line):
            return f"{path}, line {number}"
    return str(path)


def _help_of(section: str, field: str) -> str:
    from tui.settings import Settings

    found = Settings.model_fields.get(section)
    inner = getattr(found.annotation, "model_fields", {}) if found else {}
    return inner[field].description or "" if field in inner else ""


def _names_of(section: str) -> str:
    """The names that exist there: of the sections, or of one section's fields."""
    from tui.settings import Settings

    if section not in Settings.model_fields:
        return "sections: " + ", ".join(Settings.model_fields)
    fields = getattr(Settings.model_fields[section].annotation, "model_fields", {})
    return f"settings of [{section}]: " + ", ".join(fields)
