"""The chat's screen: composition, and which region gets which message. The session's thread only sends messages.

Regions own their state: `transcript/` the turns, `prompt/` what is typed, `inquiries` what waits for the person,
`status` the counts. What a person can do is a table (`commands`), so are the keys (`bindings`) and the `screens`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from pathlib import Path

from textual import events
from textual.app import App, ComposeResult
from textual.command import Provider

from tui.chat import session_changes
from tui.chat.accounts import Accounts
from tui.chat.bindings import BINDINGS
from tui.chat.bridge import Bridge
from tui.chat.commands import CONVERSATION, Command, CommandTable
from tui.chat.escape import escape
from tui.chat.find import FindBar
from tui.chat.guard import TypedAhead
from tui.chat.inquiries import Inquiries
from tui.chat.leaving import Leaving
from tui.chat.manners import Manners
from tui.chat.marks import Marks
from tui.chat.messages import EventArrived, Noted, Opened, SessionChosen, SessionNotOpened, SessionOpened
from tui.chat.prompt.completion import AtHand
from tui.chat.prompt.messages import Asked, Commanded
from tui.chat.prompt.prompt import Prompt
from tui.chat.screens import COMMANDS as SCREEN_COMMANDS
from tui.chat.screens.control import resume
from tui.chat.starting import let_be, start
from tui.chat.status import StatusLine
from tui.chat.terminal import TerminalManners
from tui.chat.transcript.blocks import FunctionOpened, QuestionTaken
from tui.chat.transcript.transcript import Transcript
from tui.failures import is_debugging
from tui.session_request import SessionRequest

_HERE = Path(__file__).parent
Opener = Callable[[SessionRequest], Opened]
"""Makes the session that a request describes; called in the session's thread."""


def _palette() -> type[Provider]:
    from tui.chat.screens.palette import CommandProvider  # when it is first opened

    return CommandProvider


class ChatApp(App[int]):
    """Transcript, inquiries, prompt, status. Its result is the exit status."""

    CSS_PATH = [_HERE / name for name in ("chat.tcss", "transcript/transcript.tcss", "prompt/prompt.tcss")]  # noqa: RUF012
    COMMANDS = {_palette}  # noqa: RUF012  # Textual's way
    BINDINGS = list(BINDINGS)  # noqa: RUF012  # Textual's way

    def __init__(
        self,
        opener: Opener,
        request: SessionRequest | None = None,
        home: Path | None = None,
        typed: str = "",
        manners: Manners | None = None,
    ) -> None:
        """`home`: where history and drafts lie (None: nowhere). `typed`: what came from the keyboard before."""
        super().__init__()
        manners = manners or Manners()
        self.terminal = TerminalManners(self, title=manners.title, bell_s=manners.bell_s)
        self.find = FindBar()
        if manners.theme in self.available_themes:
            self.theme = manners.theme
        self.opener = opener
        self.request = request or SessionRequest()
        self.commands = CommandTable([*CONVERSATION, *SCREEN_COMMANDS])
        self.bridge = Bridge(lambda: self.opener(self.request), self.post_message)
        self.accounts = Accounts()
        self.marks = Marks(home)
        self.has_home = home is not None
        self.before_switch: SessionRequest | None = None
        """What the session was made from before it was switched, until the new one is there."""
        self.session: Opened | None = None
        """The session that is open now; None before the first."""
        self._typed = typed
        self.transcript = Transcript()
        self.status = StatusLine()
        self.prompt = Prompt(home, AtHand(lambda: self.commands, self._choices), keeps_history=self.request.log)
        self.inquiries = Inquiries(self.bridge.reply, self.prompt.focus)
        self.typed_at = 0.0
        """When the last key was pressed, by the monotonic clock: who types is given the processor (`pace`)."""
        self.leaving = Leaving(self)
        self.crash: Exception | None = None
        """What no handler caught; `launch` tells it once the terminal is itself again."""

    def compose(self) -> ComposeResult:
        yield self.transcript
        yield self.inquiries
        yield self.find
        yield self.prompt
        yield self.status

    def on_mount(self) -> None:
        start(self, self._typed)

    # -- what the person does

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key):
            self.typed_at = event.time
        await super().on_event(event)

    async def on_asked(self, message: Asked) -> None:
        await self.ask(message.question)

    async def ask(self, question: str) -> None:
        """Begin a turn."""
        if self._exit:  # sent, and left in the same moment: the draft keeps it
            return
        await self.transcript.begin(question)
        self.prompt.turn_began(question)
        self.be("working")
        self.bridge.ask(question)

    async def on_commanded(self, message: Commanded) -> None:
        await self.action_command(message.name, message.argument)

    def on_stop_wanted(self) -> None:
        self.action_interrupt()

    def on_question_taken(self, message: QuestionTaken) -> None:
        self.prompt.take_back(message.question, sends=not message.is_edited)

    async def on_function_opened(self, message: FunctionOpened) -> None:
        await self.action_command("functions", message.name)

    async def action_command(self, name: str, argument: str = "") -> None:
        """Run a command of the table; keys, slash commands and the palette all come here."""
        command = self.commands.get(name)
        if command is None:
            self.notify(f"There is no command /{name}; /help lists them.", severity="warning", markup=False)
            return
        done = command.run(self, argument)
        if inspect.isawaitable(done):
            await done

    def action_escape(self) -> None:
        """The Esc key: see `tui.chat.escape`."""
        escape(self)

    def action_interrupt(self) -> None:
        if self.transcript.is_busy:
            self.status.be("stopping")
            self.bridge.interrupt()

    def action_page(self, step: int) -> None:
        """Scroll the transcript by a screen, whatever has the focus."""
        self.transcript.page(step)

    def action_leave(self) -> None:
        self.leaving.leave()

    def action_ctrl_c(self) -> None:
        """The key Ctrl-C: see `tui.chat.leaving`."""
        self.leaving.ctrl_c()

    # -- what the session says

    async def on_session_opened(self, message: SessionOpened) -> None:
        if not self._is_leaving:
            await session_changes.opened(self, message.opened)
            let_be()

    def on_session_not_opened(self, message: SessionNotOpened) -> None:
        if not self._is_leaving:
            session_changes.not_opened(self, message.message, message.hint)

    async def on_event_arrived(self, message: EventArrived) -> None:
        if not self._is_leaving:
            from tui.chat.arrivals import arrived  # with the first event come all that it may be

            await arrived(self, message.event)

    def on_noted(self, message: Noted) -> None:
        self.transcript.note(message.text)

    def on_session_chosen(self, message: SessionChosen) -> None:
        resume(self, message.session)

    def on_typed_ahead(self, message: TypedAhead) -> None:
        self.prompt.type_ahead(message.character)

    def be(self, state: str) -> None:
        """Say in the status line and in the terminal's title what goes on."""
        self.status.be(state)
        self.terminal.show(state)

    # -- how it ends

    @property
    def _is_leaving(self) -> bool:
        """The screen is taken down: what the session still says has nowhere to go."""
        return self._exit or self._closing

    def _choices(self, command: Command) -> Sequence[str]:
        return command.choices(self) if command.choices is not None else ()

    def _handle_exception(self, error: Exception) -> None:
        """Textual's hook for what no handler caught."""
        self.crash = self.crash or error
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        """Textual would print a traceback here; `launch` says it in words."""
        if is_debugging():
            super()._fatal_error()
        else:
            self._close_messages_no_wait()
