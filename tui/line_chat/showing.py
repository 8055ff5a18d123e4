"""What a turn says, as lines: nothing is ever drawn over. Plain: words only. Inline: colours, and the answer set as
Markdown, where the terminal has colours (NO_COLOR is honoured)."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Literal

from agent.events import Answered, AnswerReady, CellDisplayed, CellText, CellTextCut, Event, ProgramWritten
from agent.tools.turn_record import changed_line
from tui.ask_render import Narrator
from tui.plain import PlainStream, cut_lines, plain, plain_line
from tui.standard_streams import emit

Style = Literal["plain", "inline"]
_N_OUTPUT_LINES = 40


class Shown:
    """Of one turn after the other. Everything from outside passes `plain` before it is coloured."""

    def __init__(self, style: Style, write: Callable[[str], None] = emit) -> None:
        self._write = write
        self._coloured = style == "inline" and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        self._narrator = Narrator(write, quiet=False, live=False)
        self._streams = {"stdout": PlainStream(), "stderr": PlainStream()}
        self._printed = ""
        self._is_said = False

    def say(self, text: str) -> None:
        """A line or more of ours, plain already."""
        self._write(text + "\n")

    def take(self, event: Event) -> None:
        """One event of a turn."""
        match event:
            case ProgramWritten():
                self.say("Program:")
                self._code(plain(event.source).rstrip())
            case CellText():
                self._printed += self._streams[event.stream].feed(event.text)
            case CellTextCut():
                self._printed += f"\n({event.n_lines:,} lines are not shown)\n"
            case CellDisplayed():
                self._narrator.take(event)
                if self._coloured:
                    self._picture(event)
            case AnswerReady():
                self._narrator.end_open_line()
                self._say_answer(event.answer)
            case Answered():
                self._narrator.take(event)
                self._end(event)
            case _:
                if event.kind == "cell_end":
                    self._output()
                self._narrator.take(event)

    def _output(self) -> None:
        text, self._printed = self._printed + "".join(s.flush() for s in self._streams.values()), ""
        if text.strip():
            self.say("Output:")
            self.say("\n".join(f"  {line}" for line in cut_lines(text.rstrip().split("\n"), _N_OUTPUT_LINES, 10)))

    def _end(self, answered: Answered) -> None:
        if answered.status != "answered":
            self.say(f"{answered.status}: {plain_line(answered.error or answered.status, 600)}")
            if answered.hint:
                self.say(plain_line(answered.hint, 400))
            if answered.changed:
                self.say(plain_line(changed_line(answered.changed), 2000))
        if answered.answer and not self._is_said:
            self._say_answer(answered.answer)
        self._is_said = False

    def _say_answer(self, answer: str) -> None:
        self._is_said = True
        text = plain(answer)
        if not self._coloured:
            self.say(f"Answer:\n{text}")
            return
        from rich.markdown import Markdown

        self.say("")
        self._rich(Markdown(text, hyperlinks=False))

    def _code(self, source: str) -> None:
        if not self._coloured:
            self.say("\n".join(f"  {line}" for line in source.split("\n")))
            return
        from rich.padding import Padding
        from rich.syntax import Syntax

        self._rich(Padding(Syntax(source, "python", theme="ansi_dark", background_color="default"), (0, 0, 0, 2)))

    def _picture(self, event: CellDisplayed) -> None:
        from tui.chat.transcript import graphics, picture

        if (source := picture.picture_of(event)) is None or graphics.is_off():
            return
        self._narrator.end_open_line()
        try:
            image = picture.load(source)
        except picture.NotShown as why:
            self.say(f"[picture: {plain_line(str(why), 200)}]")
        else:
            self._rich(graphics.renderable(image, os.get_terminal_size().columns if sys.stdout.isatty() else 80))

    def _rich(self, what: object) -> None:
        from rich.console import Console

        Console(file=sys.stdout, highlight=False, markup=False, emoji=False).print(what)
        sys.stdout.flush()
