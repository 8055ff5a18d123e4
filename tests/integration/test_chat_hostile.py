"""Hostile text in every field of every event of the chat: the bytes on a pty beside those of a harmless run."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

from tests.on_pty import Terminal, terminal

DRIVER = """
import sys, types
from tests.any_events import ASKING, KINDS, filled
from tests.scripted_session import ScriptedSession
from agent.events import *
from agent.loop.session_files import FileOptions
from tui import main
factory = sys.modules["tui.session_factory"] = types.ModuleType("tui.session_factory")
TEXT = {text!r}

class Session(ScriptedSession):
    class options:
        log = None
        session_id = "x"
        budget = None
        files = FileOptions()
        class model:
            name = "scripted"

def prepare(request, **_):
    order = [StageStarted, ModelDelta, StageEnded, ProgramWritten, CellStarted]
    kinds = [*order, *(kind for kind in KINDS if kind not in (*ASKING, *order, Answered, CellTextCut, QuestionAsked))]
    def event(kind):
        return lambda: filled(kind, TEXT)
    stream = [StageStarted("answer"), *(ModelDelta("answer", piece) for piece in TEXT.split(" ")), 0.3]
    end = [StageEnded("answer", product=TEXT), Answered("answered", TEXT + "\\n\\nTHE END")]
    return lambda: Session([*map(event, kinds), *stream, *end], [Answered("answered", "and AGAIN")])

factory.prepare = prepare
sys.argv = ["toolcoder", "--no-log"]
main.main()
"""
HOSTILE = (
    "\x1b]0;OWNED\x07 \x1b]52;c;T1dORUQ=\x07 \x1b]8;;http://192.0.2.1/\x1b\\click\x1b]8;;\x1b\\ \x1b]9;OWNED\x1b\\"
    " \x1b[2J\x1b[H\x1b[3J \x1b[6n\x1b[c \x1b[?1049l\x1b[?2004l \x1b[31;5;8mred\x1b[0m \x1bP+q544e\x1b\\"
    " \x1b_Gf=24;AAAA\x1b\\"
    " \x1bc\x1b(0\x0e \x9b2J \x9d0;OWNED\x9c \x90q\x9c \x07\x08\x7f \rover \x85 \u2028 \u202egnp.exe\u202c"
    " \u2066x\u2069 a\u200bb \U000e0041"
    " [@click=app.quit]QUIT[/] [@click='app.bell']B[/] [link=http://192.0.2.1]x[/link] [bold red]OK[/]"
    " [a](http://192.0.2.1/) ![i](http://192.0.2.1/i.png) <http://192.0.2.1> &#27;[2J &#x202e; &#155;2J"
    " <script>x</script> \x1b]0;never ends"
)
HARMLESS = (
    "one two three [a](b) `c` **d** e f g h i j k l m n o p q r s t u v w x y z and so on, for as long as the other"
)
BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u2028\U000e0041"

_SEQUENCE = re.compile(
    rb"\x1b\[(?P<private>[<=>?]?)[\d;:]*(?P<end>[ -/]*[@-~])"
    rb"|\x1b(?P<string>[\]P_^X])(?P<body>[^\x07\x1b]*)(?:\x07|\x1b\\)|\x1b(?P<other>[^\[\]P_^X])"
)


def run(text: str) -> tuple[Terminal, bytes]:
    """A chat whose session says `text` everywhere; it is left by Ctrl-Q. The bytes between start and end."""
    with terminal([sys.executable, "-c", DRIVER.format(text=text)], {"COLORTERM": "truecolor"}, (50, 120)) as t:
        t.until(b"ready")
        start = len(t.seen)
        t.type(b"go\r")
        t.until(b"THE END")
        t.type(b"\x0f")  # everything unfolded
        t.type(b"\x1b[5~" * 3)
        for row in range(1, 48, 1):  # a click on every line, where an action might hide
            for column in (4, 12, 40):
                t.type(f"\x1b[<0;{column};{row}M\x1b[<0;{column};{row}m".encode())
        t.type(b"\x1b[1;5F\t\t")
        t.type(b"\x1b")
        t.process.poll()
        t.type(b"\x11")
        assert t.end() == 0
        return t, t.seen[start : t.seen.rindex(b"\x1b[?1049l")]


def kinds(written: bytes) -> Iterator[tuple[str, bytes]]:
    """What a terminal was told to do, without where and in which colour."""
    for found in _SEQUENCE.finditer(written):
        if found["end"]:
            yield "csi", found["private"] + found["end"]
        elif found["string"]:
            yield "string", found["string"] + found["body"]
        else:
            yield "esc", found["other"]


def test_hostile_text_makes_the_terminal_do_nothing_that_harmless_text_does_not() -> None:
    _, harmless = run(HARMLESS)
    _, hostile = run(HOSTILE)
    assert set(kinds(hostile)) <= set(kinds(harmless))
    text = hostile.decode("utf-8")  # no C1 byte stands alone
    assert not [c for c in text if "\x80" <= c <= "\x9f" or c in BIDI]
    assert not re.search(r"[\x00-\x06\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f]", _SEQUENCE.sub(b"", hostile).decode())
    shown = hostile.replace(rb"\u001b]52;c;T1dORUQ", b"")  # an argument, as JSON spells it
    assert b"T1dORUQ" not in shown and b"<U+202E>" in hostile, "removed, and what reorders is named"
    assert "[@click=app.quit]QUIT[/]" in _words(hostile)


def _words(written: bytes) -> str:
    """The text as it stands on the screen, lines joined."""
    return re.sub(r"\s+", " ", _SEQUENCE.sub(b"", written).decode("utf-8", "replace"))
