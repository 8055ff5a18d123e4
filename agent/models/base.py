"""The seam to any language model: messages in, a stream of deltas out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from agent.prompts.message import Message, PromptStyle, Role

__all__ = ["Delta", "Finish", "Message", "Model", "PromptStyle", "Role", "TextDelta", "ThinkingDelta", "Usage"]


@dataclass(frozen=True)
class TextDelta:
    """A piece of the answer proper."""

    text: str


@dataclass(frozen=True)
class ThinkingDelta:
    """A piece of the model's reasoning (`reasoning_content`, `<think>`): shown apart, never parsed for code."""

    text: str


@dataclass(frozen=True)
class Usage:
    """Tokens of one completion. `estimated` when the endpoint reported none and they were counted roughly;
    `cached_tokens` are those of the prompt's that it did not have to read anew, where it tells."""

    prompt_tokens: int
    completion_tokens: int
    estimated: bool = False
    cached_tokens: int = 0


@dataclass(frozen=True)
class Finish:
    """The last delta but the usage: why the model stopped (`stop`, `length`, ...)."""

    reason: str


Delta = TextDelta | ThinkingDelta | Usage | Finish


class Model(Protocol):
    """Who calls it: `agent.loop.completion`, once per stage. Implementations raise `agent.errors.ModelError` only."""

    name: str
    prompt_style: PromptStyle
    """Which set of stage templates this model reads: `full`, or the bundled model's own `compact` ones."""

    def complete(
        self, messages: Sequence[Message], *, max_tokens: int | None = None, temperature: float = 0.0
    ) -> AsyncIterator[Delta]:
        """Stream one completion; ends with `Finish` and exactly one `Usage`. Closing the iterator cancels the request.

        Raises:
            agent.errors.ModelError: the endpoint, key, name, context window or weights are at fault.
        """
        ...

    async def aclose(self) -> None:
        """Free connections and memory; safe to call twice."""
        ...
