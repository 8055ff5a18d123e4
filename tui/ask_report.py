"""The object of `ask --json`, collected from the stream of events."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent.bill import Bill
from agent.events import (
    Answered,
    CellDisplayed,
    CellEnded,
    Event,
    FunctionReused,
    FunctionStored,
    SessionStarted,
    StageEnded,
    ToolCalled,
    ToolReturned,
)
from agent.file_events import ChangesSettled, FileMade
from agent.log.plain import plain as plain_types
from tui.output_dir import gather


@dataclass
class Report:
    """Collects what the object of `--json` holds; its keys are the contract of the command."""

    began: float = field(default_factory=time.monotonic)
    session: str | None = None
    _sandbox: str | None = None
    _reused: list[str] = field(default_factory=list)
    _stored: list[str] = field(default_factory=list)
    _calls: dict[str, dict[str, Any]] = field(default_factory=dict)
    _artifacts: list[dict[str, Any]] = field(default_factory=list)
    _refused: list[dict[str, Any]] = field(default_factory=list)
    _changes: dict[str, dict[str, Any]] = field(default_factory=dict)
    _bill: Bill = field(default_factory=Bill)

    def take(self, event: Event) -> None:
        """Note one event."""
        match event:
            case SessionStarted():
                self.session = event.session
                self._sandbox = event.sandbox
            case FunctionReused():
                self._reused.append(event.name)
            case FunctionStored():
                self._stored.append(event.name)
            case ToolCalled():
                self._calls[event.id] = {"name": event.name, "args": plain_types(event.args), "category": None}
            case ToolReturned():
                call = self._calls.setdefault(event.id, {"name": event.name, "args": {}, "category": None})
                call["category"] = str(event.category)
            case FileMade() if event.refused:
                self._refused.append({"name": event.name, "why": event.refused})
            case FileMade():
                kept = {"path": event.path, "mime": event.mime, "n_bytes": event.n_bytes}
                self._add_artifact({**kept, "name": event.name, "note": event.note or None})
            case CellDisplayed():
                for artifact in event.artifacts:
                    self._add_artifact({**artifact, "name": None, "note": None})
            case ChangesSettled():
                done = {path: change for path, change in self._changes.items() if change["applied"]}
                self._changes = done | {change["path"]: change | {"applied": False} for change in event.changes}
                for path in event.applied:
                    self._changes[path] |= {"applied": True}
            case StageEnded() | CellEnded():
                self._bill.see(event)

    def _add_artifact(self, artifact: dict[str, Any]) -> None:
        """A file that was made anew is listed once. `name` is what the program called it (None: something shown), which
        is not always its file's; `note` says why."""
        self._artifacts = [*(a for a in self._artifacts if a["path"] != artifact["path"]), artifact]

    def gather(self, folder: Path) -> None:
        """Put what was shown into this folder as well. Raises OSError."""
        self._artifacts = gather(self._artifacts, folder)

    @property
    def seconds(self) -> float:
        """Since the command began."""
        return time.monotonic() - self.began

    def as_object(self, answered: Answered) -> dict[str, Any]:
        """The object of `--json`. `answer` of a refused turn is the question that nobody could reply to; a call cut
        short has the category null."""
        usage = answered.usage
        return {
            "answer": answered.answer if answered.status == "answered" else answered.answer or None,
            "status": answered.status,
            "error": _error_text(answered),
            "session": self.session,
            "sandbox": self._sandbox,
            "functions_reused": list(dict.fromkeys(self._reused)),
            "functions_stored": self._stored,
            "tool_calls": list(self._calls.values()),
            "artifacts": self._artifacts,
            "files_refused": self._refused,
            "changes": list(self._changes.values()),
            "tool_changes": [
                {"name": c.name, "args": plain_types(c.args), "certain": c.is_certain} for c in answered.changed
            ],
            "repairs": answered.repairs,
            "usage": {
                "prompt_tokens": usage.prompt_tokens,
                "completion_tokens": usage.completion_tokens,
                "cost": usage.cost,
                "cached_tokens": usage.cached_tokens,
                "stages": self._bill.as_object(),
            },
            "timings": {
                "total_s": round(self.seconds, 3),
                **{f"{stage}_s": round(item.seconds, 3) for stage, item in self._bill.items.items()},
            },
        }


def _error_text(answered: Answered) -> str | None:
    if answered.status == "answered":
        return None
    text = answered.error or answered.answer or answered.status
    return f"{text} ({answered.hint})" if answered.hint else text
