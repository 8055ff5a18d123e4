"""The prompt as a whole: field, completions, history, questions that wait, drafts. It posts; the app asks."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Self

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import OptionList, TextArea

from tui.chat.commands import split_command
from tui.chat.prompt.area import PromptArea
from tui.chat.prompt.completion import AtHand
from tui.chat.prompt.drafts import Draft, Drafts
from tui.chat.prompt.history import History
from tui.chat.prompt.messages import Commanded
from tui.chat.prompt.offers import Offers
from tui.chat.prompt.outbox import Outbox
from tui.chat.prompt.pasted import Pasted
from tui.chat.prompt.popup import Popup
from tui.chat.prompt.saved import SavedDraft
from tui.plain import plain

if TYPE_CHECKING:
    from agent.events import Status


class Prompt(Vertical):
    """Who calls this: the app. `home`: where history and drafts lie; None: nothing is kept.

    `keeps_history`: False with `--no-log`. Drafts are kept all the same, until they are sent.
    """

    def __init__(self, home: Path | None, at_hand: AtHand, *, keeps_history: bool) -> None:
        super().__init__(id="prompt")
        self.at_hand = at_hand
        self.history = History(home / "history.jsonl" if home is not None and keeps_history else None)
        self._pasted = Pasted()
        self._area = PromptArea(self._pasted, self)
        self._seen = ""
        self._popup = Popup()
        self._saved = SavedDraft(Drafts(home / "drafts" if home is not None else None), self._draft, self)
        self._outbox = Outbox(self._pasted, self.history, self.post_message, self._saved.soon)
        self.waiting = self._outbox.waiting
        self._offers = Offers(self._area, self._popup, at_hand, self.history)

    def compose(self) -> ComposeResult:
        yield self.waiting
        yield self._popup
        yield self._area

    async def on_mount(self) -> None:
        self.run_worker(self._load())

    def on_unmount(self) -> None:
        self._saved.close()

    def focus(self, scroll_visible: bool = True) -> Self:
        self._area.focus(scroll_visible)
        return self

    # -- what stands in it

    @property
    def text(self) -> str:
        """What is typed."""
        return self._area.text

    @text.setter
    def text(self, text: str) -> None:
        self._area.put(text)

    def type_ahead(self, text: str) -> None:
        """Characters that were typed elsewhere and meant for here; the end of a line is Enter."""
        *lines, rest = text.replace("\r", "\n").split("\n")
        for line in lines:
            self._area.insert(plain(line))
            self._submit()
        self._area.insert(plain(rest))

    def take_back(self, question: str, *, sends: bool) -> None:
        """An earlier question, to be edited or asked again; what was typed is in the history, one step up."""
        if typed := self.text.strip():
            self.history.add(typed, self._pasted.whole(typed))
        self._area.put(question)
        self.focus()
        if sends:
            self._submit()

    def set_aside(self) -> bool:
        """Clear what is typed: undo brings it back, and so does Up, in this chat. Whether there was anything."""
        if typed := self.text.strip():
            self.history.add(typed, is_asked=False)
        is_open = bool(self.text) or self._offers.is_open
        self._clear()
        return is_open

    # -- what the app tells

    def turn_began(self, question: str) -> None:
        """Questions wait from now on."""
        self._outbox.turn_began(question)

    def turn_ended(self, status: Status) -> None:
        """The next one is sent, where the person is not to be asked first."""
        self._outbox.turn_ended(status)

    def escape(self) -> bool:
        """Esc: leave a list, a search."""
        return self._offers.close()

    def drop(self, place: int) -> str | None:
        """Remove a question that waits; what it was."""
        return self._outbox.drop(place)

    def steer(self, addition: str) -> None:
        """Stop the running turn and ask its question again with more; what already ran stays done."""
        self._outbox.steer(addition)

    # -- keys

    def take_key(self, key: str) -> None:
        """See `KeyOwner`."""
        match key:
            case "up" | "down" if self._offers.is_open:
                self._offers.move(-1 if key == "up" else 1)
            case "enter" | "tab" if self._offers.is_open:
                if self._offers.choose() and key == "enter":
                    self._submit()
            case "enter":
                self._submit()
            case "tab":
                if not self._offers.complete(is_asked=True):
                    self.screen.focus_next()
            case "up":
                self._older()
            case "down":
                if (newer := self.history.newer()) is not None:
                    self._area.put(newer)
            case "ctrl+r":
                self._offers.search()
            case "ctrl+t":
                self._steer_with_text()

    def on_text_area_changed(self, _: TextArea.Changed) -> None:
        self.catch_up()

    def catch_up(self) -> None:
        """See `KeyOwner`."""
        if self._seen != self._area.text:
            self._seen = self._area.text
            self._offers.text_changed()
            self._saved.soon()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self._offers.mark(event.option_index)
        self._offers.choose()

    # -- sending

    def _submit(self) -> None:
        text = self.text.strip()
        if not text:
            self._outbox.send_waiting()
        elif parts := split_command(text):
            self._clear()
            self.post_message(Commanded(*parts))
        elif self._outbox.is_busy and text.startswith(">"):
            self._steer_with_text()
        elif problem := self._outbox.too_long(text):
            self.app.notify(problem, severity="error", markup=False)
        else:
            self._clear()
            self._outbox.send(text)

    def _steer_with_text(self) -> None:
        text = self.text.strip().removeprefix(">").strip()
        if self._outbox.is_busy and text:
            self._clear()
            self.history.add(text, self._pasted.whole(text))
            self.steer(text)

    def _clear(self) -> None:
        self._offers.close()
        self.history.leave()
        self._area.clear()

    def _older(self) -> None:
        if not self.text.strip() and self.waiting.questions:
            self._area.put(self.waiting.take(-1) or "")
        elif (older := self.history.older(self.text)) is not None:
            self._area.put(older)
            self._area.move_cursor((0, 0))

    # -- drafts

    def _draft(self) -> Draft:
        texts = [self.text, *self.waiting.questions]
        return Draft(self.text, self._pasted.used_in("\n".join(texts)), tuple(self.waiting.questions))

    async def _load(self) -> None:
        """After the first frame: what earlier chats left."""
        await asyncio.to_thread(self.history.load)
        left = await self._saved.left()
        for draft in left:
            self._pasted.restore(draft.pasted)
            for question in draft.queue:
                self.waiting.add(question)
            if draft.text.strip() and not self.text:
                self._area.put(draft.text)
            elif draft.text.strip():
                self.history.add(draft.text, self._pasted.whole(draft.text))
        if self.waiting.questions:
            self.waiting.is_held = True
            self.waiting.show()
        if left:
            self.app.notify("What was typed in an earlier chat and not sent is here again.", markup=False)
