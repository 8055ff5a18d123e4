"""However the chat ends, the terminal is itself again: every mode that was switched on is off, the line settings and
the title are back, and the last lines are on the shell's screen."""

from __future__ import annotations

import re
import signal
import time

import pytest

from tests.integration.test_chat_terminal import LEAVES, chat
from tests.on_pty import Terminal, terminal
from tests.seen_on_pty import line_settings, modes_left_on

BUSY = "[StageStarted('plan'), 30.0]"
BROKEN = """
from tui.chat.status import StatusLine
def broken(*args): raise RuntimeError('in the middle of a frame')
StatusLine.take = broken
"""


def quit_by_key(t: Terminal) -> None:
    t.type(b"\x11")


def nothing(t: Terminal) -> None:
    """It ends by itself."""


@pytest.mark.parametrize(
    ("extra", "end", "code"),
    [
        ("", quit_by_key, 0),
        ("", lambda t: t.process.send_signal(signal.SIGTERM), 130),
        ("", lambda t: t.process.send_signal(signal.SIGHUP), 130),
        (BROKEN, nothing, 1),
    ],
    ids=["key", "SIGTERM", "SIGHUP", "a fault"],
)
def test_the_terminal_is_clean(extra: str, end: object, code: int) -> None:
    with terminal(chat(BUSY, extra=extra)) as t:
        before = line_settings(t.descriptor)
        t.until(b"ready")
        assert modes_left_on(t.seen), "nothing was switched on?"
        t.type(b"\x1b[200~two\nlines\x1b[201~\r")
        if not extra:
            t.until(b"plan")
        end(t)  # type: ignore[operator]
        assert t.end() == code
        after = line_settings(t.descriptor)
    assert modes_left_on(t.seen) == set()
    assert after == before
    assert LEAVES in t.seen and b"Traceback" not in t.seen
    assert t.seen.count(b"\x1b[22;2t") == t.seen.count(b"\x1b[23;2t") == 1, "the title was not given back"


def test_no_color_is_honoured() -> None:
    with terminal(chat(), {"NO_COLOR": "1", "COLORTERM": "truecolor"}) as t:
        t.until(b"ready")
        t.type(b"How many?\r")
        t.until(b"it is 8")
        time.sleep(0.3)
        t.type(b"\x11")
        assert t.end() == 0

    colours = set()
    for red, green, blue in re.findall(rb"[34]8;2;(\d+);(\d+);(\d+)", t.seen):
        colours.add((red, green, blue))
    assert all(red == green == blue for red, green, blue in colours), "only shades of grey"
