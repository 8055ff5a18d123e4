"""The words: a prompt set per kind of model, rendered by pure functions. `train` may import this package."""

from __future__ import annotations

from agent.prompts.base import PromptSet
from agent.prompts.message import PromptStyle


def prompt_set(style: PromptStyle) -> PromptSet:
    """The set that a model of this style reads."""
    if style == "compact":
        from agent.prompts.compact import CompactPrompts

        return CompactPrompts()
    from agent.prompts.full import FullPrompts

    return FullPrompts()
