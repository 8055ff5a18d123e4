"""What a person approved for good: kept in the state home, bound to what the tool was then.

An approval holds for one tool of one source with one schema and effect. A tool that changes any of these is another
tool, and asks again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from agent.errors import AgentError
from agent.home import replace_file
from agent.tools.base import Tool, schema_hash

FILE = "approvals.json"


class ApprovalsProblem(AgentError):
    """The file of approvals cannot be read or written."""


@dataclass(frozen=True)
class Approved:
    """One line of the file; `given` is UTC, ISO 8601."""

    source: str
    tool: str
    schema: str
    given: str


class Approvals:
    """The file, read once and again after a change. `path=None` forgets at the end of the process."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._known: dict[str, Approved] | None = None

    def allows(self, tool: Tool) -> bool:
        """Whether a person approved exactly this tool for good.

        Raises:
            ApprovalsProblem: the file is damaged or unreadable.
        """
        return _key(tool) in self._entries()

    def add(self, tool: Tool) -> None:
        """Approve it for good."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        entry = Approved(tool.source, tool.spec.name, identity(tool), now)
        self._write({**self._read(), _key(tool): entry})

    def remove(self, name: str | None = None) -> list[Approved]:
        """Withdraw the approvals of all tools of this name, or all; what was withdrawn."""
        entries = self._read()
        gone = {key: e for key, e in entries.items() if name is None or e.tool == name}
        if gone:
            self._write({key: e for key, e in entries.items() if key not in gone})
        return list(gone.values())

    def list(self) -> list[Approved]:
        return list(self._read().values())

    def _entries(self) -> Mapping[str, Approved]:
        if self._known is None:
            self._known = self._read()
        return self._known

    def _read(self) -> dict[str, Approved]:
        if self._path is None:
            return dict(self._known or {})
        try:
            lines = json.loads(self._path.read_text("utf-8"))["approved"]
            entries = [Approved(**{k: str(line[k]) for k in Approved.__dataclass_fields__}) for line in lines]
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise ApprovalsProblem(f"{self._path}: {error.strerror}", "make it readable, or remove it") from error
        except (ValueError, KeyError, TypeError) as error:
            raise ApprovalsProblem(f"{self._path}: damaged", "remove it; tools will ask again") from error
        return {f"{e.source}\n{e.tool}\n{e.schema}": e for e in entries}

    def _write(self, entries: dict[str, Approved]) -> None:
        self._known = entries
        if self._path is None:
            return
        text = json.dumps({"approved": [asdict(e) for e in entries.values()]}, indent=1)
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace_file(self._path, text + "\n")
        except OSError as error:
            raise ApprovalsProblem(f"{self._path}: {error.strerror}", "is its folder yours, the disk full?") from error


def identity(tool: Tool) -> str:
    """What an approval is bound to: the schema's hash and the effect, which decides what a person is told."""
    return f"{schema_hash(tool.spec)}:{tool.spec.effect}"


def _key(tool: Tool) -> str:
    return f"{tool.source}\n{tool.spec.name}\n{identity(tool)}"
