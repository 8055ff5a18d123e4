"""Functions of our own (the catalogue, tests) as tools, in this process: no pipe between a question and its answer."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from agent.calls.spec import ToolSpec
from agent.errors import ToolSourceError
from agent.tools.base import ToolOutcome
from agent.tools.python.specs import spec_from
from agent.tools.python.toolcoder_worker import convert
from agent.tools.python.toolcoder_worker.describe import Undescribable, argument_hints, describe
from agent.tools.worker import in_own_thread, stopped

NoticeFor = Callable[[str, Mapping[str, Any], Any], str | None]


class FunctionTool:
    """A Python function of the host, sync or async. Sync ones run in a thread, so that a slow tool stops nobody."""

    def __init__(self, function: Callable[..., Any], *, source: str, notice_for: NoticeFor | None = None) -> None:
        self.spec = spec_of(function)
        self.source = source
        self._function = function
        self._hints = argument_hints(function)
        self._notice_for = notice_for

    async def call(self, args: Mapping[str, Any]) -> ToolOutcome:
        """Call the function; whatever it raises passes through, but for what would end the program or hang it.

        Raises:
            agent.tools.worker.ToolStopped: it called `sys.exit()`, or something of that kind.
        """
        given = {n: convert.from_json(self._hints[n], v) if n in self._hints else v for n, v in args.items()}
        if inspect.iscoroutinefunction(self._function):
            value = convert.to_json(await self._awaited(given))
        else:
            value = await in_own_thread(lambda: convert.to_json(self._function(**given)), self.spec.name)
        notice = self._notice_for(self.spec.name, args, value) if self._notice_for else None
        return ToolOutcome(value, notice)

    async def _awaited(self, args: Mapping[str, Any]) -> Any:
        try:
            return await self._function(**args)
        except SystemExit as error:
            raise stopped(error) from error
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            raise stopped(error) from error  # nobody cancelled this call: the function did it to itself


def spec_of(function: Callable[..., Any]) -> ToolSpec:
    """Read a function's signature, type hints and docstring.

    Raises:
        ToolSourceError: `*args`, `**kwargs`, positional-only parameters, or types that have no JSON schema.
    """
    try:
        return spec_from(describe(function))
    except Undescribable as error:
        raise ToolSourceError(str(error), error.hint) from error
