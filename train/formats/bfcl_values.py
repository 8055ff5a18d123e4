"""How BFCL's AST checker compares values, and how its possible answers are written.

Its rules for Python, compared rule by rule with its public checker. A value has the declared type, a whole number where
a float is declared and a tuple where a tuple is; else it has the type of the possible answers, which then stand for a
variable and must be met to the letter. Strings are folded, and strings directly in a list; lists are in order; the
values of a dictionary are folded strings, else equal as Python has it (5.0 is 5 there).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agent.scoring.gold import GoldCall

_LOOSE = re.compile(r"[ ,./\-_*^]")


_PYTHON: Mapping[str, type] = {
    "string": str, "integer": int, "float": float, "double": float, "number": float, "boolean": bool, "array": list,
    "list": list, "tuple": list, "dict": dict, "object": dict, "any": str,
}  # fmt: skip


@dataclass(frozen=True)
class Possible:
    """One possible value of a parameter and what is declared of it. `answer`: the type of the parameter's answers."""

    value: Any
    declared: str
    items: str | None = None
    answer: type | None = None

    def __str__(self) -> str:
        return str(self.value)


def possible_values(values: list[Any], declared: Mapping[str, Any]) -> tuple[Possible, ...]:
    """A parameter's possible values; "" among them says that it may be left out. `declared`: its schema."""
    named = str(declared.get("type", "any")).lower()
    inner = declared.get("items")
    items = str(inner["type"]).lower() if isinstance(inner, Mapping) and "type" in inner else None
    return tuple(Possible(value, named, items, _type_of(values)) for value in values)


def same_value(given: Any, possible: Any) -> bool:
    """Whether a value is this possible one; a plain value in its place has no declaration (executable categories)."""
    return _is_possible(given, possible) if isinstance(possible, Possible) else _same_plain(given, possible)


def _is_possible(given: Any, possible: Possible) -> bool:
    expected: Any = _PYTHON.get(possible.declared, str)
    if possible.declared == "tuple" and isinstance(given, tuple):
        given = list(given)
    if expected is float and type(given) is int:
        given = float(given)
    if type(given) is expected:
        if expected is list and not _items_fit(given, possible):
            return False
        is_variable = possible.answer is not None and possible.answer is not expected
    elif type(given) is possible.answer:
        is_variable = True
    else:
        return False
    if is_variable:
        return bool(given == possible.value)
    if expected is dict:
        return isinstance(possible.value, Mapping) and _same_mapping(given, possible.value)
    if expected is list:
        # The "" of what may be left out is also met by an empty list.
        return _same_list(given, possible.value if isinstance(possible.value, list) else list(possible.value))
    if expected is str:
        return isinstance(possible.value, str) and loose(given) == loose(possible.value)
    return bool(given == possible.value)


def _type_of(values: list[Any]) -> type | None:
    return next((type(value) for value in values if value != ""), None)


def _items_fit(given: list[Any], possible: Possible) -> bool:
    """Each item has the declared type, or that of the possible list's first one."""
    if possible.items is None or not isinstance(possible.value, list):
        return True
    fitting = (_PYTHON.get(possible.items, str), _type_of(possible.value))
    return all(type(item) in fitting for item in given)


def _same_list(given: list[Any], possible: list[Any]) -> bool:
    if len(given) != len(possible):
        return False
    if any(isinstance(item, Mapping) for item in possible):
        return all(
            isinstance(a, Mapping) and isinstance(b, Mapping) and _same_mapping(a, b)
            for a, b in zip(given, possible, strict=True)
        )
    return list(map(_folded, given)) == list(map(_folded, possible))


def _same_mapping(given: Mapping[str, Any], possible: Mapping[str, Any]) -> bool:
    if not set(given) <= set(possible):
        return False
    for key, values in possible.items():
        values = values if isinstance(values, list) else [values]
        if key not in given:
            if "" not in values:
                return False
        elif not any(_same_in_mapping(given[key], value) for value in values):
            return False
    return True


def _same_in_mapping(given: Any, possible: Any) -> bool:
    if isinstance(given, Mapping) and isinstance(possible, Mapping):
        return _same_mapping(given, possible)
    return bool(_folded(given) == _folded(possible))


def _folded(value: Any) -> Any:
    return loose(value) if isinstance(value, str) else value


def _same_plain(given: Any, right: Any) -> bool:
    """For calls whose parameters' values were read from Python text: dictionaries as `listed` writes them."""
    match given, right:
        case (bool(), _) | (_, bool()):
            return given is right
        case str(), str():
            return loose(given) == loose(right)
        case (int(), int() | float()) | (float(), float()):
            return bool(given == right)
        case ((list() | tuple()), (list() | tuple())):
            return len(given) == len(right) and all(map(_same_plain, given, right))
        case Mapping(), Mapping():
            if set(given) != set(right):
                return False
            return all(any(_same_plain(given[key], value) for value in values) for key, values in right.items())
        case None, None:
            return True
    return False


def loose(text: str) -> str:
    """As its checker folds strings: no spaces and `,./-_*^`, lower case, one kind of quotes."""
    return _LOOSE.sub("", text).lower().replace("'", '"')


def first_values(call: GoldCall) -> dict[str, Any]:
    """Arguments of one right call, for gold fed as predictions; what may be left out is."""
    return {key: _chosen(_first(values)) for key, values in call.values.items() if key not in call.optional}


def _first(values: tuple[Any, ...]) -> Any:
    """The first that is no mark of what may be left out. The benchmark has parameters that no value is right for."""
    return next((value for value in values if str(value)), values[0] if values else None)


def _chosen(value: Any) -> Any:
    match value:
        case Possible(value=inner):
            return _chosen(inner)
        case dict():
            lists = {k: v if isinstance(v, list) else [v] for k, v in value.items()}
            return {k: _chosen(v[0]) for k, v in lists.items() if v and "" not in v}
        case list() | tuple():
            return [_chosen(part) for part in value]
    return value


def listed(value: Any) -> Any:
    """A plain value in the form of the possible answers, where each key of a dictionary has a list of values."""
    match value:
        case dict():
            return {key: [listed(part)] for key, part in value.items()}
        case list() | tuple():
            return [listed(part) for part in value]
    return value
