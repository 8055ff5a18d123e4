"""The functions panel: what was kept because it worked; its source, statistics and proof; verify, remove."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.content import Content

from agent.functions.base import FunctionEntry, FunctionRepository
from agent.functions.entries import retired
from tui.chat.screens.dialogs import Confirm
from tui.chat.screens.list_panel import ListPanel
from tui.function_text import facts
from tui.plain import plain, plain_line


class FunctionsPanel(ListPanel[FunctionEntry]):
    """`repository` opens what there is, and may take its time; `sources` are the session's tools, for proofs;
    `wanted` is the name or id to begin with."""

    heading = "Functions"
    about = """
Functions that the agent kept because they worked, with the call that proved each. Confirmed ones are used again
without a new plan; unconfirmed ones are proposed to the model; quarantined ones failed and wait for a verification.

v runs the chosen one's recorded test in a clean sandbox (no tool is called); V all of them. x retires it: it is never
proposed again, and A shows it still."""
    columns = ("function", "state", "went well", "subtask")
    nothing = "no function was kept yet"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("v", "verify", "verify"),
        Binding("V", "verify_all", "verify all"),
        Binding("x,delete", "remove", "remove"),
        Binding("A", "all", "with removed"),
    ]

    def __init__(
        self,
        repository: Callable[[], AbstractContextManager[FunctionRepository]],
        sources: tuple[str, ...] = (),
        wanted: str = "",
    ) -> None:
        super().__init__()
        self._repository = repository
        self._sources = sources
        self._wanted = wanted
        self._with_removed = False

    async def fetch(self) -> Sequence[FunctionEntry]:
        is_first = not self.items
        if is_first:
            self.say("reading the functions")
        entries = await asyncio.to_thread(self._list)
        if is_first:
            self.say("")
        return [entry for entry in entries if self._with_removed or entry.state != "retired"]

    def _list(self) -> list[FunctionEntry]:
        with self._repository() as repository:
            return repository.list()[::-1]  # the newest first

    def fill(self) -> None:
        super().fill()
        names = [entry.id if entry.id == self._wanted else entry.name for entry in self._visible]
        if self._wanted in names:
            self.table.move_cursor(row=names.index(self._wanted))
        self._wanted = ""

    def row(self, item: FunctionEntry) -> Sequence[str]:
        return item.name, item.state, f"{item.n_successes}/{item.n_uses}", item.subtask

    def name_of(self, item: FunctionEntry) -> str:
        return item.id

    async def detail(self, item: FunctionEntry) -> Content:
        from textual.highlight import highlight

        source = await asyncio.to_thread(highlight, plain(item.source).rstrip(), language="python")
        return Content("\n").join([Content("\n".join(facts(item))), Content(""), source])

    def action_all(self) -> None:
        self._with_removed = not self._with_removed
        self.reload()

    def action_verify(self) -> None:
        if (item := self.current) is not None:
            self._verify([item])

    def action_verify_all(self) -> None:
        self._verify([entry for entry in self.items if entry.state != "retired"])

    @work(exclusive=True, group="verify")
    async def _verify(self, entries: Sequence[FunctionEntry]) -> None:
        from tui.verifying import Verified, verify

        def say(text: str) -> None:
            self.app.call_from_thread(self.say, text)

        def run() -> list[Verified]:
            # In a thread with a loop of its own: starting a kernel imports much, and must not hold up the keys.
            with self._repository() as repository:
                return asyncio.run(verify(repository, entries, self._sources, say))

        self.say(f"starting a clean sandbox for {len(entries)} functions")
        try:
            verdicts = await asyncio.to_thread(run)
        except Exception as error:  # noqa: BLE001  # no sandbox, no tools: the panel says so and stays
            self.failed(error)
            return
        n_passed = sum(verdict.ok is True for verdict in verdicts)
        others = [f"{v.entry.name}: {v.reason}" for v in verdicts if v.ok is not True]
        self.reload()
        self.say(plain_line(f"{n_passed} of {len(verdicts)} passed. {'; '.join(others)}", 500), is_error=bool(others))

    @work
    async def action_remove(self) -> None:
        if (item := self.current) is None:
            return
        if not await self.app.push_screen_wait(Confirm(f"Never propose {plain_line(item.signature, 200)} again?")):
            return

        def remove() -> None:
            with self._repository() as repository:
                repository.change(item.id, lambda e: retired(e, "removed by hand"))

        try:
            await asyncio.to_thread(remove)
        except Exception as error:  # noqa: BLE001  # as above
            self.failed(error)
            return
        self.say(f"removed {item.name}")
        self.reload()
