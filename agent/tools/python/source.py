"""`file.py` and `package.module` as sources of tools: one worker process per source."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from agent.calls.spec import ToolSpec
from agent.errors import ToolSourceError
from agent.tools.base import LoadedSource, ToolOutcome
from agent.tools.python.process import WorkerProcess
from agent.tools.python.specs import spec_from

if TYPE_CHECKING:
    from agent.tools.sources import SourceOptions


class PythonTool:
    """A function in the worker process of its source."""

    def __init__(self, spec: ToolSpec, source: str, worker: WorkerProcess) -> None:
        self.spec = spec
        self.source = source
        self._name = spec.name
        self._worker = worker

    async def call(self, args: Mapping[str, Any]) -> ToolOutcome:
        """Call the function there.

        Raises:
            RemoteFailure: it raised, or its process ended.
        """
        return ToolOutcome(await self._worker.call(self._name, args))


def load_python(source: str, options: SourceOptions) -> LoadedSource:
    """Start the worker of `file.py[?python=INTERPRETER]` or `package.module[?python=...]`. Blocking.

    Raises:
        ToolSourceError: there is no such file or module, it fails on import, or it has no function that can be a tool.
    """
    module, python = _parts(source, options.python)
    worker = WorkerProcess(module, python, options.say, options.start_s)
    loaded = worker.start()
    tools = [PythonTool(spec_from(described), source, worker) for described in loaded["tools"]]
    if not tools:
        worker.kill()
        raise ToolSourceError(f"the tool source {source} has no usable function: {loaded['problems'][0]}")
    return LoadedSource(source, tools, tuple(loaded["problems"]), worker.close)


def _parts(source: str, python: str | None) -> tuple[str, str]:
    module, _, query = source.partition("?")
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name != "python":
            raise ToolSourceError(f"the tool source {source!r} has an unknown option: {name}", "file.py?python=PATH")
        python = value
    if not module.endswith(".py") and not all(part.isidentifier() for part in module.split(".")):
        raise ToolSourceError(
            f"the tool source {source!r} is neither a file of Python nor a module's name",
            "name file.py, package.module, openapi:FILE_OR_URL, mcp:COMMAND_OR_URL or catalogue",
        )
    chosen = python or sys.executable
    if shutil.which(chosen) is None:
        raise ToolSourceError(
            f"there is no interpreter {chosen} for the tool source {module}",
            "name a Python interpreter: python in [tools] of the settings, or ?python=PATH behind the file",
        )
    return module, chosen
