"""What a right answer is: alternatives, each a few calls, each call with the values it may have.

Any acceptable gold answer counts (RoTBench), an answer may be several calls at once (BFCL's parallel categories), a
parameter may have several right values (BFCL), may be left out, or may hold any value at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


class CallLike(Protocol):
    """A call as a model made it. A logged call, a parsed one and a dataset's all have this shape."""

    @property
    def name(self) -> str: ...

    @property
    def args(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True)
class GivenCall:
    """A call and nothing else, where no richer type is at hand."""

    name: str
    args: Mapping[str, Any]


@dataclass(frozen=True)
class GoldCall:
    """One call of a right answer.

    `values`: for each parameter the values that are right. `optional`: parameters that may also be absent. `any_value`:
    parameters that must be there, whatever they hold.
    """

    name: str
    values: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    optional: frozenset[str] = frozenset()
    any_value: frozenset[str] = frozenset()

    @classmethod
    def of(cls, name: str, args: Mapping[str, Any], *, any_value: frozenset[str] = frozenset()) -> GoldCall:
        """The call with exactly these arguments."""
        return cls(name, {key: (value,) for key, value in args.items()}, any_value=any_value)

    def first_args(self) -> dict[str, Any]:
        """The arguments of one right call; what may be left out is."""
        return {key: values[0] for key, values in self.values.items() if key not in self.optional}


Alternative = tuple[GoldCall, ...]
"""Calls that are right together, in any order."""


@dataclass(frozen=True)
class Gold:
    """All right answers. No alternative at all: the right answer is to call nothing (BFCL's irrelevance).

    `first_only`: of a prediction's calls the first alone counts, as in a benchmark of single steps. `aliases`: names
    that a prediction may use for another (RoTBench's `finish` for whatever the noise made of it).
    """

    alternatives: tuple[Alternative, ...]
    first_only: bool = False
    aliases: Mapping[str, str] = field(default_factory=dict)

    @property
    def wants_no_call(self) -> bool:
        return not self.alternatives
