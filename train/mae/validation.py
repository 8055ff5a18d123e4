"""What validators of web frameworks give back as JSON: per field a list of complaints, or a list of {"loc", "msg"}."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from agent.calls.categories import Category
from train.mae.bindings import of_binding

_COMPLAINT = re.compile(r"\b(?:required|is|are|be|has|must|may|can't|cannot|not|does)\b", re.IGNORECASE)


def of_complaints(value: Mapping[str, Any]) -> Category | None:
    """Per field a list of what is wrong with it: {"amount": ["This field is required."]} (Django, Rails, Laravel)."""
    errors = next((value[k] for k in ("errors", "detail") if isinstance(value.get(k), Mapping)), value)
    if not isinstance(errors, Mapping) or not 0 < len(errors) <= 20:
        return None
    lists = [item for item in errors.values() if isinstance(item, list)]
    if len(lists) != len(errors) or not all(item and all(isinstance(text, str) for text in item) for item in lists):
        return None
    found = [of_binding(text) for item in lists for text in item if _COMPLAINT.search(text)]
    return next((category for category in found if category is not None), None)


def of_validation(details: Sequence[Any]) -> Category:
    """The list that FastAPI and pydantic give: {"loc": [...], "msg": "field required", "type": "missing"}."""
    told = [item for item in details if isinstance(item, Mapping)]
    for item in told:
        text = f"{item.get('msg', '')} {item.get('type', '')}"
        if item.get("type") == "missing" or re.search(r"field required|missing", text, re.IGNORECASE):
            return Category.PARAMETER_MISSING
        if (found := of_binding(text)) is not None:
            return found
    return Category.TOOL_CALL_FAILURE if told else Category.OTHERS
