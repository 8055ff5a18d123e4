"""The tools panel: what programs may call, its documentation, what the rules say, and a form to try one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.widgets import DataTable

from agent.calls.stubs import docstring
from agent.loop.desk import ToolView
from agent.tools.ask_user import SPEC as ASK_USER
from tui.chat.screens.dialogs import Confirm
from tui.chat.screens.list_panel import ListPanel
from tui.chat.screens.tool_form import Reply, ToolForm, TryTool
from tui.plain import plain, plain_line


class ToolsPanel(ListPanel[ToolView]):
    """`views`, `try_tool` and `withdraw` ask the session, in its own thread."""

    heading = "Tools"
    about = """
What programs of this session may call. `allow`: without asking; `ask`: you are asked; `always`: you approved it for
good; denied tools are not shown to the model, nor here. The rules are in the settings under [tools.policy].

Enter opens a form to call the chosen one yourself. w withdraws an approval that was given for always."""
    columns = ("tool", "effect", "rule", "source", "what it does")
    nothing = "this session has no tools"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t", "try", "try it"),
        Binding("w", "withdraw", "withdraw approval"),
    ]

    def __init__(
        self,
        views: Callable[[], Awaitable[Sequence[ToolView]]],
        try_tool: TryTool,
        reply: Reply,
        withdraw: Callable[[str], Awaitable[bool]],
    ) -> None:
        super().__init__()
        self._views = views
        self._try_tool = try_tool
        self._reply = reply
        self._withdraw = withdraw

    async def fetch(self) -> Sequence[ToolView]:
        return [view for view in await self._views() if view.tool.spec.name != ASK_USER.name]

    def row(self, item: ToolView) -> Sequence[str]:
        spec = item.tool.spec
        rule = "always" if item.is_approved and item.decision == "ask" else item.decision
        return spec.name, spec.effect, rule, item.tool.source, spec.purpose

    async def detail(self, item: ToolView) -> str:
        spec = item.tool.spec
        records = [f"  {record.name}: {', '.join(f'{n}: {a}' for n, a in record.fields)}" for record in spec.records]
        trust = [] if spec.is_trusted else ["Its server says of itself what it does; nobody vouched for it."]
        lines = [spec.signature, "", docstring(spec), *(["", "records", *records] if records else []), "", *trust]
        return plain("\n".join([*lines, f"source: {plain_line(item.tool.source, 300)}"]))

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        event.stop()
        self.action_try()

    def action_try(self) -> None:
        if (item := self.current) is not None:
            self.app.push_screen(ToolForm(item.tool.spec, self._try_tool, self._reply), self._tried)

    def _tried(self, _: None) -> None:
        self.reload()

    @work
    async def action_withdraw(self) -> None:
        item = self.current
        if item is None:
            return
        name = item.tool.spec.name
        if not await self.app.push_screen_wait(Confirm(f"Ask again before {name}() is called?")):
            return
        try:
            was_approved = await self._withdraw(name)
        except Exception as error:  # noqa: BLE001  # the file is damaged or not writable: the panel says so
            self.failed(error)
            return
        self.say(f"{name}() asks again" if was_approved else f"{name}() was not approved, for good or for this session")
        self.reload()
