"""What the variables of a kernel are, in a few words each. Runs inside the kernel, from this file's source
(`sandbox.variables`): the standard library only, and no code of the objects that it describes."""

from __future__ import annotations

import datetime
import decimal
import fractions
import inspect
import reprlib
import types
from collections.abc import Mapping, Sequence
from typing import Any

_PLAIN = (
    int, float, complex, bool, str, bytes, type(None), datetime.date, datetime.datetime, datetime.time,
    datetime.timedelta, decimal.Decimal, fractions.Fraction, range,
)  # fmt: skip
_SIZED = (str, bytes, bytearray, list, tuple, dict, set, frozenset)
_ARRAYS = ("numpy", "pandas")
_N_COLUMNS = 20
_OURS = {"In", "Out", "exit", "quit", "get_ipython", "open"}


class _Short(reprlib.Repr):
    """Values by their beginnings; an object of a class that is not Python's own by its class only."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel, self.maxdict, self.maxlist, self.maxtuple, self.maxset = 4, 6, 3, 6, 3
        self.maxstring = self.maxother = 60

    def repr_dict(self, x: dict[Any, Any], level: int) -> str:
        if level <= 0:
            return "{...}"
        items = list(dict.items(x))
        pieces = [f"{self.repr1(k, level - 1)}: {self.repr1(v, level - 1)}" for k, v in items[: self.maxdict]]
        return "{" + ", ".join(pieces + ["..."] * (len(items) > self.maxdict)) + "}"

    def repr_instance(self, x: Any, level: int) -> str:
        match x:
            case dict():
                return self.repr_dict(x, level)
            case list() | tuple() | set() | frozenset() if type(x).__module__ == "builtins":
                return super().repr_instance(x, level)
        if type(x) in _PLAIN:
            return super().repr_instance(x, level)
        return f"<{type(x).__name__}>"


class _Text(str):
    """Source text: an annotation that was kept as such stands in a signature without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)

    @staticmethod
    def of(annotation: Any) -> Any:
        return _Text(annotation) if type(annotation) is str else annotation


def describe(space: Mapping[str, Any], names: Sequence[str] | None, n_chars: int) -> list[list[str]]:
    """Name, type, size and beginning (of a function its signature and purpose) of each name that is there.

    Args:
        names: None: all that programs defined, in the order in which they did; without modules and private names.
    """
    wanted = [n for n in space if _is_own(n, space[n])] if names is None else [n for n in names if n in space]
    return [[name, *_described(name, space[name], n_chars)] for name in wanted]


def _is_own(name: str, value: Any) -> bool:
    if name.startswith("_") or name in _OURS or isinstance(value, types.ModuleType):
        return False
    return getattr(value, "__module__", "__main__") == "__main__" or not callable(value)


def _described(name: str, value: Any, n_chars: int) -> tuple[str, str, str]:
    kind = type(value).__name__
    try:
        match value:
            case types.FunctionType():
                return "function", "", _cut(_function(name, value), n_chars)
            case type():
                return "class", "", _cut(_first_line(value.__doc__), n_chars)
        return kind, _size(value), _cut(_shown(value), n_chars)
    except Exception:  # noqa: BLE001  whatever generated code made: the others are still worth telling
        return kind, "", ""


def _shown(value: Any) -> str:
    """Nothing of an object of a class that is not Python's own: its type says as much."""
    if type(value).__module__.startswith("pandas") and (columns := getattr(value, "columns", None)) is not None:
        return "columns " + ", ".join(str(column) for column in list(columns)[:_N_COLUMNS])
    text = _Short().repr(value)
    return "" if text == f"<{type(value).__name__}>" else text


def _function(name: str, function: types.FunctionType) -> str:
    signature = inspect.signature(function)
    parameters = [
        p.replace(
            annotation=_Text.of(p.annotation),
            default=p.default if p.default is p.empty or type(p.default) in _PLAIN else _Text("..."),
        )
        for p in signature.parameters.values()
    ]
    signature = signature.replace(parameters=parameters, return_annotation=_Text.of(signature.return_annotation))
    purpose = _first_line(function.__doc__)
    return f"{name}{signature}" + (f"  # {purpose}" if purpose else "")


def _cut(text: str, n_chars: int) -> str:
    return text if len(text) <= n_chars else text[: n_chars - 1] + "…"


def _first_line(doc: str | None) -> str:
    return (doc or "").strip().partition("\n")[0]


def _size(value: Any) -> str:
    if type(value).__module__.partition(".")[0] in _ARRAYS and isinstance(getattr(value, "shape", None), tuple):
        dtype = getattr(value, "dtype", None)
        return " by ".join(str(n) for n in value.shape) + (f" {dtype}" if dtype is not None else "")
    for kind in _SIZED:
        if isinstance(value, kind) and type(value).__len__ is kind.__len__:
            return str(len(value))
    return ""
