"""The person at the terminal of `ask`: approvals and questions, seen on stderr, answered on stdin."""

from __future__ import annotations

import asyncio
import os
import sys
import termios
from collections.abc import Callable

from agent.events import ApprovalAsked, PersonAsked
from tui.plain import plain_line, plain_value


class Person:
    """Asks one thing at a time, without blocking the loop: Ctrl-C and time budgets go on working.

    `write` puts text on stderr (through the narrator, which may be in the middle of a line).
    """

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._turn = asyncio.Lock()
        self._asking: set[asyncio.Task[None]] = set()

    def ask(self, asked: ApprovalAsked | PersonAsked) -> None:
        """Put the question to the person and set the event's future when they reply; returns at once."""
        task = asyncio.get_running_loop().create_task(self._ask(asked))
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def dismiss(self) -> None:
        """The turn is over: nobody needs a reply any more."""
        for task in list(self._asking):
            task.cancel()
        await asyncio.gather(*self._asking, return_exceptions=True)

    async def _ask(self, asked: ApprovalAsked | PersonAsked) -> None:
        reply: bool | str | None = None
        try:
            async with self._turn:
                if asked.answer.done():
                    return
                # What was typed before the question stood there is no reply to it.
                termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)
                reply = await (self._approve(asked) if isinstance(asked, ApprovalAsked) else self._reply(asked))
        except (OSError, termios.error) as error:  # the terminal is gone, and the person with it
            self._write(f"nobody can be asked any more: {error}\n")
        finally:  # whatever happened: a call that waits for this would wait for ever
            if not asked.answer.done():
                match asked:
                    case ApprovalAsked():
                        asked.answer.set_result(bool(reply))
                    case PersonAsked():
                        asked.answer.set_result(reply if isinstance(reply, str) else None)

    async def _approve(self, asked: ApprovalAsked) -> bool:
        arguments = ", ".join(f"{plain_line(name)}={plain_value(value)}" for name, value in asked.args.items())
        self._write(f"the program wants to call {plain_line(asked.tool)}({arguments}), which changes something\n")
        self._write("allow it? [y/N] ")
        line = await _read_line()
        if line is None:
            self._write("\n")
        return line is not None and line.strip().lower() in ("y", "yes")

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
