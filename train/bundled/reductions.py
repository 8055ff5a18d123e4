"""Operations: what is asked about a collection, with code and sentence frames.

In frames: `{tnp}` "the films by X after 2000", `{np}` the same without "the", `{n}` the plural noun, `{clause}` "did X
direct", `{aff}` "X directed", `{post}` what follows ("after 2000"), `{one}` "the longest film by X", `{adj}` "longest".
"""

# ruff: noqa: E501 - phrases are easier to read and compare on one line

from __future__ import annotations

from dataclasses import dataclass

COUNT = (
    "how many {n} {clause}{post}?|how many {n} {clause}{post}?|how many {n} {clause}{post}?|how many {np}{post} are there?"
    "|count {tnp}{post}|what is the number of {np}{post}?|number of {np}{post}|what's the total number of {np}{post}?"
    "|how many {np}{post} do you know?|give me the number of {np}{post}|i want to know how many {n} {aff}{post}"
    "|tell me how many {n} {aff}{post}|what is the count of {np}{post}?|{np}{post}: how many are there?"
    "|how many {np}{post} exist?|do you know how many {n} {aff}{post}?|how many are {tnp}{post}?|how many {np}{post}?"
    "|how many {np}{post} do you have?|how many {np}{post} do you list?|how many {np}{post} are in your list?"
    "|how many {n} {clause}{post} in total?|how many times are there {np}{post}?"
    "|find out how many {n} {aff}{post}|how large is the number of {np}{post}?"
)
MORE = "are there more than {k} {np}{post}?|do more than {k} {np}{post} exist?|are there over {k} {np}{post}?"
LIST = (
    "which {n} {clause}{post}?|which {n} {clause}{post}?|what {n} {clause}{post}?|list {tnp}{post}|list all {np}{post}"
    "|name {tnp}{post}|name all {np}{post}|show me {tnp}{post}|show me all {np}{post}|give me {tnp}{post}"
    "|give me a list of {np}{post}|what are {tnp}{post}?|what are {tnp}{post} called?|which are {tnp}{post}?"
    "|i want to see {tnp}{post}|what are the titles of {tnp}{post}?|i need a list of all {np}{post}|{tnp}{post}"
    "|can i see {tnp}{post}?|tell me which {n} {aff}{post}|find {tnp}{post}|all {np}{post}|do you know which {n} {aff}{post}?"
    "|list every one of {tnp}{post}|show {tnp}{post}|enumerate {tnp}{post}|i'm looking for {np}{post}|get me {tnp}{post}"
    "|give me the names of {tnp}{post}|what {np}{post} do you have?|which {np}{post} do you have?|{np}{post}|{np}{post}"
    "|what {np}{post} are there?|do you have {np}{post}? which ones?|names of {tnp}{post}|any {np}{post}? titles please"
    "|which {np}{post} are there?|what {np}{post} do you know?"
)
WHO = (
    LIST
    + "|who {aff}?|who {aff}?|who all {aff}?|who are {tnp}?|who's in {e}?|who is in {e}?|cast of {e}|who plays in {e}?|the cast of {e}"
)
ANY = (
    "are there any {np}{post}?|are there {np}{post}?|is there any {np1}{post}?|is there a {np1}{post}?"
    "|do any {np}{post} exist?|are there at all {np}{post}?|were there any {np}{post}?|do you know any {np}{post}?"
    "|can you tell me whether there are any {np}{post}?"
)
TITLE = (
    "what is {one}{post}?|what is {one}{post}?|which is {one}{post}?|name {one}{post}|what's {one}{post}?"
    "|what is {one}{post} called?|tell me {one}{post}|{one}{post}|give me {one}{post}|find {one}{post}"
    "|what is the title of {one}{post}?|i want to know {one}{post}|show me {one}{post}|which {np1}{post} is the {adj}?"
    "|of {tnp}{post}, which is the {adj}?|which of {tnp}{post} is the {adj}?|what is the name of {one}{post}?"
    "|what was {one}{post}?|the title of {one}{post}|among {tnp}{post}, which one is the {adj}?|what would be {one}{post}?"
)
YEAR = (
    "when did {one}{post} come out?|in what year was {one}{post} released?|what year is {one}{post} from?"
    "|when was {one}{post} released?|in which year did {one}{post} come out?|release year of {one}{post}"
    "|what is the year of {one}{post}?|what year did {one}{post} come out?|tell me the release year of {one}{post}"
    "|which year is {one}{post} from?"
)
RUNTIME = (
    "how long is {one}{post}?|what is the runtime of {one}{post}?|how many minutes is {one}{post}?|runtime of {one}{post}"
    "|how many minutes does {one}{post} run?|what's the length of {one}{post}?|tell me how long {one}{post} is"
    "|how long does {one}{post} last?|give me the running time of {one}{post}|how long was {one}{post}?"
)
RATING = (
    "what is the rating of {one}{post}?|how is {one}{post} rated?|rating of {one}{post}|what rating does {one}{post} have?"
    "|how well is {one}{post} rated?|what's the demo rating of {one}{post}?|tell me the rating of {one}{post}"
)
SORTED = (
    "list {tnp}{post} {by}|sort {tnp}{post} {by}|show me {tnp}{post} {by}|order {tnp}{post} {by}|give me {tnp}{post} {by}"
    "|rank {tnp}{post} {by}|what are {tnp}{post} {by}?|{tnp}{post} {by}"
)
TOP = (
    "what are the {k} {adj} {np}{post}?|list the {k} {adj} {np}{post}|name the {k} {adj} {np}{post}"
    "|show me the {k} {adj} {np}{post}|the {k} {adj} {np}{post}|which are the {k} {adj} {np}{post}?"
    "|give me the {k} {adj} {np}{post}|top {k} {adj} {np}{post}|which {k} {np}{post} are the {adj}?"
    "|i want the {k} {adj} {np}{post}|find the {k} {adj} {np}{post}"
)
SUM = (
    "what is the total {what} of {tnp}{post}?|what is the total {what} of all {np}{post}?|total {what} of {tnp}{post}"
    "|how long are {tnp}{post} {together}?|how long are all {np}{post} {together}?|add up the {what} of {tnp}{post}"
    "|how many minutes do {tnp}{post} run {together}?|how much time would it take to go through all {np}{post}?"
    "|sum up the {what} of {tnp}{post}|how many minutes are {tnp}{post} {together}?|combined {what} of {tnp}{post}"
    "|what's the combined {what} of {tnp}{post}?"
)
AVERAGE = (
    "what is the average {what} of {tnp}{post}?|average {what} of {tnp}{post}|what's the mean {what} of {tnp}{post}?"
    "|on average, what is the {what} of {tnp}{post}?|calculate the average {what} of {tnp}{post}"
    "|what {what} do {tnp}{post} have on average?|tell me the average {what} of {tnp}{post}|mean {what} of {tnp}{post}"
    "|give me the average {what} of {tnp}{post}|compute the mean {what} of {tnp}{post}"
)
NTH = (
    "what is the {k} {np1}{post}?|name the {k} {np1}{post}|what's the title of the {k} {np1}{post}?|the {k} {np1}{post}"
    "|which {n1} is the {k} of {tnp}{post}?|tell me the {k} {np1}{post}|what was the {k} {np1}{post}?"
    "|which is the {k} {np1}{post}?|give me the {k} {np1}{post}|find the {k} {np1}{post}|what is the {k} {np1}{post} called?"
)
GENRES = (
    "what genres are {tnp}{post}?|which genres do {tnp}{post} belong to?|list the genres of {tnp}{post}"
    "|what are the genres of {tnp}{post}?|which genres do {tnp}{post} cover?|genres of {tnp}{post}"
    "|in which genres are {tnp}{post}?|what different genres do {tnp}{post} have?"
)


@dataclass(frozen=True)
class Chosen:
    """Which one record is asked for: its adjectives, and the expression that picks it from `{c}` with item `{v}`."""

    key: str
    adjectives: str
    expression: str
    needs_order: bool = False


def _extreme(key: str, field: str, top: str, low: str, adjectives: tuple[str, str]) -> tuple[Chosen, Chosen]:
    pick = '{f}({c}, key=lambda {v}: {v}["' + field + '"])'
    return (
        Chosen(f"{top}", adjectives[0], pick.replace("{f}", "max")),
        Chosen(f"{low}", adjectives[1], pick.replace("{f}", "min")),
    )


_FIRST = Chosen("first", "first|earliest|oldest|very first|debut", "{c}[0]", True)
_LAST = Chosen("latest", "latest|newest|most recent|last|youngest", "{c}[-1]", True)
CHOSEN: dict[str, tuple[Chosen, ...]] = {
    "film": (
        _FIRST, _LAST,
        *_extreme("runtime", "runtime_min", "longest", "shortest", ("longest", "shortest")),
        *_extreme("rating", "demo_rating", "best", "worst", (
            "best rated|highest rated|top rated|best|highest-rated|best-rated", "worst rated|lowest rated|worst|lowest-rated")),
    ),
    "album": (_FIRST, _LAST),
    "track": (
        Chosen("opening", "first|opening", "{c}[0]", True), Chosen("closing", "last|closing|final", "{c}[-1]", True),
        *_extreme("duration", "duration_s", "longest", "shortest", ("longest", "shortest")),
        *_extreme("plays", "demo_plays", "most_played", "least_played", (
            "most played|most popular|most listened to|most streamed", "least played|least popular")),
    ),
    "season": _extreme("episodes", "n_episodes", "longest", "shortest", ("longest|biggest", "shortest|smallest")),
    "playlist": (
        *_extreme("tracks", "n_tracks", "longest", "shortest", ("longest|biggest|largest", "shortest|smallest")),
        Chosen("latest", "newest|latest|most recent|last", "{c}[-1]", True), Chosen("first", "first|oldest", "{c}[0]", True),
    ),
}  # fmt: skip
