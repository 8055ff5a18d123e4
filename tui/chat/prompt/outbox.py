"""What becomes of a text that is sent: it is asked now, it waits for the running turn, or it steers that turn."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.message import Message

from tui.chat.prompt.history import History
from tui.chat.prompt.messages import Asked, StopWanted
from tui.chat.prompt.pasted import Pasted
from tui.chat.prompt.waiting import WaitingList
from tui.question import LIMIT_BYTES

if TYPE_CHECKING:
    from agent.events import Status


class Outbox:
    """`post` tells the app, `changed` is told when what waits has changed. Who calls it: the prompt."""

    def __init__(
        self, pasted: Pasted, history: History, post: Callable[[Message], object], changed: Callable[[], object]
    ) -> None:
        self.waiting = WaitingList()
        self._pasted = pasted
        self._history = history
        self._post = post
        self._changed = changed
        self._is_busy = False
        self._question = ""
        self._again = ""

    @property
    def is_busy(self) -> bool:
        """Whether a turn runs, or is about to."""
        return self._is_busy

    def send(self, text: str) -> None:
        """Ask it, after what waits already."""
        if self._is_busy or self.waiting.questions:
            self.waiting.add(text)
            self._changed()
            if not self._is_busy:
                self.send_waiting()
        else:
            self._ask(text)

    def send_waiting(self) -> None:
        """Ask the first of those that wait, unless a turn runs."""
        if not self._is_busy and (text := self.waiting.take()) is not None:
            self.waiting.is_held = False
            self._ask(text)

    def steer(self, addition: str) -> None:
        """Stop the running turn and ask its question again with more; what already ran stays done."""
        self._again = f"{self._question}\n{self._pasted.whole(addition)}"
        self._post(StopWanted())

    def drop(self, place: int) -> str | None:
        """Remove a question that waits; what it was."""
        dropped = self.waiting.take(place)
        if dropped is not None:
            self._history.add(dropped, self._pasted.whole(dropped))
            self._changed()
        return dropped

    def turn_began(self, question: str) -> None:
        """Questions wait from now on."""
        self._is_busy = True
        self._question = question

    def turn_ended(self, status: Status) -> None:
        """The next one is sent, where the person is not to be asked first."""
        self._is_busy = False
        if self._again:
            question, self._again = self._again, ""
            self._ask(question)
        elif status == "answered":
            self.send_waiting()
        else:
            self.waiting.is_held = True
            self.waiting.show()

    def too_long(self, text: str) -> str:
        """What is wrong where a question is longer than the session takes; ''."""
        n_bytes = len(self._pasted.whole(text).encode("utf-8", "replace"))
        if n_bytes <= LIMIT_BYTES:
            return ""
        return f"That is {n_bytes:,} bytes; a question has at most {LIMIT_BYTES:,}. Put it into a file: @FILE."

    def _ask(self, text: str) -> None:
        whole = self._pasted.whole(text)
        self._history.add(text, whole)
        self._is_busy = True  # until the app says more: a second Enter in this moment waits
        self._changed()
        self._post(Asked(whole))
