"""A docstring's parts: purpose, description, what each parameter and the result mean.

Google (`Args:`), NumPy (`Parameters` underlined) and reST (`:param x:`) are read; what is in none of them stays in the
description, where a model reads it too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_GOOGLE = re.compile(
    r"^(Args|Arguments|Parameters|Params|Keyword Args|Keyword Arguments|Other Parameters"
    r"|Returns?|Yields?|Raises|Examples?|Notes?|Warnings?|See Also|Todo|Attributes):\s*$"
)
_UNDERLINE = re.compile(r"^-{3,}\s*$")
_NUMPY = re.compile(
    r"^(Parameters|Other Parameters|Returns?|Yields?|Receives|Raises|Warns|Warnings?|See Also|Notes?"
    r"|References|Examples?|Attributes|Methods)\s*$"
)
_FIELD = re.compile(r"^:(\w+)(?:\s+([^:]*?))?:(?:\s+(.*))?$")
_GOOGLE_ENTRY = re.compile(r"^(\*{0,2}\w+)\s*(?:\([^)]*\))?:\s*(.*)$")
_NUMPY_ENTRY = re.compile(r"^(\*{0,2}\w+(?:\s*,\s*\*{0,2}\w+)*)\s*(?::\s*(.*))?$")
_ARGUMENTS = ("Args", "Arguments", "Parameters", "Params", "Keyword Args", "Keyword Arguments", "Other Parameters")
_RETURNED = ("Returns", "Return", "Yields", "Yield")
_KEPT = ("Note", "Notes", "Example", "Examples", "Warning", "Warnings")
"""Sections that tell a caller something: they stay in the description."""


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
    lines = head.splitlines()
    if any(_FIELD.match(line) for line in lines[1:]):  # fields without an empty line before them
        first = next(i for i, line in enumerate(lines) if i and _FIELD.match(line))
        head, rest = "\n".join(lines[:first]), "\n".join(lines[first:]) + "\n\n" + rest
    purpose = " ".join(head.split())
    if re.search(r"^:(?:param|parameter|arg|argument|key|keyword|returns?|raises?|type|rtype)\b", rest, re.MULTILINE):
        return _rest(purpose, rest.splitlines())
    sections, style = _sections(rest.splitlines())
    parameters: dict[str, str] = {}
    for name in _ARGUMENTS:
        entries = _numpy_entries if style == "numpy" else _google_entries
        parameters.update(entries(sections.get(name, [])))
    returned: list[str] = next((sections[k] for k in _RETURNED if k in sections), [])
    kept = ["\n".join([f"{name}:", *sections[name]]).rstrip() for name in _KEPT if sections.get(name)]
    description = "\n\n".join(part for part in ["\n".join(sections[""]).strip(), *kept] if part)
    returns = _numpy_returns(returned) if style == "numpy" else _joined(returned)
    return Docstring(purpose, description, parameters, returns)


def _sections(lines: list[str]) -> tuple[dict[str, list[str]], str]:
    sections: dict[str, list[str]] = {"": []}
    current, style = "", "google"
    for i, line in enumerate(lines):
        follows = lines[i + 1] if i + 1 < len(lines) else ""
        if _NUMPY.match(line) and _UNDERLINE.match(follows):
            current, style = line.strip(), "numpy"
            sections.setdefault(current, [])
        elif _UNDERLINE.match(line) and i and _NUMPY.match(lines[i - 1]):
            continue
        elif style == "google" and _GOOGLE.match(line):
            current = line.strip().rstrip(":")
            sections.setdefault(current, [])
        elif style == "google" and current and line and not line[0].isspace():
            current = ""
            sections[""].append(line)
        else:
            sections[current].append(line)
    return sections, style


def _google_entries(lines: list[str]) -> dict[str, str]:
    return _entries(lines, _GOOGLE_ENTRY)


def _numpy_entries(lines: list[str]) -> dict[str, str]:
    """`name : type` at the margin, what it means below; several names may share one meaning."""
    found: dict[str, str] = {}
    for name, text in _entries(lines, _NUMPY_ENTRY, head=False).items():
        found.update({part.strip().lstrip("*"): text for part in name.split(",")})
    return found


def _numpy_returns(lines: list[str]) -> str:
    """Without the type, which the annotation says."""
    margin = [line for line in lines if line and not line[0].isspace()]
    meant = [line for line in lines if line and line[0].isspace()]
    return _joined(meant or margin)


def _entries(lines: list[str], pattern: re.Pattern[str], *, head: bool = True) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    name = ""
    indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    for line in lines:
        entry = pattern.match(line[indent:])
        if entry:
            name = entry.group(1).lstrip("*")
            found[name] = [entry.group(2) or ""] if head else []
        elif name:
            found[name].append(line.strip())
    return {key: _joined(parts) for key, parts in found.items()}


def _rest(purpose: str, lines: list[str]) -> Docstring:
    """`:param str name: what it means`, `:returns: what`; a field goes on while its lines are indented."""
    description: list[str] = []
    parameters: dict[str, list[str]] = {}
    returns: list[str] = []
    into: list[str] | None = description
    for line in lines:
        found = _FIELD.match(line)
        if found:
            kind, about, text = found.group(1), (found.group(2) or "").split(), found.group(3) or ""
            if kind in ("param", "parameter", "arg", "argument", "key", "keyword") and about:
                into = parameters.setdefault(about[-1].lstrip("*"), [])
            elif kind in ("return", "returns", "yield", "yields"):
                into = returns
            else:  # types and what it raises: the signature and the run say it
                into = None
            if into is not None:
                into.append(text)
        elif line and not line[0].isspace():
            into = description
            description.append(line)
        elif into is not None:
            into.append(line if into is description else line.strip())
    return Docstring(
        purpose,
        "\n".join(description).strip(),
        {name: _joined(parts) for name, parts in parameters.items()},
        _joined(returns),
    )


def _joined(parts: list[str]) -> str:
    return " ".join(" ".join(parts).split())
