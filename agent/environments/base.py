"""One turn of a model in training: calls go in, what the host recorded and what the model reads come out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from agent.calls.categories import Category
from agent.calls.spec import ToolSpec
from agent.events import Event, ToolCalled, ToolReturned

FEEDBACK_CHARS = 2000
"""Of one call's feedback: a model in training reads many of them."""


@dataclass(frozen=True)
class MadeCall:
    """A call as the host recorded it. Positional arguments that did not bind are `arg0`, `arg1`, as parsers give."""

    name: str
    args: Mapping[str, Any]
    category: Category


@dataclass(frozen=True)
class Reply:
    """`feedback`: one text for each source that was run, in order; `calls`: all that the record has of them."""

    calls: tuple[MadeCall, ...] = ()
    feedback: tuple[str, ...] = ()


class Turns(Protocol):
    """Who calls it: the adapter for `train`, for many roll-outs at once, from one event loop."""

    @property
    def tools(self) -> Sequence[ToolSpec]:
        """What can be called."""

    async def act(self, sources: Sequence[str], seed: int) -> Reply:
        """Run calls written as Python, one after the other; each sees nothing of the others.

        Raises:
            SandboxError: the sandbox itself failed; a time-out or a dead kernel is feedback.
        """

    async def close(self) -> None:
        """End everything; safe to call twice."""


def made_calls(events: Iterable[Event]) -> tuple[tuple[MadeCall, str], ...]:
    """The calls of these events and what came back of each, in order; only what the host itself recorded."""
    made: dict[str, ToolCalled] = {}
    found: list[tuple[MadeCall, str]] = []
    for event in events:
        match event:
            case ToolCalled():
                made[event.id] = event
            case ToolReturned() if event.id in made:
                args = {_named(key): value for key, value in made[event.id].args.items()}
                found.append((MadeCall(event.name, args, event.category), told(event)))
    return tuple(found)


def told(event: ToolReturned) -> str:
    """What the model reads of a return: the value as JSON, or the message of what went wrong."""
    if event.message:
        return shortened(event.message)
    return shortened(json.dumps(event.value, ensure_ascii=False, default=str))


def shortened(text: str) -> str:
    return text if len(text) <= FEEDBACK_CHARS else text[: FEEDBACK_CHARS - 4] + " ..."


def _named(key: str) -> str:
    inside = key.removeprefix("[").removesuffix("]")
    return f"arg{inside}" if key == f"[{inside}]" and inside.isdigit() else key
