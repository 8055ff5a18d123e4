"""The tool calls of a cell: the latest ones, each with what came of it, and how many there were."""

from __future__ import annotations

from collections import OrderedDict

from textual.content import Content
from textual.widgets import Static

from agent.calls.categories import Category
from agent.events import ToolCalled, ToolReturned
from tui.chat.transcript.pace import Pace
from tui.plain import plain_line, plain_value

_N_SHOWN = 8
_ARGS_CHARS = 120
_VALUE_CHARS = 80


class CallsBlock(Static):
    """One line per call."""

    def __init__(self) -> None:
        super().__init__("", markup=False, classes="calls")
        self._lines: OrderedDict[str, tuple[str, str, str]] = OrderedDict()
        self.n_calls = 0
        self.n_wrong = 0
        self._pace = Pace(self, self._draw)

    def called(self, event: ToolCalled) -> None:
        """A call left the program."""
        args = ", ".join(f"{plain_line(name, 40)}={plain_value(value, 60)}" for name, value in event.args.items())
        self._lines[event.id] = (f"{plain_line(event.name, 60)}({plain_line(args, _ARGS_CHARS)})", "", "")
        self.n_calls += 1
        while len(self._lines) > _N_SHOWN:
            self._lines.popitem(last=False)
        self._pace.soon()

    def returned(self, event: ToolReturned) -> None:
        """It came back."""
        is_right = event.category is Category.ALL_RIGHT
        self.n_wrong += not is_right
        if event.id in self._lines:
            said = plain_value(event.value, _VALUE_CHARS) if is_right else plain_line(event.message, _VALUE_CHARS)
            if is_right and event.value is None and event.value_ref:
                said = "a large value"
            style = "" if is_right else "$text-error"
            self._lines[event.id] = (self._lines[event.id][0], f" → {said}  {event.seconds:.2f} s", style)
        self._pace.soon()

    def finish(self) -> None:
        """The cell ended."""
        self._pace.now()

    def _draw(self) -> None:
        earlier = self.n_calls - len(self._lines)
        shown = [Content(f"… {earlier:,} earlier calls")] if earlier else []
        for call, came, style in self._lines.values():
            shown.append(Content.assemble(call, (came, style or "dim")))
        self.update(Content("\n").join(shown))
