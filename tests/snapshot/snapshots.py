"""Snapshots of screens: what a terminal would show, with its colours, in a file that `cat` shows again.

`TOOLCODER_SNAPSHOTS=write` records them anew; look at the difference in git before you commit it. No library: the one
there is for Textual compares SVG drawings, fifty kilobytes each, in which nobody sees what changed.
"""

from __future__ import annotations

import difflib
import io
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rich.console import Console
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

FOLDER = Path(__file__).parent / "screens"
SIZES = ((80, 24), (120, 40), (200, 50))
_N_SAME = 3
THEMES = ("textual-dark", "textual-light")
_WRITES = os.environ.get("TOOLCODER_SNAPSHOTS") == "write"  # now: tests get an environment without settings of ours
_ROW = re.compile(r"\x1b?\[\d+;1H")
_STYLE = re.compile(r"\x1b\[[\d;]*m")


def picture(app: App[Any]) -> str:
    """The screen as text with colours, every cell of it."""
    width, height = app.size
    console = Console(
        width=width, height=height, file=io.StringIO(), force_terminal=True, color_system="truecolor", record=True,
        legacy_windows=False, safe_box=False,
    )  # fmt: skip
    console.print(app.screen._compositor.render_update(full=True, screen_stack=app._background_screens))
    rows = _ROW.split(console.export_text(styles=True))
    return "\n".join(row.rstrip() for row in rows if row.strip()) + "\n"


async def check(pilot: Pilot[Any], name: str, sizes: Iterable[tuple[int, int]] = SIZES) -> None:
    """Compare the screen in every size and theme with what was recorded.

    Raises:
        AssertionError: it looks otherwise; the message shows the lines that changed.
    """
    app = pilot.app
    for widget in (*app.screen.query(Input), *app.screen.query(TextArea)):
        widget.cursor_blink = False
    wrong = []
    for size in sizes:
        await pilot.resize_terminal(*size)
        for theme in THEMES:
            app.theme = theme
            await _quiet(pilot)
            file = FOLDER / f"{name}-{size[0]}x{size[1]}-{theme.removeprefix('textual-')}.ans"
            found = _compared(file, picture(app))
            for _ in range(50):  # a busy machine may measure a table's columns long after it first drew them
                if not found:
                    break
                await pilot.pause(0.1)
                found = _compared(file, picture(app))
            wrong += found
    assert not wrong, "\n".join(wrong)


async def _quiet(pilot: Pilot[Any]) -> None:
    """Until what reads in the background is done, and several looks in a row are the same."""
    before, n_same = "", 0
    for _ in range(200):
        await pilot.pause(0.02)
        busy = [worker for worker in pilot.app.workers if not worker.is_finished]
        now = picture(pilot.app)
        n_same = n_same + 1 if now == before and not busy else 0
        if n_same == _N_SAME:
            return
        before = now
    raise AssertionError("the screen never comes to rest")


def _compared(file: Path, now: str) -> list[str]:
    if _WRITES:
        file.parent.mkdir(exist_ok=True)
        file.write_text(now, encoding="utf-8")
        return []
    recorded = file.read_text(encoding="utf-8") if file.exists() else ""
    if recorded == now:
        return []
    old, new = (_STYLE.sub("", text).splitlines() for text in (recorded, now))
    changed = list(difflib.unified_diff(old, new, "recorded", "now", lineterm="", n=0)) or ["only colours changed"]
    return [f"{file.name} (record anew with TOOLCODER_SNAPSHOTS=write):", *changed]
