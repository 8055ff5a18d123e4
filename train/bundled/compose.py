"""Source x filter x operation: the bulk of the tasks, composed from parts that are also seen in other company."""

# ruff: noqa: E501 - phrases are easier to read and compare on one line

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from train.bundled import reductions as r
from train.bundled.filters import FILTERS, Filled, Filter, number_word
from train.bundled.mentions import Cast
from train.bundled.picking import Picker
from train.bundled.sources import SOURCES, Source
from train.bundled.task import Task

NOUNS = {
    "film": ("film|movie|film|movie|feature film|picture", "films|movies|films|movies|feature films|pictures|flicks"),
    "album": ("album|album|studio album|record|LP", "albums|albums|studio albums|records|LPs"),
    "track": ("track|song", "tracks|songs"),
    "role": ("actor", "actors|people|cast members|actors and actresses|performers"),
    "season": ("season", "seasons"),
    "playlist": ("playlist", "playlists"),
}
PLURAL = {"film": "films", "album": "albums", "track": "tracks", "role": "roles", "season": "seasons", "playlist": "playlists"}
LABEL = {"film": "title", "album": "title", "track": "title", "role": "name", "season": "number", "playlist": "name"}
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


@dataclass(frozen=True)
class Operation:
    """What the main function does with the collection once it is filtered."""

    key: str
    name: str
    returns: str
    doc: str
    steps: tuple[str, ...]
    lines: tuple[str, ...]
    frames: str
    words: tuple[tuple[str, str], ...] = ()
    parameters: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()


def _chosen(record: str, c: r.Chosen, attribute: str, adjective: str) -> Operation:
    v, what = record, {"title": LABEL[record]}.get(attribute, attribute)
    frames = {"title": r.TITLE, "year": r.YEAR, "runtime_min": r.RUNTIME, "demo_rating": r.RATING}[attribute]
    returns = {"title": "int" if record == "season" else "str", "demo_rating": "float"}.get(attribute, "int")
    suffix = "" if attribute == "title" else "_" + what.split("_")[-1]
    words = {"title": "title", "year": "year", "runtime_min": "runtime", "demo_rating": "rating"}[attribute]
    line = f"{v} = {c.expression.format(c=PLURAL[record], v=v)}"
    key = c.key.replace("_", " ")
    return Operation(
        f"{c.key}{suffix}", f"{c.key}_{record}{suffix}", returns, f"Find the {words} of the {key} of the ",
        (f"Take the {key}.", f"Return its {words}."), (line, f'return {v}["{what}"]'), frames, (("adj", adjective),),
    )  # fmt: skip


def _operation(record: str, source: Source, pick: Picker) -> Operation:
    rng, items, label = pick.rng, PLURAL[record], LABEL[record]
    choices: list[tuple[str, float]] = [("count", 3.0), ("list", 3.0), ("any", 0.5), ("more", 0.45)]
    if record in r.CHOSEN:
        choices += [("chosen", 5.0), ("nth", 0.9 if record in ("film", "album", "track") else 0.0)]
    if record in ("film", "track"):
        choices += [("sum", 1.0), ("average", 1.2), ("top", 1.0), ("sorted", 0.8)]
    choices += [("sorted", 1.2)] if record == "album" else []
    choices += [("genres", 0.5)] if record == "film" else []
    choices += [("average", 1.0)] if record in ("season", "playlist") else []
    kind = rng.choices([c for c, _ in choices], [w for _, w in choices])[0]
    if kind == "count":
        return Operation("count", f"count_{items}", "int", "Count the ", ("Count them.",), (f"return len({items})",), r.COUNT)
    if kind == "list":
        return Operation("list", f"{label}s_of_{items}", "list", f"List the {label}s of the ", (f"Return their {label}s.",),
                         (f'return [{record}["{label}"] for {record} in {items}]',), r.LIST)  # fmt: skip
    if kind == "any":
        return Operation("any", f"has_{items}", "bool", "Say whether there are ", ("Say whether any is left.",),
                         (f"return len({items}) > 0",), r.ANY)  # fmt: skip
    if kind == "more":
        k = rng.randint(1, 9)
        return Operation("more_than", f"more_than_n_{items}", "bool", "Say whether there are more than some ",
                         ("Compare their number.",), (f"return len({items}) > n",), r.MORE, (("k", number_word(rng, k)),),
                         ("n: int",), (str(k),))  # fmt: skip
    if kind == "chosen":
        chosen = rng.choice(r.CHOSEN[record])
        attribute = rng.choices(("title", "year", "runtime_min", "demo_rating"), (6, 1, 1, 0.6))[0]
        if record != "film" and (attribute != "year" or record != "album"):
            attribute = "title"
        return _chosen(record, chosen, attribute, pick(chosen.adjectives))
    if kind == "nth":
        k = rng.randint(1, 8)
        word = ORDINALS[k - 1] if rng.random() < 0.8 else f"{k}{('th', 'st', 'nd', 'rd', 'th', 'th', 'th', 'th', 'th')[k]}"
        return Operation("nth", f"nth_{record}", "str", "Find the one at a position of the ", ("Take the one at the position.",),
                         (f'return {items}[position - 1]["{label}"]',), r.NTH, (("k", word),), ("position: int",),
                         (str(k),))  # fmt: skip
    if kind == "genres":
        return Operation("genres", "genres_of_films", "list", "List the genres of the ", ("Collect their genres.",),
                         ('return sorted({genre for film in films for genre in film["genres"]})',), r.GENRES)  # fmt: skip
    if kind == "sum":
        what = pick("runtime|running time|length|duration") if record == "film" else pick("length|duration|running time|playing time")
        together = pick("altogether|in total|together|all in all|combined|overall")
        line = 'return sum(film["runtime_min"] for film in films)'
        if record == "track":
            line = 'return round(sum(track["duration_s"] for track in tracks) / 60, 1)'
        return Operation("total", f"total_length_of_{items}", "float" if record == "track" else "int",
                         "Add up the minutes of the ", ("Add up their minutes.",), (line,), r.SUM,
                         (("what", what), ("together", together)))  # fmt: skip
    fields = {
        "film": (("runtime_min", "runtime|running time|length|duration", "runtime", "longest|shortest"),
                 ("demo_rating", "rating|demo rating|score", "rating", "best rated|highest rated|top rated|best"),
                 ("year", "year|release year", "year", "newest|latest|most recent")),
        "album": (("year", "year", "year", "newest|latest|most recent"),),
        "track": (("duration_s", "length|duration", "duration", "longest|shortest"),
                  ("demo_plays", "play count|number of plays|plays", "plays", "most played|most popular|most streamed")),
        "season": (("n_episodes", "number of episodes|episode count", "episodes", ""),),
        "playlist": (("n_tracks", "number of tracks|number of songs", "tracks", ""),),
    }[record]  # fmt: skip
    field, words, short, adjectives = rng.choice(fields)
    if kind == "average" and field == "year":
        field, words, short, adjectives = fields[0]
    if kind == "average":
        return Operation(f"average_{short}", f"average_{short}", "float", f"Find the average {short} of the ",
                         (f"Average their {short}.",),
                         (f'return round(sum({record}["{field}"] for {record} in {items}) / len({items}), 2)',), r.AVERAGE,
                         (("what", pick(words)),))  # fmt: skip
    adjective = pick(adjectives)
    if kind == "top":
        k = rng.randint(2, 6)
        reverse = "" if adjective == "shortest" else ", reverse=True"
        key = "shortest" if adjective == "shortest" else {"runtime": "longest", "duration": "longest", "rating": "best",
                                                          "plays": "most_played", "year": "latest"}[short]  # fmt: skip
        line = f'{items} = sorted({items}, key=lambda {record}: {record}["{field}"]{reverse})[:n]'
        return Operation(f"{key}_n", f"{key}_{items}", "list", f"List the {key.replace('_', ' ')} few of the ",
                         (f"Take the {key.replace('_', ' ')} few.", "Return their titles."),
                         (line, f'return [{record}["{label}"] for {record} in {items}]'), r.TOP,
                         (("k", number_word(rng, k)), ("adj", adjective)), ("n: int",), (str(k),))  # fmt: skip
    down = rng.random() < 0.6
    by = {
        "runtime": ("from longest to shortest|by length, longest first|by runtime in descending order", "from shortest to longest|by length, shortest first|by runtime|sorted by runtime|by length"),
        "duration": ("from longest to shortest|by length, longest first", "from shortest to longest|by length, shortest first|by duration|sorted by length|by length"),
        "rating": ("by rating, best first|from best to worst|by rating, highest first|by rating|sorted by rating", "by rating, worst first|from worst to best|by rating, lowest first"),
        "plays": ("by plays, most played first|by popularity|from most to least played|by number of plays", "from least to most played|by plays, least played first"),
        "year": ("from newest to oldest|by year, newest first|newest first", "in order of release|in order|by date|by release date|by age, oldest first|by year|from oldest to newest|chronologically|in chronological order|oldest first"),
    }[short][0 if down else 1]  # noqa: E501  # fmt: skip
    reverse = ", reverse=True" if down else ""
    line = f'{items} = sorted({items}, key=lambda {record}: {record}["{field}"]{reverse})'
    order = "falling" if down else "rising"
    return Operation(f"sorted_{short}_{order}", f"{items}_by_{order}_{short}", "list", f"Sort by {order} {short} the ",
                     (f"Sort them by {order} {short}.", "Return their titles."),
                     (line, f'return [{record}["{label}"] for {record} in {items}]'), r.SORTED, (("by", pick(by)),))  # fmt: skip


def _the(np: str, e: str) -> str:
    return np if np.startswith((e, "my ")) and e else f"the {np}" if not np.startswith("my ") else np


def _question(source: Source, op: Operation, filled: list[Filled], pick: Picker, mention: list[str], filtered: bool) -> str:
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
        frames = r.WHO
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


def _order_matters(op: Operation) -> bool:
    return op.key == "nth" or op.key.startswith(("first", "latest", "opening", "closing"))


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
    from train.bundled.picking import is_held_composition

    rng: Random = pick.rng
    source = rng.choices(list(SOURCES.values()), [s.weight for s in SOURCES.values()])[0]
    record = source.record
    op = _operation(record, source, pick)
    usable = [f for f in FILTERS if record in f.records]
    n_filters = rng.choices((0, 1, 2), (0.5, 0.47, 0.03))[0] if usable else 0
    if op.key == "any" and usable:
        n_filters = max(1, n_filters)
    filters: list[Filter] = []
    while len(filters) < min(n_filters, len(usable)):
        drawn = rng.choices(usable, [f.weight for f in usable])[0]
        if all(set(drawn.parameters).isdisjoint(f.parameters) and (not {drawn.key, f.key} & {"after", "decade", "between", "since", "before", "in_year"} or "genre" in (drawn.key, f.key) or record != "film") for f in filters):  # noqa: E501
            filters.append(drawn)
    if not allowed(source, filters, op):
        return None
    key = "/".join([source.key, *(f.key for f in filters), op.key])
    simple = not filters and source.key in ("directed", "acted", "albums", "tracks", "cast", "playlist", "series_cast")
    is_held = is_held_composition(key) and not simple
    if held is not None and is_held != held:
        return None
    entities = cast.entities(source)
    mention = [cast.mention(kind, name, pick, self_hint=source.key) for (_, kind), name in zip(source.slots, entities, strict=True)]
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
