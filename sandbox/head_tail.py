"""What of a cell's text is passed on: the first part as it comes, the last part at the end, and what lies between."""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass, field
from typing import Literal

from sandbox.events import CellOutput, CellOutputGap

Stream = Literal["stdout", "stderr"]
_LINE_BYTES = 4096
"""So much of the head or the tail is given up to cut it between lines."""
_PIECE_BYTES = 4096
"""Smaller pieces of the tail are joined: a program may write one character at a time."""


@dataclass
class _Part:
    """One stream: what is left of its head, and its tail as numbered pieces."""

    head_left: int
    is_head_over: bool = False
    is_at_line: bool = False
    tail: deque[tuple[int, bytes]] = field(default_factory=deque)
    n_tail_bytes: int = 0
    n_dropped_bytes: int = 0
    n_dropped_lines: int = 0

    def drop(self, data: bytes) -> None:
        self.n_dropped_bytes += len(data)
        self.n_dropped_lines += data.count(b"\n")


class HeadTail:
    """Of each stream `limit_bytes` at most. `add` gives what may be passed on now, `rest` the gaps and the tails."""

    def __init__(self, limit_bytes: int) -> None:
        self._head_bytes = limit_bytes // 2
        self._tail_bytes = limit_bytes - limit_bytes // 2
        self._parts: dict[Stream, _Part] = {}
        self._number = 0
        self._last: Stream | None = None

    @property
    def is_cut(self) -> bool:
        """Whether something was left out; known for certain after `rest`."""
        return any(part.n_dropped_bytes for part in self._parts.values())

    def add(self, stream: Stream, data: bytes) -> CellOutput | None:
        """`data` is UTF-8 and ends between two characters."""
        part = self._parts.get(stream) or self._parts.setdefault(stream, _Part(self._head_bytes))
        end = 0
        if not part.is_head_over:
            end = len(data) if len(data) <= part.head_left else _last_end(data, part.head_left, part.is_at_line)
            part.head_left -= end
            part.is_head_over = end < len(data)
            part.is_at_line = data.endswith(b"\n")
        if end < len(data):
            self._keep(stream, part, data[end:])
        return CellOutput(stream, data[:end].decode("utf-8")) if end else None

    def rest(self) -> list[CellOutput | CellOutputGap]:
        """At the cell's end, in the order in which the streams were written."""
        for part in self._parts.values():
            self._trim(part)
        numbered = [[(number, stream, data) for number, data in part.tail] for stream, part in self._parts.items()]
        events: list[CellOutput | CellOutputGap] = []
        pending = {stream: part for stream, part in self._parts.items() if part.n_dropped_bytes}
        for _, stream, data in heapq.merge(*numbered):
            if stream in pending:
                events.append(_gap(stream, pending.pop(stream)))
            last = events[-1] if events else None
            if isinstance(last, CellOutput) and last.stream == stream:
                events[-1] = CellOutput(stream, last.text + data.decode("utf-8"))
            else:
                events.append(CellOutput(stream, data.decode("utf-8")))
        return events + [_gap(stream, part) for stream, part in pending.items()]

    def _keep(self, stream: Stream, part: _Part, data: bytes) -> None:
        if self._last == stream and part.tail and len(part.tail[-1][1]) < _PIECE_BYTES:
            number, before = part.tail[-1]
            part.tail[-1] = (number, before + data)
        else:
            self._number += 1
            part.tail.append((self._number, data))
        self._last = stream
        part.n_tail_bytes += len(data)
        # Whole pieces only: cutting the first one at each new piece would copy it each time.
        while part.n_tail_bytes - len(part.tail[0][1]) >= self._tail_bytes:
            _, first = part.tail.popleft()
            part.n_tail_bytes -= len(first)
            part.drop(first)
            if not part.tail:
                break

    def _trim(self, part: _Part) -> None:
        """Cut the first piece: to the limit, and where something was left out to the start of a line."""
        n_over = part.n_tail_bytes - self._tail_bytes
        if not part.tail or (n_over <= 0 and not part.n_dropped_bytes):
            return
        number, first = part.tail[0]
        start = max(n_over, 0)
        while start < len(first) and first[start] & 0xC0 == 0x80:
            start += 1
        newline = first.find(b"\n", start, start + _LINE_BYTES) + 1
        start = newline if 0 < newline < len(first) else start
        part.drop(first[:start])
        part.n_tail_bytes -= start
        part.tail[0] = (number, first[start:])
        if start == len(first):
            part.tail.popleft()


def _gap(stream: Stream, part: _Part) -> CellOutputGap:
    return CellOutputGap(stream, part.n_dropped_bytes, part.n_dropped_lines)


def _last_end(data: bytes, limit: int, is_at_line: bool) -> int:
    """The end of the last line before `limit` where one is near, else of the last character. `is_at_line`: before
    `data` a line ended."""
    newline = data.rfind(b"\n", max(0, limit - _LINE_BYTES), limit) + 1
    if newline or (is_at_line and limit < _LINE_BYTES):
        return newline
    while limit > 0 and data[limit] & 0xC0 == 0x80:
        limit -= 1
    return limit
