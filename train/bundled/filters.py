"""Filters: conditions on the records of a source, with their code and their ways to be said."""

# ruff: noqa: E501 - phrases are easier to read and compare on one line

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from train.bundled.picking import Picker

NUMBER_WORDS = (
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)
GENRE_WORDS = {
    "Action": ("action",), "Adventure": ("adventure",), "Animation": ("animated", "animation"), "Comedy": ("comedy",),
    "Crime": ("crime",), "Drama": ("drama",), "Family": ("family",), "Fantasy": ("fantasy",),
    "History": ("history", "historical"), "Horror": ("horror",), "Music": ("music", "musical"), "Mystery": ("mystery",),
    "Romance": ("romance", "romantic"), "Science Fiction": ("science fiction", "sci-fi", "scifi", "science-fiction"),
    "Thriller": ("thriller",), "War": ("war",), "Western": ("western",),
}  # fmt: skip
GENRE_PLURALS = {
    "Comedy": "comedies", "Drama": "dramas", "Thriller": "thrillers", "Western": "westerns", "Romance": "romances",
    "Music": "musicals",
}  # fmt: skip


@dataclass(frozen=True)
class Filled:
    """A filter with its values: what stands before the noun, instead of it, or after the phrase; and the literals."""

    pre: str = ""
    noun: str = ""
    post: str = ""
    front: str = ""
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Filter:
    key: str
    records: frozenset[str]
    parameters: tuple[str, ...]
    condition: str
    doc: str
    fill: Callable[[Picker], Filled] = field(compare=False)
    weight: float = 1.0


def number_word(rng: Random, n: int) -> str:
    """Digits or, for small numbers at times, the word."""
    return NUMBER_WORDS[n] if n < len(NUMBER_WORDS) and rng.random() < 0.6 else str(n)


def _year(posts: str, fronts: str = "") -> Callable[[Picker], Filled]:
    def fill(pick: Picker) -> Filled:
        y = str(pick.rng.randint(1960, 2024))
        if fronts and pick.rng.random() < 0.1:
            return Filled(front=pick(fronts).format(y=y), arguments=(y,))
        return Filled(post=pick(posts).format(y=y), arguments=(y,))

    return fill


def _decade(pick: Picker) -> Filled:
    d = pick.rng.choice((1960, 1970, 1980, 1990, 2000, 2010, 2020))
    text = f"{d}s" if d >= 2000 or pick.rng.random() < 0.5 else f"{d % 100}s"
    if 1950 < d < 2000 and pick.rng.random() < 0.15:
        text = {1960: "sixties", 1970: "seventies", 1980: "eighties", 1990: "nineties"}[d]
    post = pick(
        " in the {d}| from the {d}| of the {d}| released in the {d}| during the {d}| that came out in the {d}"
        "| made in the {d}| that are from the {d}| out in the {d}| which came out in the {d}| dating from the {d}"
        "| that date from the {d}| from the decade of the {d}| in the decade of the {d}"
    )
    return Filled(post=post.format(d=text), arguments=(str(d),))


def _between(pick: Picker) -> Filled:
    a, b = sorted(pick.rng.sample(range(1965, 2024), 2))
    post = pick(
        " between {a} and {b}| from {a} to {b}| released between {a} and {b}| that came out between {a} and {b}"
        "| in the years {a} to {b}| from {a} through {b}| from between {a} and {b}| made between {a} and {b}"
        "| that are from between {a} and {b}| from the years {a} to {b}| in the years between {a} and {b}"
        "| between the years {a} and {b}| dated between {a} and {b}| from {a} until {b}"
    )
    return Filled(post=post.format(a=a, b=b), arguments=(str(a), str(b)))


def _genre(pick: Picker) -> Filled:
    genre = pick.rng.choice(tuple(GENRE_WORDS))
    literal = (f'"{genre}"',)
    word = pick.rng.choice(GENRE_WORDS[genre])
    if pick.rng.random() < 0.15:
        word = word.title()
    draw = pick.rng.random()
    if genre in GENRE_PLURALS and draw < 0.4:
        return Filled(noun=GENRE_PLURALS[genre], arguments=literal)
    if draw < 0.75:
        return Filled(pre=word + " ", arguments=literal)
    plural = GENRE_PLURALS.get(genre, f"{word} films")
    posts = (
        " in the {g} genre| of the genre {g}| that are {p}| that count as {g}| tagged as {g}| in the genre {g}"
        "| that are tagged {g}| filed under {g}| from the {g} genre| listed as {g}| with the genre {g}| classified as {g}"
        "| that belong to the {g} genre| which are {p}"
    )
    return Filled(post=pick(posts).format(g=word, p=plural), arguments=literal)


def _minutes(posts: str, low: int, high: int, hours: bool) -> Callable[[Picker], Filled]:
    def fill(pick: Picker) -> Filled:
        if hours and pick.rng.random() < 0.35:
            h = pick.rng.choice((2, 2, 3))
            word = number_word(pick.rng, h)
            return Filled(post=pick(posts).format(m=f"{word} hours"), arguments=(f"{h} * 60",))
        n = pick.rng.randint(low, high)
        word = number_word(pick.rng, n)
        unit = pick.rng.choice(("minutes", "minutes", "min" if hours else "minutes"))
        return Filled(post=pick(posts).format(m=f"{word} {unit}"), arguments=(str(n),))

    return fill


def _number(posts: str, values: Callable[[Random], str]) -> Callable[[Picker], Filled]:
    def fill(pick: Picker) -> Filled:
        k = values(pick.rng)
        return Filled(post=pick(posts).format(k=k), arguments=(k,))

    return fill


_DATED = frozenset({"film", "album"})
_LONGER = (
    " longer than {m}| over {m}| that run more than {m}| with a runtime over {m}| of more than {m}| that last over {m}"
    "| that are longer than {m}| lasting more than {m}| above {m}| with more than {m}| that are over {m} long"
    "| that exceed {m}"
    "| that take more than {m}| with a length of more than {m}| running longer than {m}| running over {m}"
    "| which are longer than {m}| that go on for more than {m}| that have a runtime of more than {m}"
    "| of over {m}| that take longer than {m}"
)
_SHORTER = (
    " shorter than {m}| under {m}| that run less than {m}| with a runtime under {m}| of less than {m}| below {m}"
    "| that are shorter than {m}| lasting less than {m}| that last under {m}| that are under {m} long| less than {m} long"
    "| that take less than {m}| with a length of less than {m}| running shorter than {m}"
    "| running under {m}| which are shorter than {m}| that go on for less than {m}"
    "| that have a runtime of less than {m}| of under {m}| that stay under {m}| with less than {m}"
)
FILTERS = (
    Filter("after", _DATED, ("year: int",), '{v}["year"] > year', "after a year", _year(
        " after {y}| released after {y}| that came out after {y}| later than {y}| made after {y}| newer than {y}"
        "| that were released after {y}| which came out after {y}| after the year {y}| more recent than {y}"
                   "| that appeared after {y}| later than the year {y}| that are newer than {y}| that are from after {y}"
                   "| which were made after {y}| from after {y}| from the years after {y}| that came later than {y}"
                   "| out after {y}",
        "after {y}, |after the year {y}, "), 1.6),
    Filter("since", _DATED, ("year: int",), '{v}["year"] >= year', "since a year", _year(
        " since {y}| from {y} on| from {y} onwards| in {y} or later| starting in {y}| released since {y}"
        "| that came out since {y}| no earlier than {y}"
                   "| from {y} or later| from {y} and later| in or after {y}| released in {y} or later"
                   "| that are from {y} or newer| not older than {y}| that have come out since {y}", "since {y}, "), 0.8),
    Filter("before", _DATED, ("year: int",), '{v}["year"] < year', "before a year", _year(
        " before {y}| released before {y}| prior to {y}| that came out before {y}| older than {y}| made before {y}"
        "| earlier than {y}| that were released before {y}| before the year {y}| from before {y}"
                   "| that are older than {y}| out before {y}| that appeared before {y}| which came out before {y}"
                   "| that were made before {y}| from the years before {y}| earlier than the year {y}"
                   "| that came earlier than {y}| that are from before {y}",
        "before {y}, |prior to {y}, "), 1.4),
    Filter("in_year", _DATED, ("year: int",), '{v}["year"] == year', "in a year", _year(
        " in {y}| from {y}| released in {y}| that came out in {y}| of {y}| made in {y}| in the year {y}"
        "| from the year {y}| that were released in {y}| dated {y}"
                   "| that are from {y}| which came out in {y}| that were made in {y}| put out in {y}"
                   "| that appeared in {y}| that date from {y}| just from {y}| only from {y}", "in {y}, |in the year {y}, "), 1.2),
    Filter("decade", _DATED, ("decade: int",), '{v}["year"] // 10 * 10 == decade', "in a decade", _decade, 1.2),
    Filter("between", _DATED, ("start: int", "end: int"), 'start <= {v}["year"] <= end', "between two years", _between, 0.9),
    Filter("genre", frozenset({"film"}), ("genre: str",), 'genre in {v}["genres"]', "of a genre", _genre, 2.2),
    Filter("longer", frozenset({"film"}), ("minutes: int",), '{v}["runtime_min"] > minutes', "longer than some minutes",
           _minutes(_LONGER, 75, 185, True), 1.3),
    Filter("shorter", frozenset({"film"}), ("minutes: int",), '{v}["runtime_min"] < minutes', "shorter than some minutes",
           _minutes(_SHORTER, 75, 185, True), 1.1),
    Filter("track_longer", frozenset({"track"}), ("minutes: int",), '{v}["duration_s"] > minutes * 60',
           "longer than some minutes", _minutes(_LONGER, 2, 7, False), 1.6),
    Filter("track_shorter", frozenset({"track"}), ("minutes: int",), '{v}["duration_s"] < minutes * 60',
           "shorter than some minutes", _minutes(_SHORTER, 2, 7, False), 1.3),
    Filter("rated_above", frozenset({"film"}), ("rating: float",), '{v}["demo_rating"] > rating', "rated above a value",
           _number(" rated above {k}| with a rating above {k}| with a rating over {k}| rated higher than {k}"
                   "| rated over {k}| that are rated better than {k}| with a demo rating above {k}| that score more than {k}"
                   "| that are rated above {k}| scoring above {k}| with a score above {k}| with a score over {k}"
                   "| that have a rating above {k}| that got a rating over {k}| rated better than {k}"
                   "| with a rating higher than {k}| with a rating of more than {k}| that are rated higher than {k}",
                   lambda r: r.choice((str(r.randint(2, 8)), f"{r.randint(2, 8)}.{r.randint(1, 9)}"))), 1.0),
    Filter("rated_below", frozenset({"film"}), ("rating: float",), '{v}["demo_rating"] < rating', "rated below a value",
           _number(" rated below {k}| with a rating below {k}| with a rating under {k}| rated lower than {k}"
                   "| rated under {k}| that are rated worse than {k}| with a demo rating below {k}"
                   "| that are rated below {k}| scoring below {k}| with a score below {k}| with a score under {k}"
                   "| that have a rating below {k}| that got a rating under {k}| rated worse than {k}"
                   "| with a rating lower than {k}| with a rating of less than {k}| that are rated lower than {k}",
                   lambda r: r.choice((str(r.randint(3, 9)), f"{r.randint(3, 8)}.{r.randint(1, 9)}"))), 0.7),
    Filter("plays_over", frozenset({"track"}), ("plays: int",), '{v}["demo_plays"] > plays', "with more than some plays",
           _number(" with more than {k} plays| played more than {k} times| with over {k} plays| that have over {k} plays"
                   "| that were played more than {k} times| that got more than {k} plays| with more than {k} listens"
                   "| that have more than {k} plays| with a play count over {k}| played over {k} times",
                   lambda r: str(r.randint(1, 90) * 10000)), 0.5),
    Filter("episodes_over", frozenset({"season"}), ("n_episodes: int",), '{v}["n_episodes"] > n_episodes',
           "with more than some episodes",
           _number(" with more than {k} episodes| that have more than {k} episodes| longer than {k} episodes"
                   "| with over {k} episodes| of more than {k} episodes"
                   "| that had more than {k} episodes| having more than {k} episodes| which have more than {k} episodes"
                   "| that run for more than {k} episodes| that have over {k} episodes", lambda r: str(r.randint(6, 22))), 1.2),
    Filter("bigger", frozenset({"playlist"}), ("n_tracks: int",), '{v}["n_tracks"] > n_tracks',
           "with more than some tracks",
           _number(" with more than {k} tracks| that have more than {k} songs| longer than {k} tracks"
                   "| with over {k} songs| of more than {k} tracks"
                   "| that have over {k} tracks| with more than {k} songs| having more than {k} tracks"
                   "| that contain more than {k} tracks| bigger than {k} tracks", lambda r: number_word(r, r.randint(1, 6))), 1.2),
)  # fmt: skip
