"""What the chat says to the terminal besides its cells: title, bell, clipboard, mouse. Only literals of ours, and text
that a person copies by a key of theirs, encoded."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Any

from textual.app import App

_KEEP_TITLE = "\x1b[22;2t"
_GIVE_TITLE_BACK = "\x1b[23;2t"


class TerminalManners:
    """Of one app; every method does nothing where there is no terminal (tests, a headless run)."""

    def __init__(self, app: App[Any], *, title: bool, bell_s: float) -> None:
        self._app = app
        self._title = title and os.environ.get("TERM", "") not in ("", "dumb", "linux")
        self._bell_s = bell_s
        self._is_kept = False
        self.has_mouse = True

    def show(self, state: str) -> None:
        """Put what goes on into the title: a word of ours."""
        if not self._title:
            return
        self._write(f"{'' if self._is_kept else _KEEP_TITLE}\x1b]2;toolcoder: {state}\x07")
        self._is_kept = True

    def leave(self) -> None:
        """The title that was there before; called when the app has ended, however it did."""
        if self._is_kept and sys.__stderr__ is not None:
            self._is_kept = False
            with contextlib.suppress(OSError, ValueError):  # the terminal is gone: nobody sees its title
                sys.__stderr__.write(_GIVE_TITLE_BACK)
                sys.__stderr__.flush()

    def turn_ended(self, seconds: float) -> None:
        """Ring where it took long: the person looks elsewhere by now."""
        if 0 < self._bell_s <= seconds:
            self._app.bell()

    def take_mouse(self, wanted: bool) -> None:
        """Click, scroll and select in the chat, or leave the mouse to the terminal's own selection."""
        self.has_mouse = wanted
        driver = self._app._driver
        for name in ("_enable_mouse_support" if wanted else "_disable_mouse_support",):
            if (method := getattr(driver, name, None)) is not None:  # drivers without a terminal have none
                method()
        if driver is not None:
            driver.flush()

    def _write(self, sequence: str) -> None:
        if self._app._driver is not None and not self._app.is_headless:
            self._app._driver.write(sequence)
