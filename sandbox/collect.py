"""From the kernel's messages to events of a cell: text counted and capped, results and errors checked for their shape.

Everything in here comes from inside the sandbox and may be made up by the code, so each field is looked at twice.
"""

from __future__ import annotations

import json
from typing import Any, Literal

from sandbox.cell_files import CellFiles
from sandbox.events import CellDisplay, CellResult, Frame, KernelEvent, SpooledOutput, Traceback
from sandbox.files.arriving import COMM_ID, file_events
from sandbox.framing import too_deep
from sandbox.head_tail import HeadTail
from sandbox.wire import TOO_LARGE, Message, parent_of

VALUE_MIME = "application/vnd.toolcoder.value+json"
EXTRA = "toolcoder"
_DISPLAY_LIMIT_BYTES = 32 << 20
_N_DISPLAYS = 100
_TEXT_LIMIT_CHARS = 200_000
_SOURCE_CHARS = 2_000
_JSON_LIMIT_CHARS = 1 << 20
_N_FRAMES = 200


class Collector:
    """What one cell said so far. Byte counts are exact, also of what is not passed on."""

    def __init__(self, cell_id: str, limit_bytes: int, files: CellFiles | None = None) -> None:
        self._cell_id = cell_id
        self._text = HeadTail(limit_bytes)
        self._files = files
        self._display_left = _DISPLAY_LIMIT_BYTES
        self._n_displays_left = _N_DISPLAYS
        self.n_bytes: dict[str, int] = {"stdout": 0, "stderr": 0}
        self.cut = False
        self.error: Traceback | None = None
        self.spooled: SpooledOutput | None = None

    def events(self, message: Message) -> list[KernelEvent]:
        """The events of one message; none for those that are not for the reader."""
        if message is TOO_LARGE:
            self.cut = True
        content = message.get("content")
        if not isinstance(content, dict):
            return []
        kind = message.get("msg_type")
        # Text of a thread that an earlier cell left behind was still written during this one: it is shown.
        if kind == "stream":
            return self._output(content)
        if parent_of(message) != self._cell_id:
            return []
        match kind:
            case "display_data" | "update_display_data":
                return self._display(content)
            case "execute_result":
                return [*self._display(content, rich_only=True), self._result(content)]
            case "comm_msg" if content.get("comm_id") == COMM_ID:
                return [*file_events(content.get("data"), message.get("buffers"))]
            case "error":
                self.error = traceback_of(content)
        return []

    def rest(self) -> list[KernelEvent]:
        """Once, after the last message: the tails of the streams, with what was left out before them."""
        events: list[KernelEvent] = [*self._text.rest()]
        self.cut = self.cut or self._text.is_cut
        if self._files is not None and self._files.spool is not None:
            self.spooled = self._files.spool.end()
        return events

    def _output(self, content: dict[str, Any]) -> list[KernelEvent]:
        text = content.get("text")
        if not isinstance(text, str) or not text:
            return []
        stream: Literal["stdout", "stderr"] = "stderr" if content.get("name") == "stderr" else "stdout"
        data = text.encode("utf-8", "backslashreplace")
        self.n_bytes[stream] += len(data)
        if self._files is not None and self._files.spool is not None:
            self._files.spool.write(text)
        event = self._text.add(stream, data)
        return [event] if event is not None else []

    def _display(self, content: dict[str, Any], rich_only: bool = False) -> list[KernelEvent]:
        given = content.get("data")
        try:
            data = {
                str(mime): value if isinstance(value, str) else json.dumps(value)
                for mime, value in (given.items() if isinstance(given, dict) else ())
                if mime != VALUE_MIME
            }
        except RecursionError:  # as deep as the parser just allowed
            self.cut = True
            return []
        left_out = _left_out(content.get("metadata"))
        self.cut = self.cut or bool(left_out)
        if not (data or left_out) or (rich_only and data.keys() <= {"text/plain"} and not left_out):
            return []
        self._n_displays_left -= 1
        if self._n_displays_left < 0:
            self.cut = True
            return []
        if self._files is not None:
            inline, artifacts, refused = self._files.artifacts.keep_display(data)
            self.cut = self.cut or bool(refused)
            return [CellDisplay(inline, artifacts, left_out + refused)]
        self._display_left -= sum(map(len, data.values()))
        if self._display_left < 0:
            self.cut = True
            return []
        return [CellDisplay(data, left_out=left_out)]

    def _result(self, content: dict[str, Any]) -> CellResult:
        data, metadata = content.get("data"), content.get("metadata")
        data = data if isinstance(data, dict) else {}
        text, encoded = data.get("text/plain"), data.get(VALUE_MIME)
        cut_text = _text(text)
        extra = metadata.get(EXTRA) if isinstance(metadata, dict) else None
        cut = isinstance(extra, dict) and extra.get("cut") is True
        # A subclass's __repr__ may be anything; only what parses as JSON is called JSON.
        encoded = encoded if isinstance(encoded, str) and _is_json(encoded) else None
        return CellResult(cut_text, encoded, cut or (isinstance(text, str) and len(text) > _TEXT_LIMIT_CHARS))


def _left_out(metadata: object) -> tuple[str, ...]:
    """What the kernel itself did not send."""
    extra = metadata.get(EXTRA) if isinstance(metadata, dict) else None
    given = extra.get("left_out") if isinstance(extra, dict) else None
    return tuple(_text(item, _SOURCE_CHARS) for item in given[:20]) if isinstance(given, list) else ()


def _is_json(text: str) -> bool:
    """Whether the text is JSON of the size and depth that the kernel itself keeps to: whoever reads it may recurse."""
    if len(text) > _JSON_LIMIT_CHARS:
        return False
    try:
        if too_deep(text.encode("utf-8")):
            return False
        json.loads(text)
    except (ValueError, RecursionError):  # also half a surrogate pair, which the kernel itself escapes
        return False
    return True


def traceback_of(content: dict[str, Any]) -> Traceback:
    """The structured traceback of an error message; of a message without one, what Jupyter's own fields tell."""
    extra = content.get(EXTRA)
    if not isinstance(extra, dict):
        lines = content.get("traceback")
        text = "\n".join(map(str, lines)) if isinstance(lines, list) else ""
        return Traceback(_text(content.get("ename")), _text(content.get("evalue")), (), _text(text))
    given = extra.get("frames")
    frames = tuple(_frame(item) for item in (given if isinstance(given, list) else [])[:_N_FRAMES])
    return Traceback(_text(extra.get("exception")), _text(extra.get("message")), frames, _text(extra.get("text")))


def _frame(item: object) -> Frame:
    given = item if isinstance(item, dict) else {}
    line = given.get("line")
    return Frame(
        _text(given.get("file"), _SOURCE_CHARS),
        line if isinstance(line, int) else 0,
        _text(given.get("function"), _SOURCE_CHARS),
        _text(given.get("source"), _SOURCE_CHARS),
    )


def _text(value: object, limit: int = _TEXT_LIMIT_CHARS) -> str:
    """Text that can be written anywhere: half a surrogate pair, which no encoding has, is escaped."""
    if not isinstance(value, str):
        return ""
    return value[:limit].encode("utf-8", "backslashreplace").decode("utf-8")
