"""The patterns that words of failures are found by: one alternative per line of `words/*.txt`, tried without case.

A line `NAME = pattern` is a part that later lines use as `<NAME>`; a line that begins with `# ` is a comment.
"""

from __future__ import annotations

import re
from importlib.resources import files

_PARTS = {
    "THING": r"(?:(?:keyword|input|request|query|path|body|json|url|function|tool|named|optional) ){0,3}"
    r"(?:parameters?|params?|arguments?|args?|fields?|propert(?:y|ies)|keywords?|options?|attributes?|inputs?|kwargs?"
    r"|keys?|query strings?)",
    "TOOL": r"(?:tools?|functions?|apis?|actions?|methods?|plugins?|skills?|commands?|operations?|procedures?"
    r"|capabilit(?:y|ies))",
    "NAME": r"[`'\"\[({<]{0,2}[\w./:$\[\]-]{1,80}(?:\(\))?[`'\"\])}>]{0,2}",
}
_PART = re.compile(r"([A-Z_]+) = (.+)")


def compiled(name: str) -> re.Pattern[str]:
    """`words/<name>.txt` as one pattern."""
    return re.compile(alternatives(name), re.IGNORECASE)


def alternatives(name: str) -> str:
    """The same as the source of a pattern."""
    parts = dict(_PARTS)
    found = []
    for line in files("train.mae").joinpath("words", f"{name}.txt").read_text("utf-8").splitlines():
        if not line.strip() or line.startswith("# "):
            continue
        for part, pattern in parts.items():
            line = line.replace(f"<{part}>", pattern)
        if defined := _PART.fullmatch(line):
            parts[defined[1]] = defined[2]
        else:
            found.append(line)
    return "|".join(found)
