"""The person at the terminal of `ask`: approvals and questions, seen on stderr, answered on stdin."""

from __future__ import annotations

import asyncio
import os
import sys
import termios
from collections.abc import Callable

from agent.events import ApprovalAsked, ApprovalReply, PersonAsked
from agent.file_events import DecisionAsked
from tui import approval_text
from tui.file_notes import details
from tui.plain import plain_line

_WORDS = {"yes": "y", "no": "n", "session": "s", "always": "a", "edit": "e", "view": "v"}


class Person:
    """Asks one thing at a time, without blocking the loop: Ctrl-C and time budgets go on working.

    `write` puts text on stderr (through the narrator, which may be in the middle of a line).
    """

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._turn = asyncio.Lock()
        self._asking: set[asyncio.Task[None]] = set()

    def ask(self, asked: ApprovalAsked | PersonAsked | DecisionAsked) -> None:
        """Put the question to the person and set the event's future when they reply; returns at once."""
        task = asyncio.get_running_loop().create_task(self._ask(asked))
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def dismiss(self) -> None:
        """The turn is over: nobody needs a reply any more."""
        for task in list(self._asking):
            task.cancel()
        await asyncio.gather(*self._asking, return_exceptions=True)

    async def _ask(self, asked: ApprovalAsked | PersonAsked | DecisionAsked) -> None:
        reply: ApprovalReply | str | None = None
        decided = False
        try:
            async with self._turn:
                if asked.answer.done():
                    return
                # What was typed before the question stood there is no reply to it.
                termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)
                match asked:
                    case ApprovalAsked():
                        reply = await self._approve(asked)
                    case PersonAsked():
                        reply = await self._reply(asked)
                    case DecisionAsked():
                        decided = await self._decide(asked)
        except (OSError, termios.error) as error:  # the terminal is gone, and the person with it
            self._write(f"nobody can be asked any more: {error}\n")
        finally:  # whatever happened: a call that waits for this would wait for ever
            if not asked.answer.done():
                match asked:
                    case ApprovalAsked():
                        asked.answer.set_result(reply if isinstance(reply, ApprovalReply) else ApprovalReply(False))
                    case DecisionAsked():
                        asked.answer.set_result(decided)
                    case PersonAsked():
                        asked.answer.set_result(reply if isinstance(reply, str) else None)

    async def _approve(self, asked: ApprovalAsked) -> ApprovalReply:
        """One of the replies; an empty line and the end of input are a no, and what is no reply is asked again."""
        if asked.complaint:
            self._write(f"these arguments cannot be used: {plain_line(asked.complaint, 400)}\n")
        self._write(f"the program wants to call {approval_text.call_text(asked)}\n")
        self._write("  " + ", ".join(f"{key}: {text}" for key, text in approval_text.choices(asked).items()) + "\n")
        while True:
            self._write("allow it? [y/N] ")
            line = await _read_line()
            if line is None:
                self._write("\n")
                return ApprovalReply(False)
            word = line.strip().lower()
            key = _WORDS.get(word, word) or "n"
            if key == "v":
                self._write(approval_text.whole_arguments(asked) + "\n")
            elif key == "e":
                if (reply := await self._edit(asked)) is not None:
                    return reply
            elif (reply := approval_text.reply_of(key, asked)) is not None:
                return reply
            else:
                self._write(f"that is none of {', '.join(approval_text.choices(asked))} (v shows every argument)\n")

    async def _edit(self, asked: ApprovalAsked) -> ApprovalReply | None:
        self._write(f"arguments now:\n{approval_text.whole_arguments(asked)}\n")
        while True:
            self._write("other arguments, as JSON on one line (empty: leave them): ")
            line = await _read_line()
            if line is None or not line.strip():
                return None
            try:
                return ApprovalReply(True, "once", approval_text.edited(line))
            except ValueError as error:
                self._write(f"{plain_line(str(error))}\n")

    async def _decide(self, asked: DecisionAsked) -> bool:
        self._write(f"{details(asked.details)}\n")
        while True:
            self._write(f"{plain_line(asked.question, 300)} [y/N] ")
            line = await _read_line()
            if line is None:
                self._write("\n")
                return False
            word = line.strip().lower()
            if (key := _WORDS.get(word, word) or "n") in ("y", "n"):
                return key == "y"
            self._write("that is neither y nor n\n")

    async def _reply(self, asked: PersonAsked) -> str | None:
        self._write(f"the program asks: {plain_line(asked.question, 2000)}\n")
        for number, choice in enumerate(asked.choices, start=1):
            self._write(f"  {number}. {plain_line(choice)}\n")
        prompt = f"your choice, 1 to {len(asked.choices)}: " if asked.choices else "your reply (empty for none): "
        while True:
            self._write(prompt)
            line = await _read_line()
            if line is None or not line.strip():
                return None
            reply = line.strip()
            if not asked.choices:
                return reply
            if reply in asked.choices:
                return reply
            if reply.isascii() and reply.isdigit() and 1 <= int(reply) <= len(asked.choices):
                return asked.choices[int(reply) - 1]
            self._write("that is none of them\n")


async def _read_line() -> str | None:
    """One line from the terminal; None at its end (Ctrl-D)."""
    descriptor = sys.stdin.fileno()
    loop = asyncio.get_running_loop()
    line: asyncio.Future[bytes] = loop.create_future()

    def readable() -> None:
        loop.remove_reader(descriptor)
        try:
            data = os.read(descriptor, 65536)  # the terminal hands over whole lines
        except OSError:  # it is gone
            data = b""
        if not line.done():
            line.set_result(data)

    loop.add_reader(descriptor, readable)
    try:
        data = await line
    finally:
        loop.remove_reader(descriptor)
    return data.decode("utf-8", "replace") if data else None
