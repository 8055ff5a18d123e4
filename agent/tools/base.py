"""The seam to any tool, wherever it comes from: a Python function, an OpenAPI operation, an MCP server."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from agent.calls.spec import ToolSpec


@dataclass(frozen=True)
class ToolOutcome:
    """What a call gave: a JSON value, and a notice for the person (for example that the source may be incomplete)."""

    value: Any
    notice: str | None = None


class Tool(Protocol):
    """Who calls it: `agent.tools.host`, once per call of a stub, with arguments that fit the schema."""

    spec: ToolSpec
    source: str
    """Where it comes from, for the session's header: `catalogue`, `./mytools.py`, ..."""

    async def call(self, args: Mapping[str, Any]) -> ToolOutcome:
        """Do the work. Any exception is the tool's own failure and becomes data for the program that called it."""
        ...


async def _nothing_to_close() -> None:
    return None


@dataclass(frozen=True)
class LoadedSource:
    """What a source gave: its tools, what is wrong with those it could not give, and how to end what it started.

    `close` may be called twice and from any event loop.
    """

    name: str
    tools: Sequence[Tool]
    problems: tuple[str, ...] = ()
    close: Callable[[], Awaitable[None]] = _nothing_to_close


def schema_hash(spec: ToolSpec) -> str:
    """Sixteen hex digits that change whenever the tool's name, signature or schema changes (not its description)."""
    text = json.dumps([spec.signature, spec.schema, [list(map(list, r.fields)) for r in spec.records]], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
