"""Real tools as an environment: Python files, OpenAPI documents, MCP servers, called on the host as the agent does.

`--tools SRC` is one source for all items, or a folder of ToolEyes' layout: then each item's path names the folder below
it whose `tool.py` has its tools. The record of the host gives the categories; changes are refused without `--yes`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from agent.events import Event, ToolReturned
from agent.tools.base import LoadedSource
from agent.tools.host import ToolHost
from agent.tools.sources import load_tools
from sandbox.kernel import ToolFailure, ToolReply, ToolRequest
from train.evaluate.recorded import bind_error
from train.rl.environment import Acting, Reaction, SeenCall, Task
from train.rows import Called, Said, ToolDoc

if TYPE_CHECKING:
    from agent.tools.host import HostRules
    from agent.tools.sources import SourceOptions

_FEEDBACK_CHARS = 8000


class HostedTools:
    """Fulfils `train.rl.environment.Environment`. `topics`: each task's folder, where `source` is a folder."""

    def __init__(
        self, source: str, topics: Mapping[str, str], options: SourceOptions, rules: HostRules, *, yes: bool
    ) -> None:
        self._source = source
        self._topics = topics
        self._options = options
        self._rules = rules
        self._yes = yes
        self._loaded: dict[str, LoadedSource] = {}

    async def begin(self, task: Task, seed: int) -> Acting:
        """
        Raises:
            ToolSourceError: the tools cannot be loaded.
        """
        del seed
        source = self._source_of(task)
        if source not in self._loaded:
            self._loaded[source] = await asyncio.to_thread(load_tools, (source,), self._options)
        return _Hosted(task, self._loaded[source], self._rules, yes=self._yes)

    def tools(self) -> Sequence[ToolDoc]:
        return ()

    async def close(self) -> None:
        for loaded in self._loaded.values():
            await loaded.close()

    def _source_of(self, task: Task) -> str:
        root = Path(self._source).expanduser()
        if not root.is_dir():
            return self._source
        # The benchmark's paths begin with its own folder (`./Tool_Library/...`), which may be the root itself.
        parts = [part for part in Path(self._topics.get(task.id, "")).parts if part not in (".", "..", "/")]
        for start in range(len(parts) + 1):
            found = root.joinpath(*parts[start:], "tool.py")
            if found.is_file():
                return str(found)
        return str(root.joinpath(*parts, "tool.py"))


class _Hosted:
    """One item's calls."""

    def __init__(self, task: Task, loaded: LoadedSource, rules: HostRules, *, yes: bool) -> None:
        self._task = task
        self._returned: dict[str, ToolReturned] = {}
        self._host = ToolHost(loaded.tools, self._saw, approve="yes" if yes else "no", interactive=False, rules=rules)
        self._n_calls = 0

    async def act(self, turn: Called | Said) -> Reaction:
        if isinstance(turn, Said):
            return Reaction(is_over=True)
        seen, feedback = [], []
        for call in turn.calls:
            # What the model was shown decides what it hallucinates, not what else the file happens to define.
            refused = bind_error(call, self._task.tools)
            if refused is not None:
                category, text = refused
            else:
                self._n_calls += 1
                key = f"{self._n_calls}"
                reply = await self._host.call(ToolRequest(key, call.name, dict(call.args)))
                category, text = self._returned[key].category, _told(reply)
            seen.append(SeenCall(call.name, call.args, category))
            feedback.append(text)
        return Reaction(tuple(seen), tuple(feedback))

    async def close(self) -> None:
        """The sources belong to the environment."""

    def _saw(self, event: Event) -> None:
        if isinstance(event, ToolReturned):
            self._returned[event.id] = event


def _told(reply: ToolReply) -> str:
    if isinstance(reply, ToolFailure):
        return f"{reply.message}"[:_FEEDBACK_CHARS]
    return json.dumps(reply.value, ensure_ascii=False, default=str)[:_FEEDBACK_CHARS]
