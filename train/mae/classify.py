"""The category of a call's feedback: the logged one, else the exception's, else what the text shows (PAPERS 2.1).

The authors' matcher takes the punctuation out and looks for the letters "error". Here a text is read as what it is (JSON, a
traceback, a page, prose), and only the places where such a text says that it is a failure are looked at.
"""

from __future__ import annotations

import re

from agent.calls.categories import Category
from train.mae.bindings import of_binding
from train.mae.messages import of_failure
from train.mae.openings import of_bare_text, of_exception_line
from train.mae.structured import decoded, of_value

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_TRACEBACK = re.compile(r"^(?:\s*-{5,}\s*\n)?.{0,80}Traceback \(most recent call last\):?", re.MULTILINE)
_EXCEPTION_LINE = re.compile(
    r"^(?:\s{0,4}\|?\s?)((?:\w+\.)*[A-Z]\w*(?:\.\w+)*(?::\s.*|\s*$)|(?:\w+\.)+\w*(?:error|timeout|herror|gaierror)(?::\s.*|\s*$))",
    re.MULTILINE,
)
_FRAME = re.compile(
    r"""^\s*(?:File "(?P<file>[^"]+)", line \d+(?:, in (?P<name>\S+))?|(?P<cell>Cell In\s?\[\d+\]|Input In|<ipython-input))""",
    re.MULTILINE,
)
_PAGE = re.compile(
    r"^\s*(?:<\?xml[^>]*>\s*)?(?:<!doctype html|<html|<head|<body|<title|<center><h1|<h1)", re.IGNORECASE
)
_TITLE = re.compile(r"<(?:title|h1|h2)[^>]*>\s*(.*?)\s*</(?:title|h1|h2)>", re.IGNORECASE | re.DOTALL)
_PAGE_FAILED = re.compile(
    r"(?:error[: ]*)?(?:http[ /]?)?(?:status[ :]*)?[45]\d\d\b[ :|—–-]*(?:$|[\w' ]{0,50}$|.{0,60}\b(?:error|not found|unavailable|forbidden|denied|bad gateway|time-?out|too many|unauthorized|bad request)\b)"
    r"|(?:bad gateway|gateway time-?out|service (?:temporarily )?unavailable|internal server error|page not found|not found|forbidden|access denied|unauthorized|bad request|too many requests"
    r"|attention required!.*|just a moment\.*|server error.*|site (?:is )?(?:under )?maintenance.*|error|request (?:blocked|rejected|timeout)|web server is down.*|application error|origin dns error.*|connection timed out.*|(?:the )?requested url could not be retrieved.*|error: .*)\W*$",
    re.IGNORECASE,
)
_XML_ERROR = re.compile(
    r"^\s*(?:<\?xml[^>]*>\s*)?<(?:\w+:)?(?:error|errors|fault|exception|errorresponse|serviceexceptionreport)\b",
    re.IGNORECASE,
)
_SOAP_FAULT = re.compile(r"<(?:\w+:)?fault(?:string)?\b[^>]*>(.*?)</", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^>]{0,500}>")
_TORN = re.compile(
    r"""^\s*[\[{]\s*[{]?\s*["'](?:error|errors|err|error_message|errorMessage|exception|fault)["']\s*:\s*(?P<value>["'{\[].*)""",
    re.DOTALL,
)
_LONG = 20_000


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
    if _PAGE.match(text):
        return _of_page(text)
    if _XML_ERROR.match(text):
        words = _TAG.sub(" ", text[:4000])
        return of_failure(re.sub(r"\s+", " ", words).strip()) or Category.OTHERS
    if (fault := _SOAP_FAULT.search(text[:4000])) and text.startswith("<"):
        return of_failure(_TAG.sub(" ", fault[1]).strip()) or Category.OTHERS
    if (torn := _TORN.match(text)) is not None and not re.match(r"""["']{2}|\[\s*\]|\{\s*\}""", torn["value"]):
        return of_failure(torn["value"][:400]) or Category.OTHERS
    if text[0] in "{[":
        return (
            Category.ALL_RIGHT
            if not text.startswith("[Err") and not re.match(r"\[(?:\w+ ?)?error\b", text, re.I)
            else of_bare_text(text)
        )
    if (found := _of_traceback(text, call_name)) is not None:
        return found
    if (
        call_name
        and (named := re.match(r"(?:TypeError:\s*)?(?:\w+\.)*(\w+)\(\) (.+)", text, re.DOTALL))
        and of_binding(named[2])
    ):
        return of_binding(text) if named[1] in (call_name, "__init__") else Category.TOOL_CALL_FAILURE  # type: ignore[return-value]
    return of_bare_text(text)


def _of_page(text: str) -> Category:
    """A page of HTML: a server's error page says so in its title or its first heading."""
    heads = [re.sub(r"\s+", " ", _TAG.sub(" ", head)).strip() for head in _TITLE.findall(text[:_LONG])[:3]]
    if any(_PAGE_FAILED.match(head) for head in heads):
        return Category.TOOL_INSTABILITY
    return Category.ALL_RIGHT


def _of_traceback(text: str, call_name: str) -> Category | None:
    """A traceback at the beginning, or one that the text ends with; None where there is none."""
    starts = [found.start() for found in _TRACEBACK.finditer(text)]
    if not starts:
        return None
    is_whole = starts[0] < 40
    lines = [found for found in _EXCEPTION_LINE.finditer(text, starts[-1]) if "Traceback" not in found[1]]
    if not lines:
        return Category.TOOL_CALL_FAILURE if is_whole else None
    last = lines[-1] if is_whole else lines[0]
    tail = text[last.end() :]
    if not is_whole and len(tail.strip().splitlines()) > 6:
        return None
    return of_exception_line(
        last[1].strip(), inside=_is_inside(text[starts[-1] : last.start()], last[1], call_name)
    ) or (Category.TOOL_CALL_FAILURE)


def _is_inside(frames: str, message: str, call_name: str) -> bool:
    """Whether it was raised in a file of the tool's: then a wrong name or argument there is not the call's.

    Where Python could not bind the arguments, the innermost frame is the caller's: the model's program.
    """
    named = re.search(r"(?:\w+\.)*(\w+)\(\) ", message)
    if call_name and named:
        return named[1] != call_name
    found = list(_FRAME.finditer(frames))
    if not found:
        return False
    last = found[-1]
    if last["cell"] or last["name"] in (None, "<module>"):
        return False
    return not last["file"].startswith(("<", "/tmp/ipykernel")) and not re.search(
        r"(?:main|program|script|solution|generated|agent_code|cell|snippet|run|user_code|code)\w*\.py$", last["file"]
    )
