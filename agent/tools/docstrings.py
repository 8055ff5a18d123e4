"""A docstring's parts: purpose, description, what each parameter and the result mean.

Google style (`Args:`, `Returns:`) is read by section; anything else stays in the description, where a model reads it
too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_SECTION = re.compile(r"^(Args|Arguments|Parameters|Returns|Return|Yields|Raises|Examples?|Notes?):\s*$")
_ENTRY = re.compile(r"^(\w+)\s*(?:\([^)]*\))?:\s*(.*)$")


@dataclass(frozen=True)
class Docstring:
    purpose: str = ""
    description: str = ""
    parameters: dict[str, str] = field(default_factory=dict)
    returns: str = ""


def parse_docstring(text: str) -> Docstring:
    """Split a cleaned docstring (`inspect.getdoc`)."""
    if not text.strip():
        return Docstring()
    head, _, rest = text.strip().partition("\n\n")
    sections: dict[str, list[str]] = {"": []}
    current = ""
    for line in rest.splitlines():
        found = _SECTION.match(line)
        if found:
            current = found.group(1)
            sections.setdefault(current, [])
        elif current and line and not line[0].isspace():
            current = ""
            sections[""].append(line)
        else:
            sections[current].append(line)
    arguments = next((sections[k] for k in ("Args", "Arguments", "Parameters") if k in sections), [])
    returned = next((sections[k] for k in ("Returns", "Return", "Yields") if k in sections), [])
    return Docstring(
        purpose=" ".join(head.split()),
        description="\n".join(sections[""]).strip(),
        parameters=_entries(arguments),
        returns=" ".join(" ".join(returned).split()),
    )


def _entries(lines: list[str]) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    name = ""
    indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    for line in lines:
        entry = _ENTRY.match(line[indent:])
        if entry:
            name = entry.group(1)
            found[name] = [entry.group(2)]
        elif name:
            found[name].append(line.strip())
    return {key: " ".join(" ".join(parts).split()) for key, parts in found.items()}
