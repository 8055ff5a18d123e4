"""The loop: a line from the person, a turn, its lines. The session lives in the bridge's thread, as for the chat on the
whole screen; Ctrl-C stops the turn, or clears the line, or leaves at the second time; Ctrl-D leaves."""

from __future__ import annotations

import contextlib
import queue
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from textual.message import Message

from agent.errors import SessionLogError
from agent.events import Answered, ApprovalAsked, PersonAsked
from agent.file_events import DecisionAsked
from tui.activity import Activity
from tui.chat.bridge import Bridge
from tui.chat.commands import split_command
from tui.chat.messages import EventArrived, Noted, Opened, SessionNotOpened, SessionOpened
from tui.exit_codes import ExitCode
from tui.failures import explain, show
from tui.line_chat.asking import ask_person
from tui.line_chat.reading import Leaves, LineCleared, Twice, look_at_terminal, read_line
from tui.line_chat.showing import Shown, Style
from tui.plain import plain_line
from tui.session_request import SessionLike, SessionRequest

_CLOSE_S = 10.0
_HELP = """Type a question and press Enter. What you type while a turn runs is asked next.
Ctrl-C stops a turn, or clears the line (the arrow up brings it back); where there is neither, twice leaves, as Ctrl-D
> TEXT: the last question again, with this added; what already ran stays done. /again: as it was
/good [TEXT], /bad [TEXT]: rate the last answer; it goes into the session's log, from where it may be used for training
/model NAME: answer with another model from now on
/help, /quit"""

Opener = Callable[[SessionRequest], Opened]


def run_line_chat(opener: Opener, request: SessionRequest, style: Style) -> ExitCode:
    """Chat until the person leaves; the exit status."""
    typed = [look_at_terminal()] if style == "inline" else []
    chat = LineChat(opener, request, style, lambda prompt: read_line(prompt, typed))
    try:
        return chat.run()
    finally:
        if not chat.bridge.close(_CLOSE_S):
            show(f"the kernel was not removed within {_CLOSE_S:.0f} s", "the next start removes it", label="warning")
        if chat.opened is not None and chat.opened.session_id and chat.n_questions:
            chat.shown.say(f"To go on with this session: toolcoder --resume {plain_line(chat.opened.session_id)}")


class LineChat:
    """`read` gives a line of the person."""

    def __init__(self, opener: Opener, request: SessionRequest, style: Style, read: Callable[[str], str]) -> None:
        self.opener, self.request = opener, request
        self.shown = Shown(style)
        self.opened: Opened | None = None
        self.n_questions = 0
        self._last = ""
        self._messages: queue.Queue[Message] = queue.Queue()
        self.bridge = Bridge(lambda: self.opener(self.request), self._messages.put)
        self._read = read
        self._twice = Twice()

    def run(self) -> ExitCode:
        """The whole chat."""
        self.bridge.start()
        self.shown.say("toolcoder. Ask in plain words; /help says more.")
        self._until_open()
        with contextlib.suppress(Leaves):
            while self._line():
                pass
        return ExitCode.DONE

    def _line(self) -> bool:
        """One line of the person and what it does; False: they leave."""
        try:
            line = self._read("\nQuestion: ").strip()
        except LineCleared:
            self.shown.say("")
            self._twice.forget()
            return True
        except KeyboardInterrupt:
            self.shown.say("")
            self._twice.pressed(self.shown.say)
            return True
        except EOFError:
            self.shown.say("")
            return False
        self._twice.forget()
        if (command := split_command(line)) is not None:
            if command[0] in ("quit", "exit"):
                return False
            self._command(*command)
        elif line.startswith(">"):
            self._again(line[1:].strip())
        elif line:
            self._turn(line)
        return True

    def _until_open(self, *, shows_past: bool = True) -> None:
        """Wait for the session; what came meanwhile is told, of one that is taken up again its answers."""
        while True:
            match self._next():
                case SessionOpened(opened=opened):
                    self.opened = opened
                    for question, events in opened.turns if shows_past else ():
                        self.shown.say(f"\nQuestion: {plain_line(question, 400)}")
                        for event in events[-1:]:
                            self.shown.take(event)
                    self.shown.say(f"Ready, with the model {plain_line(opened.model, 80)}.")
                    return
                case SessionNotOpened(message=message, hint=hint):
                    self.shown.say(f"Not ready: {plain_line(message, 600)}\n{plain_line(hint, 400)}".rstrip())
                    return

    def _again(self, addition: str = "") -> None:
        if self._last:
            self._turn(f"{self._last}\n{addition}".rstrip())
        else:
            self.shown.say("There is no question yet that could be asked again.")

    def _turn(self, question: str) -> None:
        self.n_questions += 1
        self._last = question
        self.bridge.ask(question)
        activity = Activity()
        stopped: str | None = None
        while True:
            try:
                message = self._next()
                match message:
                    case SessionOpened(opened=opened):
                        self.opened = opened
                    case SessionNotOpened(message=text, hint=hint):
                        self.shown.say(f"Not ready: {plain_line(text, 600)}\n{plain_line(hint, 400)}".rstrip())
                    case Noted(text=text):
                        self.shown.say(plain_line(text, 400))
                    case EventArrived(event=event):
                        if isinstance(event, Answered) and event.status == "interrupted" and stopped:
                            event = replace(event, error=stopped)
                        activity.take(event)
                        self.shown.take(event)
                        if isinstance(event, ApprovalAsked | PersonAsked | DecisionAsked):
                            self.bridge.reply(event, ask_person(event, self.shown.say, self._read))
                        if isinstance(event, Answered):
                            return
            except KeyboardInterrupt:
                if stopped is not None:  # it takes its time
                    self._twice.pressed(self.shown.say)
                    continue
                stopped = activity.sentence
                self._twice.forget()
                self.shown.say("\nstopping")
                self.bridge.interrupt()

    def _command(self, name: str, argument: str) -> None:
        match name:
            case "help":
                self.shown.say(_HELP)
            case "good" | "bad":
                self._rate("up" if name == "good" else "down", argument)
            case "steer" if argument:
                self._again(argument)
            case "again":
                self._again()
            case "model" if argument:
                self._switch(replace(self.request, model=argument))
            case _:
                self.shown.say(f"There is no command /{plain_line(name, 40)} here; /help lists them.")

    def _rate(self, rating: Literal["up", "down"], correction: str) -> None:
        import asyncio

        async def work(session: SessionLike) -> None:
            from agent.loop.session import Session

            if isinstance(session, Session):
                await session.rate(rating, correction)

        try:
            asyncio.run(self.bridge.call(work))
        except (ValueError, RuntimeError, SessionLogError) as error:
            self.shown.say(plain_line(str(error), 300))
        except Exception as error:  # noqa: BLE001  # no session, a store that fails: said, and the chat goes on
            self.shown.say(plain_line(explain(error).message, 300))
        else:
            self.shown.say("Rated; it is in the session's log, from where it may be used for training.")

    def _switch(self, request: SessionRequest) -> None:
        before = self.request
        if self.n_questions and self.opened is not None and (session := self.opened.session_id):
            request, before = (replace(r, resume=session, continue_last=False) for r in (request, before))
        self.request = request
        was_open, self.opened = self.opened, None
        self.bridge.reopen(lambda: self.opener(request))
        self._until_open(shows_past=False)
        if self.opened is None:
            self.request, self.opened = before, was_open
            self.bridge.reopen(lambda: self.opener(before))
            self.shown.say("Going back to what was before.")
            self._until_open(shows_past=False)

    def _next(self) -> Message:
        """The session's next message; in slices, so that Ctrl-C is looked at."""
        while True:
            with contextlib.suppress(queue.Empty):
                return self._messages.get(timeout=0.2)
