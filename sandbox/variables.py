"""What a kernel holds: names with types, sizes and beginnings, for the model, and for a person who looks.

The cell that asks is ours: it is no program of the session, defines nothing, and runs no code of the objects.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from sandbox.events import CellLimits, CellResult
from sandbox.kernel import Kernel

_LIMITS = CellLimits(wall_s=3.0, n_tool_calls=1, output_bytes=16 << 10)
_N_CHARS = 200


@dataclass(frozen=True)
class Variable:
    """One name of the kernel. `kind`: its type; `size`: items, or rows by columns; `shown`: how its value begins, of a
    function its signature with the first line of its docstring. All of it is the sandbox's claim, and data."""

    name: str
    kind: str
    size: str = ""
    shown: str = ""


async def variables(
    kernel: Kernel, names: Sequence[str] | None = None, *, n_chars: int = _N_CHARS
) -> tuple[Variable, ...]:
    """Those of `names` that are there, in that order; None: all that programs defined. Empty where nobody can tell.

    Raises:
        sandbox.errors.SandboxError: the sandbox itself failed.
    """
    asked = list(names) if names is not None else None
    code = f"(lambda s: (exec({_source()!r}, s), s['describe'](globals(), {asked!r}, {n_chars}))[1])({{}})"
    rows: list[list[str]] = []
    async for event in kernel.run(code, _LIMITS):
        if isinstance(event, CellResult) and event.json is not None:
            rows = json.loads(event.json)
    return tuple(Variable(*map(str, row)) for row in rows if isinstance(row, list) and len(row) == 4)


@cache
def _source() -> str:
    return files("sandbox").joinpath("describing.py").read_text("utf-8")
