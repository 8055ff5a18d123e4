"""A person's first questions: templates written by hand, each asked with the name spelled in several ways.

The names are the catalogue's, which no training sees; the templates were written without the grammar at hand. Names are
split in two by their hash: `improve` may be looked at while developing, `report` is what is reported.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from agent.catalogue.store import catalogue

_SMALL = frozenset("a an and at by for from in into is it my of on or out the to up with you your".split())
_FILM = "f = search_films({e})[0]\n"
_PERSON = "p = search_people({e})[0]\n"
_ALBUM = "a = search_albums({e})[0]\n"
_ARTIST = "x = search_artists({e})[0]\n"
_LONGEST = "max(album_tracks(a['id']), key=lambda t: t['duration_s'])['title']"
_SERIES = "s = search_series({e})[0]\n"
_DIRECTED = _PERSON + "fs = films_directed_by(p['id'])\n"
_ASKED: dict[str, tuple[tuple[str, str], ...]] = {
    "film": (
        ("Who directed {e}?", _FILM + "[p['name'] for p in film_directors(f['id'])]"),
        ("Who was the director of {e}?", _FILM + "[p['name'] for p in film_directors(f['id'])]"),
        ("Which director made {e}?", _FILM + "[p['name'] for p in film_directors(f['id'])]"),
        ("Who is in {e}?", _FILM + "[r['name'] for r in film_cast(f['id'])]"),
        ("Which actors are in {e}?", _FILM + "[r['name'] for r in film_cast(f['id'])]"),
        ("Tell me who directed {e}", _FILM + "[p['name'] for p in film_directors(f['id'])]"),
        ("How long is {e}?", _FILM + "f['runtime_min']"),
        ("What year did {e} come out?", _FILM + "f['year']"),
        ("What's the genre of {e}?", _FILM + "f['genres']"),
        ("What's the rating of {e}?", _FILM + "f['demo_rating']"),
        ("How many actors are in {e}?", _FILM + "len(film_cast(f['id']))"),
    ),
    "director": (
        ("How many films did {e} direct?", _DIRECTED + "len(fs)"),
        ("Which films did {e} direct?", _DIRECTED + "[f['title'] for f in fs]"),
        ("What's the longest film by {e}?", _DIRECTED + "max(fs, key=lambda f: f['runtime_min'])['title']"),
        ("Tell me all movies directed by {e}", _DIRECTED + "[f['title'] for f in fs]"),
        ("What was the first film directed by {e}?", _DIRECTED + "min(fs, key=lambda f: f['release_date'])['title']"),
        ("Where was {e} born?", _PERSON + "p['birthplace']"),
    ),
    "artist": (
        ("How many albums did {e} release?", _ARTIST + "len(artist_albums(x['id']))"),
        ("Which albums are by {e}?", _ARTIST + "[a['title'] for a in artist_albums(x['id'])]"),
        ("Which country is {e} from?", _ARTIST + "x['country']"),
        ("What's the first album by {e}?", _ARTIST + "min(artist_albums(x['id']), key=lambda a: a['year'])['title']"),
    ),
    "album": (
        ("How many songs are on {e}?", _ALBUM + "len(album_tracks(a['id']))"),
        ("What year did the album {e} come out?", _ALBUM + "a['year']"),
        ("Who made the album {e}?", _ALBUM + "a['artist']"),
        ("What's the longest song on {e}?", _ALBUM + _LONGEST),
    ),
    "series": (
        ("How many seasons does {e} have?", _SERIES + "s['n_seasons']"),
        ("Who is in the series {e}?", _SERIES + "[r['name'] for r in series_cast(s['id'])]"),
        ("When did the show {e} start?", _SERIES + "s['first_year']"),
    ),
}  # fmt: skip
_WEIGHTS = {"film": 5, "director": 2, "artist": 1, "album": 2, "series": 1}
_WANTED = (
    ("Make a playlist called {n} with three songs by {e}", 3),
    ("Create a playlist {n} with 5 songs by {e}", 5),
    ("Put four songs by {e} in a new playlist called {n}", 4),
    ("Make me a playlist with two tracks by {e} and call it {n}", 2),
)
_MADE = """new = [p for p in list_playlists() if p["name"] == {name!r}]
tracks = playlist_tracks(new[0]["id"]) if new else []
len(tracks) == {n} and all(t["artist"] == {artist!r} for t in tracks)"""
_NAMES_OF_LISTS = ("Breakfast", "Long Drive", "For Anna", "evening walk", "Train Home", "Rainy Tuesday")
_MISSING = (
    "Nosuchfilm|Grimlock Returns|The Violin Maker's Nephew|Pancakes at Dawn|Zorblatt|A Ferry to Wexcombe"
    "|The Ninth Umbrella|Quillfeather|Murder in the Pantry|My Neighbour the Accountant|Seventeen Teacups|Oblong"
)
_NOBODY = "Bartholomew Quimby|Ottoline Fennwick|Jarvik Thole|Wilhelmina Scrubb|Peregrine Ostler|Marguerite Zandt"
_NO_BAND = "The Soggy Biscuits|Velourtrain|Hexapus|Mournful Tractors|The Parsnip Five"


@dataclass(frozen=True)
class Plain:
    """`program` is the gold, None where the right answer is that nothing was found.

    In the row of changes it is asked afterwards whether the change was made as wanted, since any songs will do.
    """

    question: str
    program: str | None


def plain_questions(row: str, n: int, split: str) -> Iterator[Plain]:
    """The first `n` questions of a row, always the same ones."""
    rng = Random(f"{row}-{split}")
    names = {kind: [x for x in found if (zlib.crc32(x.encode()) % 2 == 0) == (split == "improve")]
             for kind, found in _names().items()}  # fmt: skip
    seen: set[str] = set()
    for _ in range(200 * n):
        drawn = _drawn(row, names, rng)
        if drawn is not None and drawn.question not in seen:
            seen.add(drawn.question)
            yield drawn
        if len(seen) == n:
            return


def _drawn(row: str, names: dict[str, list[str]], rng: Random) -> Plain | None:
    if row == "plain-writes":
        text, count = rng.choice(_WANTED)
        artist, called = rng.choice(names["artist"]), rng.choice(_NAMES_OF_LISTS)
        return Plain(text.format(e=artist, n=called), _MADE.format(n=count, artist=artist, name=called))
    kind = rng.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]
    text, program = rng.choice(_ASKED[kind])
    if row == "plain-missing":
        invented = _NOBODY if kind == "director" else _NO_BAND if kind == "artist" else _MISSING
        name = rng.choice(invented.split("|"))
        return Plain(_spelled(text, name, rng) if rng.random() < 0.3 else text.format(e=name), None)
    name = rng.choice(names[kind])
    words = name.split()
    is_small = len(words) > 3 or any(w.lower() in _SMALL for w in words[1:])
    match row:
        case "plain-quoted":
            question = text.format(e=f'"{name}"')
        case "plain-lower":
            question = _spelled(text, name, rng)
        case "plain-small" if is_small:
            question = text.format(e=name)
        case "plain-capitals" if not is_small and name[:1].isupper():
            question = text.format(e=name)
        case _:
            return None
    return Plain(question, program.format(e=repr(name)))


def _spelled(text: str, name: str, rng: Random) -> str:
    """As it is typed in a hurry: all in lower case, often without the mark and the apostrophe."""
    question = text.format(e=name).lower()
    question = question.removesuffix("?") if rng.random() < 0.5 else question
    return question.replace("what's", rng.choice(("what's", "whats", "what is")))


def _names() -> dict[str, list[str]]:
    def rows(query: str) -> list[str]:
        return [str(row["name"]) for row in catalogue().rows(query)]

    return {
        "film": rows("SELECT DISTINCT title AS name FROM film ORDER BY title"),
        "director": rows(
            "SELECT name FROM person WHERE birthplace IS NOT NULL AND id IN (SELECT person_id FROM film_director)"
            " ORDER BY name"
        ),
        "artist": rows("SELECT name FROM artist ORDER BY name"),
        "album": rows("SELECT DISTINCT title AS name FROM album WHERE id IN (SELECT album_id FROM track) ORDER BY 1"),
        "series": rows("SELECT title AS name FROM series ORDER BY title"),
    }  # fmt: skip
