"""The guide: what is needed, checked piece by piece as `toolcoder doctor` does, with what to do about each."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from tui.chat.screens.panel import Panel
from tui.plain import plain, plain_line

if TYPE_CHECKING:
    from sandbox.doctor import Check

_MARKS = {True: "✓", None: "!", False: "✗"}


class GuideScreen(Panel):
    """`checks` are taken in a thread, one after the other, as they are known; by default the doctor's."""

    heading = "Guide"
    about = """
Everything that toolcoder needs, in the order in which failures cause one another: ✓ works, ! works with something to
know, ✗ does not work, with what to do about it. b answers with the small bundled model from now on: it needs no
network and no key, and knows the demo catalogue's questions."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("b", "bundled", "use the bundled model"),
        Binding("r", "check", "check again"),
        Binding("up,k", "scroll(-1)", show=False),
        Binding("down,j", "scroll(1)", show=False),
    ]
    DEFAULT_CSS = """
    GuideScreen > VerticalScroll { height: 1fr; padding: 0 1; }
    GuideScreen Static { height: auto; }
    """

    def __init__(self, checks: Callable[[], Iterator[Check]] | None = None) -> None:
        super().__init__()
        self._checks = checks or _doctor
        self._lines: list[str] = []
        self._is_left = threading.Event()

    def body(self) -> ComposeResult:
        with VerticalScroll(can_focus=False):
            yield Static("", markup=False, classes="checks")

    def on_mount(self) -> None:
        self.action_check()

    def on_unmount(self) -> None:
        self._is_left.set()

    @work(exclusive=True)
    async def action_check(self) -> None:
        """Look at everything again."""
        self._lines = ["Ask in plain words: a model writes a program, a sandbox runs it, you get the answer.", ""]
        self.say("checking; a kernel is started and removed, which takes some seconds")
        n_bad = 0
        checks = self._checks()
        while (check := await asyncio.to_thread(next, checks, None)) is not None:
            n_bad += check.ok is False
            self._lines.append(f"{_MARKS[check.ok]} {check.name:<11} {plain_line(check.detail, 400)}")
            if check.remedy and check.ok is not True:
                self._lines.append(f"    {plain(check.remedy)}")
            if self._is_left.is_set():
                return
            self.query_one(".checks", Static).update("\n".join(self._lines))
        self.say(
            "everything that is needed works" if not n_bad else f"{n_bad} of these must be mended", is_error=bool(n_bad)
        )

    def action_scroll(self, lines: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)

    def action_bundled(self) -> None:
        from tui.chat.app import ChatApp

        if isinstance(app := self.app, ChatApp):
            self.dismiss()
            app.call_later(app.action_command, "model", "bundled")


def _doctor() -> Iterator[Check]:
    from tui.doctor import checks
    from tui.settings_load import load_settings

    yield from checks(load_settings())
