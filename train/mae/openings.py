"""How a text must begin to be a failure, where nothing but text is left: no JSON, no traceback, no page.

A result may hold any word (*Terror Train*, a log that was asked for, a review of a broken connection); a failure says
what it is at once. So all that is looked for here stands at the beginning of the text.
"""

from __future__ import annotations

import re

from agent.calls.categories import Category
from train.mae.bindings import of_binding
from train.mae.exceptions import of_exception
from train.mae.messages import NO_TOOL, of_failure, of_http_status
from train.mae.patterns import alternatives, compiled

_EXCEPTION = re.compile(
    r"(?:[\w-]+\.)*(?P<kind>_?[A-Z]\w{0,60}(?:Error|Exception|Timeout|Refused|Reset|Disconnected|Fault|Failure"
    r"|Interrupt|Exit|Requests|NotFound|Unavailable|Denied|Expired|Exhausted|Exceeded)"
    r"|Exception|Timeout|gaierror|timeout|(?<=\.)error|(?<=\.)[A-Z]\w+|StopIteration)(?:\s?\[\w+\])?"
    r"(?:(?::\s*|\()(?P<message>.*)|\s*)\Z",
    re.DOTALL,
)
_DOCUMENTED = re.compile(
    r"(?:is )?(?:raised|thrown|occurs|happens|indicates|inherits|represents|means|a subclass|base class)\b",
    re.IGNORECASE,
)
_LABEL = re.compile(rf"(?:[\[(<*#>\s-]{{0,6}}|❌\s?|⚠️?\s?|✗\s?)(?:{alternatives('label')})\s*", re.IGNORECASE)
_NO_FAULT = re.compile(r"(?:0|none|no|null|nil|n/a|false|\d+(?:\.\d+)?\s?%?)\s*(?:$|[,;\n)])", re.IGNORECASE)
_REGRET = compiled("regret")
_TELLING = compiled("telling")
_RUNTIME_TEXT = compiled("runtime_texts")
_LOG_LINE = re.compile(
    r"^\W{0,3}(?:\d{4}-\d\d-\d\d|\d\d:\d\d|(?:\[\w+\]|(?:info|debug|warn(?:ing)?|error|critical|trace)\b)[ :\]])",
    re.IGNORECASE | re.MULTILINE,
)
_SHORT_CHARS = 300
_OF_CALLS = re.compile(
    r"[`'\"][\w.-]{1,60}[`'\"]|\b[a-z]+_[a-z_]+\b|\w\(\)|\b(?:tool|parameter|argument|keyword|param|specified)s?\b",
    re.IGNORECASE,
)
_OF_DOCUMENTS = re.compile(
    r"(?:to|usage|parameters?:|arguments?:|args:|returns|when|if|example|note|how|what|why|#+|\d+[.)]|[-*])(?:\s|$)",
    re.IGNORECASE,
)
_SMALL = frozenset("a an the of to in on at my me and or for not is be n't by from with out".split())
_STANDING = compiled("standing")


def of_bare_text(text: str) -> Category:
    """The category of prose: All Right unless it begins as a failure does."""
    text = text.strip()
    if not text or len(_LOG_LINE.findall(text)) >= 2:
        return Category.ALL_RIGHT
    label = _LABEL.match(text)
    if label is not None and label.end():
        rest = text[label.end() :].strip(" *`\"'\n")
        if _NO_FAULT.match(rest):
            return Category.ALL_RIGHT
        return _told(rest) or _told(text) or Category.OTHERS
    if _is_title(text):
        return Category.ALL_RIGHT
    if (found := of_exception_line(text)) is not None:
        return found
    first = text.split("\n", 1)[0]
    if _REGRET.match(first):
        return _told(text) or Category.OTHERS
    if _RUNTIME_TEXT.match(first):
        return Category.TOOL_CALL_FAILURE
    if _TELLING.match(first):
        return of_failure(text) or of_http_status(first) or Category.ALL_RIGHT
    if (
        len(text) <= _SHORT_CHARS and _OF_CALLS.search(first) and not _OF_DOCUMENTS.match(first)
    ):  # a sentence about names and arguments of calls
        if NO_TOOL.search(text):
            return Category.TOOL_HALLUCINATION
        return of_binding(text) or Category.ALL_RIGHT
    return Category.ALL_RIGHT


def of_exception_line(text: str, *, inside: bool = False) -> Category | None:
    """`TypeError: f() missing ...`, `requests.exceptions.ReadTimeout(...)`; None where it is no exception's line.

    `inside`: see `of_exception`.
    """
    found = _EXCEPTION.match(text)
    if found is None or (found["message"] is None and " " in text.strip()):
        return None
    message = (found["message"] or "").strip()
    if text[found.end("kind") :].lstrip().startswith("("):  # its repr: ReadTimeout('...')
        message = message.strip("'\")")
    if _DOCUMENTED.match(message):
        return Category.ALL_RIGHT
    return of_exception(text[: found.end("kind")], message, inside=inside)


def _told(message: str) -> Category | None:
    """Of words that are known to tell of a failure."""
    if not message:
        return None
    return of_exception_line(message) or of_failure(message) or of_http_status(message)


def _is_title(text: str) -> bool:
    """`Can't Find My Way Home`: few words, each with a capital, none of the standing phrases of servers."""
    if "\n" in text or _STANDING.fullmatch(text):
        return False
    words = re.sub(r"\s*\(\d{4}[^)]*\)\s*$", "", text).split()
    if not 2 <= len(words) <= 9 or any(mark in text for mark in (": '", "`", "=", "()", "_", "::", "HTTP")):
        return False
    telling = [word.strip("'\",.!?()") for word in words]
    return all(not w or w[0].isupper() or w[0].isdigit() or w.lower() in _SMALL for w in telling) and any(
        w[:1].isupper() and w[1:].islower() for w in telling[1:]
    )
