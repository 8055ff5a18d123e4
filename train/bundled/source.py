"""What a source is: a collection of records that questions are about."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """A collection of records of one type.

    `slots` are (parameter, kind of entity); `lines` lead to `final`, an expression that is the list. `phrase` pools:
    `np` ("films by X"), `clause` ("did X direct", after "how many films"), `aff` ("X directed", after "which films").
    """

    key: str
    record: str
    slots: tuple[tuple[str, str], ...]
    helper: str
    doc: str
    steps: tuple[str, ...]
    lines: tuple[str, ...]
    final: str
    np: str
    clause: str
    aff: str
    contains: str = ""
    weight: float = 1.0
