"""The turns that are off the screen: in a file without a name, so that ten thousand of them take no memory.

The file is unlinked as soon as it is open: nothing of it is left when the chat ends, however it ends.
"""

from __future__ import annotations

import json
import tempfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tui.chat.transcript.window import Heights
from tui.plain import plain

if TYPE_CHECKING:
    from agent.events import Event
    from tui.chat.transcript.record import TurnRecord

_MEMORY_BYTES = 4 << 20
"""So much stays in memory before the file is really written."""


@dataclass(slots=True)
class Place:
    """Where a turn lies, and how high its card was, in lines, on a screen of `width` columns (0: a guess)."""

    offset: int
    n_bytes: int
    height: int
    width: int


class TurnStore:
    """Append and look up by number, from 0. A turn is put once and never changes."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=_MEMORY_BYTES)  # noqa: SIM115  # lives as long as the chat
        self._end = 0
        self._places: list[Place] = []
        self._heights: Heights | None = None

    def __len__(self) -> int:
        return len(self._places)

    def put(self, record: TurnRecord, height: int, width: int = 0) -> int:
        """Keep a turn; its number."""
        from tui.chat.transcript.stored import encode  # with it come the events; the first frame does without

        parts = (json.dumps(record.question), json.dumps(plain(record.text)), encode(record.events))
        data = zlib.compress("\n".join(parts).encode(), 1)
        self._file.seek(self._end)
        self._file.write(data)
        self._places.append(Place(self._end, len(data), height, width))
        self._end += len(data)
        self._heights = None
        return len(self._places) - 1

    def get(self, number: int) -> tuple[str, list[Event]]:
        """A turn's question and events."""
        from tui.chat.transcript.stored import decode

        question, _, events = self._read(number)
        return json.loads(question), decode(events)

    def text(self, number: int) -> str:
        """What a search looks at: question, programs and answer."""
        return str(json.loads(self._read(number)[1]))

    def place(self, number: int) -> Place:
        """Its place; only `set_height` changes one."""
        return self._places[number]

    def set_height(self, number: int, height: int, width: int) -> None:
        """How high its card was when it was last drawn."""
        place = self._places[number]
        if (place.height, place.width) != (height, width):
            place.height, place.width = height, width
            self._heights = None

    @property
    def heights(self) -> Heights:
        """Of all, in order; added up anew only after a change, for it is asked with every piece that streams in."""
        if self._heights is None:
            self._heights = Heights(place.height for place in self._places)
        return self._heights

    def close(self) -> None:
        """Give the file back."""
        self._file.close()

    def _read(self, number: int) -> list[str]:
        place = self._places[number]
        self._file.seek(place.offset)
        return zlib.decompress(self._file.read(place.n_bytes)).decode().split("\n")
