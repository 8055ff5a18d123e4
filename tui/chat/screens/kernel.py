"""The kernel panel: the variables that programs left, memory, and a fresh kernel with or without them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType

from agent.events import Event, KernelRestored
from agent.loop.desk import KernelView
from sandbox.variables import Variable
from tui.cell_notes import cell_notes
from tui.chat.screens.dialogs import Choose
from tui.chat.screens.list_panel import ListPanel
from tui.plain import plain, plain_line


class KernelPanel(ListPanel[Variable]):
    """`look` and `restart` (True: have the variables back) ask the session, in its own thread."""

    heading = "Kernel"
    about = """
What the programs of this session left in the kernel: names, types, sizes, how the values begin. It is read by a cell of
ours that runs no code of the objects and is no program of the session. result_1 is the value of the first question.

R ends the kernel and starts a fresh one: with the variables (the programs that went well run again, tools answer from
the record and are not called), or empty."""
    columns = ("name", "type", "size", "value")
    nothing = ""
    BINDINGS: ClassVar[list[BindingType]] = [Binding("R", "restart", "restart")]

    def __init__(
        self,
        look: Callable[[], Awaitable[KernelView]],
        restart: Callable[[bool], Awaitable[Sequence[Event]]],
    ) -> None:
        super().__init__()
        self._look = look
        self._restart = restart

    async def fetch(self) -> Sequence[Variable]:
        view = await self._look()
        if not view.life:
            self.say("the kernel starts with the first program")
        else:
            self.say(_used(view) if view.variables else f"it holds nothing; {_used(view)}")
        return view.variables

    def row(self, item: Variable) -> Sequence[str]:
        return item.name, item.kind, item.size, item.shown

    async def detail(self, item: Variable) -> str:
        size = f", {item.size}" if item.size else ""
        return f"{plain_line(item.name)}: {plain_line(item.kind)}{plain_line(size)}\n\n{plain(item.shown)}"

    @work(exclusive=True, group="restart")
    async def action_restart(self) -> None:
        choices = [
            ("keep", "with the variables: programs that went well run again, without calling tools"),
            ("empty", "empty: what earlier programs defined is gone"),
        ]
        how = await self.app.push_screen_wait(Choose("End this kernel and start a fresh one?", choices))
        if how is None:
            return
        self.say("starting a fresh kernel")
        try:
            events = await self._restart(how == "keep")
        except Exception as error:  # noqa: BLE001  # a question is being answered, no engine: the panel says so
            self.failed(error)
            return
        notes = [note for event in events if isinstance(event, KernelRestored) for note in cell_notes(event)]
        self.notify(plain_line("; ".join(notes) or "a fresh kernel, empty", 300), markup=False)
        self.reload()


def _used(view: KernelView) -> str:
    memory = view.memory
    parts = [view.description.partition(":")[0]]
    if memory.process_bytes:
        parts.append(f"{_mb(memory.process_bytes)} in the kernel's process")
    if memory.container_bytes and memory.limit_bytes:
        parts.append(f"{_mb(memory.container_bytes)} of {_mb(memory.limit_bytes)} in the sandbox")
    if view.life > 1:
        parts.append(f"the {view.life}. kernel of this session")
    return "; ".join(parts)


def _mb(n_bytes: int) -> str:
    return f"{n_bytes / (1 << 20):,.0f} MB"
