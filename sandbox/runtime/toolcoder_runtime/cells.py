"""Which cell is this code part of? Asked by every tool call, so that what a cell leaves behind cannot call tools later.

Threads and pool workers inherit the cell of the code that started the thread or submitted the work; asyncio tasks and
forked children inherit it by themselves. Only this one variable is carried, because copying whole contexts into
threads would change what decimal and others do there.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import ContextVar
from typing import Any

_cell: ContextVar[str] = ContextVar("toolcoder_cell", default="")


def enter_cell(cell_id: str) -> None:
    """Called by the kernel before each cell, in the context that the cell's code runs in."""
    _cell.set(cell_id)


def current_cell() -> str:
    """The id of the cell that this code belongs to; empty outside of cells."""
    return _cell.get()


def carry_cells() -> None:
    """Make threads and thread pools carry the cell. Called once, when the kernel starts."""
    start = threading.Thread.start
    submit = ThreadPoolExecutor.submit

    def start_in_cell(self: threading.Thread) -> None:
        cell = _cell.get()
        if cell:
            self.run = _in_cell(cell, self.run)  # type: ignore[method-assign]
        start(self)

    def submit_in_cell(self: ThreadPoolExecutor, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        cell = _cell.get()
        return submit(self, _in_cell(cell, fn) if cell else fn, *args, **kwargs)

    threading.Thread.start = start_in_cell  # type: ignore[method-assign]
    ThreadPoolExecutor.submit = submit_in_cell  # type: ignore[method-assign,assignment]


def _in_cell(cell: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def run(*args: Any, **kwargs: Any) -> Any:
        token = _cell.set(cell)
        try:
            return function(*args, **kwargs)
        finally:
            _cell.reset(token)

    return run
