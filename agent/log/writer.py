"""Writing a session's log: append-only, private, redacted, readable after a crash and on a full disk."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from agent.errors import SessionLogError
from agent.events import CellEnded, CellText, CellTextCut, Event, ModelDelta
from agent.home import private_folder
from agent.log.blobs import LARGE_BYTES, blob_folder, encode_value, keep
from agent.log.cells import CellOutputs
from agent.log.ids import check_session_id
from agent.log.plain import event_fields
from agent.log.redact import Redactor
from agent.log.schema import (
    RESERVED,
    SCHEMA_VERSION,
    SUFFIX,
    LogHeader,
    LogRecord,
    encode_line,
    header_line,
    record_line,
)

_TURN_ENDS = frozenset({"answer", "answer_ready", "feedback", "error"})
_HINT = (
    "The session goes on without a log; free some space or choose another place with TOOLCODER_HOME, or use --no-log."
)


class SessionLog:
    """One session's log, `<folder>/<session_id>.jsonl`. Who calls it: the loop, with every event that it yields.

    The file is made by the first write (an existing one is continued), locked against a second writer, and synced to
    disk at the end of each turn. `ModelDelta` is not kept; `CellText` is gathered to one record per cell and stream.
    Threads may share it.
    """

    def __init__(
        self,
        folder: Path,
        session_id: str,
        *,
        secrets: Callable[[], Iterable[str]] | None = None,
        version: str = "",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`secrets` names the values to redact (asked at every record); `version` is toolcoder's.

        Raises:
            ValueError: `session_id` is no file name of ours.
        """
        self.session_id = check_session_id(session_id)
        self.path = folder / f"{session_id}{SUFFIX}"
        self.failure: str | None = None
        """Why the log went silent; None while it works."""
        self._redactor = Redactor(secrets)
        self._version = version
        self._now = now
        self._outputs = CellOutputs()
        self._handle: int | None = None
        self._closed = False
        self._lock = threading.Lock()

    def write(self, event: Event) -> None:
        """Append the event. After a failure every later call does nothing.

        Raises:
            SessionLogError: the event could not be written, once per log; what the file holds stays readable.
        """
        with self._lock:
            if self.failure is not None or self._closed or isinstance(event, ModelDelta):
                return
            self._guarded(lambda: self._write(event))

    def claim(self) -> None:
        """Hold the session from now on, before anything is written: its log must be there, and nobody else may have it.
        Half a line at its end, of a process that was killed, is ended.

        Raises:
            SessionLogError: there is no such session, another process has it open, or it cannot be written.
        """
        with self._lock:
            if not self.path.is_file():
                raise SessionLogError(f"there is no session {self.session_id}", "`toolcoder sessions list` shows them.")
            try:
                self._open()
            except OSError as error:
                self._release()
                raise SessionLogError(
                    f"the log of session {self.session_id} cannot be written: {error.strerror or error}", _HINT
                ) from error
            except SessionLogError:
                self._release()
                raise

    def close(self) -> None:
        """Write what is gathered, sync, release the file; safe to call twice. Raises as `write` does."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            try:
                if self.failure is None and self._handle is not None:
                    self._guarded(self._finish)
            finally:
                self._release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _guarded(self, action: Callable[[], None]) -> None:
        try:
            action()
        except Exception as error:  # whatever fails here (disk, keyring, a strange value) must not end the user's turn
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            self.failure = reason or type(error).__name__
            self._release()
            hint = error.hint if isinstance(error, SessionLogError) and error.hint else _HINT
            raise SessionLogError(f"the session log cannot be written: {self.failure}", hint) from error

    def _write(self, event: Event) -> None:
        if isinstance(event, CellText):
            self._outputs.add(event.cell, event.stream, event.text)
            return
        if isinstance(event, CellTextCut):
            self._outputs.gap(event.cell, event.stream, event.n_bytes, event.n_lines)
            return
        if isinstance(event, CellEnded) or event.kind in _TURN_ENDS:
            self._flush_outputs()
        self._append(event.kind, event_fields(event))
        if event.kind in _TURN_ENDS and self._handle is not None:
            os.fsync(self._handle)

    def _finish(self) -> None:
        self._flush_outputs()
        if self._handle is not None:
            os.fsync(self._handle)

    def _flush_outputs(self) -> None:
        for output in self._outputs.drain(self._redactor.text):
            self._append(CellText.kind, output)

    def _append(self, kind: str, fields: dict[str, Any]) -> None:
        if clash := RESERVED & fields.keys():
            raise ValueError(f"the event {kind} has a field of a reserved name: {', '.join(sorted(clash))}")
        fields = {name: self._redactor.field(name, value) for name, value in fields.items()}
        handle = self._open()
        refs: dict[str, str] = {}
        for name, value in fields.items():
            if not _may_be_large(value):
                continue
            data = encode_value(value)
            if len(data) > LARGE_BYTES:
                fields[name], refs[name] = None, keep(blob_folder(self.path), data)
        if "value" in refs and "value_ref" in fields:
            fields["value_ref"] = refs["value"]
        _append_whole(handle, encode_line(record_line(LogRecord(self._now(), kind, fields, refs))))

    def _open(self) -> int:
        if self._handle is not None:
            return self._handle
        private_folder(self.path.parent)
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        self._handle = os.open(self.path, flags, 0o600)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise SessionLogError(
                f"session {self.session_id} is open in another toolcoder",
                "Close it there, or start a new session.",
            ) from error
        if os.fstat(self._handle).st_size == 0:
            header = LogHeader(SCHEMA_VERSION, self._version or _own_version(), self.session_id, self._now())
            _append_whole(self._handle, encode_line(header_line(header)))
        else:
            _end_torn_line(self._handle)
        return self._handle

    def _release(self) -> None:
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)


def _append_whole(handle: int, line: bytes) -> None:
    """All of `line` or none of it: where the disk ends in the middle, the file is cut back to what it was."""
    before = os.fstat(handle).st_size
    try:
        rest = memoryview(line)
        while rest:
            rest = rest[os.write(handle, rest) :]
    except OSError:
        with suppress(OSError):  # the first error says what happened; half a line is read as a torn one
            os.ftruncate(handle, before)
        raise


def _end_torn_line(handle: int) -> None:
    """A writer that was killed may have left half a line: end it, so that the next record has a line of its own."""
    size = os.fstat(handle).st_size
    if os.pread(handle, 1, size - 1) != b"\n":
        _append_whole(handle, b"\n")


def _may_be_large(value: Any) -> bool:
    return isinstance(value, dict | list) or (isinstance(value, str) and len(value) * 6 > LARGE_BYTES)


def _own_version() -> str:
    from importlib import metadata  # costs 20 ms, so only when a log begins

    try:
        return metadata.version("toolcoder")
    except metadata.PackageNotFoundError:
        return "unknown"
