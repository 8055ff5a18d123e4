"""From the kernel's messages to events of a cell: text counted and capped, results and errors checked for their shape.

Everything in here comes from inside the sandbox and may be made up by the code, so each field is looked at twice.
"""

from __future__ import annotations

import json
from typing import Any, Literal

from sandbox.events import CellDisplay, CellOutput, CellResult, Frame, KernelEvent, Traceback
from sandbox.framing import too_deep
from sandbox.wire import TOO_LARGE, Message, parent_of

VALUE_MIME = "application/vnd.toolcoder.value+json"
EXTRA = "toolcoder"
_DISPLAY_LIMIT_BYTES = 32 << 20
_TEXT_LIMIT_CHARS = 200_000
_JSON_LIMIT_CHARS = 1 << 20
_N_FRAMES = 200


class Collector:
    """What one cell said so far. Byte counts are exact, also of what is not passed on."""

    def __init__(self, cell_id: str, limit_bytes: int) -> None:
        self._cell_id = cell_id
        self._limit = limit_bytes
        self._display_left = _DISPLAY_LIMIT_BYTES
        self.n_bytes: dict[str, int] = {"stdout": 0, "stderr": 0}
        self.cut = False
        self.error: Traceback | None = None

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
            case "error":
                self.error = traceback_of(content)
        return []

    def _output(self, content: dict[str, Any]) -> list[KernelEvent]:
        text = content.get("text")
        if not isinstance(text, str) or not text:
            return []
        stream: Literal["stdout", "stderr"] = "stderr" if content.get("name") == "stderr" else "stdout"
        room = self._limit - self.n_bytes[stream]
        data = text.encode("utf-8", "backslashreplace")
        self.n_bytes[stream] += len(data)
        if len(data) <= room:
            return [CellOutput(stream, text)]
        self.cut = True
        kept = data[: max(room, 0)].decode("utf-8", "ignore")
        return [CellOutput(stream, kept)] if kept else []

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
        if not data or (rich_only and data.keys() <= {"text/plain"}):
            return []
        self._display_left -= sum(map(len, data.values()))
        if self._display_left < 0:
            self.cut = True
            return []
        return [CellDisplay(data)]

    def _result(self, content: dict[str, Any]) -> CellResult:
        data, metadata = content.get("data"), content.get("metadata")
        data = data if isinstance(data, dict) else {}
        text, encoded = data.get("text/plain"), data.get(VALUE_MIME)
        text = text if isinstance(text, str) else ""
        extra = metadata.get(EXTRA) if isinstance(metadata, dict) else None
        cut = isinstance(extra, dict) and extra.get("cut") is True
        # A subclass's __repr__ may be anything; only what parses as JSON is called JSON.
        encoded = encoded if isinstance(encoded, str) and _is_json(encoded) else None
        return CellResult(text[:_TEXT_LIMIT_CHARS], encoded, cut or len(text) > _TEXT_LIMIT_CHARS)


def _is_json(text: str) -> bool:
    """Whether the text is JSON of the size and depth that the kernel itself keeps to: whoever reads it may recurse."""
    if len(text) > _JSON_LIMIT_CHARS or too_deep(text.encode("utf-8", "backslashreplace")):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
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
        _text(given.get("file")),
        line if isinstance(line, int) else 0,
        _text(given.get("function")),
        _text(given.get("source")),
    )


def _text(value: object) -> str:
    return value[:_TEXT_LIMIT_CHARS] if isinstance(value, str) else ""
