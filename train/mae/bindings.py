"""Arguments that do not bind: too many or unknown (Parameter Hallucination), or too few (Parameter Missing).

The words are Python's, of the common validators (JSON Schema, pydantic, Ajv), of command lines, GraphQL and web frameworks.
"""

from __future__ import annotations

import re

from agent.calls.categories import Category

_THING = (
    r"(?:(?:keyword|input|request|query|path|body|json|url|function|tool|named|optional)[ ]){0,3}"
    r"(?:parameters?|params?|arguments?|args?|fields?|propert(?:y|ies)|keywords?|options?|attributes?|inputs?|kwargs?|keys?"
    r"|query[ ]strings?)"
)
_QUOTED = r"[`'\"\[({]{0,2}[\w.$\[\]-]{1,80}[`'\"\])}]{0,2}"
_COUNTS = (
    re.compile(
        r"takes (?:exactly |at most |from \d+ to )?(?P<most>\d+) (?:positional |keyword )?arguments?,? (?:but |\()(?P<got>\d+)"
    ),
    re.compile(r"takes at least (?P<least>\d+) (?:positional )?arguments?,? (?:but |\()(?P<got>\d+)"),
    re.compile(
        r"expected (?:exactly )?(?P<most>\d+) (?:positional )?arguments?,? (?:but )?(?:got|received|was given|were given) (?P<got>\d+)",
        re.I,
    ),
    re.compile(r"expected at least (?P<least>\d+) arguments?,? (?:but )?got (?P<got>\d+)", re.I),
    re.compile(r"expected at most (?P<most>\d+) arguments?,? (?:but )?got (?P<got>\d+)", re.I),
)
_HALLUCINATED = re.compile(
    rf"""got (?:an )?unexpected (?:keyword )?arguments?
    | unexpected[ _]keyword[ _]argument
    | got multiple values for (?:keyword )?argument
    | got some positional-only arguments passed as keyword
    | is an invalid keyword argument for
    | takes no (?:keyword )?(?:arguments|parameters)
    | additional[ ]propert(?:y|ies)\b.{{0,120}}?\bnot[ ]allowed | must[ ]NOT[ ]have[ ]additional[ ]properties
    | extra[ ](?:inputs?|fields?|keys?)\b.{{0,30}}?(?:not[ ](?:permitted|allowed)) | extra_forbidden | unrecognized_keys
    | (?:unknown|unexpected|unrecogni[sz]ed|unsupported|undefined|extraneous|extra|illegal|no[ ]such)[ ]{_THING}\b
      (?![ ]?(?:values?|types?|formats?)\b)
    | {_THING}[ :]+{_QUOTED}[ ](?:is|are|was|were)?[ ]?(?:not[ ](?:a[ ])?(?:recogni[sz]ed|supported|defined|known|expected|allowed|permitted|accepted)|unknown|unexpected|unrecogni[sz]ed|unsupported)
    | {_QUOTED}[ ](?:is|are)[ ](?:not[ ](?:a[ ])?|an[ ])(?:valid|recogni[sz]ed|supported|known|unknown|unexpected|unsupported|invalid)[ ]{_THING}\b
    | (?:does[ ]not|doesn'?t|do[ ]not)[ ](?:accept|take|support|have|expect|recogni[sz]e)[ ](?:an?[ ]|the[ ]|any[ ])?{_THING}\b
    | cannot[ ]query[ ]field | {_THING}[ ]{_QUOTED}[ ]does[ ]not[ ]exist | is[ ]not[ ]defined[ ]by[ ]type
    | (?:parameters?|arguments?|fields?|propert(?:y|ies)|keys?)[ ](?:were[ ]|was[ ]|is[ ]|are[ ])?not[ ](?:recogni[sz]ed|expected|supported|allowed)\b
    | \bwas[ ]unexpected\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
_MISSING = re.compile(
    rf"""missing[ ](?:\d+|an?|one|some|the|or[ ]invalid|mandatory)?[ ]?(?:required[ ]|mandatory[ ])?(?:positional[ ]|keyword-only[ ])?{_THING}\b
    | missing[ ]required\b | missing_argument | missing[ _]field
    | {_THING}[ :]+{_QUOTED}[ ]?(?:is|are|was|were|of[ ]type[ ]\S+[ ]is)?[ ](?:required|missing|mandatory|not[ ](?:present|provided|supplied|given|specified|set)|absent)
    | {_THING}[ ]+(?:is|are|was|were)[ ](?:required|missing|mandatory|not[ ](?:present|provided|supplied|specified)|omitted)
    | required[ ]{_THING}\b.{{0,80}}?(?:missing|not[ ](?:present|provided|supplied|given|specified|found|set)|absent|omitted)
    | the[ ]following[ ](?:required[ ])?{_THING}[ ]are[ ](?:required|missing)
    | {_QUOTED}[ ]is[ ]a[ ](?:required|mandatory)[ ]{_THING}
    | must[ ]have[ ]required[ ]property | required[ ]but[ ]not[ ](?:provided|given|supplied)
    | of[ ](?:required[ ]type|type)[ ]\S+[ ](?:is[ ]required,[ ]but[ ]it[ ])?was[ ]not[ ]provided
    | field[ ]required | (?:this[ ])?field[ ]is[ ]required | value_error\.missing
    | (?:must|need[ ]to|have[ ]to|please)[ ](?:provide|specify|supply|pass|include|give|set)[ ](?:an?[ ]|the[ ]|at[ ]least[ ]one[ ]|both[ ]|either[ ]|one[ ]of[ ]|values?[ ]for[ ]|your[ ])?{_QUOTED}
    | no[ ](?:value[ ])?(?:was[ ])?(?:provided|supplied|given|specified)[ ]for[ ](?:the[ ])?(?:required[ ])?(?:{_THING}|{_QUOTED}$)
    | no[ ]{_QUOTED}[ ](?:was[ ]|were[ ])?(?:provided|supplied|specified|given)\b
    | can(?:'|no)t[ ]be[ ](?:blank|empty|null|omitted)\b | must[ ]not[ ]be[ ](?:blank|empty|null)\b
    | (?:^|:[ ]){_QUOTED}[ ](?:is[ ](?:required|missing|mandatory)|(?:must|has[ ]to)[ ]be[ ](?:provided|specified|supplied|set|present))
    | requires[ ](?:an?[ ]|the[ ])?{_THING}\b | without[ ](?:the[ ]|a[ ])?required
    | missing:?[ ]{_QUOTED}$
    """,
    re.IGNORECASE | re.VERBOSE,
)
_CREDENTIAL = re.compile(
    r"\b(?:api|access|auth|subscription|application|app|x-rapidapi)[ _-]?(?:key|token|secret)|\bappid\b|\bcredentials?\b"
    r"|\bauthori[sz]ation\b|\bauthentication\b|\bbearer\b|\bjwt\b|\bheader\b",
    re.IGNORECASE,
)


def of_binding(message: str) -> Category | None:
    """Which of the two the message tells of; None where it is about something else.

    A key or token of the service that is missing is no parameter of the call: that is left to the service's failures.
    """
    for pattern in _COUNTS:
        if found := pattern.search(message):
            groups = found.groupdict()
            got = int(groups["got"])
            bound = groups.get("most") or groups.get("least")
            return Category.PARAMETER_MISSING if got < int(bound or 0) else Category.PARAMETER_HALLUCINATION
    hallucinated, missing = _HALLUCINATED.search(message), _MISSING.search(message)
    if hallucinated is None and missing is None:
        return None
    if _CREDENTIAL.search(message) and not re.search(r"\w\(\) ", message):
        return None
    if hallucinated is not None and (missing is None or hallucinated.start() <= missing.start()):
        return Category.PARAMETER_HALLUCINATION
    return Category.PARAMETER_MISSING
