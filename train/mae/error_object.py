"""The category of an object that is known to be an error: by its exception's name, its words, its numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from agent.calls.categories import Category
from train.mae import error_fields as fields_of
from train.mae.exceptions import of_exception
from train.mae.messages import of_failure

_KIND = re.compile(r"(?:\w+\.)*[A-Z]\w*(?:Error|Exception|Timeout)")
_KIND_FIRST = re.compile(r"((?:\w+\.)*[A-Z]\w*(?:Error|Exception|Timeout))(?:: ?|\b(?! ))(.*)", re.DOTALL)
_KIND_FIELDS = frozenset("type name exception error_type errortype __type code error_code errorcode status".split())
_BUILTIN = frozenset(
    """ValueError TypeError KeyError IndexError AttributeError ZeroDivisionError RuntimeError AssertionError RangeError
    SyntaxError EvalError UnicodeDecodeError OverflowError RecursionError NullPointerException""".split()
)
"""Of runtimes: no service gives its own errors these names."""
_DEPTH = 3


def lowered(value: Mapping[Any, Any]) -> dict[str, Any]:
    """The fields by their names in lower case with underscores."""
    return {str(key).lower().replace("-", "_").replace(" ", "_").lstrip("@"): item for key, item in value.items()}


def first_text(fields: Mapping[str, Any]) -> str:
    """The words of the object: of the first field that holds some; '' for none."""
    for key in fields_of.TEXT:
        match fields.get(key):
            case str() as text if text.strip():
                return text
            case [str() as text, *_]:
                return text
    return ""


def is_http_failure(code: Any) -> bool:
    """A status of HTTP's from 400 to 599, as a number or a text (`404`, `"404 Not Found"`)."""
    return not isinstance(code, bool) and re.fullmatch(r"[45]\d\d(?:[ _-].{0,60})?", str(code)) is not None


@dataclass
class _Told:
    """What an object says, the nested ones too."""

    kinds: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    codes: list[Any] = field(default_factory=list)


def category_of(fields: Mapping[str, Any]) -> Category:
    """The category; Others where it is an error of the tool's own making."""
    told = _Told()
    _gather(fields, told, 0)
    words = ". ".join(dict.fromkeys(text.strip() for text in told.texts if text.strip()))
    for kind in told.kinds:
        if _KIND.fullmatch(kind) and kind not in ("Error", "Exception"):
            found = of_exception(kind, words.removeprefix(kind).strip(": "))
            if found is not Category.TOOL_CALL_FAILURE:
                return found
    if (typed := _KIND_FIRST.match(words)) is not None:
        return of_exception(typed[1], typed[2])
    for text in (words, *(kind for kind in told.kinds if not (words and kind.lower() == "not found"))):
        if (told_by := of_failure(text)) is not None:
            return told_by
    if any(map(is_http_failure, told.codes)):
        return Category.TOOL_INSTABILITY
    return Category.TOOL_CALL_FAILURE if _BUILTIN & {*told.kinds} else Category.OTHERS


def _gather(value: Any, told: _Told, depth: int) -> None:
    if depth > _DEPTH:
        return
    if isinstance(value, str):
        told.texts.append(value)
    elif isinstance(value, list):
        for item in value[:5]:
            _gather(item, told, depth + 1)
    elif isinstance(value, Mapping):
        for key, item in lowered(value).items():
            _gather_field(key, item, told, depth)


def _gather_field(key: str, item: Any, told: _Told, depth: int) -> None:
    if key in _KIND_FIELDS and isinstance(item, str) and not item.isdigit():
        told.kinds.append(item.rpartition("#")[2].replace("_", " ") if "_" in item else item.rpartition("#")[2])
        if is_http_failure(item):
            told.codes.append(item)
    elif key in fields_of.CODE:
        told.codes.append(item)
        if isinstance(item, int) and item < 0:
            told.texts.append(str(item))
    elif key in fields_of.ERROR or key in fields_of.TEXT or key in _HOLDERS:
        is_slug = isinstance(item, str) and " " not in item
        _gather(item.replace("_", " ") if is_slug else item, told, depth + 1)


_HOLDERS = frozenset("content result response body cause response_metadata data".split())
