"""The person at a terminal that shows lines: approvals, decisions and questions of a program, one after the other."""

from __future__ import annotations

import contextlib
import sys
import termios
from collections.abc import Callable
from typing import Any

from agent.events import ApprovalAsked, ApprovalReply, PersonAsked
from agent.file_events import DecisionAsked
from tui import approval_text
from tui.file_notes import details
from tui.plain import plain_line

ReadLine = Callable[[str], str]
"""Shows a prompt and gives a line; raises EOFError at the end of the input."""


def ask_person(asked: ApprovalAsked | PersonAsked | DecisionAsked, say: Callable[[str], None], read: ReadLine) -> Any:
    """What the future of `asked` gets. Whatever is no clear yes is a no; the end of the input refuses.

    Raises:
        KeyboardInterrupt: the person stops the turn instead.
    """
    # What was typed before the question stood there is no reply to it.
    with contextlib.suppress(termios.error, OSError, ValueError):
        termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)
    try:
        match asked:
            case ApprovalAsked():
                return _approve(asked, say, read)
            case DecisionAsked():
                return _decide(asked, say, read)
            case PersonAsked():
                return _reply(asked, say, read)
    except EOFError:
        say("")
        return (
            None
            if isinstance(asked, PersonAsked)
            else ApprovalReply(False)
            if isinstance(asked, ApprovalAsked)
            else False
        )


def _approve(asked: ApprovalAsked, say: Callable[[str], None], read: ReadLine) -> ApprovalReply:
    if asked.complaint:
        say(f"These arguments cannot be used: {plain_line(asked.complaint, 400)}")
    say(f"The program wants to call {approval_text.heading(asked)}:")
    say(approval_text.whole_arguments(asked))
    offered = ", ".join(f"{key} {text}" for key, text in approval_text.choices(asked).items())
    while True:
        key = read(f"Allow it? ({offered}) ").strip().lower()[:1]
        if key != "e":
            return approval_text.reply_of(key, asked) or ApprovalReply(False)
        line = read("Other arguments, as JSON on one line (empty: leave them): ")
        if line.strip():
            try:
                return ApprovalReply(True, "once", approval_text.edited(line))
            except ValueError as error:
                say(plain_line(str(error)))


def _decide(asked: DecisionAsked, say: Callable[[str], None], read: ReadLine) -> Any:
    say(details(asked.details))
    has_session = "session" in asked.scopes
    offered = "y yes, s all of this session, n no" if has_session else "y yes, n no"
    key = read(f"{plain_line(asked.question, 300)} ({offered}) ").strip().lower()[:1]
    if has_session:
        return ApprovalReply(key in ("y", "s"), "session" if key == "s" else "once")
    return key == "y"


def _reply(asked: PersonAsked, say: Callable[[str], None], read: ReadLine) -> str | None:
    say(f"The program asks: {plain_line(asked.question, 2000)}")
    for number, choice in enumerate(asked.choices, start=1):
        say(f"  {number}. {plain_line(choice)}")
    while True:
        line = read(f"Your choice, 1 to {len(asked.choices)}: " if asked.choices else "Your reply: ").strip()
        if not line:
            return None
        if not asked.choices or line in asked.choices:
            return line
        if line.isascii() and line.isdigit() and 1 <= int(line) <= len(asked.choices):
            return asked.choices[int(line) - 1]
        say("That is none of them.")
