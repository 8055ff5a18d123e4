"""From what a person writes after `--tools` to tools, whatever kind of source it is."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from agent.errors import ToolSourceError
from agent.tools.base import LoadedSource
from agent.tools.naming import without_clashes
from agent.tools.vault import Vault

CATALOGUE = "catalogue"


def _to_stderr(text: str) -> None:
    sys.stderr.write(text)


@dataclass(frozen=True)
class SourceOptions:
    """What loading needs beside a source's text.

    `trusted`: the sources whose servers are believed what they say of their tools; `python`: the interpreter for
    files and modules of Python, None for ours; `files`: a folder for what tools return that is no JSON (images); `say`
    gets what tools print; `hide` takes secrets out of what failed; `start_s` is the longest start of a process.
    """

    vault: Vault = field(default_factory=Vault)
    trusted: frozenset[str] = frozenset()
    python: str | None = None
    files: Path | None = None
    say: Callable[[str], None] = _to_stderr
    hide: Callable[[str], str] = str
    start_s: float = 60.0


def load_tools(
    sources: Sequence[str] = (CATALOGUE,),
    options: SourceOptions | None = None,
    broken: list[ToolSourceError] | None = None,
) -> LoadedSource:
    """Load every source: `catalogue`, `file.py`, `package.module`, `openapi:FILE_OR_URL`, `mcp:COMMAND_OR_URL`.

    Blocking, and outside of an event loop: processes are started and documents fetched. What a source started is
    ended by the result's `close`. With `broken`, sources that cannot be used are left out and their errors put there.

    Raises:
        ToolSourceError: a source does not exist or cannot be used, and there is no `broken`.
    """
    options = options or SourceOptions()
    loaded: list[LoadedSource] = []

    async def close() -> None:
        async with contextlib.AsyncExitStack() as parts:  # one that fails keeps no other from closing
            for each in loaded:
                parts.push_async_callback(each.close)

    try:
        for source in dict.fromkeys(sources):
            try:
                loaded.append(load_source(source, options))
            except ToolSourceError as error:
                hidden = ToolSourceError(options.hide(str(error)), options.hide(error.hint))
                hidden.source = options.hide(source)
                if broken is None:
                    raise hidden from None
                broken.append(hidden)
    except BaseException:  # also Ctrl-C: no process of a source stays
        asyncio.run(close())
        raise
    problems = tuple(options.hide(f"{each.name}: {problem}") for each in loaded for problem in each.problems)
    return LoadedSource(", ".join(sources), without_clashes(loaded), problems, close)


def load_source(source: str, options: SourceOptions) -> LoadedSource:
    """One source, by its prefix.

    Raises:
        ToolSourceError: it does not exist or cannot be used.
    """
    kind, found, _ = source.partition(":")
    match kind:
        case "catalogue" if not found:
            return _catalogue()
        case "openapi" if found:
            from agent.tools.openapi.source import load_openapi

            return load_openapi(source, options.vault)
        case "mcp" if found:
            from agent.tools.mcp.source import load_mcp

            return load_mcp(source, options)
        case "http" | "https":
            raise ToolSourceError(
                f"the tool source {source!r} does not say what is there",
                f"openapi:{source} for an OpenAPI document, mcp:{source} for an MCP server",
            )
    from agent.tools.python.source import load_python

    return load_python(source, options)


def _catalogue() -> LoadedSource:
    """In our own process: it is ours, and a process of its own would double the start of every question."""
    from agent.catalogue import tools as bundled
    from agent.tools.python.in_process import FunctionTool

    functions = [getattr(bundled, name) for name in bundled.__all__]
    return LoadedSource(
        CATALOGUE, [FunctionTool(f, source=CATALOGUE, notice_for=bundled.notice_for) for f in functions]
    )
