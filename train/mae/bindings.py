"""Arguments that do not bind: too many or unknown (Parameter Hallucination), or too few (Parameter Missing).

The words are Python's, of the common validators (JSON Schema, pydantic, Ajv), of GraphQL and web frameworks.
"""

from __future__ import annotations

import re

from agent.calls.categories import Category
from train.mae.patterns import compiled

_NUMBER = r"(?P<{}>\d+|no|one|two|three|four|five|six)"
_WORDS = {"no": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
_ARGUMENTS = r"(?:positional |keyword |required )*(?:arguments?|args|parameters?)"
_GIVEN = r",? ?(?:but )?\(?(?:got |received |there (?:were|was) )?" + _NUMBER.format("got")
_COUNTS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"takes (?:exactly |at most |from \d+ to |between \d+ and )?{_NUMBER.format('most')} {_ARGUMENTS}{_GIVEN}",
        rf"takes at least {_NUMBER.format('least')} {_ARGUMENTS}{_GIVEN}",
        rf"expect(?:ed|s) (?:exactly |at most |only )?{_NUMBER.format('most')} {_ARGUMENTS}{_GIVEN}",
        rf"expect(?:ed|s) at least {_NUMBER.format('least')} {_ARGUMENTS}{_GIVEN}",
        rf"wrong number of {_ARGUMENTS} \(given {_NUMBER.format('got')}, expected {_NUMBER.format('most')}",
        rf"wrong number of {_ARGUMENTS} \({_NUMBER.format('got')} for {_NUMBER.format('most')}",
        rf"(?:too few|not enough|insufficient) {_ARGUMENTS}(?P<few>)",
        rf"too many {_ARGUMENTS}(?P<many>)",
    )
)
_HALLUCINATED = compiled("hallucinated")
_MISSING = compiled("missing")
_CREDENTIAL = re.compile(
    r"\b(?:api|access|auth|subscription|application|app|x-rapidapi)[ _-]?(?:key|token|secret)|\bcredentials?\b"
    r"|\bauthori[sz]ation\b|\bauthentication\b|\bbearer\b|\bjwt\b|\bheader\b",
    re.IGNORECASE,
)


def of_binding(message: str) -> Category | None:
    """Which of the two the message tells of; None where it is about something else.

    A key or token of the service that is missing is no parameter of the call: that is left to the service's failures.
    """
    for pattern in _COUNTS:
        if found := pattern.search(message):
            return _of_count(found.groupdict())
    hallucinated, missing = _HALLUCINATED.search(message), _MISSING.search(message)
    if hallucinated is None and missing is None:
        return None
    if _CREDENTIAL.search(message) and not re.search(r"\w\(\) ", message):
        return None
    if hallucinated is not None and (missing is None or hallucinated.start() <= missing.start()):
        return Category.PARAMETER_HALLUCINATION
    return Category.PARAMETER_MISSING


def _of_count(groups: dict[str, str | None]) -> Category:
    if "few" in groups:
        return Category.PARAMETER_MISSING
    if "many" in groups:
        return Category.PARAMETER_HALLUCINATION
    got, bound = (_number(text) for text in (groups["got"], groups.get("most") or groups.get("least")))
    return Category.PARAMETER_MISSING if got < bound else Category.PARAMETER_HALLUCINATION


def _number(text: str | None) -> int:
    lowered = (text or "0").lower()
    return _WORDS[lowered] if lowered in _WORDS else int(lowered)
