"""Draws what is asked of a collection, with its code, its words and its sentence frames."""

# ruff: noqa: E501 - phrases are easier to read and compare on one line

from __future__ import annotations

from dataclasses import dataclass

from train.bundled import frames as said
from train.bundled import reductions as r
from train.bundled.filters import number_word
from train.bundled.picking import Picker

PLURAL = {
    "film": "films",
    "album": "albums",
    "track": "tracks",
    "role": "roles",
    "season": "seasons",
    "playlist": "playlists",
}
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
    ways: str = ""
    """Frames of this one operation, drawn instead of `frames` now and then."""


def _chosen(record: str, c: r.Chosen, attribute: str, adjective: str) -> Operation:
    v, what = record, {"title": LABEL[record]}.get(attribute, attribute)
    frames = {"title": said.TITLE, "year": said.YEAR, "runtime_min": said.RUNTIME, "demo_rating": said.RATING}[
        attribute
    ]
    ways = c.frames if attribute == "title" else ""
    returns = {"title": "int" if record == "season" else "str", "demo_rating": "float"}.get(attribute, "int")
    suffix = "" if attribute == "title" else "_" + what.split("_")[-1]
    words = {"title": "title", "year": "year", "runtime_min": "runtime", "demo_rating": "rating"}[attribute]
    line = f"{v} = {c.expression.format(c=PLURAL[record], v=v)}"
    key = c.key.replace("_", " ")
    return Operation(
        f"{c.key}{suffix}", f"{c.key}_{record}{suffix}", returns, f"Find the {words} of the {key} of the ",
        (f"Take the {key}.", f"Return its {words}."), (line, f'return {v}["{what}"]'), frames, (("adj", adjective),),
        ways=ways,
    )  # fmt: skip


def draw_operation(record: str, pick: Picker) -> Operation:
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
        return Operation(
            "count", f"count_{items}", "int", "Count the ", ("Count them.",), (f"return len({items})",), said.COUNT
        )
    if kind == "list":
        return Operation("list", f"{label}s_of_{items}", "list", f"List the {label}s of the ", (f"Return their {label}s.",),
                         (f'return [{record}["{label}"] for {record} in {items}]',), said.LIST)  # fmt: skip
    if kind == "any":
        return Operation("any", f"has_{items}", "bool", "Say whether there are ", ("Say whether any is left.",),
                         (f"return len({items}) > 0",), said.ANY)  # fmt: skip
    if kind == "more":
        k = rng.randint(1, 9)
        return Operation("more_than", f"more_than_n_{items}", "bool", "Say whether there are more than some ",
                         ("Compare their number.",), (f"return len({items}) > n",), said.MORE, (("k", number_word(rng, k)),),
                         ("n: int",), (str(k),))  # fmt: skip
    if kind == "chosen":
        chosen = rng.choice(r.CHOSEN[record])
        attribute = rng.choices(("title", "year", "runtime_min", "demo_rating"), (6, 1, 1, 0.6))[0]
        if record != "film" and (attribute != "year" or record != "album"):
            attribute = "title"
        return _chosen(record, chosen, attribute, pick(chosen.adjectives))
    if kind == "nth":
        k = rng.randint(1, 8)
        word = (
            ORDINALS[k - 1] if rng.random() < 0.8 else f"{k}{('th', 'st', 'nd', 'rd', 'th', 'th', 'th', 'th', 'th')[k]}"
        )
        return Operation("nth", f"nth_{record}", "str", "Find the one at a position of the ", ("Take the one at the position.",),
                         (f'return {items}[position - 1]["{label}"]',), said.NTH, (("k", word),), ("position: int",),
                         (str(k),))  # fmt: skip
    if kind == "genres":
        return Operation("genres", "genres_of_films", "list", "List the genres of the ", ("Collect their genres.",),
                         ('return sorted({genre for film in films for genre in film["genres"]})',), said.GENRES)  # fmt: skip
    if kind == "sum":
        what = (
            pick("runtime|running time|length|duration")
            if record == "film"
            else pick("length|duration|running time|playing time")
        )
        together = pick("altogether|in total|together|all in all|combined|overall")
        line = 'return sum(film["runtime_min"] for film in films)'
        if record == "track":
            line = 'return round(sum(track["duration_s"] for track in tracks) / 60, 1)'
        return Operation("total", f"total_length_of_{items}", "float" if record == "track" else "int",
                         "Add up the minutes of the ", ("Add up their minutes.",), (line,), said.SUM,
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
                         (f'return round(sum({record}["{field}"] for {record} in {items}) / len({items}), 2)',), said.AVERAGE,
                         (("what", pick(words)),), ways=said.AVERAGE_OF.get(short, ""))  # fmt: skip
    adjective = pick(adjectives)
    if kind == "top":
        k = rng.randint(2, 6)
        reverse = "" if adjective == "shortest" else ", reverse=True"
        key = "shortest" if adjective == "shortest" else {"runtime": "longest", "duration": "longest", "rating": "best",
                                                          "plays": "most_played", "year": "latest"}[short]  # fmt: skip
        line = f'{items} = sorted({items}, key=lambda {record}: {record}["{field}"]{reverse})[:n]'
        return Operation(f"{key}_n", f"{key}_{items}", "list", f"List the {key.replace('_', ' ')} few of the ",
                         (f"Take the {key.replace('_', ' ')} few.", "Return their titles."),
                         (line, f'return [{record}["{label}"] for {record} in {items}]'), said.TOP,
                         (("k", number_word(rng, k)), ("adj", adjective)), ("n: int",), (str(k),))  # fmt: skip
    down = rng.random() < 0.6
    by = {
        "runtime": ("from longest to shortest|by length, longest first|by runtime in descending order", "from shortest to longest|by length, shortest first|by runtime|sorted by runtime|by length"),
        "duration": ("from longest to shortest|by length, longest first", "from shortest to longest|by length, shortest first|by duration|sorted by length|by length"),
        "rating": ("by rating, best first|from best to worst|by rating, highest first|by rating|sorted by rating", "by rating, worst first|from worst to best|by rating, lowest first"),
        "plays": ("by plays, most played first|by popularity|from most to least played|by number of plays", "from least to most played|by plays, least played first"),
        "year": ("from newest to oldest|by year, newest first|newest first", "in order of release|in order|by date|by release date|by age, oldest first|by year|from oldest to newest|chronologically|in chronological order|oldest first"),
    }[short][0 if down else 1]  # fmt: skip
    reverse = ", reverse=True" if down else ""
    line = f'{items} = sorted({items}, key=lambda {record}: {record}["{field}"]{reverse})'
    order = "falling" if down else "rising"
    return Operation(f"sorted_{short}_{order}", f"{items}_by_{order}_{short}", "list", f"Sort by {order} {short} the ",
                     (f"Sort them by {order} {short}.", "Return their titles."),
                     (line, f'return [{record}["{label}"] for {record} in {items}]'), said.SORTED, (("by", pick(by)),))  # fmt: skip
