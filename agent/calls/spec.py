"""What a tool looks like from outside: name, parameters, results. Shared by prompts, stubs, broker and training."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Any, Literal

Effect = Literal["read", "write"]


@dataclass(frozen=True)
class Parameter:
    """One argument of a tool.

    `annotation` is Python source (`int`, `list[str]`, `str | None`); `default` counts only where `required` is false.
    """

    name: str
    annotation: str = "Any"
    required: bool = True
    default: Any = None
    description: str = ""

    @property
    def default_text(self) -> str:
        """The default as Python source; `...` where it has none (an enum's member, a path, an infinity).

        What stands here is documentation: an argument that a program leaves out is not sent, and the tool fills it in.
        """
        text = repr(self.default)
        try:
            ast.literal_eval(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            return "..."
        return text


@dataclass(frozen=True)
class Record:
    """A record type that results are made of: its name and `(field, annotation)` pairs in order."""

    name: str
    fields: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class ToolSpec:
    """Everything a model or the broker may know about a tool; the callable itself stays on the host.

    `purpose` is one line (shown while planning); `description` the whole text (shown while implementing).
    `schema` is the JSON schema of the arguments as one object; the broker checks every call against it.
    """

    name: str
    purpose: str
    description: str = ""
    parameters: tuple[Parameter, ...] = ()
    returns: str = "Any"
    returns_description: str = ""
    records: tuple[Record, ...] = ()
    effect: Effect = "read"
    schema: dict[str, Any] = field(default_factory=dict)
    is_trusted: bool = True
    """False: the effect is what a server says of itself, for which nobody vouched; the first call asks a person."""

    @property
    def signature(self) -> str:
        """`name(a: int, b: str = 'x') -> list[Film]`, as one line of Python source without `def`."""
        parts = []
        for p in self.parameters:
            text = f"{p.name}: {p.annotation}"
            parts.append(text if p.required else f"{text} = {p.default_text}")
        return f"{self.name}({', '.join(parts)}) -> {self.returns}"
