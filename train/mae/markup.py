"""Feedback that is HTML or XML: an error page says so in its title or its first heading, a document in its root."""

from __future__ import annotations

import re

from agent.calls.categories import Category
from train.mae.bindings import of_binding
from train.mae.messages import of_failure
from train.mae.patterns import compiled

_PAGE = re.compile(r"\s*(?:<\?xml[^>]*>\s*)?(?:<!doctype html|<html|<head|<body|<title|<center><h1|<h1)", re.IGNORECASE)
_HEAD = re.compile(r"<(?:title|h1|h2)[^>]*>\s*(.*?)\s*</(?:title|h1|h2)>", re.IGNORECASE | re.DOTALL)
_FAILED = compiled("page")
_ROOT_FAILED = re.compile(
    r"""\s*(?:<\?xml[^>]*>\s*)?<(?:\w+:)?(?:(?:error|errors|fault|exception|errorresponse|serviceexceptionreport)\b
    | \w+\b[^>]*\b(?:status|stat|result|success)\s*=\s*["'](?:error|fail|failed|failure|false)["']
    | (?!rss|feed|html)\w+\b[^>]*>\s*<(?:\w+:)?(?:error|fault|exception)\b)""",
    re.IGNORECASE | re.VERBOSE,
)
_SOAP_FAULT = re.compile(r"<(?:\w+:)?fault(?:string)?\b[^>]*>(.*?)</", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^>]{0,500}>")
_TAGGED = re.compile(r"<(?:[?!]|[a-zA-Z][\w:-]*(?:\s+[\w:-]+\s*=|\s*/?>))")
_LONG = 20_000


def of_markup(text: str) -> Category | None:
    """The category; None where it is neither HTML nor an XML document that says what it is."""
    head = text[:_LONG]
    if _PAGE.match(head):
        if any(_FAILED.fullmatch(_words(part)) for part in _HEAD.findall(head)[:3]):
            return of_binding(_words(head)) or Category.TOOL_INSTABILITY
        return Category.ALL_RIGHT
    if _ROOT_FAILED.match(head):
        return of_failure(_words(head)) or Category.OTHERS
    if (fault := _SOAP_FAULT.search(head)) is not None and "nvelope" in head[:400]:
        return of_failure(_words(fault[1])) or Category.OTHERS
    return Category.ALL_RIGHT if _TAGGED.match(head) else None


def _words(markup: str) -> str:
    return re.sub(r"\s+", " ", _TAG.sub(" ", markup)).strip()
