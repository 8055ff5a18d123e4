"""What the person allows: for each tool `allow`, `ask` or `deny`, and its limits. No I/O; built from the settings.

A pattern is a shell pattern over a tool's name (`delete_*`), or over its source and name (`mcp:*/delete_*`). The most
specific one counts: a name without wildcards before patterns, longer ones before shorter ones, and of two equally long
ones the stricter, so that the order in which they are written means nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from typing import Literal, TypeVar

from agent.tools.base import Tool

Decision = Literal["allow", "ask", "deny"]
_STRICTNESS: Mapping[object, int] = {"allow": 0, "ask": 1, "deny": 2}
_T = TypeVar("_T")


@dataclass(frozen=True)
class ToolLimits:
    """Per tool; None: what holds for all tools.

    `call_s` is the longest time of a call, its retries included; `n_calls` the most calls for one question; `n_at_once`
    the most calls at the same time; `n_tries` how often a read that failed by instability is tried, 1 for once;
    `result_bytes` the largest result as JSON.
    """

    call_s: float | None = None
    n_calls: int | None = None
    n_at_once: int | None = None
    n_tries: int | None = None
    result_bytes: int | None = None


@dataclass(frozen=True)
class HostLimits:
    """What holds for every tool that has no limit of its own; the fields are those of `ToolLimits`."""

    call_s: float = 60.0
    n_calls: int | None = None
    n_at_once: int = 16
    n_tries: int = 3
    result_bytes: int = 32 << 20

    def but(self, own: ToolLimits | None) -> HostLimits:
        """These limits with what a tool has of its own in their place."""
        if own is None:
            return self
        return HostLimits(**{f.name: _or(getattr(own, f.name), getattr(self, f.name)) for f in fields(self)})


@dataclass(frozen=True)
class Policy:
    """The person's rules. Without any, reads are allowed and writes asked."""

    rules: Mapping[str, Decision] = field(default_factory=dict)
    limits: Mapping[str, ToolLimits] = field(default_factory=dict)

    def rule(self, tool: Tool) -> Decision | None:
        """What the person wrote for this tool; None: nothing, its effect decides."""
        return _best(self.rules, tool)

    def limits_of(self, tool: Tool) -> ToolLimits | None:
        """The limits that the person wrote for this tool."""
        return _best(self.limits, tool)

    def decide(self, tool: Tool) -> Decision:
        """The rule, else by effect: a read of a trusted source is allowed, everything else asked."""
        if rule := self.rule(tool):
            return rule
        return "allow" if tool.spec.effect == "read" and tool.spec.is_trusted else "ask"


def _best(rules: Mapping[str, _T], tool: Tool) -> _T | None:
    name, whole = tool.spec.name, f"{tool.source}/{tool.spec.name}"
    found = [p for p in rules if fnmatchcase(name, p) or fnmatchcase(whole, p)]
    if not found:
        return None
    return rules[max(found, key=lambda p: (not _is_pattern(p), len(p), _STRICTNESS.get(rules[p], 0)))]


def _is_pattern(text: str) -> bool:
    return any(c in text for c in "*?[")


def _or(own: _T | None, general: _T) -> _T:
    return general if own is None else own
