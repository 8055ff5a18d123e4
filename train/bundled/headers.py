"""Headers that tasks are shown under: the bundled toolset as it is, or with renamed, reordered, missing or extra tools."""

# ruff: noqa: E501 - phrases are easier to read and compare on one line

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass, field
from functools import lru_cache
from random import Random

from agent.calls.spec import Parameter, Record, ToolSpec
from agent.prompts.compact import header
from train.bundled.names import syllables
from train.bundled.toolset import bundled_tools

CANONICAL = bundled_tools()
_TOOL = re.compile(r"\b(" + "|".join(t.name for t in CANONICAL) + r")(?=\()")
_FIELD = re.compile(r'\["(\w+)"\]')
_TRACE_FIELD = re.compile(r"KeyError: '(\w+)'")
_TRACE_TOOL = re.compile(r"name '(" + "|".join(t.name for t in CANONICAL) + r")'")
_FIELDS = sorted({name for t in CANONICAL for r in t.records for name, _ in r.fields})
_TOOL_WORDS = {
    "search": "find lookup query get fetch look_for seek",
    "films": "movies film movie features pictures",
    "people": "persons person humans names",
    "series": "shows show tv_shows programmes",
    "artists": "bands artist musicians acts",
    "albums": "records album releases lps",
    "tracks": "songs track tunes",
    "track": "song tune", "film": "movie picture", "album": "record release", "artist": "band act", "actor": "performer star",
    "directors": "filmmakers makers", "cast": "actors credits roles", "directed": "made shot", "with": "featuring starring",
    "seasons": "runs parts", "playlists": "lists mixes", "playlist": "list mix", "create": "make new open start",
    "add": "put append insert", "remove": "delete drop take", "list": "all get show",
}  # fmt: skip
_FIELD_WORDS = {
    "title": "name label heading", "year": "release_year yr when_year", "release_date": "released date premiere",
    "runtime_min": "minutes length_min duration_min running_time", "genres": "genre_names kinds categories",
    "demo_rating": "rating score stars", "name": "full_name label called", "birthday": "born birth_date date_of_birth",
    "birthplace": "born_in place_of_birth hometown", "person_id": "actor_id who_id", "character": "role part plays",
    "first_year": "start_year began", "last_year": "end_year ended", "n_seasons": "seasons season_count",
    "n_episodes": "episodes episode_count", "network": "channel station", "number": "index position no",
    "country": "nation origin", "formed_year": "founded since_year", "artist": "band performer by", "album": "record release",
    "duration_s": "seconds length_s time_s", "demo_plays": "plays play_count listens", "n_tracks": "size track_count songs",
    "id": "key ident uid ref",
}  # fmt: skip


@dataclass(frozen=True)
class Rendering:
    """A header and the names it gives to the bundled tools and fields."""

    tools: tuple[ToolSpec, ...]
    tool_names: dict[str, str] = field(default_factory=dict)
    field_names: dict[str, str] = field(default_factory=dict)
    dropped: frozenset[str] = frozenset()

    @property
    def text(self) -> str:
        return header(self.tools)

    def rename(self, source: str) -> str:
        """Code with this header's names."""
        if not self.tool_names and not self.field_names:
            return source
        source = _TOOL.sub(lambda m: self.tool_names.get(m[1], m[1]), source)
        source = _FIELD.sub(lambda m: f'["{self.field_names.get(m[1], m[1])}"]', source)
        source = _TRACE_FIELD.sub(lambda m: f"KeyError: '{self.field_names.get(m[1], m[1])}'", source)
        return _TRACE_TOOL.sub(lambda m: f"name '{self.tool_names.get(m[1], m[1])}'", source)

    def undo(self, source: str) -> str:
        """The inverse of `rename` where this holds the inverted names."""
        if self.tool_names:
            source = re.sub(r"\b(\w+)(?=\()", lambda m: self.tool_names.get(m[1], m[1]), source)
        return _FIELD.sub(lambda m: f'["{self.field_names.get(m[1], m[1])}"]', source)

    def covers(self, program: str) -> bool:
        """Whether the header has every tool that the program calls."""
        return not self.dropped or not any(m[1] in self.dropped for m in _TOOL.finditer(program))


def _renamed_tool(rng: Random, name: str, nonsense: float) -> str:
    if rng.random() < nonsense:
        return "_".join(syllables(rng, 1, 2).lower() for _ in range(rng.randint(1, 2)))
    parts = [
        rng.choice(_TOOL_WORDS[p].split()) if p in _TOOL_WORDS and rng.random() < 0.7 else p for p in name.split("_")
    ]
    if rng.random() < 0.3:
        parts.append(rng.choice(("api", "v2", "db", "info", "data", "tool")))
    elif rng.random() < 0.2:
        parts.insert(0, rng.choice(("get", "fetch", "media", "my", "catalog")))
    return "_".join(parts)


def _renamed_field(rng: Random, name: str, nonsense: float) -> str:
    if rng.random() < nonsense:
        return syllables(rng, 1, 2).lower()
    return rng.choice(_FIELD_WORDS[name].split()) if rng.random() < 0.6 else name


def _unique(names: dict[str, str]) -> dict[str, str]:
    taken: set[str] = set()
    for old, new in names.items():
        if new in taken or not new.isascii() or not new.isidentifier() or (new in names and new != old):
            new = old
        taken.add(new)
        names[old] = new
    return names


def _distractor(rng: Random) -> ToolSpec:
    verb = rng.choice("get send list find convert translate book check compute update".split())
    noun = rng.choice("weather email user order price stock city flight note task file ticket event review".split())
    record = Record(
        noun.title(), (("id", "int"), *((syllables(rng, 1, 2).lower(), "str") for _ in range(rng.randint(1, 3))))
    )
    parameter = rng.choice(("name", "query", f"{noun}_id", "text"))
    return ToolSpec(
        f"{verb}_{noun}", "", parameters=(Parameter(parameter, "str"),),
        returns=rng.choice((record.name, f"list[{record.name}]")), records=(record,),
    )  # fmt: skip


@lru_cache(maxsize=1)
def canonical() -> Rendering:
    """The bundled toolset exactly as it ships."""
    return Rendering(CANONICAL)


def renamed(rng: Random, nonsense: float) -> Rendering:
    """Every name open to change; `nonsense` is the share of names that are invented words."""
    tool_names = _unique({t.name: _renamed_tool(rng, t.name, nonsense) for t in CANONICAL})
    field_names = _unique({name: _renamed_field(rng, name, nonsense) for name in _FIELDS})
    tools = tuple(
        dataclasses.replace(
            t, name=tool_names[t.name],
            records=tuple(Record(r.name, tuple((field_names[n], a) for n, a in r.fields)) for r in t.records),
        )
        for t in CANONICAL
    )  # fmt: skip
    return Rendering(tools, tool_names, field_names)


def draw_header(rng: Random, canonical_share: float) -> Rendering:
    """The toolset as it ships, or one of its disguises."""
    if rng.random() < canonical_share:
        return canonical()
    kind = rng.random()
    base = canonical() if kind < 0.25 else renamed(rng, 0.0 if kind < 0.65 else rng.choice((0.1, 0.3)))
    tools = list(base.tools)
    dropped: set[str] = set()
    if rng.random() < 0.2:
        for original in rng.sample(CANONICAL, rng.randint(1, 3)):
            dropped.add(original.name)
            tools = [t for t in tools if t.name != base.tool_names.get(original.name, original.name)]
    if rng.random() < 0.5:
        tools += [_distractor(rng) for _ in range(rng.randint(1, 4))]
    if rng.random() < 0.6:
        rng.shuffle(tools)
    return dataclasses.replace(base, tools=tuple(tools), dropped=frozenset(dropped))
