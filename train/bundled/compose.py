"""Source x filter x operation: the bulk of the tasks, composed from parts that are also seen in other company."""

from __future__ import annotations

from random import Random

from train.bundled import frames as said
from train.bundled.filters import FILTERS, Filled, Filter
from train.bundled.mentions import Cast
from train.bundled.operations import PLURAL, Operation, draw_operation
from train.bundled.picking import Picker, is_held_composition
from train.bundled.source import Source
from train.bundled.sources import SOURCES
from train.bundled.task import Task

NOUNS = {
    "film": ("film|movie|film|movie|feature film|picture", "films|movies|films|movies|feature films|pictures|flicks"),
    "album": ("album|album|studio album|record|LP", "albums|albums|studio albums|records|LPs"),
    "track": ("track|song", "tracks|songs"),
    "role": ("actor", "actors|people|cast members|actors and actresses|performers"),
    "season": ("season", "seasons"),
    "playlist": ("playlist", "playlists"),
}


def _the(np: str, e: str) -> str:
    return np if np.startswith((e, "my ")) and e else f"the {np}" if not np.startswith("my ") else np


def _question(
    source: Source, op: Operation, filled: list[Filled], pick: Picker, mention: list[str], filtered: bool
) -> str:
    one, many = NOUNS[source.record]
    pre = "".join(f.pre for f in filled)
    noun = next((f.noun for f in filled if f.noun), "")
    post = "".join(f.post for f in filled)
    singular = pre + (noun.removesuffix("s").replace("comedie", "comedy") if noun else pick(one))
    plural = pre + (noun or pick(many))
    e, f = [*mention, "", ""][:2]
    words = dict(op.words)
    template = pick(source.np)
    fill = {"e": e, "f": f}

    def phrase(n: str) -> str:
        return template.format(n=n, **fill)

    frames = op.frames
    if source.record == "role" and op.key == "list":
        frames = said.WHO if source.key in ("cast", "series_cast") else said.WHO_OF_HOP
    elif op.ways and pick.rng.random() < 0.2:
        frames = op.ways
    frame = pick(frames)
    if source.record == "track" and "{one}" in frame and words.get("adj") == "first" and "'s first" in phrase("x"):
        frame = "what is {one}{post}?"
    adj = words.get("adj", "")
    if op.key == "more_than" and source.contains and pick.rng.random() < 0.7:
        verbs = [p for p in source.contains.split("|") if p.endswith("{x}") and p.startswith(("did ", "has ", "does "))]
        frame = pick.rng.choice(verbs).format(x=f"more than {words['k']} {plural}{post}", **fill) + "?"
        return "".join(x.front for x in filled) + frame
    text = frame.format(
        n=plural, n1=singular, np=phrase(plural), np1=phrase(singular), tnp=_the(phrase(plural), e),
        one=_the(phrase(f"{adj} {singular}"), e), e=e, clause=pick(source.clause).format(**fill),
        aff=pick(source.aff).format(**fill), post=post, **words,
    )  # fmt: skip
    return "".join(x.front for x in filled) + text


_DATED = frozenset({"after", "since", "before", "in_year", "decade", "between"})


def _together(a: Filter, b: Filter, record: str) -> bool:
    """Whether two filters make sense together: of films, only one about the year unless the other is a genre."""
    if not set(a.parameters).isdisjoint(b.parameters):
        return False
    return record != "film" or "genre" in (a.key, b.key) or not {a.key, b.key} & _DATED


def allowed(source: Source, filters: list[Filter], op: Operation) -> bool:
    """Leave out what reads ambiguously or what another intent answers."""
    if source.key == "seasons" and op.key in ("count", "any", "list") and not filters:
        return False
    if op.key == "any" and not filters and source.key not in ("director_with_actor", "both_actors", "own"):
        return False
    if source.record == "role" and op.key == "any":
        return False
    if source.key.startswith("tracks_") and op.key in ("opening", "closing", "nth"):
        return False
    if source.key == "own" and (filters or op.key not in ("count", "list", "any")):
        return False
    if op.key.startswith("latest") and any(f.key in ("since", "after") for f in filters):
        return False
    return not (op.key == "sorted_year_rising" and source.record == "track")


def composed(cast: Cast, pick: Picker, held: bool | None) -> Task | None:
    """Draw one task; `held` asks for a held-out composition (True), a trained one (False) or any (None)."""
    rng: Random = pick.rng
    source = rng.choices(list(SOURCES.values()), [s.weight for s in SOURCES.values()])[0]
    record = source.record
    op = draw_operation(record, pick)
    usable = [f for f in FILTERS if record in f.records]
    n_filters = rng.choices((0, 1, 2), (0.5, 0.47, 0.03))[0] if usable else 0
    if op.key == "any" and usable:
        n_filters = max(1, n_filters)
    filters: list[Filter] = []
    while len(filters) < min(n_filters, len(usable)):
        drawn = rng.choices(usable, [f.weight for f in usable])[0]
        if all(_together(drawn, f, record) for f in filters):
            filters.append(drawn)
    if not allowed(source, filters, op):
        return None
    key = "/".join([source.key, *(f.key for f in filters), op.key])
    simple = not filters and source.key in ("directed", "acted", "albums", "tracks", "cast", "playlist", "series_cast")
    # A cast can only be counted and listed: holding one out would leave its source with a single operation.
    is_held = is_held_composition(key) and not simple and record != "role"
    if held is not None and is_held != held:
        return None
    entities = cast.entities(source)
    mention = [cast.mention(kind, name, pick) for (_, kind), name in zip(source.slots, entities, strict=True)]
    filled = [f.fill(pick) for f in filters]
    question = _question(source, op, filled, pick, mention, bool(filters))
    items, v = PLURAL[record], record
    conditions = [f"{items} = [{v} for {v} in {items} if {f.condition.format(v=v)}]" for f in filters]
    slots = [p for p, _ in source.slots]
    helper_args = ", ".join(f"{p}: str" for p in slots)
    helper = "\n".join(
        [f"def {source.helper}({helper_args}) -> list:", f'    """List the {source.doc}."""',
         *("    " + line for line in source.lines), f"    return {source.final}"]
    )  # fmt: skip
    parameters = [*(f"{p}: str" for p in slots), *(p for f in filters for p in f.parameters), *op.parameters]
    arguments = [*(cast.literal(e) for e in entities), *(a for f in filled for a in f.arguments), *op.arguments]
    suffix = "".join("_" + f.key.removeprefix("track_") for f in filters)
    return Task(
        intent=key,
        question=question,
        signature=f"{op.name}{suffix}({', '.join(parameters)}) -> {op.returns}",
        doc=op.doc + source.doc + "".join(", " + f.doc for f in filters) + ".",
        arguments=tuple(arguments),
        steps=(*source.steps, *(f"Keep those {f.doc}." for f in filters), *op.steps),
        pseudocode=(*source.lines, f"{items} = {source.final}", *conditions, *op.lines),
        helpers=helper,
        body=(f"{items} = {source.helper}({', '.join(slots)})", *conditions, *op.lines),
    )
