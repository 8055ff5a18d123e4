"""Intents that are no composition: attributes, comparisons, what two have in common, further hops, membership.

One row: key, slots as `kind` (parameter names follow), return type, docstring, steps, body, phrases. `{e}`, `{f}` and
`{g}` are the mentions in the order of the slots.
"""

from __future__ import annotations

from dataclasses import dataclass

from train.bundled.filters import NUMBER_WORDS
from train.bundled.mentions import Cast
from train.bundled.operations import ORDINALS
from train.bundled.picking import Picker
from train.bundled.sources import SOURCES
from train.bundled.task import Task

PARAMETER = {
    "person": "person_name", "director": "director_name", "actor": "actor_name", "film": "film_title",
    "series": "series_title", "show": "series_title", "artist": "artist_name", "album": "album_title",
    "the_album": "album_title", "track": "track_title", "the_track": "track_title", "playlist": "playlist_name",
    "any_playlist": "playlist_name", "target": "target_name", "one": "first_name", "other": "second_name",
    "new_playlist": "playlist_name", "character": "character_name", "number": "n", "season": "number",
    "ordinal": "position", "position": "position",
}  # fmt: skip
NUMBERS = frozenset({"number", "season", "ordinal", "position"})


@dataclass(frozen=True)
class Row:
    """`body` may begin with `@source variable [parameter]` lines: the source's helper is called there."""

    key: str
    slots: tuple[str, ...]
    returns: str
    doc: str
    steps: str
    body: tuple[str, ...]
    phrases: str
    weight: float = 1.0

    @property
    def parameters(self) -> list[str]:
        """Names of the parameters; two of one kind become first_... and second_..."""
        found = [PARAMETER[kind] for kind in self.slots]
        if len(found) == 2 and found[0] == found[1]:
            return ["first_" + found[0], "second_" + found[1]]
        return found


def fact(key: str, slot: str, returns: str, doc: str, find: str, value: str, phrases: str, weight: float = 1.0) -> Row:
    """A row of one slot that finds a record and returns a value of it."""
    what = find.split(" = ", maxsplit=1)[0]
    return Row(
        key,
        (slot,),
        returns,
        doc,
        f"Find the {what}.|Return what is asked.",
        (find, f"return {value}"),
        phrases,
        weight,
    )


def _number_mention(kind: str, value: int, cast: Cast) -> str:
    if value >= len(NUMBER_WORDS) or value > len(ORDINALS):  # the real catalogue has such
        return f"season {value}" if kind == "season" else str(value)
    word = NUMBER_WORDS[value]
    if kind == "ordinal":
        return ORDINALS[value - 1]
    if kind == "position":
        return str(value)
    if kind == "season":
        return cast.rng.choice((f"season {value}", f"the {ORDINALS[value - 1]} season", f"season {word}"))
    return cast.rng.choice((str(value), word))


def _related(row: Row, cast: Cast) -> list[str] | None:
    """Names that belong together where a question about strangers would make no sense; None where any will do."""
    world, rng = cast.world, cast.rng
    slots = set(row.slots)
    if slots == {"one", "other"}:
        film = rng.choice(world.films)
        there = [p["name"] for p in [*world.directors[film["id"]], *world.cast[film["id"]]]]
        found = dict(zip(("one", "other"), rng.sample(sorted(set(there)), 2), strict=True))
        return [found[kind].lower() if cast.lower else found[kind] for kind in row.slots]
    if (
        slots & {"character", "actor"}
        and slots & {"film", "show"}
        and rng.random() < (1 if "character" in row.key else 0.5)
    ):
        relation, rows = (world.cast, world.films) if "film" in slots else (world.series_cast, world.series)
        work = rng.choice(rows)
        role = rng.choice(relation[work["id"]])
        character = role["character"] if rng.random() < 0.6 else role["character"].split()[0]
        found = {"character": character, "actor": role["name"], "film": work["title"], "show": work["title"]}
    elif "season" in slots:
        series = rng.choice(world.series)
        found = {"series": series["title"], "season": str(rng.randint(1, series["n_seasons"]))}
    elif slots == {"director", "film"} and rng.random() < 0.5:
        film = rng.choice(world.films)
        found = {"film": film["title"], "director": world.directors[film["id"]][0]["name"]}
    elif row.key.startswith(("remove_track", "move_track")) or (slots == {"track", "playlist"} and rng.random() < 0.3):
        playlist = rng.choice(world.playlists)
        wanted = rng.choice(world.playlist_tracks[playlist["id"]])
        others = [p["name"] for p in world.playlists if p is not playlist]
        found = {
            "playlist": playlist["name"], "any_playlist": playlist["name"], "target": rng.choice(others),
            "track": world.track(wanted)["title"],
        }  # fmt: skip
    elif slots in ({"the_album", "track"}, {"artist", "album"}) and rng.random() < 0.5:
        track = rng.choice(world.tracks)
        found = {
            "artist": track["artist"],
            "album": track["album"],
            "the_album": track["album"],
            "track": track["title"],
        }
    else:
        return None
    return [found[kind].lower() if cast.lower else found[kind] for kind in row.slots]


def _arguments(row: Row, cast: Cast, pick: Picker) -> tuple[list[str], list[str]]:
    """The mentions and the literals."""
    drawn = _related(row, cast)
    if drawn is None and len(row.slots) == 2 and row.slots[0] == row.slots[1]:
        drawn = list(cast.pair(row.slots[0]))
    elif drawn is None:
        numbers = range(2, 11) if row.key.startswith("playlist_of_artist") else range(1, 5)
        drawn = [str(cast.rng.choice(numbers)) if kind in NUMBERS else cast.draw(kind) for kind in row.slots]
    mentions, literals = [], []
    for kind, value in zip(row.slots, drawn, strict=True):
        if kind in NUMBERS:
            mentions.append(_number_mention(kind, int(value), cast))
            literals.append(value)
        else:
            mentions.append(cast.mention(kind, value, pick))
            literals.append(cast.literal(value))
    return mentions, literals


def _expand(row: Row) -> tuple[list[str], list[str], list[str]]:
    """Pseudocode, body and the helpers' sources."""
    pseudo: list[str] = []
    body: list[str] = []
    helpers: dict[str, str] = {}
    for line in row.body:
        if not line.startswith("@"):
            pseudo.append(line)
            body.append(line)
            continue
        key, variable, parameter = line[1:].split()
        source = SOURCES[key]
        slot = source.slots[0][0]
        prefix = variable + "_" if len([x for x in row.body if x.startswith("@")]) > 1 else ""
        for inner in source.lines:
            name = inner.split(" = ")[0]
            pseudo.append(f"{prefix}{inner}".replace(slot, parameter) if prefix else inner.replace(slot, parameter))
        final = source.final
        for inner in source.lines:
            name = inner.split(" = ")[0]
            final = final.replace(f"({name}[", f"({prefix}{name}[")
        pseudo.append(f"{variable} = {final}")
        body.append(f"{variable} = {source.helper}({parameter})")
        helpers[source.helper] = "\n".join(
            [f"def {source.helper}({slot}: str) -> list:", f'    """List the {source.doc}."""',
             *("    " + inner for inner in source.lines), f"    return {source.final}"]
        )  # fmt: skip
    return pseudo, body, list(helpers.values())


def direct(row: Row, cast: Cast, pick: Picker) -> Task:
    """One task of a row."""
    mentions, literals = _arguments(row, cast, pick)
    named = dict(zip("efg", [*mentions, "", "", ""], strict=False))
    pseudo, body, helpers = _expand(row)
    signature = ", ".join(
        f"{p}: {'int' if kind in NUMBERS else 'str'}" for p, kind in zip(row.parameters, row.slots, strict=True)
    )
    return Task(
        intent=row.key,
        question=pick(row.phrases).format(**named),
        signature=f"{row.key}({signature}) -> {row.returns}",
        doc=row.doc,
        arguments=tuple(literals),
        steps=tuple(row.steps.split("|")),
        pseudocode=tuple(pseudo),
        helpers="\n\n".join(helpers),
        body=tuple(body),
    )
