"""What `ask` shows of the stream of events: the object of `--json`, and the narration on stderr."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent.bill import Bill
from agent.events import (
    Answered,
    CellDisplayed,
    CellEnded,
    ErrorSeen,
    Event,
    FunctionReused,
    FunctionStored,
    KernelReattached,
    KernelRestored,
    RepairStarted,
    SessionStarted,
    StageEnded,
    StageStarted,
    ToolCalled,
    ToolReturned,
)
from agent.file_events import ChangesSettled, DecisionMade, FileMade
from agent.log.plain import plain as plain_types
from tui.cell_notes import cell_notes
from tui.file_notes import notes
from tui.output_dir import gather
from tui.plain import plain_line


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


class Narrator:
    """One line per stage with its seconds.

    `live`: on a terminal the stage's name stands there while it runs. `quiet`: only what a person must know even in a
    pipe, that is warnings.
    """

    def __init__(self, write: Callable[[str], None], *, quiet: bool, live: bool) -> None:
        self._write = write
        self._quiet = quiet
        self._live = live
        self._is_line_open = False
        self._warning: ErrorSeen | None = None
        self._session: str | None = None

    def take(self, event: Event) -> None:
        """Say what there is to say about one event."""
        if isinstance(event, SessionStarted):
            self._session = event.session
        if isinstance(event, Answered) and self._warning and self._warning.message == event.error:
            self._warning = None  # the turn ended by it, and the error says the same
        self.give_warning()
        if isinstance(event, ErrorSeen):
            self._warning = event
        elif isinstance(event, KernelRestored) and event.resumed and event.is_whole and self._quiet:
            return  # as it should be
        elif isinstance(
            event, FileMade | ChangesSettled | DecisionMade | CellDisplayed | KernelRestored | KernelReattached
        ):
            self._note(event)  # where a file lies, what was not applied, what became of variables: also in a pipe
        elif not self._quiet:
            self._note(event)
            self._narrate(event)

    def _note(self, event: Event) -> None:
        for line in (*notes(event, self._session), *cell_notes(event)):
            self.line(line)

    def give_warning(self) -> None:
        """Say the warning that was held back: only the next event tells whether the turn ended by it."""
        event, self._warning = self._warning, None
        if event is not None:
            hint = f" ({plain_line(event.hint, 200)})" if event.hint else ""
            self.line(f"warning: {plain_line(event.message, 400)}{hint}")

    def warn(self, message: str) -> None:
        """Something went wrong that cost nobody the answer."""
        self.line(f"warning: {plain_line(message, 400)}")

    def line(self, text: str) -> None:
        """A line of its own, also in the middle of a stage."""
        self.end_open_line()
        self._write(text + "\n")

    def end_open_line(self) -> None:
        """Before anything else is written: leave the line of the running stage."""
        if self._is_line_open:
            self._write("\n")
            self._is_line_open = False

    def _narrate(self, event: Event) -> None:
        match event:
            case SessionStarted():
                session = f"session {event.session}" + (" resumed" if event.resumed_from else "")
                self.line(plain_line(f"model {event.model}, {event.sandbox}, {session}", 200))
            case StageStarted() if self._live:
                self.end_open_line()
                self._write(f"  {plain_line(event.stage):<10}")
                self._is_line_open = True
            case StageEnded():
                self._stage_ended(event)
            case CellEnded():
                died = f", {plain_line(event.died.get('message', ''))}" if event.died else ""
                self.line(f"  {'run':<10}{event.seconds:6.1f} s  {event.status}{died}")
            case RepairStarted():
                at = f" at line {event.line}" if event.line is not None else ""
                self.line(f"  repair {event.round}: {plain_line(f'{event.exception}: {event.message}')}{at}")
            case FunctionReused():
                self.line(f"  reused    {plain_line(event.name)}")
            case FunctionStored():
                self.line(f"  stored    {plain_line(event.name)}")

    def _stage_ended(self, event: StageEnded) -> None:
        start = "" if self._is_line_open else f"  {plain_line(event.stage):<10}"
        tokens = event.usage.completion_tokens
        complaint = f"  not usable: {plain_line(event.complaint, 80)}" if event.complaint else ""
        self._is_line_open = False
        self._write(f"{start}{event.seconds:6.1f} s  {tokens} tokens{complaint}\n")
