"""Attempts to drive the person's terminal by text: from programs, errors, tools, models, file names.

`ask` on a pseudo-terminal: every byte that it wrote is looked at. The chat in Textual's own virtual terminal.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from textual.widgets import Static

from agent.events import Answered, CellEnded, CellStarted, CellText, ErrorSeen, ToolCalled
from tests.answer_script import QUESTION, write_script
from tests.chat_driver import chat, send, texts, until
from tests.cli_process import Cli
from tests.on_pty import terminal
from tests.scripted_session import ScriptedSession

pytestmark = pytest.mark.docker

# What terminals obey: title, clipboard, links, notifications, screen, colours, modes, keyboard, reports, C1, charsets.
SEQUENCES = {
    "osc-title": "\x1b]0;OWNED\x07",
    "osc-52-clipboard": "\x1b]52;c;T1dORUQ=\x07",
    "osc-8-link": "\x1b]8;;http://192.0.2.1/OWNED\x1b\\click\x1b]8;;\x1b\\",
    "osc-9-notify": "\x1b]9;OWNED\x1b\\",
    "osc-1337-file": "\x1b]1337;File=name=T1dORUQ=:T1dORUQ=\x07",
    "csi-screen": "\x1b[2J\x1b[H\x1b[3J",
    "csi-colour": "\x1b[31;5;8mred\x1b[0m",
    "csi-up": "\x1b[1A\x1b[2K",
    "csi-modes": "\x1b[?1049h\x1b[?1000h\x1b[?2004h\x1b[?25l",
    "csi-report": "\x1b[6n\x1b[c\x1b[5n\x1b[21t",
    "c1-csi": "\x9b2J\x9b31m",
    "c1-osc": "\x9d0;OWNED\x9c",
    "dcs": "\x1bP+q544e\x1b\\\x90sixel\x9c",
    "apc-pm-sos": "\x1b_OWNED\x1b\\\x1b^OWNED\x1b\\\x1bXOWNED\x1b\\",
    "reset": "\x1bc\x1b(0\x0e\x0f",
    "unterminated": "\x1b]0;never ends",
    "bell-backspace": "\x07\x08\x08\x08\x7f",
    "carriage-return": "rm -rf ~\rls      ",
    "vertical": "\x0b\x0c\x1c\x1d\x1e\x85\u2028",
    "bidi": "\u202egnp.exe\u202c \u2066x\u2069 \u200f",
    "invisible": "a\u200bb\u00adc\ufeffd\U000e0041",
}
HOSTILE = " ".join(SEQUENCES.values()) + " [@click=app.quit]press[/] [link=http://192.0.2.1]x[/link] [bold red]OK[/]"
BAD_BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u200e\u200f\u00ad\ufeff\U000e0041"

TOOLS = '''
TEXT = json.loads({text!r})

def hostile_text() -> str:
    """Return text."""
    return TEXT

def hostile_error(reason: str = "x") -> str:
    """Raise an error with text."""
    raise type("Bad" + TEXT, (ValueError,), {{}})(TEXT)

def hostile_change(what: str) -> str:
    """Change something."""
    return TEXT
hostile_change.effect = "write"
'''


def harmless(seen: bytes) -> None:
    """No byte of it does anything at a terminal but print, go to the next line or the next stop."""
    text = seen.decode("utf-8")
    bad = sorted({hex(ord(c)) for c in text if (ord(c) < 32 and c not in "\r\n\t") or 0x7F <= ord(c) <= 0x9F})
    assert not bad, (bad, text[:3000])
    assert not [c for c in text if c in BAD_BIDI], text[:3000]
    assert "\r" not in text.replace("\r\n", "\n"), "something was written over"


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    made = Cli(tmp_path)
    source = "import json\n" + TOOLS.format(text=json.dumps(HOSTILE))
    (tmp_path / "hostile_tools.py").write_text(source)
    return made


def told(cli: Cli, *arguments: str, status: int, **script: str) -> bytes:
    """What `ask` wrote to its terminal."""
    model = f"scripted:{write_script(cli.folder / 'script.json', **script)}"
    command = [sys.executable, "-m", "tui.main", "ask", QUESTION, "--model", model, "--verbose", *arguments]
    with terminal(command, cli.environment()) as t:
        assert t.end(90) == status, t.words
    return t.seen


def test_terminal_output_of_a_program(cli: Cli) -> None:
    """`terminal-output`: what a program prints, returns, displays or names, and a model's answer; no control byte."""
    program = f"""
import sys
from IPython.display import HTML, Markdown, display
text = {HOSTILE!r}
print(text)
print(text, file=sys.stderr)
display({{'text/plain': text, 'text/html': text}}, raw=True)
open('/out/x\\x1b[2J\\u202egnp.txt', 'w').write(text)
hostile_text()
class R:
    def __repr__(self): return text
R()
"""
    seen = told(cli, "--tools", str(cli.folder / "hostile_tools.py"), status=0, program=program, answer=f"8 {HOSTILE}")
    harmless(seen)
    assert b"8" in seen and b"OWNED" not in seen.replace(b"http://192.0.2.1/OWNED", b"")


def test_terminal_errors_of_a_program(cli: Cli) -> None:
    """`terminal-errors`: the exception's type, message, notes, file names and lines of a traceback; no control byte."""
    program = f"""
text = {HOSTILE!r}
line = text.replace('\\n', ' ').replace('\\r', ' ')
code = compile('def fail():\\n    raise kind(text)  # ' + line + '\\n', text, 'exec')
kind = type('Bad' + text, (Exception,), {{'__module__': text, '__qualname__': text}})
names = {{'kind': kind, 'text': text}}
import linecache
linecache.cache[text] = (1, None, ['def fail():', text], text)
exec(code, names)
try:
    names['fail']()
except Exception as error:
    error.add_note(text)
    raise
"""
    harmless(told(cli, status=1, program=program, answer="no"))


def test_terminal_errors_of_tools(cli: Cli) -> None:
    """`terminal-tools`: the type and the text of a tool's exception, and arguments; no control byte."""
    program = f"hostile_error({HOSTILE!r})"
    arguments = ("--tools", str(cli.folder / "hostile_tools.py"))
    harmless(told(cli, *arguments, status=1, program=program, answer="no"))


def test_terminal_refused_change(cli: Cli) -> None:
    """`terminal-approval`: the arguments of a change that a person is asked about; no control byte."""
    program = f"create_playlist({HOSTILE!r})"
    model = f"scripted:{write_script(cli.folder / 'script.json', program=program)}"
    command = [sys.executable, "-m", "tui.main", "ask", QUESTION, "--model", model]
    with terminal(command, cli.environment()) as t:
        t.until(b"allow it? [y/N] ", 90)
        t.type(b"n\n")
        assert t.end(60) == 4, t.words
    harmless(t.seen)


async def test_terminal_chat_reads_no_markup() -> None:
    """`terminal-chat`: markup in whatever comes from outside; nothing to click on, no link, no control."""
    session = ScriptedSession(
        [
            CellStarted(1, HOSTILE),
            CellText(1, "stdout", HOSTILE + "\n"),
            ToolCalled("c1", "echo", {"value": HOSTILE}, 1),
            CellEnded(1, "error", 0.1, error={"exception": HOSTILE, "message": HOSTILE}),
            ErrorSeen("agent", HOSTILE, hint=HOSTILE),
            Answered("answered", HOSTILE),
        ]
    )
    async with chat(session) as (app, pilot):
        await until(pilot, lambda: "ready" in texts(pilot))
        await send(pilot, HOSTILE)
        await until(pilot, lambda: texts(pilot).count("press") >= 3)
        for widget in app.query(Static):
            drawn = str(widget.render())
            assert not [c for c in drawn if c in BAD_BIDI or (ord(c) < 32 and c != "\n") or 0x7F <= ord(c) <= 0x9F], (
                drawn
            )
        for y in range(app.size.height):
            for x in range(0, app.size.width, 3):
                style = app.screen.get_style_at(x, y)
                assert not {key for key in style.meta if key.startswith("@")}, (x, y, style.meta)
                assert style.link is None
