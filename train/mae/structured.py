"""Feedback that is JSON (or Python's repr of it): an error object, or a result that may speak of errors.

An object is an error only by its shape: a field whose name means failure holds something, and beside it stand only
fields that go with a failure (a code, a time, a request's id). A result with a field `error_count`, an empty `errors`
list or a song called "404" has other fields beside it, or nothing in the field.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from agent.calls.categories import Category
from train.mae import error_fields as fields_of
from train.mae.error_object import category_of, first_text, is_http_failure, lowered
from train.mae.messages import NO_TOOL, of_failure
from train.mae.validation import of_complaints, of_validation

OfText = Callable[[str, int], Category]
_DEPTH = 6
_FEW_WORDS = 15
_TOLD_IN_A_FEW_WORDS = (Category.TOOL_INSTABILITY, Category.TOOL_HALLUCINATION)
_LITERAL_CHARS = 100_000
_ERROR_NAME = re.compile(
    r"(?:[A-Z0-9]+_)*(?:ERR|ERROR|INVALID|FAILED|FAILURE|DENIED|TIMEOUT|UNAVAILABLE|NOT_FOUND|EXCEEDED|UNAUTHORIZED|FORBIDDEN"
    r"|EXHAUSTED|MISSING|UNKNOWN)(?:_[A-Z0-9]+)*|E[A-Z]{4,}"
)


def decoded(text: str) -> tuple[bool, Any]:
    """(True, value) where the text is JSON or Python's repr of plain data, else (False, None)."""
    if not text or text[0] not in "{[\"'(-0123456789tfnTFN":
        return False, None
    try:
        return True, json.loads(text)
    except (ValueError, RecursionError):
        pass
    if len(text) > _LITERAL_CHARS:
        return False, None
    try:
        return True, ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
        return False, None


def of_value(value: Any, of_text: OfText, depth: int = 0) -> Category:
    """The category of a decoded value; `of_text` classifies the strings that wrap other feedback."""
    if depth > _DEPTH:
        return Category.ALL_RIGHT
    match value:
        case str():
            return of_text(value, depth + 1)
        case Mapping():
            return _of_object(value, of_text, depth)
        case [Mapping() as only] if _has_error(lowered(only)):
            return _of_object(only, of_text, depth)
        case [Mapping() as first, *_] if first.get("type") == "text" and isinstance(first.get("text"), str):
            return of_text(first["text"], depth + 1)
        case _:
            return Category.ALL_RIGHT


def _of_object(value: Mapping[str, Any], of_text: OfText, depth: int) -> Category:
    fields = lowered(value)
    if fields.get("iserror") is True or fields.get("is_error") is True:
        return category_of(fields)
    if fields.get("iserror") is False and "content" in fields:
        return Category.ALL_RIGHT
    if isinstance(fields.get("detail"), list) and fields.keys() <= {"detail", "status", "code", "message", "body"}:
        return of_validation(fields["detail"])
    if (complained := of_complaints(value)) is not None:
        return complained
    if _has_error(fields) or _is_bad_sign(fields) or _has_bad_code(fields):
        return category_of(fields)
    if (text := first_text(fields)) and not _went_well(fields):
        if (
            fields.keys() <= {*fields_of.TEXT, *fields_of.COMPANY, *fields_of.CODE}
            and fields_of.MESSAGE & fields.keys()
        ):
            return _of_message(text, of_text, depth)
        if isinstance(fields.get("detail"), str) and len(fields) <= 3 and NO_TOOL.search(fields["detail"]):
            return Category.TOOL_HALLUCINATION
    for key in fields_of.WRAPPER:
        inner = fields.get(key)
        others = fields.keys() - {key}
        if (
            isinstance(inner, str | Mapping | list)
            and inner
            and others <= fields_of.ERROR | fields_of.SIGN | (fields_of.CODE | {"stdout", "tool", "name"})
        ):
            return of_value(_unwrapped(inner), of_text, depth + 1)
    return Category.ALL_RIGHT


def _of_message(text: str, of_text: OfText, depth: int) -> Category:
    """Words that stand alone in an object; a few may be written as a title is ("Missing Authentication Token")."""
    found = of_text(text, depth + 1)
    if found is not Category.ALL_RIGHT or len(text.split()) > _FEW_WORDS:
        return found
    told = of_failure(text)
    return told if told in _TOLD_IN_A_FEW_WORDS or (told is not None and text.istitle()) else found


def _unwrapped(inner: Any) -> Any:
    if isinstance(inner, str):
        is_data, value = decoded(inner.strip())
        return value if is_data and isinstance(value, Mapping | list) else inner
    return inner


def _has_error(fields: Mapping[str, Any]) -> bool:
    """A field named for failure that holds one, and no result beside it."""
    if not any(key in fields_of.ERROR and _holds(fields[key], fields) for key in fields):
        return False
    return any(fields.get(flag) is False for flag in fields_of.FLAG) or not _has_result(fields)


def _holds(value: Any, fields: Mapping[str, Any]) -> bool:
    """Whether an error's field says that there was one; a rate (0.02) and a count (3) do not."""
    match value:
        case bool():
            return value
        case None | float():
            return False
        case int():
            return value >= 400 or value < 0 or (value > 0 and bool(first_text(fields)) and not _has_result(fields))
        case str():
            return value.strip().lower() not in fields_of.NOTHING
        case Mapping():
            told = [item for item in value.values() if item not in (None, "", [], {}, 0, False)]
            return bool(told) and any(isinstance(item, str | list | Mapping) for item in told)
        case Sequence():
            return any(isinstance(item, str | Mapping) and item for item in value)
        case _:
            return False


def _has_result(fields: Mapping[str, Any]) -> bool:
    """Something that no failure carries: an unknown field, or a filled one of those that hold results."""
    known = {*fields_of.ERROR, *fields_of.CODE, *fields_of.SIGN, *fields_of.TEXT, *fields_of.COMPANY}
    if any(isinstance(fields.get(key), list | Mapping) and _is_filled(fields[key]) for key in fields_of.RESULT):
        return True
    strange = [key for key in fields if key not in known]
    if len(strange) == 1 and len(fields) <= 3 and not isinstance(fields[strange[0]], Mapping) and _is_loud(fields):
        return False
    return bool(strange)


def _is_filled(item: Any) -> bool:
    return any(part not in (None, [], {}, "") for part in (item.values() if isinstance(item, Mapping) else item))


def _is_loud(fields: Mapping[str, Any]) -> bool:
    """`error` itself says something: one unknown field beside it (the query, say) does not make it a result."""
    error = fields.get("error") or fields.get("errors") or fields.get("exception")
    return isinstance(error, str | Mapping | list) and not (
        isinstance(error, str) and len(re.split(r"[\s_]+", error)) < 2
    )


def _is_only_of_failures(fields: Mapping[str, Any]) -> bool:
    allowed = fields_of.SIGN | fields_of.CODE | fields_of.ERROR | fields_of.COMPANY | {*fields_of.TEXT}
    return fields.keys() <= allowed


def _is_bad_sign(fields: Mapping[str, Any]) -> bool:
    """`success: false`, `status: "error"`, and nothing that would be a result."""
    if not _is_only_of_failures(fields):
        return False
    if fields.keys() == {"status", "data"} and fields["status"] in ("fail", "error"):  # JSend
        return True
    if _has_result(fields):
        return False
    for key in fields_of.SIGN & fields.keys():
        item = fields[key]
        if key in fields_of.FLAG and (item is False or str(item).lower() in ("false", "0", "no")):
            return True
        if key == "failed" and item is True:
            return True
        if isinstance(item, str) and item.lower() in fields_of.BAD and (first_text(fields) or len(fields) == 1):
            return True
    return False


def _has_bad_code(fields: Mapping[str, Any]) -> bool:
    if not _is_only_of_failures(fields) or _has_result(fields):
        return False
    codes = [fields[key] for key in fields_of.CODE & fields.keys()]
    if any(isinstance(code, str) and _ERROR_NAME.fullmatch(code) for code in codes) and (
        first_text(fields) or fields.keys() <= fields_of.CODE
    ):
        return True
    return any(map(is_http_failure, codes)) and (len(fields) == 1 or bool(first_text(fields)))


def _went_well(fields: Mapping[str, Any]) -> bool:
    codes = (str(fields[key]) for key in fields_of.CODE & fields.keys())
    return any(len(code) == 3 and code.startswith("2") for code in codes) or (
        any(fields.get(flag) is True for flag in fields_of.FLAG)
        or str(fields.get("status")).lower() in ("ok", "success")
    )
