"""A tool's function in a thread of its own, which nobody has to wait for.

Not in asyncio's pool: that has a handful of threads, so a few tools that hang would stop whatever else needs one (the
removal of the kernel, for instance), and the program could not end before each of them had returned.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import threading
from collections.abc import Callable
from typing import Any


class ToolStopped(Exception):
    """The function ended in a way that would end the program or hang it, such as `sys.exit()`."""


async def in_own_thread(function: Callable[[], Any], name: str) -> Any:
    """What `function` returns. A cancelled wait leaves the thread behind; it never keeps the program from ending.

    Raises:
        ToolStopped: it raised what must not pass through an event loop (SystemExit, KeyboardInterrupt, StopIteration).
        Exception: whatever else it raised.
    """
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[tuple[Any, BaseException | None]] = loop.create_future()
    context = contextvars.copy_context()

    def tell(value: Any, error: BaseException | None) -> None:
        if not ended.done():
            ended.set_result((value, error))

    def work() -> None:
        value, raised = None, None
        try:
            value = context.run(function)
        except BaseException as error:  # noqa: BLE001  it belongs to whoever awaits, not to this thread
            raised = error
        with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile: nobody awaits any more
            loop.call_soon_threadsafe(tell, value, raised)

    threading.Thread(target=work, name=f"tool-{name}", daemon=True).start()
    value, error = await ended
    if error is None:
        return value
    if isinstance(error, Exception) and not isinstance(error, StopIteration | StopAsyncIteration):
        raise error
    raise stopped(error) from error


def stopped(error: BaseException) -> ToolStopped:
    """What such an ending is called for the program that called the tool."""
    kind, text = type(error).__name__, text_of(error)
    return ToolStopped(f"it ended by {kind}: {text}" if text else f"it ended by {kind}")


def text_of(error: BaseException) -> str:
    """The text of an exception of somebody else's, whose `__str__` may fail as well."""
    try:
        return str(error)
    except Exception as failure:  # noqa: BLE001  any class may have a broken __str__; the call failed anyhow
        return f"its text cannot be shown: {type(failure).__name__}"
