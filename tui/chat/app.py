"""The chat's screen. Handlers own all state; the session's thread only sends messages."""

from __future__ import annotations

import asyncio
import signal
from collections import deque
from collections.abc import Callable

from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Input

from agent.events import Answered, ApprovalAsked, PersonAsked
from agent.file_events import DecisionAsked
from tui.chat.blocks import Line
from tui.chat.bridge import Bridge, Opened
from tui.chat.decision import Decision, DecisionTaken
from tui.chat.inquiry import Approval, Question
from tui.chat.messages import Decided, EventArrived, Replied, SessionNotOpened, SessionOpened
from tui.chat.prompt import PromptLine
from tui.chat.status import StatusLine
from tui.chat.turn import TurnView
from tui.exit_codes import ExitCode
from tui.failures import is_debugging


class ChatApp(App[int]):
    """Transcript, inquiry, prompt, status. Its result is the exit status."""

    CSS_PATH = "chat.tcss"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS = [  # noqa: RUF012  # Textual's way
        Binding("escape", "interrupt", "stop", priority=True),
        Binding("ctrl+c,ctrl+q", "leave", "quit", priority=True),
    ]

    def __init__(self, open_session: Callable[[], Opened]) -> None:
        super().__init__()
        self.bridge = Bridge(open_session, self.post_message)
        self.crash: Exception | None = None
        """What no handler caught; `launch` tells it once the terminal is itself again."""
        self._turn: TurnView | None = None
        self._inquiries: deque[ApprovalAsked | PersonAsked | DecisionAsked] = deque()
        self._inquiry: Widget | None = None

    def compose(self) -> ComposeResult:
        yield VerticalScroll(id="transcript")
        yield PromptLine()
        yield StatusLine()

    def on_mount(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            loop.add_signal_handler(number, self.exit, int(ExitCode.INTERRUPTED))
        self.query_one("#transcript").can_focus = False
        self.query_one(PromptLine).focus()
        # The first frame is drawn before the session's imports compete for the processor.
        self.call_after_refresh(self.bridge.start)

    def on_session_opened(self, message: SessionOpened) -> None:
        self.query_one(StatusLine).opened(message.model)

    def on_session_not_opened(self, message: SessionNotOpened) -> None:
        self.query_one(StatusLine).be("not ready")
        self._show(Line(f"not ready: {message.message}", "error"))
        if message.hint:
            self._show(Line(message.hint, "note"))

    async def on_input_submitted(self, event: Input.Submitted) -> None:
        question = event.value.strip()
        if not question:
            return
        if self._is_busy:
            self.notify("The last question is still being answered; Esc stops it.", severity="warning", markup=False)
            return
        event.input.clear()
        self._turn = TurnView(question)
        await self.query_one("#transcript").mount(self._turn)  # before its first event comes
        self._follow()
        self.query_one(StatusLine).be("working")
        self.bridge.ask(question)

    async def on_event_arrived(self, message: EventArrived) -> None:
        event = message.event
        if self._exit:  # what a session still says while the screen is taken down
            return
        self.query_one(StatusLine).take(event)
        if self._turn is not None:
            self._turn.take(event)
        match event:
            case ApprovalAsked() | PersonAsked() | DecisionAsked():
                self._inquiries.append(event)
                await self._next_inquiry()
            case Answered():
                self._inquiries.clear()
                await self._close_inquiry()
                self.query_one(StatusLine).be("ready")
        self._follow()

    async def on_decided(self, message: Decided) -> None:
        self.bridge.reply(message.asked, message.reply)
        await self._close_inquiry()
        await self._next_inquiry()

    async def on_replied(self, message: Replied) -> None:
        self.bridge.reply(message.asked, message.reply)
        await self._close_inquiry()
        await self._next_inquiry()

    async def on_decision_taken(self, message: DecisionTaken) -> None:
        self.bridge.reply(message.asked, message.allowed)
        await self._close_inquiry()
        await self._next_inquiry()

    def action_interrupt(self) -> None:
        if self._is_busy:
            self.query_one(StatusLine).be("stopping")
            self.bridge.interrupt()

    def action_leave(self) -> None:
        self.exit(int(ExitCode.DONE))

    @property
    def _is_busy(self) -> bool:
        return self._turn is not None and not self._turn.is_done

    async def _next_inquiry(self) -> None:
        while self._inquiry is None and self._inquiries:
            asked = self._inquiries.popleft()
            self._inquiry = _inquiry_of(asked)
            await self.mount(self._inquiry, before=self.query_one(PromptLine))
            if isinstance(self._inquiry, Approval | Decision):
                self._inquiry.focus()

    async def _close_inquiry(self) -> None:
        if self._inquiry is not None:
            await self._inquiry.remove()
            self._inquiry = None
            self.query_one(PromptLine).focus()

    def _show(self, widget: Widget) -> None:
        self.query_one("#transcript").mount(widget)
        self._follow()

    def _follow(self) -> None:
        self.query_one("#transcript", VerticalScroll).scroll_end(animate=False)

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


def _inquiry_of(asked: ApprovalAsked | PersonAsked | DecisionAsked) -> Approval | Question | Decision:
    match asked:
        case ApprovalAsked():
            return Approval(asked)
        case PersonAsked():
            return Question(asked)
        case DecisionAsked():
            return Decision(asked)
