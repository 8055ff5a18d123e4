"""The file of keys: JSON, mode 0600, written whole. Also the list of names whose values are in the keyring."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from agent.errors import AgentError
from agent.home import replace_file

Entry = dict[str, str]
"""{"place": "keyring"} or {"place": "file", "value": ...}."""


class KeysFileProblem(AgentError):
    """The file cannot be read, is damaged, or others can read it."""


@dataclass(frozen=True)
class KeysFile:
    path: Path

    @classmethod
    def default(cls) -> KeysFile:
        """keys.json beside the configuration: `TOOLCODER_CONFIG`'s folder, else the user's config folder."""
        if named := os.environ.get("TOOLCODER_CONFIG", "").strip():
            return cls(Path(named).expanduser().absolute().parent / "keys.json")
        import platformdirs

        return cls(platformdirs.user_config_path("toolcoder") / "keys.json")

    def entries(self) -> dict[str, Entry]:
        """Name to entry; empty when there is no file.

        Raises:
            KeysFileProblem: unreadable, damaged, not ours, or open to others.
        """
        try:
            with self.path.open(encoding="utf-8") as file:
                state = os.fstat(file.fileno())
                if state.st_mode & 0o077:
                    raise KeysFileProblem(
                        f"{self.path}: others on this machine can read it (mode {state.st_mode & 0o777:04o})",
                        f"chmod 600 {self.path}; and think of its keys as known to them",
                    )
                if state.st_uid not in {os.geteuid(), 0}:
                    raise KeysFileProblem(
                        f"{self.path}: it belongs to another user", "remove it and set the keys again"
                    )
                content = json.load(file)
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise KeysFileProblem(f"{self.path}: {error.strerror}") from None
        except ValueError:
            raise KeysFileProblem(f"{self.path}: damaged", "remove it and set the keys again") from None
        if not _is_sound(content):
            raise KeysFileProblem(f"{self.path}: damaged", "remove it and set the keys again")
        return dict(content)

    def write(self, entries: Mapping[str, Entry]) -> None:
        """Replace the file, all or nothing, never readable by others in between.

        Raises:
            KeysFileProblem: it cannot be written.
        """
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace_file(self.path, json.dumps(dict(entries), indent=1))
        except OSError as error:
            raise KeysFileProblem(
                f"{self.path}: {error.strerror}", "is its folder yours, and the disk not full?"
            ) from None


def _is_sound(content: object) -> bool:
    return isinstance(content, dict) and all(
        isinstance(entry, dict)
        and (entry.get("place") == "keyring" or (entry.get("place") == "file" and isinstance(entry.get("value"), str)))
        for entry in content.values()
    )
