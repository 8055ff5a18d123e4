"""How BFCL's AST checker compares values, and how its possible answers are written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from agent.scoring.gold import GoldCall

_LOOSE = re.compile(r"[ ,./\-_*^]")


def same_value(given: Any, possible: Any) -> bool:
    """One possible value of a parameter. A dictionary's gold gives for each key the values it may have."""
    match given, possible:
        case (bool(), _) | (_, bool()):
            return given is possible
        case str(), str():
            return loose(given) == loose(possible)
        case int(), int() | float():
            return bool(given == possible)
        case float(), float():
            return bool(given == possible)
        case ((list() | tuple()), (list() | tuple())):
            return len(given) == len(possible) and all(map(same_value, given, possible))
        case Mapping(), Mapping():
            return _same_mapping(given, possible)
        case None, None:
            return True
    return False


def _same_mapping(given: Mapping[str, Any], possible: Mapping[str, Any]) -> bool:
    if not set(given) <= set(possible):
        return False
    for key, values in possible.items():
        values = values if isinstance(values, list) else [values]
        if key not in given:
            if "" not in values:
                return False
        elif not any(same_value(given[key], value) for value in values):
            return False
    return True


def loose(text: str) -> str:
    """As its checker folds strings: no spaces and `,./-_*^`, lower case, one kind of quotes."""
    return _LOOSE.sub("", text).lower().replace("'", '"')


def first_values(call: GoldCall) -> dict[str, Any]:
    """Arguments of one right call, for gold fed as predictions; what may be left out is."""
    return {key: _chosen(values[0]) for key, values in call.values.items() if key not in call.optional}


def _chosen(value: Any) -> Any:
    match value:
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
