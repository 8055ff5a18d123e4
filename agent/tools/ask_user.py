"""The built-in tool `ask_user`: the program asks the person in front of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from agent.calls.spec import Parameter, ToolSpec
from agent.tools.base import ToolOutcome

SPEC = ToolSpec(
    name="ask_user",
    purpose="Ask the person a question that only they can answer, and wait for the reply.",
    description=(
        "Use it only where the task cannot be done without the person's decision; never for facts that a tool can find."
    ),
    parameters=(
        Parameter("question", "str", description="One short question."),
        Parameter(
            "choices",
            "list[str] | None",
            required=False,
            default=None,
            description="At most 20 replies to choose from, or None for a free reply.",
        ),
    ),
    returns="str",
    returns_description="The reply; one of the choices where there are any.",
    schema={
        "type": "object",
        "properties": {
            "question": {"type": "string", "minLength": 1, "maxLength": 2000},
            "choices": {"anyOf": [{"type": "array", "items": {"type": "string"}, "maxItems": 20}, {"type": "null"}]},
        },
        "required": ["question"],
        "additionalProperties": False,
    },
)


class NobodyThere(Exception):
    """There is no person who could reply; the turn ends as refused and shows the question."""


class AskUser:
    """Calls back into the turn, which turns the question into an event with a future."""

    spec = SPEC
    source = "built in"

    def __init__(self, ask: Callable[[str, tuple[str, ...]], Awaitable[str | None]]) -> None:
        self._ask = ask

    async def call(self, args: Mapping[str, Any]) -> ToolOutcome:
        """The person's reply.

        Raises:
            NobodyThere: no terminal, or the person closed the question without a reply.
        """
        reply = await self._ask(args["question"], tuple(args.get("choices") or ()))
        if reply is None:
            raise NobodyThere(args["question"])
        return ToolOutcome(reply)
