"""The first start: a few lines that say how it goes, what is missing, and that a model comes with the program."""

from __future__ import annotations

import threading
from collections.abc import Callable

from tui.plain import plain_line

WELCOMED = "welcomed"
"""The mark of the person who has seen it."""
LINES = (
    "Welcome. Ask in plain words, for example: How many films did Sofia Coppola direct?",
    "A model writes a program, a sandbox without network runs it, and you get the answer. F1: keys and commands.",
)


def look_around(say: Callable[[str, str], None], *, has_chosen: bool) -> None:
    """Check the environment in a thread of its own, and say what must be mended. `say(text, kind)` is called there.
    `has_chosen`: the person named a model, and need not be told which one answers."""
    threading.Thread(target=_look, args=(say, has_chosen), name="welcome", daemon=True).start()


def _look(say: Callable[[str, str], None], has_chosen: bool) -> None:
    from tui.doctor import checks
    from tui.failures import explain
    from tui.settings_load import load_settings

    try:
        found = list(checks(load_settings(), quick=True))
    except Exception as error:  # noqa: BLE001  # a broken settings file: opening the session tells it too
        say(plain_line(explain(error).message, 300), "warning")
        return
    for check in found:
        if check.name == "model" and has_chosen:
            continue
        if check.name == "model" and check.ok is not False:
            say(
                plain_line(f"{check.detail} /model chooses another; the bundled one needs no network and no key.", 400),
                "note",
            )
        elif check.ok is False:
            say(plain_line(f"{check.name}: {check.detail}. {check.remedy}", 400), "error")
    if any(check.ok is False for check in found):
        say("/guide checks everything again, piece by piece; `/model bundled` where no other model answers.", "note")
