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

from agent.models.bundled.other_kinds import other_kind
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
_NOUNS = {
    "search_films": "film", "search_series": "series", "search_people": "person", "search_artists": "artist",
    "search_albums": "album", "search_tracks": "track", "list_playlists": "playlist",
}  # fmt: skip
_SEARCHES = re.compile("|".join(_NOUNS))
_DEF = re.compile(r"def (\w+)\(([^)]*)\)")


def mended(document: str) -> str | None:
    """The program of a review's document with one thing put right, or None where these rules do not apply.

    The document is that of the review stage (see `agent.prompts.compact`): its last program failed on a line that took
    the first of nothing. Where no other name and no other kind is left to try, the program says that nothing was found.
    What comes back is a completion of the review: functions, and a call where the call changed.
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
    other = None if shorter else other_kind(functions, place.line, sections["tools"], planned)
    if other is None:
        shorter = shorter or _shorter(name)
    if shorter is None:
        is_last = other is None or _shorter(name) is None or by_maker
        functions = other or functions
        return "\n".join([*(_saying_so(functions, place, failed[0]) if is_last else functions), calls[0]])
    return "\n".join([*functions, place.call_with(shorter)])


@dataclass(frozen=True)
class _Place:
    """The line that failed, and which string argument of the call it was about."""

    line: int
    call: ast.Call
    at: int
    names: tuple[str, ...]
    """Parameters of the main function."""
    used: str
    """What the function with the failed line calls the argument."""

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
    here = next(d[2] for d in defined if d[1] == owner)
    inner = next(name for name in here if re.search(rf"\b{name}\b", failed))
    place = _Place(at, call, used, tuple(defined[-1][2]), inner)
    return place if place.arguments[used].strip() else None


def _parameters(text: str) -> list[str]:
    return [part.partition(":")[0].strip() for part in text.split(",") if part.strip()]


def _through(main: list[str], helper: str, at: int, names: list[str]) -> int | None:
    """Which parameter of the main function a helper's parameter comes from."""
    found = re.search(rf"\b{helper}\(([^()]*)\)", "\n".join(main[1:]))
    passed = _parameters(found[1]) if found else []
    return names.index(passed[at]) if at < len(passed) and passed[at] in names else None


def _saying_so(functions: list[str], place: _Place, before: str) -> list[str]:
    """The functions with a look at the beginning whether anything bears the name, before anything is changed.

    It stands in the main function, since a helper's callers expect a list. `before` is the line that searched first.
    """
    name = place.names[place.at]
    search = functions[place.line].strip().partition(" = ")[2].removesuffix("[0]")
    main = max(i for i, line in enumerate(functions) if line.startswith("def "))
    after = main + 1 + functions[main + 1].lstrip().startswith('"""')
    kinds = " or ".join(dict.fromkeys(_NOUNS[tool] for tool in _SEARCHES.findall(f"{before} {search}"))) or "record"
    looked = re.sub(rf"\b{place.used}\b", name, search)
    return [
        *functions[:after],
        f"    if not {looked}:",
        f"        return f'No {kinds} called \"{{{name}}}\" was found.'",
        *functions[after:],
    ]


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
