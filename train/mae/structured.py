"""Feedback that is JSON (or Python's repr of it): an error object, or a result that may speak of errors.

An object is an error only by its shape: a field whose name means failure holds something, and beside it stand only
fields that go with a failure (a code, a time, a request's id). A result with a field `error_count`, an empty `errors`
list or a song called "404" has other fields beside it, or nothing in the field.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from agent.calls.categories import Category
from train.mae.bindings import of_binding
from train.mae.exceptions import of_exception
from train.mae.messages import of_failure

_ERROR_KEYS = frozenset(
    "error errors err exception fault error_message errormessage error_msg errormsg error_description errordescription"
    " err_msg errmsg faultstring failure failure_reason failurereason error_detail error_details errordetails errorcode error_code errcode errortype error_type".split()
)
_TEXT_KEYS = (
    "message",
    "msg",
    "detail",
    "details",
    "reason",
    "title",
    "description",
    "info",
    "statusmessage",
    "status_message",
    "statustext",
    "text",
    "hint",
)
_CODE_KEYS = frozenset(
    "code status statuscode status_code http_code httpcode http_status httpstatus httpstatuscode cod error_code errorcode errno errcode err_code responsecode".split()
)
_SIGN_KEYS = frozenset(
    "success ok succeeded successful iserror is_error stat response status result failed state".split()
)
_COMPANY = frozenset(
    "type timestamp time date datetime path url uri endpoint instance trace traceid trace_id requestid request_id correlationid correlation_id"
    " documentation_url docs help more_info moreinfo links href jsonrpc id tool tool_name toolname function name method params param parameter field"
    " retry_after retryafter retry_after_ms domain locations extensions stack stacktrace stack_trace traceback cause version meta metadata support"
    " resource target suggestion suggestions available_tools available valid_parameters allowed severity category kind x-request-id content __type loc input ctx innererror validation_errors args hostid data results result output value body raw region provider server service limit remaining reset host".split()
)
_WRAPPED = ("response", "result", "output", "observation", "content", "body", "stderr")
_NOTHING = frozenset(
    {
        "",
        "none",
        "null",
        "no",
        "no error",
        "no errors",
        "ok",
        "false",
        "0",
        "success",
        "n/a",
        "nil",
        "-",
        "[]",
        "{}",
        "undefined",
    }
)
_BAD_SIGNS = frozenset(
    {"error", "fail", "failed", "failure", "err", "false", "exception", "unsuccessful", "ko", "nok", "errored"}
)
_DEPTH = 6


def decoded(text: str) -> tuple[bool, Any]:
    """(True, value) where the text is JSON or Python's repr of plain data, else (False, None)."""
    if not text or text[0] not in "{[\"'(-0123456789tfnTFN":
        return False, None
    try:
        return True, json.loads(text)
    except (ValueError, RecursionError):
        pass
    if len(text) > 100_000:
        return False, None
    try:
        return True, ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
        return False, None


def of_value(value: Any, of_text: Any, depth: int = 0) -> Category:
    """The category of a decoded value; `of_text` classifies the strings that wrap other feedback."""
    if depth > _DEPTH:
        return Category.ALL_RIGHT
    match value:
        case str():
            return of_text(value, depth + 1)
        case Mapping():
            return of_object(value, of_text, depth)
        case [Mapping() as only] if _has_error(_lowered(only)):
            return of_object(only, of_text, depth)
        case [Mapping() as first, *_] if first.get("type") == "text" and isinstance(first.get("text"), str):
            return of_text(first["text"], depth + 1)
        case _:
            return Category.ALL_RIGHT


def of_object(value: Mapping[str, Any], of_text: Any, depth: int) -> Category:
    """The category of an object."""
    fields = _lowered(value)
    if fields.get("iserror") is True or fields.get("is_error") is True:
        return _of_told(fields, Category.OTHERS)
    if fields.get("iserror") is False and "content" in fields:
        return Category.ALL_RIGHT
    if isinstance(fields.get("detail"), list) and set(fields) <= {"detail", "status", "code", "message", "body"}:
        return _of_validation(fields["detail"])
    if _has_error(fields) or _is_bad_sign(fields) or _has_bad_code(fields):
        return _of_told(fields, Category.OTHERS)
    if (
        set(fields) <= {*_TEXT_KEYS, *_COMPANY, *_CODE_KEYS}
        and (text := _first_text(fields))
        and not _good_code(fields)
    ):
        return of_text(text, depth + 1)
    for key in _WRAPPED:
        inner = fields.get(key)
        others = set(fields) - {key}
        if (
            isinstance(inner, str | Mapping | list)
            and inner
            and others <= _ERROR_KEYS | _SIGN_KEYS | _CODE_KEYS | {"stdout", "tool", "name"}
        ):
            return of_value(_unwrapped(inner), of_text, depth + 1)
    return Category.ALL_RIGHT


def _unwrapped(inner: Any) -> Any:
    if isinstance(inner, str):
        ok, value = decoded(inner.strip())
        return value if ok and isinstance(value, Mapping | list) else inner
    return inner


def _lowered(value: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(key).lower().replace("-", "_").lstrip("@"): item for key, item in value.items()}


def _has_error(fields: Mapping[str, Any]) -> bool:
    """A field named for failure that holds one, and no result beside it."""
    present = [key for key in fields if key in _ERROR_KEYS and _holds(fields[key])]
    return bool(present) and not _has_result(fields)


def _holds(value: Any) -> bool:
    match value:
        case bool():
            return value
        case None | float():
            return False
        case int():
            return value >= 400 or value < 0
        case str():
            return value.strip().lower() not in _NOTHING
        case Mapping():
            return (
                any(isinstance(item, str) and item.strip() for item in value.values())
                or bool(value)
                and all(isinstance(item, list | Mapping) and item for item in value.values())
            )
        case Sequence():
            return any(isinstance(item, str | Mapping) and item for item in value)
        case _:
            return False


def _has_result(fields: Mapping[str, Any]) -> bool:
    """Something that no failure carries: an unknown field, or a filled one of those that hold results."""
    for key, item in fields.items():
        if key in ("data", "results", "result", "output", "value", "body", "content", "response", "available_tools"):
            if key in ("data", "results", "output", "value") and isinstance(item, list | Mapping) and _is_filled(item):
                return True
            continue
        if (
            key not in _ERROR_KEYS
            and key not in _CODE_KEYS
            and key not in _SIGN_KEYS
            and key not in _TEXT_KEYS
            and key not in _COMPANY
        ):
            if (
                isinstance(item, str | int | float)
                and sum(k in _ERROR_KEYS for k in fields)
                and len(fields) <= 3
                and _is_loud(fields)
            ):
                continue
            return True
    return False


def _is_filled(item: Any) -> bool:
    return any(part not in (None, [], {}, "") for part in (item.values() if isinstance(item, Mapping) else item))


def _is_loud(fields: Mapping[str, Any]) -> bool:
    """`error` itself says something: one unknown field beside it (the query, say) does not make it a result."""
    error = fields.get("error") or fields.get("errors") or fields.get("exception")
    return (
        isinstance(error, str | Mapping | list)
        and _holds(error)
        and not (isinstance(error, str) and len(error.split()) < 2)
    )


def _is_bad_sign(fields: Mapping[str, Any]) -> bool:
    """`success: false`, `status: "error"`, and nothing that would be a result."""
    if not set(fields) <= _SIGN_KEYS | _CODE_KEYS | _ERROR_KEYS | set(_TEXT_KEYS) | _COMPANY or _has_result(fields):
        return False
    for key in _SIGN_KEYS & fields.keys():
        item = fields[key]
        if key in ("success", "ok", "succeeded", "successful") and (
            item is False or str(item).lower() in ("false", "0", "no")
        ):
            return True
        if key == "failed" and item is True:
            return True
        if (
            key in ("status", "stat", "response", "result", "state")
            and isinstance(item, str)
            and item.lower() in _BAD_SIGNS
        ):
            return bool(_first_text(fields)) or len(fields) == 1
    return False


def _has_bad_code(fields: Mapping[str, Any]) -> bool:
    if not set(fields) <= _SIGN_KEYS | _CODE_KEYS | _ERROR_KEYS | set(_TEXT_KEYS) | _COMPANY or _has_result(fields):
        return False
    return any(_http(fields[key]) for key in _CODE_KEYS & fields.keys()) and (
        len(fields) == 1 or bool(_first_text(fields))
    )


def _good_code(fields: Mapping[str, Any]) -> bool:
    return any(
        str(fields[key]).startswith("2") and len(str(fields[key])) == 3 for key in _CODE_KEYS & fields.keys()
    ) or (
        fields.get("success") is True
        or fields.get("ok") is True
        or str(fields.get("status")).lower() in ("ok", "success")
    )


def _http(code: Any) -> bool:
    return not isinstance(code, bool) and re.fullmatch(r"[45]\d\d(?:[ _-].{0,60})?", str(code)) is not None


def _first_text(fields: Mapping[str, Any]) -> str:
    for key in _TEXT_KEYS:
        if isinstance(fields.get(key), str) and fields[key].strip():
            return str(fields[key])
    return ""


def _of_told(fields: Mapping[str, Any], default: Category) -> Category:
    """An error object: what its words say, then its numbers."""
    kinds, texts, codes = _gathered(fields, 0)
    words = ". ".join(dict.fromkeys(t for t in texts if t.strip()))
    for kind in kinds:
        if re.fullmatch(r"(?:[\w]+\.)*[A-Z]\w*(?:Error|Exception|Timeout)", kind) and kind not in (
            "Error",
            "Exception",
        ):
            found = of_exception(kind, words.removeprefix(kind).strip(": "))
            if found is not Category.TOOL_CALL_FAILURE:
                return found
    typed = re.match(r"(?:\w+\.)*([A-Z]\w*(?:Error|Exception|Timeout))(?:: ?|\b)(.*)", words, re.DOTALL)
    if typed is not None:
        return of_exception(typed[1], typed[2])
    found = None
    for text in (words, *kinds):
        found = found or of_failure(text)
    if found is None and any(_http(code) for code in codes):
        return Category.TOOL_INSTABILITY
    return found or default


def _gathered(value: Any, depth: int) -> tuple[list[str], list[str], list[Any]]:
    """The names of exceptions, the words and the codes of an error object, the nested ones too."""
    kinds: list[str] = []
    texts: list[str] = []
    codes: list[Any] = []
    if depth > 3:
        return kinds, texts, codes
    if isinstance(value, str):
        return kinds, [value], codes
    if isinstance(value, list):
        for item in value[:5]:
            for into, more in zip((kinds, texts, codes), _gathered(item, depth + 1), strict=True):
                into.extend(more)
        return kinds, texts, codes
    if not isinstance(value, Mapping):
        return kinds, texts, codes
    for key, item in _lowered(value).items():
        if (
            key
            in (
                "type",
                "name",
                "exception",
                "error_type",
                "errortype",
                "__type",
                "code",
                "error_code",
                "errorcode",
                "status",
            )
            and isinstance(item, str)
            and not item.isdigit()
        ):
            kinds.append(item.rpartition("#")[2])
            if key == "code" and " " not in item:
                texts.append(item.replace("_", " "))
        elif key in _CODE_KEYS:
            codes.append(item)
            if isinstance(item, int) and item < 0:
                texts.append(str(item))
        elif key in _ERROR_KEYS or key in _TEXT_KEYS or key in ("content", "result", "response", "body", "cause"):
            for into, more in zip((kinds, texts, codes), _gathered(item, depth + 1), strict=True):
                into.extend(more)
    return kinds, texts, codes


def _of_validation(details: Sequence[Any]) -> Category:
    """The list that FastAPI and pydantic give: {"loc": [...], "msg": "field required", "type": "missing"}."""
    told = [item for item in details if isinstance(item, Mapping)]
    for item in told:
        text = f"{item.get('msg', '')} {item.get('type', '')}"
        if item.get("type") == "missing" or re.search(r"field required|missing", text, re.IGNORECASE):
            return Category.PARAMETER_MISSING
        if (found := of_binding(text)) is not None:
            return found
    return Category.TOOL_CALL_FAILURE if told else Category.OTHERS
