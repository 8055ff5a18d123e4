"""The sessions panel: what was asked before; resume, rename, export, delete, search in all texts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.widgets import DataTable

from agent.log.naming import rename
from agent.log.reader import SessionSummary, list_sessions, read_session
from agent.log.retention import delete
from agent.log.search import Hit, search
from tui.chat.messages import SessionChosen
from tui.chat.screens.dialogs import AskLine, Choose, Confirm
from tui.chat.screens.list_panel import ListPanel
from tui.plain import cut_lines, plain_line
from tui.session_export import SUFFIXES, ExportForm, exported, write_new
from tui.session_text import session_text

_FORMS: tuple[tuple[ExportForm, str], ...] = (
    ("text", "text: questions, programs, calls and answers, as shown here"),
    ("json", "json: every record of the log"),
    ("messages", "messages: chat messages, as training libraries read them"),
    ("atif", "atif: the agent trajectory interchange format"),
)


class SessionsPanel(ListPanel[SessionSummary]):
    """`open_id` is the session of this chat ('' where it is not logged); `rename_open` names it; `words` are searched
    from the beginning."""

    heading = "Sessions"
    about = """
Every session that was logged, the newest first. Enter goes on with the chosen one: its questions and answers are
there again, and its variables where its kernel still lives or its programs can be run again from the log (tools are
not called again). Esc, then a question, goes on where you were.

/ filters the list by words as you type them; Enter then searches questions, answers and programs of all sessions."""
    columns = ("started", "turns", "status", "session")
    nothing = "no session was logged yet"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "resume", "resume", priority=False),
        Binding("r", "rename", "rename"),
        Binding("e", "export", "export"),
        Binding("d,delete", "delete", "delete"),
    ]

    def __init__(
        self,
        folder: Path,
        open_id: str = "",
        rename_open: Callable[[str], Awaitable[None]] | None = None,
        words: str = "",
    ) -> None:
        super().__init__()
        self._folder = folder
        self._open_id = open_id
        self._rename_open = rename_open
        self._hits: dict[str, Hit] = {}
        self._searched = words

    async def fetch(self) -> Sequence[SessionSummary]:
        if not self._searched:
            self._hits = {}
            return await asyncio.to_thread(list_sessions, self._folder)
        hits = await asyncio.to_thread(lambda: list(search(self._folder, self._searched)))
        self._hits = {hit.session.id: hit for hit in hits}
        self.say(f"{len(hits)} sessions have {self._searched!r}; Esc shows all again")
        return [hit.session for hit in hits]

    def row(self, item: SessionSummary) -> Sequence[str]:
        mark = "(this one) " if item.id == self._open_id else ""
        started = item.started.astimezone().strftime("%Y-%m-%d %H:%M")
        return started, str(item.n_turns), item.status, f"{mark}{item.title}"

    def name_of(self, item: SessionSummary) -> str:
        return item.id

    async def detail(self, item: SessionSummary) -> str:
        hit = self._hits.get(item.id)
        found = (
            [f"found in a{'n' if hit.where == 'answer' else ''} {hit.where}: {plain_line(hit.excerpt, 400)}", ""]
            if hit
            else []
        )
        text = await asyncio.to_thread(lambda: session_text(read_session(item.path)))
        return "\n".join([*found, *cut_lines(text.splitlines(), 400, 200)])

    def words_changed(self, words: str) -> None:
        if not self._searched:
            super().words_changed(words)

    def words_entered(self, words: str) -> None:
        self._searched, self._words = words, ""
        self.reload()

    def escape(self) -> bool:
        searched, self._searched = self._searched, ""
        was_open = super().escape()
        if searched:
            self.say("")
            self.reload()
        return was_open

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        event.stop()
        self.action_resume()

    def action_resume(self) -> None:
        item = self.current
        if item is None:
            return
        if item.id == self._open_id:
            self.dismiss()
        elif item.status in ("unreadable", "empty"):
            self.say(f"this session is {item.status}: there is nothing to resume", is_error=True)
        else:
            self.post_message(SessionChosen(item.id))
            self.dismiss()

    @work
    async def action_rename(self) -> None:
        if (item := self.current) is None:
            return
        name = await self.app.push_screen_wait(AskLine(f"What is session {item.id} called?", item.name))
        if name is None:
            return
        try:
            if item.id == self._open_id and self._rename_open is not None:
                await self._rename_open(name)
            else:
                await asyncio.to_thread(rename, item.path, name)
        except Exception as error:  # noqa: BLE001  # too long, open elsewhere, disk full: the panel says so
            self.failed(error)
            return
        self.say("renamed" if name.strip() else "its name was taken away")
        self.reload()

    @work
    async def action_export(self) -> None:
        if (item := self.current) is None:
            return
        form = await self.app.push_screen_wait(Choose("In which form?", _FORMS))
        if form is None:
            return
        target = Path.cwd() / f"{item.id}{SUFFIXES[form]}"  # type: ignore[index]  # one of `_FORMS`
        named = await self.app.push_screen_wait(AskLine("Into which file?", str(target)))
        if not named:
            return
        try:
            text = await asyncio.to_thread(lambda: exported(read_session(item.path), form))  # type: ignore[arg-type]
            await asyncio.to_thread(write_new, Path(named).expanduser(), text)
        except Exception as error:  # noqa: BLE001  # as above
            self.failed(error)
            return
        self.say(f"wrote {named}")

    @work
    async def action_delete(self) -> None:
        if (item := self.current) is None:
            return
        if item.id == self._open_id:
            self.say("this session is open; leave it first", is_error=True)
            return
        question = f"Delete session {item.id} ({plain_line(item.title, 60)}) with all that was kept with it?"
        if not await self.app.push_screen_wait(Confirm(question)):
            return
        try:
            await asyncio.to_thread(delete, self._folder, item.path.stem)
        except OSError as error:
            self.failed(error)
            return
        self.say(f"deleted {item.id}")
        self.reload()
