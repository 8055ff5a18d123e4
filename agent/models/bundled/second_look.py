"""What the bundled model does about a search that found nothing, before it rewrites a program in its own words.

A pointer that took a word too many ("the artist ABBA") and a work taken for one of another kind (a series for a film)
are most of what fails in a run. Both can be told from the question, the documented fields and the fact that the search
came back empty, so rules mend them: nothing here knows a name, a title or an answer. One step is taken at a time; the
next run says whether it helped.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from agent.prompts.compact import parse
from agent.prompts.compact_pointers import is_call_line, quoted, strip_edges

_KINDS = (
    "films? movies? pictures? flick feature motion series shows? programme sitcom drama tv television "
    "albums? records? lp ep studio songs? tracks? tune single playlists? list artists? band group singer "
    "musician act duo rapper director filmmaker actor actress star person character"
).replace(" ", "|")
_KIND_FIRST = re.compile(
    rf"(?i)^(?:(?:the|an?|my)\s+)?(?:(?:{_KINDS})\s+)+(?:(?:called|named|titled|by|of)\s+)?(?P<name>\S.*)$"
)
_KIND_LAST = re.compile(rf"(?i)^(?:(?:the|an?|my)\s+)?(?P<name>\S.*?)(?:\s+(?:{_KINDS}))+$")
_OF_ITS_MAKER = re.compile(r"^(?P<title>\S.*?)(?: by | from | \().+$")
_MAKERS = re.compile(r"^.+?(?:'s|’s|s'|s’) (?P<title>\S.*)$")
_DEF = re.compile(r"def (\w+)\(([^)]*)\)")


def mended(document: str) -> str | None:
    """The program of a review's document with one thing put right, or None where these rules do not apply.

    The document is that of the review stage (see `agent.prompts.compact`): its last program failed on a line that took
    the first of nothing. What comes back is a completion of the review: functions, and a call where the call changed.
    """
    sections = dict(parse(document))
    failed = sections.get("traceback", "").split("\n")
    if len(failed) < 2 or not failed[-1].startswith("IndexError") or "implement" not in sections:
        return None
    lines = sections["implement"].split("\n")
    calls = [line for line in lines if is_call_line(line)] or [
        line for line in sections.get("scaffold", "").split("\n") if is_call_line(line)
    ]
    functions = [line for line in lines if not is_call_line(line)]
    place = _place(functions, failed[0].strip(), calls[0] if calls else "")
    if place is None:
        return None
    name = place.arguments[place.at]
    # Music is named with its maker more often than it is taken for another kind; with films it is the other way round.
    by_maker = re.search(r"search_(albums|tracks)\(", failed[0])
    shorter = without_kind(name) or (_shorter(name) if by_maker else None)
    planned = sections.get("select", "") + "\n"
    if shorter is None and (other := _other_kind(functions, place.line, sections["tools"], planned)):
        return "\n".join([*other, calls[0]])
    shorter = shorter or _shorter(name)
    return None if shorter is None else "\n".join([*functions, place.call_with(shorter)])


@dataclass(frozen=True)
class _Place:
    """The line that failed, and which string argument of the call it was about."""

    line: int
    call: ast.Call
    at: int

    @property
    def arguments(self) -> list[str]:
        return [str(a.value) if isinstance(a, ast.Constant) else "" for a in self.call.args]

    def call_with(self, text: str) -> str:
        shown = [quoted(text) if i == self.at else _source(a) for i, a in enumerate(self.call.args)]
        return f"{ast.unparse(self.call.func)}({', '.join(shown)})"


def _source(node: ast.expr) -> str:
    return quoted(node.value) if isinstance(node, ast.Constant) and isinstance(node.value, str) else ast.unparse(node)


def _place(functions: list[str], failed: str, call_line: str) -> _Place | None:
    at = next((i for i, line in enumerate(functions) if line.strip() == failed), None)
    if at is None or "[0]" not in failed:
        return None
    try:
        call = ast.parse(call_line, mode="eval").body
    except SyntaxError:
        return None
    if not isinstance(call, ast.Call):
        return None
    heads = [(i, _DEF.match(line)) for i, line in enumerate(functions)]
    defined = [(i, found[1], _parameters(found[2])) for i, found in heads if found]
    if not defined or defined[-1][1] != ast.unparse(call.func):
        return None
    _, owner, names = max((d for d in defined if d[0] < at), default=defined[0])
    used = next((i for i, name in enumerate(names) if re.search(rf"\b{name}\b", failed)), None)
    if used is not None and owner != defined[-1][1]:
        used = _through(functions[defined[-1][0] :], owner, used, defined[-1][2])
    if used is None or used >= len(call.args) or not isinstance(call.args[used], ast.Constant):
        return None
    place = _Place(at, call, used)
    return place if place.arguments[used].strip() else None


def _parameters(text: str) -> list[str]:
    return [part.partition(":")[0].strip() for part in text.split(",") if part.strip()]


def _through(main: list[str], helper: str, at: int, names: list[str]) -> int | None:
    """Which parameter of the main function a helper's parameter comes from."""
    found = re.search(rf"\b{helper}\(([^()]*)\)", "\n".join(main[1:]))
    passed = _parameters(found[1]) if found else []
    return names.index(passed[at]) if at < len(passed) and passed[at] in names else None


def without_kind(name: str) -> str | None:
    """The name without words that say what it names ("the artist ABBA", "the Heat movie"); None if it has none."""
    for pattern in (_KIND_FIRST, _KIND_LAST):
        if (found := pattern.match(name)) and found["name"].lower() not in ("the", "a", "an", "my"):
            return strip_edges(found["name"]) or None
    return None


def _shorter(name: str) -> str | None:
    """A title without its maker's name."""
    for pattern in (_OF_ITS_MAKER, _MAKERS):
        if found := pattern.match(name):
            return strip_edges(found["title"]) or None
    return None


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
_YEARS = (("year", "first_year"), ("release_date", "first_year"))
_OTHER_KINDS: dict[str, tuple[_Kind, ...]] = {
    "search_films": (
        _searched("search_series", *_YEARS, tools=(("film_cast", "series_cast"),)),
        _searched("search_tracks", ("runtime_min", "duration_s")),
    ),
    "search_series": (_searched("search_films", ("first_year", "year"), tools=(("series_cast", "film_cast"),)),),
    "search_people": (_searched("search_artists", ("birthplace", "country")),),
    "search_artists": (_searched("search_people", ("country", "birthplace")),),
    "search_albums": (_MY_PLAYLIST, _searched("search_tracks")),
    "search_tracks": (_searched("search_albums"),),
}
"""Which search may stand in for another; the first is taken whose tools and fields can do what the program does."""
_FOUND = re.compile(r"^(\s*)(\w+) = (\w+)\((\w+)\)\[0\]$")


def _other_kind(functions: list[str], at: int, header: str, planned: str) -> list[str] | None:
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
