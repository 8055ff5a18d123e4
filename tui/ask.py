"""`toolcoder ask`: one question, one answer on stdout, everything else on stderr."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from agent.events import Answered, AnswerReady, ApprovalAsked, Event, PersonAsked
from agent.file_events import DecisionAsked
from agent.tools.turn_record import changed_line
from tui.ask_endings import decline, failed, interrupted
from tui.ask_render import Narrator
from tui.ask_report import Report
from tui.event_json import event_line
from tui.exit_codes import ExitCode, code_of
from tui.failures import explain, show, show_hint
from tui.interruption import Interruption
from tui.output_file import OutputFile
from tui.person import Person
from tui.plain import plain, plain_json
from tui.session_request import SessionLike
from tui.standard_streams import emit, has_person, is_terminal, narrate, stdout_for_data_alone

Form = Literal["text", "json", "events"]
Start = Callable[[], SessionLike]
"""Makes the session, inside the event loop."""
Prepare = Callable[[], Start]
"""Loads what a session needs, before the loop runs, so that Ctrl-C ends it at once: imports and an endpoint's list of
models take seconds. May raise our exceptions, which become the turn's failure."""


@dataclass(frozen=True)
class AskOptions:
    """How the result is given. `output` None means stdout."""

    form: Form = "text"
    output: Path | None = None
    verbose: bool = False
    quiet: bool = False
    """Say nothing on stderr but why there is no answer."""
    output_dir: Path | None = None


def ask(question: str, prepare: Prepare, options: AskOptions) -> ExitCode:
    """Run one turn and give its result; the exit status of the command.

    Raises:
        UsageProblem, ToolSourceError: the command was called in a way that cannot work.
        OSError: the result cannot be written.
    """
    file = OutputFile(options.output) if options.output else None
    write = file.write if file else emit
    turn = _Turn(options, write)
    try:
        with stdout_for_data_alone():
            answered = asyncio.run(turn.run(question, prepare()))
    except KeyboardInterrupt:  # before the turn began, or forced by a second Ctrl-C
        answered = interrupted()
    except Exception as error:  # noqa: BLE001  # whatever failed: a program that reads the object must get one
        answered = failed(error)
    turn.finish(answered)
    if file is not None and (options.form != "text" or answered.status == "answered"):
        file.finish()
    return code_of(answered)


class _Turn:
    """One run through the stream of events."""

    def __init__(self, options: AskOptions, write: Callable[[str], None]) -> None:
        self._form = options.form
        self._output_dir = options.output_dir
        self._write = write
        self._report = Report()
        is_seen = is_terminal(sys.stderr)
        say = narrate if not options.quiet else _say_nothing
        self._narrator = Narrator(say, quiet=not (options.verbose or is_seen), live=is_seen)
        self._session: SessionLike | None = None
        self._was_last_written = False
        self._is_given = False

    async def run(self, question: str, start: Start) -> Answered:
        """The turn's end, always; interruptions included."""
        task = asyncio.current_task()
        assert task is not None
        person = Person(self._say)
        answered: Answered | None = None

        def stop() -> None:
            if self._session is not None and answered is None:
                self._session.interrupt()
            elif answered is None:
                task.cancel()

        with Interruption(stop) as interruption:
            try:
                async with start() as self._session:
                    async for event in self._session.ask(question):
                        self._take(event, person)
                        if isinstance(event, Answered):
                            answered = event
            except asyncio.CancelledError:
                if not interruption.was_asked:
                    raise
                answered = answered or interrupted()
            except Exception as error:
                if answered is None:
                    raise
                # Closing failed. That costs nobody the answer, which is there.
                self._narrator.warn(explain(error).message)
            finally:
                await person.dismiss()
        return answered or Answered(status="failed", error="the turn ended without an answer", fault="agent")

    def finish(self, answered: Answered) -> None:
        """Give the result in the form that was asked for; what went wrong is told on stderr in every form."""
        self._narrator.take(answered)
        self._narrator.end_open_line()
        if self._output_dir is not None:
            self._report.gather(self._output_dir)
        match self._form:
            case "text":
                if answered.status == "answered" and not self._is_given:
                    self._give_at_last(answered.answer)
            case "json":
                self._write(plain_json(self._report.as_object(answered), indent=2) + "\n")
            case "events":
                if not self._was_last_written:
                    self._write(event_line(answered, self._report.seconds))
        if answered.status == "interrupted":
            narrate("interrupted\n")
        elif answered.status != "answered":
            show(answered.error or answered.status)
            if answered.answer:
                show(answered.answer, label="question" if answered.status == "refused" else "so far")
            show_hint(answered.hint)
        if answered.status != "answered" and answered.changed:  # an answer has it in its text
            narrate(plain(changed_line(answered.changed)) + "\n")

    def _take(self, event: Event, person: Person) -> None:
        self._report.take(event)
        self._narrator.take(event)
        if self._form == "events":
            self._write(event_line(event, self._report.seconds))
            self._was_last_written = isinstance(event, Answered)
        match event:
            case AnswerReady() if self._form == "text":
                with contextlib.suppress(OSError):  # the turn goes on and is logged; `finish` tries again, and tells
                    self._give(event.answer)
            case ApprovalAsked() | PersonAsked() | DecisionAsked() if has_person():
                person.ask(event)
            case _:
                decline(event)

    def _give(self, answer: str) -> None:
        self._narrator.end_open_line()
        self._write(plain(answer).rstrip("\n") + "\n")
        self._is_given = True

    def _give_at_last(self, answer: str) -> None:
        try:
            self._give(answer)
        except OSError:
            if self._report.session is not None:
                narrate(f"the answer is in the log: toolcoder sessions show {self._report.session}\n")
            raise

    def _say(self, text: str) -> None:
        self._narrator.end_open_line()
        narrate(text)


def _say_nothing(text: str) -> None:
    """`--quiet`."""
