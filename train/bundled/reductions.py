"""Which one record of a collection is asked for: adjectives, expressions, and frames that tell opposites apart."""

# ruff: noqa: E501 - phrases are easier to read and compare on one line

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Chosen:
    """Which one record is asked for: its adjectives, and the expression that picks it from `{c}` with item `{v}`."""

    key: str
    adjectives: str
    expression: str
    frames: str = ""


def _extreme(field: str, top: str, low: str, adjectives: tuple[str, str], ways: str = "") -> tuple[Chosen, Chosen]:
    """The record with the most and that with the least; `ways` are frames in which `high` and `low` are told apart."""
    pick = '{f}({c}, key=lambda {v}: {v}["' + field + '"])'
    up, down = ("|".join(w.replace("<", "").replace(">", "") for w in part) for part in _contrast(ways))
    return (
        Chosen(top, adjectives[0], pick.replace("{f}", "max"), up),
        Chosen(low, adjectives[1], pick.replace("{f}", "min"), down),
    )


def _contrast(ways: str) -> tuple[list[str], list[str]]:
    """`which runs <longest/shortest>?` as two phrases."""
    pairs = [re.split(r"<(\w[\w ]*)/(\w[\w ]*)>", way) for way in ways.split("|") if way]
    return [a + high + b for a, high, _, b in pairs], [a + low + b for a, _, low, b in pairs]


_RUNS = (
    "which {np1}{post} runs the <longest/shortest>?|which of {tnp}{post} runs <longest/shortest>?|which of {tnp}{post} has the <longest/shortest> runtime?"
    "|which {np1}{post} has the <longest/shortest> running time?|which {np1}{post} is <longest/shortest>?|which of {tnp}{post} lasts the <longest/shortest>?"
    "|which {np1}{post} takes the <most/least> time to watch?|which of {tnp}{post} is <longer/shorter> than all the others?"
)
_RATED = (
    "which of {tnp}{post} has the <best/worst> rating?|which {np1}{post} has the <highest/lowest> rating?|which {np1}{post} is rated <best/worst>?"
    "|which of {tnp}{post} is rated <highest/lowest>?|which of {tnp}{post} got the <highest/lowest> score?|which {np1}{post} has the <best/worst> score?"
    "|which {np1}{post} is rated the <highest/lowest>?|what {np1}{post} has the <best/worst> rating?"
)
_PLAYED = (
    "which of {tnp}{post} has the <most/fewest> plays?|which {np1}{post} was played <most/least>?|which {np1}{post} has the <most/fewest> plays?"
    "|which of {tnp}{post} is played the <most/least>?|what {np1}{post} was played the <most/least>?|which of {tnp}{post} has <most/least> plays?"
    "|which {np1}{post} got the <most/fewest> plays?"
)
_LASTS = (
    "which {np1}{post} lasts the <longest/shortest>?|which of {tnp}{post} lasts <longest/shortest>?|which {np1}{post} is <longest/shortest>?"
    "|which of {tnp}{post} has the <longest/shortest> duration?|which {np1}{post} goes on <longest/shortest>?|which of {tnp}{post} is <longer/shorter> than all the others?"
    "|which {np1}{post} has the <longest/shortest> playing time?"
)
_EPISODES = (
    "which {np1} has the <most/fewest> episodes?|which of {tnp} has the <most/fewest> episodes?|what {np1} had the <most/fewest> episodes?|which {np1} had <most/fewest> episodes?"
    "|which {np1} is <longest/shortest>?|in which {np1} are there the <most/fewest> episodes?|which {np1} was <longer/shorter> than all the others?|which of {tnp} has the <highest/lowest> number of episodes?"
)
_SIZES = (
    "which of {tnp} has the <most/fewest> songs?|which of {tnp} has the <most/fewest> tracks?|which {np1} has the <most/fewest> songs?|which {np1} holds the <most/fewest> tracks?"
    "|on which of {tnp} are the <most/fewest> songs?|which {np1} has <most/fewest> tracks?|which of {tnp} contains the <most/least> music, by number of songs?"
)
_ORDER = (
    "which {np1}{post} came out <first/last>?|which of {tnp}{post} came out <first/last>?|which {np1}{post} was released <first/last>?|which of {tnp}{post} is the <oldest/newest>?"
    "|which {np1}{post} was made <first/last>?|which of {tnp}{post} was the <first/last> to come out?|what {np1}{post} came out <first/last>?"
    "|which of {tnp}{post} came out <earliest/latest>?|which {np1}{post} is the <oldest/newest>?"
)
_UP, _DOWN = ("|".join(part) for part in _contrast(_ORDER))
_FIRST = Chosen("first", "first|earliest|oldest|very first|debut", "{c}[0]", _UP)
_LAST = Chosen("latest", "latest|newest|most recent|last|youngest", "{c}[-1]", _DOWN)
CHOSEN: dict[str, tuple[Chosen, ...]] = {
    "film": (
        _FIRST, _LAST,
        *_extreme("runtime_min", "longest", "shortest", ("longest", "shortest"), _RUNS),
        *_extreme("demo_rating", "best", "worst", (
            "best rated|highest rated|top rated|best|highest-rated|best-rated", "worst rated|lowest rated|worst|lowest-rated"), _RATED),
    ),
    "album": (_FIRST, _LAST),
    "track": (
        Chosen("opening", "first|opening", "{c}[0]"), Chosen("closing", "last|closing|final", "{c}[-1]"),
        *_extreme("duration_s", "longest", "shortest", ("longest", "shortest"), _LASTS),
        *_extreme("demo_plays", "most_played", "least_played", (
            "most played|most popular|most listened to|most streamed", "least played|least popular"), _PLAYED),
    ),
    "season": _extreme("n_episodes", "longest", "shortest", ("longest|biggest", "shortest|smallest"), _EPISODES),
    "playlist": (
        *_extreme("n_tracks", "longest", "shortest", ("longest|biggest|largest", "shortest|smallest"), _SIZES),
        Chosen("latest", "newest|latest|most recent|last", "{c}[-1]"), Chosen("first", "first|oldest", "{c}[0]"),
    ),
}  # fmt: skip
