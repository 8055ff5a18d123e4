"""Another kind of work that a name may be of, when a search among the first kind found nothing: rules, no names."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class _Kind:
    """Another search, as an expression of the searched `{name}`, and what takes the place of tools and fields."""

    search: str
    found: str
    tools: tuple[tuple[str, str], ...] = ()
    fields: tuple[tuple[str, str], ...] = ()


def _searched(search: str, *fields: tuple[str, str], tools: tuple[tuple[str, str], ...] = ()) -> _Kind:
    return _Kind(search, search + "({name})[0]", tools, fields)


_MY_PLAYLIST = _Kind(
    "list_playlists", '[p for p in list_playlists() if {name}.lower() in p["name"].lower()][0]',
    (("album_tracks", "playlist_tracks"),), (("title", "name"),),
)  # fmt: skip
_SCREEN = _Kind("search_films", "(search_films({name}) + search_series({name}))[0]")
"""A film or else a series, which have genres as an artist has: "what's the genre of X?" does not say which."""
_YEARS = (("year", "first_year"), ("release_date", "first_year"))
_OTHER_KINDS: dict[str, tuple[_Kind, ...]] = {
    "search_films": (
        _searched("search_series", *_YEARS, tools=(("film_cast", "series_cast"),)),
        _searched("search_tracks", ("runtime_min", "duration_s")),
    ),
    "search_series": (_searched("search_films", ("first_year", "year"), tools=(("series_cast", "film_cast"),)),),
    "search_people": (_searched("search_artists", ("birthplace", "country")),),
    "search_artists": (_searched("search_people", ("country", "birthplace")), _SCREEN),
    "search_albums": (_MY_PLAYLIST, _searched("search_tracks")),
    "search_tracks": (_searched("search_albums"),),
}
"""Which search may stand in for another; the first is taken whose tools and fields can do what the program does."""
_FOUND = re.compile(r"^(\s*)(\w+) = (\w+)\((\w+)\)\[0\]$")


def other_kind(functions: list[str], at: int, header: str, planned: str) -> list[str] | None:
    """The functions with the search of line `at` made among works of another kind, where all that follows can be too.

    Only a search that was planned is exchanged, so that none is exchanged back.
    """
    found = _FOUND.match(functions[at])
    if found is None or f"{found[3]}(" not in planned:
        return None
    indent, record, search, name = found.groups()
    last = next((i for i in range(at + 1, len(functions)) if functions[i].startswith("def ")), len(functions))
    for kind in _OTHER_KINDS.get(search, ()):
        rest = _exchanged("\n".join(functions[at + 1 : last]), record, kind, _fields(header, kind.search))
        if rest is not None:
            line = f"{indent}{record} = {kind.found.replace('{name}', name)}"
            return [*functions[:at], line, *rest.split("\n"), *functions[last:]]
    return None


def _exchanged(source: str, record: str, kind: _Kind, known: frozenset[str]) -> str | None:
    """Code that uses a record, for a record of the other kind; None where that lacks a tool or a field."""
    tools, fields = dict(kind.tools), dict(kind.fields)
    for tool in set(re.findall(rf'(\w+)\({record}\["id"\]\)', source)):
        if tool not in tools:
            return None
        source = source.replace(f'{tool}({record}["id"])', f'{tools[tool]}({record}["id"])')
    for field in set(re.findall(rf'\b{record}\["(\w+)"\]', source)):
        if fields.get(field, field) not in known:
            return None
        source = source.replace(f'{record}["{field}"]', f'{record}["{fields.get(field, field)}"]')
    return source


def _fields(header: str, search: str) -> frozenset[str]:
    """The documented fields of what a search returns."""
    lines = header.split("\n")
    returns = next((line.rpartition(" ")[2].strip("[]") for line in lines if line.startswith(search + "(")), "")
    return frozenset(next((line.split()[1:] for line in lines if line.split()[:1] == [returns]), []))
