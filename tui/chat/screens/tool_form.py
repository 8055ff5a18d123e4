"""Trying a tool by hand: a form from its schema, the call through the same gate as a program's, the result below."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Select, Static, TextArea

from agent.calls.spec import ToolSpec
from agent.events import ApprovalAsked, Event
from sandbox.kernel import ToolFailure, ToolReply, ToolValue
from tui.chat.inquiry import Approval
from tui.chat.messages import Decided
from tui.chat.screens.fields import Field, arguments, fields_of
from tui.chat.screens.panel import Panel
from tui.plain import cut_lines, plain, plain_line

TryTool = Callable[[str, dict[str, Any], Callable[[Event], None]], Awaitable[ToolReply]]
"""Name, arguments, and who gets the events; runs wherever the session does."""
Reply = Callable[[ApprovalAsked, Any], None]


class ToolForm(Panel):
    """`try_tool` makes the call; `reply` hands an approval's reply back to it."""

    heading = "Try a tool"
    about = """
The call goes through the same checks, rules, approvals and limits as a call of a program. It is noted in the log as
tried by you; it is no example for training. A field that is left empty is left out of the call."""
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+s,f10", "call", "call it", priority=True)]
    DEFAULT_CSS = """
    ToolForm > VerticalScroll { height: 1fr; padding: 0 1; }
    ToolForm .field { height: auto; }
    ToolForm .label { height: auto; color: $text-muted; }
    ToolForm TextArea { height: 4; }
    ToolForm .result { height: auto; margin: 1 0; border-left: thick $success; padding: 0 1; }
    ToolForm .result.failed { border-left: thick $error; }
    """

    def __init__(self, spec: ToolSpec, try_tool: TryTool, reply: Reply) -> None:
        super().__init__()
        self._spec = spec
        self._fields = fields_of(spec)
        self._inputs: dict[str, Widget] = {}
        self._try_tool = try_tool
        self._reply = reply

    def body(self) -> ComposeResult:
        with VerticalScroll():
            yield Static(plain(self._spec.description or self._spec.purpose), markup=False, classes="label")
            for field in self._fields:
                with Vertical(classes="field"):
                    star = " (needed)" if field.required else ""
                    label = f"{field.name}: {field.shape}{star}  {field.description}"
                    yield Static(plain_line(label, 300), markup=False, classes="label")
                    self._inputs[field.name] = widget = _input(field)
                    yield widget
            yield Static("", markup=False, classes="result")

    def on_mount(self) -> None:
        self.entitle(self._spec.signature)
        self.query_one(".result").display = False
        if self._inputs:
            next(iter(self._inputs.values())).focus()
        else:
            self.say("it takes no arguments: Ctrl-S calls it")

    def on_input_submitted(self) -> None:
        self.action_call()

    @work(exclusive=True)
    async def action_call(self) -> None:
        try:
            args = arguments(self._fields, {name: _typed(widget) for name, widget in self._inputs.items()})
        except ValueError as error:
            self.say(str(error), is_error=True)
            return
        self.say(f"calling {self._spec.name}()")
        loop = asyncio.get_running_loop()

        def show(event: Event) -> None:  # in the session's thread
            if isinstance(event, ApprovalAsked):
                asyncio.run_coroutine_threadsafe(self._ask(event), loop)

        try:
            found = await self._try_tool(self._spec.name, args, show)
        except Exception as error:  # noqa: BLE001  # no session, one that is busy: the form says so and stays
            from tui.failures import explain

            self.say(explain(error).message, is_error=True)
            return
        finally:
            await self.query(Approval).remove()
        self._tell(found)

    async def _ask(self, asked: ApprovalAsked) -> None:
        await self.query(Approval).remove()
        approval = Approval(asked)
        await self.mount(approval, before=self.query_one(".said"))
        approval.focus()

    async def on_decided(self, message: Decided) -> None:
        message.stop()
        await self.query(Approval).remove()
        self._reply(message.asked, message.reply)

    def _tell(self, found: ToolReply) -> None:
        result = self.query_one(".result", Static)
        result.display = True
        result.set_class(isinstance(found, ToolFailure), "failed")
        match found:
            case ToolValue(value):
                self.say("it returned:")
                text = json.dumps(value, ensure_ascii=False, indent=2, default=str)
                result.update(
                    "\n".join(
                        plain_line(line, 400) if len(line) > 400 else plain(line)
                        for line in cut_lines(text.split("\n"), 300, 50)
                    )
                )
            case ToolFailure(kind, message):
                self.say("it failed:", is_error=True)
                result.update(f"{plain_line(kind)}: {plain(message)}")
        result.scroll_visible(animate=False)


def _input(field: Field) -> Widget:
    match field.kind:
        case "choice":
            return Select(
                [(Content(plain_line(text, 80)), text) for text in field.choices], allow_blank=True, prompt=""
            )
        case "json":
            return TextArea(tab_behavior="focus", soft_wrap=True)
    return Input(placeholder=plain_line(field.shape, 60))


def _typed(widget: Widget) -> str:
    match widget:
        case Select():
            return "" if widget.is_blank() else str(widget.value)
        case TextArea():
            return widget.text
        case Input():
            return widget.value
    return ""
