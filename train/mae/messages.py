"""What the words of a failure say, once it is known that they tell of a failure.

`of_failure` searches anywhere in the message, for it is asked only where something else (an exception's name, an error
object, a leading "Error:") has settled that this is one. Bare text without such a sign goes through `openings`.
"""

from __future__ import annotations

import re

from agent.calls.categories import Category
from train.mae.bindings import of_binding
from train.mae.patterns import compiled

NO_TOOL = compiled("no_tool")
_RUNTIME = compiled("runtime")
_UNSTABLE = compiled("unstable")
_VAGUE = ("internal error", "-32603", "server error")
_STATUS = re.compile(r"(?<![\d.,])[45]\d\d(?![\d.,]\d|\d)")


def of_failure(message: str) -> Category | None:
    """The category that the words of a failure tell; None where they tell none (Others, or the caller's default)."""
    head = message[:2000]
    if NO_TOOL.search(head):
        return Category.TOOL_HALLUCINATION
    unstable, bound = _UNSTABLE.search(head), of_binding(head)
    if bound is not None and not (unstable and unstable.start() == 0 and "retries" in unstable.group().lower()):
        return bound
    if unstable and unstable.group().lower() in _VAGUE and _RUNTIME.search(head):
        return Category.TOOL_CALL_FAILURE
    if unstable:
        return Category.TOOL_INSTABILITY
    return Category.TOOL_CALL_FAILURE if _RUNTIME.search(head) else None


def of_http_status(message: str) -> Category | None:
    """Tool Instability where a number of HTTP's stands alone in a short message."""
    return Category.TOOL_INSTABILITY if len(message) < 300 and _STATUS.search(message) else None
