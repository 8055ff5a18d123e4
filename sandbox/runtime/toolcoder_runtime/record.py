"""Objects of tool results: dicts whose fields can also be read as attributes."""

from __future__ import annotations

from typing import Any

_N_NAMED = 30


class Record(dict[str, Any]):
    """A JSON object. `film.title` is `film["title"]`; a wrong field says which fields there are.

    Methods of dict win over fields of the same name (`items`, `keys`, ...): read those with brackets.
    """

    __slots__ = ()

    def __missing__(self, key: object) -> Any:
        raise KeyError(f"no field {key!r}; the fields are: {self._fields()}")

    def __getattr__(self, name: str) -> Any:
        # Dunder look-ups come from copy, pickle and numpy, which only want to know whether a protocol is there.
        if name in self and not (name.startswith("__") and name.endswith("__")):
            return self[name]
        raise AttributeError(f"no field {name!r}; the fields are: {self._fields()}")

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self]

    def _fields(self) -> str:
        names = [str(key) for key in self]
        shown = ", ".join(names[:_N_NAMED]) or "none"
        return shown + (f" and {len(names) - _N_NAMED} more" if len(names) > _N_NAMED else "")
