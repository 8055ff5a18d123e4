"""The mark by which a tool says that it changes something."""

from collections.abc import Callable
from typing import TypeVar

from agent.calls.spec import Effect

_Function = TypeVar("_Function", bound=Callable[..., object])


def effect(kind: Effect) -> Callable[[_Function], _Function]:
    """Mark a tool with its effect; the agent's tool source reads ``__effect__`` and asks before a write.

    A function without the mark counts as ``"read"``.
    """

    def mark(function: _Function) -> _Function:
        function.__effect__ = kind  # type: ignore[attr-defined]
        return function

    return mark


def effect_of(function: Callable[..., object]) -> Effect:
    """The effect that ``function`` was marked with, ``"read"`` where it was not."""
    return "write" if getattr(function, "__effect__", "read") == "write" else "read"
