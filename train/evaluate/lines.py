"""JSON Lines that grow as a run goes on: what is there is not done again, a torn last line is cut off."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from train.errors import DataError


def read_lines(path: Path) -> dict[str, Mapping[str, Any]]:
    """Each object by its `id`; the last of an id counts. A torn last line (the machine went down) is cut off the file.

    Raises:
        DataError: another line is no object with an `id`.
    """
    if not path.exists():
        return {}
    data = path.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    if len(whole) < len(data):
        os.truncate(path, len(whole))
    found: dict[str, Mapping[str, Any]] = {}
    for number, line in enumerate(whole.splitlines(), 1):
        try:
            value = json.loads(line)
            found[str(value["id"])] = value
        except (ValueError, KeyError, TypeError) as error:
            what = f"{path}:{number}: no object with an id: {error}"
            raise DataError(what, "Remove that line, or choose another folder by --out.") from error
    return found


def append_line(path: Path, value: Mapping[str, Any]) -> None:
    """It is on its way to the disk when this returns."""
    line = json.dumps(value, ensure_ascii=False, default=str)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        # A model's bytes may decode to half a surrogate pair, which UTF-8 has no place for.
        file.write(line.encode("utf-8", "replace").decode() + "\n")
