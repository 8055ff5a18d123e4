"""The category of a call's feedback: the logged one, else the exception's, else what the text shows (PAPERS 2.1).

The authors' matcher takes the punctuation out and looks for the letters "error". Here a text is read as what it is
(JSON, a traceback, a page, prose), and only the places where such a text says that it is a failure are looked at.
"""

from __future__ import annotations

import re

from agent.calls.categories import Category
from train.mae.bindings import of_binding
from train.mae.markup import of_markup
from train.mae.messages import of_failure
from train.mae.openings import of_bare_text
from train.mae.structured import decoded, of_value
from train.mae.tracebacks import of_traceback

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_TORN = re.compile(
    r"""\s*[\[{]\s*[{]?\s*["'](?:error|errors|err|error_message|errorMessage|exception|fault)["']\s*:\s*(?P<value>["'{\[].*)""",
    re.DOTALL,
)
_BRACKETED = re.compile(r"\[(?:\w+ ?)?err(?:or|no)\b", re.IGNORECASE)
_BIND = re.compile(r"(?:TypeError:\s*)?(?:\w+\.)*(\w+)\(\) (.+)", re.DOTALL)


def classify(feedback: str, call_name: str = "") -> Category:
    """The category of a feedback of which nothing but the text is left. `call_name`: the tool that was called."""
    return _of_text(feedback, 0, call_name)


def _of_text(text: str, depth: int, call_name: str = "") -> Category:
    text = _ANSI.sub("", text).strip().lstrip("\ufeff")
    if not text:
        return Category.ALL_RIGHT
    is_data, value = decoded(text)
    if is_data and not isinstance(value, str):
        return of_value(value, _of_text, depth)
    if isinstance(value, str) and depth < 4:
        return _of_text(value, depth + 1, call_name)
    if text[0] == "<" and (marked := of_markup(text)) is not None:
        return marked
    if (torn := _TORN.match(text)) is not None and not re.match(r"""["']{2}|\[\s*\]|\{\s*\}""", torn["value"]):
        return of_failure(torn["value"][:400]) or Category.OTHERS
    if text[0] in "{[" and not _BRACKETED.match(text):
        return Category.ALL_RIGHT
    if (found := of_traceback(text, call_name)) is not None:
        return found
    if call_name and (named := _BIND.match(text)) is not None and (bound := of_binding(text)) is not None:
        return bound if named[1] in (call_name, "__init__") else Category.TOOL_CALL_FAILURE
    return of_bare_text(text)
