"""The chat line by line: what it says, what it asks, how it is stopped; nothing is drawn over and nothing steers."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent.events import (
    Answered,
    ApprovalAsked,
    ApprovalReply,
    CellDisplayed,
    CellStarted,
    CellText,
    Event,
    PersonAsked,
)
from agent.file_events import DecisionAsked
from tests.pictures import plot
from tests.real_chat import Sessions
from tests.scripted_session import ScriptedSession, Step, whole_turn
from tests.unit.loop_script import QUESTION
from tui.chat.messages import Opened
from tui.exit_codes import ExitCode
from tui.line_chat import reading
from tui.line_chat.chat import LineChat, Opener
from tui.line_chat.showing import Style
from tui.session_request import SessionRequest

HOSTILE = "\x1b]52;c;eA==\x07\x1b[2J[red]x[/red] \u202e [a](http://evil)"


def talk(opener: Opener, *lines: str | type[BaseException], style: Style = "plain") -> ExitCode:
    """A whole chat in which the person says these lines; an exception is a key (Ctrl-C, Ctrl-D)."""
    said: Iterator[str | type[BaseException]] = iter((*lines, EOFError))

    def read(prompt: str) -> str:
        line = next(said)
        if isinstance(line, str):
            return line
        raise line

    chat = LineChat(opener, SessionRequest(), style, read)
    try:
        return chat.run()
    finally:
        assert chat.bridge.close(10)


def scripted(*turns: list[Step | Exception]) -> tuple[ScriptedSession, Opener]:
    session = ScriptedSession(*turns)
    return session, lambda _: Opened(session, "scripted")


def with_future(make: Callable[[asyncio.Future[object]], Event]) -> Callable[[], Event]:
    return lambda: make(asyncio.get_running_loop().create_future())


def test_a_turn_is_lines_of_words(capsys: pytest.CaptureFixture[str]) -> None:
    session, opener = scripted(whole_turn())
    assert talk(opener, QUESTION, "/help", "/nonsense") == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out and "\r" not in out
    for part in ("Ready, with the model scripted.", "Program:\n  films = ", "Output:\n  counting", "plan"):
        assert part in out
    assert out.index("repair 1: TypeError") < out.index("Answer:\nSofia Coppola directed 8 films.")
    assert "Ctrl-C stops a turn, or clears" in out and "no command /nonsense here" in out
    assert session.closed


@pytest.mark.parametrize("style", ["plain", "inline"])
def test_nothing_from_outside_steers_the_terminal(
    style: Style, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    turn = [CellStarted(1, HOSTILE), CellText(1, "stdout", HOSTILE), Answered("answered", HOSTILE)]
    _, opener = scripted(turn, [Answered("failed", error=HOSTILE, hint=HOSTILE)])
    talk(opener, HOSTILE, "again", style=style)
    out = capsys.readouterr().out
    rest = re.sub(r"\x1b\[[\d;]*m", "", out)
    assert "\x1b" not in rest and "\x07" not in rest and "\u202e" not in rest
    assert "[red]x[/red]" in rest and "http://evil" in rest, "shown as it is, links with their address"


def test_what_is_asked_is_answered_at_the_line(capsys: pytest.CaptureFixture[str]) -> None:
    session, opener = scripted(
        [
            with_future(lambda f: ApprovalAsked("a", "create_playlist", {"name": "x\x1b[2J"}, f)),
            with_future(lambda f: ApprovalAsked("b", "create_playlist", {}, f)),
            with_future(lambda f: ApprovalAsked("c", "create_playlist", {}, f, scopes=("once",))),
            with_future(lambda f: DecisionAsked("d", "code", "run the program?", "1 + 1", f, ("once", "session"))),
            with_future(lambda f: DecisionAsked("e", "changes", "apply?", "a.txt", f)),
            with_future(lambda f: PersonAsked("f", "Which?", ("red", "blue"), f)),
            with_future(lambda f: PersonAsked("g", "Who?", (), f)),
            Answered("answered", "done"),
        ]
    )
    talk(opener, "go", "e", "{", "e", '{"name": "y"}', "s", "s", "s", "", "7", "2", "me")
    assert session.replies == [
        ApprovalReply(True, "once", {"name": "y"}),
        ApprovalReply(True, "session"),
        ApprovalReply(False),  # no such scope was offered
        ApprovalReply(True, "session"),
        False,
        "blue",
        "me",
    ]
    out = capsys.readouterr().out
    assert r"x\u001b[2J" in out and "that is no JSON" in out and "That is none of them." in out


def test_the_last_question_is_asked_again_with_more_and_pictures_stay_in_the_scrollback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    shown = [CellDisplayed(1, {"image/png": plot()}), CellDisplayed(1, {"image/png": "eA=="})]
    session, opener = scripted([*shown, Answered("answered", "**two**")], *([[Answered("answered", "3")]] * 2))
    talk(opener, "> nothing yet", "How long?", "> in hours", "/again", style="inline")
    assert session.questions == ["How long?", "How long?\nin hours", "How long?\nin hours"]
    out = capsys.readouterr().out
    assert "no question yet" in out and out.count("▀") > 20 and "[picture: not a picture" in out and "**" not in out


def test_ctrl_c_at_a_question_stops_the_turn_and_at_the_prompt_clears_the_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked = with_future(lambda f: ApprovalAsked("a", "create_playlist", {}, f))
    session, opener = scripted([CellStarted(2, "..."), asked], [Answered("answered", "fine")])
    assert talk(opener, KeyboardInterrupt, "first", KeyboardInterrupt, "second") == 0
    out = capsys.readouterr().out
    assert session.replies == ["interrupted"]
    assert "the question to you of program 2, whether create_playlist() may be called" in out and "fine" in out


def test_ctrl_c_leaves_at_the_second_time_only(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "AGAIN_S", 600.0)
    session, opener = scripted([Answered("answered", "fine")])
    twice = (KeyboardInterrupt, KeyboardInterrupt)
    assert talk(opener, KeyboardInterrupt, reading.LineCleared, KeyboardInterrupt, "first", *twice, "second") == 0
    assert session.questions == ["first"], "only two presses in a row leave, in an empty line"
    assert capsys.readouterr().out.count("again to leave") == 3


def test_another_model_with_the_same_history_or_what_was_before(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sessions = Sessions(tmp_path)
    talk(sessions, QUESTION, "/model gone", "/model other", "And again?", "/bad it is 9")
    out = capsys.readouterr().out
    assert "no model answers there" in out and "Going back to what was before." in out
    assert "with the model other" in out and "it is in the session's log" in out
    assert len({request.resume for request in sessions.requests[1:]}) == 1, "one session all along"
    assert out.count("Sofia Coppola directed 8 films.") == 2
