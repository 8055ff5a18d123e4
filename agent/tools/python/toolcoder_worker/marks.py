"""What a person's file may import as `toolcoder_tools`: marks that say what a function does.

Without the import, `function.__effect__ = "write"` says the same, and the file also runs where toolcoder is not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from .describe import EFFECT

_F = TypeVar("_F", bound=Callable[..., Any])


def writes(function: _F) -> _F:
    """This function changes something: a person is asked before it runs."""
    setattr(function, EFFECT, "write")
    return function


def reads(function: _F) -> _F:
    """This function changes nothing; the same is assumed without a mark."""
    setattr(function, EFFECT, "read")
    return function
