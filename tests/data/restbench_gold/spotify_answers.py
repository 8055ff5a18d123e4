"""What Spotify's programs must have done: facts by SQL, changes by the account's state before and after."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from agent.catalogue.store import CATALOGUE_FILE

_connection = sqlite3.connect(f"file:{CATALOGUE_FILE}?mode=ro&immutable=1", uri=True, check_same_thread=False)


@dataclass(frozen=True)
class State:
    """The account as plain requests show it: names, and for playlists (id, name, public, titles of tracks)."""

    tracks: list[str]
    albums: list[str]
    following: list[str]
    playlists: list[tuple[str, str, bool, list[str]]]
    playing: str
    artist: str
    album: str
    is_playing: bool
    volume: int
    repeat: str
    device: str
    queue: list[str]
    favourite: str

    def playlist(self, identifier: str) -> tuple[str, str, bool, list[str]]:
        return next(each for each in self.playlists if each[0] == identifier)


def column(query: str, *values: object) -> list[Any]:
    return [row[0] for row in _connection.execute(query, values)]


_OF_ARTIST = """SELECT track.title FROM track JOIN album ON album.id = album_id JOIN artist ON artist.id = artist_id
    WHERE artist.name = ? ORDER BY demo_plays DESC, track.id"""
_OF_GENRE = """SELECT track.title FROM track JOIN album ON album.id = album_id JOIN artist ON artist.id = artist_id
    WHERE ', ' || genres || ',' LIKE '%, ' || ? || ',%' ORDER BY demo_plays DESC, track.id"""
_ARTISTS_OF_PLAYLIST = """SELECT DISTINCT artist.name FROM seed_playlist
    JOIN seed_track ON playlist = seed_playlist.position
    JOIN track ON track.id = track_id JOIN album ON album.id = album_id JOIN artist ON artist.id = artist_id
    WHERE seed_playlist.name = ?"""


def _made(name: str, n: int, artist: str) -> Callable[[Any, State, State], bool]:
    def check(result: Any, before: State, after: State) -> bool:
        _, made, _, titles = after.playlist(result)
        fits = set(titles) <= set(column(_OF_ARTIST, artist))
        return made == name and len(titles) == n and fits and len(after.playlists) == len(before.playlists) + 1

    return check


def _follows(*names: str) -> Callable[[Any, State, State], bool]:
    return lambda _, before, after: set(after.following) == set(before.following) | set(names)


def _related(result: Any, before: State, after: State) -> bool:
    (genres,) = column("SELECT genres FROM artist WHERE name = ?", before.following[0])
    shared = [set(column("SELECT genres FROM artist WHERE name = ?", name)[0].split(", ")) for name in result]
    return bool(result) and all(each & set(genres.split(", ")) for each in shared)


def _same_genre(result: Any, before: State, after: State) -> bool:
    (genres,) = column("SELECT genres FROM artist WHERE name = ?", before.artist)
    return bool(result == column(_OF_GENRE, genres.split(", ")[0])[:20])


CHECKS: dict[int, Callable[[Any, State, State], bool]] = {
    1: _made("Love Mariah", 3, "Mariah Carey"),
    2: lambda r, b, a: r == b.playlists[0][0] and a.playlists[0][3] == [*b.playlists[0][3], "Summertime Sadness"],
    3: lambda r, b, a: a.tracks == list(dict.fromkeys([b.playing, *b.tracks])) or a.tracks == b.tracks,
    4: lambda r, b, a: b.artist in a.following,
    5: lambda r, b, a: r > 0 and a.is_playing and a.playing == column(_OF_GENRE, "soft rock")[0],
    6: lambda r, b, a: a.playing == b.queue[0] and a.repeat == "track",
    7: lambda r, b, a: r == b.playlists[0][0] and a.playlists[0][1] == "My First" and b.playlists[0][1] != "My First",
    8: lambda r, b, a: a.is_playing and a.volume == 20 < b.volume,
    9: lambda r, b, a: r == b.playing,
    10: lambda r, b, a: r == b.albums and len(r) >= 3,
    11: _same_genre,
    12: _made("Love Taylor", 10, "Taylor Swift"),
    13: lambda r, b, a: r == column(_OF_ARTIST, b.favourite)[0],
    14: lambda r, b, a: r == b.album,
    15: lambda r, b, a: a.is_playing and a.device == "My PC" != b.device and a.playing == b.playing,
    16: _related,
    17: _follows("Taylor Swift"),
    18: lambda r, b, a: (
        a.playlist(r)[1] == "My Rock" and a.playlist(r)[3] == b.playlist(r)[3][1:] and len(b.playlist(r)[3]) > 3
    ),
    19: _follows(*column(_ARTISTS_OF_PLAYLIST, "My R&B")),
    20: lambda r, b, a: a.tracks == b.tracks[:2] + b.tracks[3:] and len(b.tracks) >= 3,
    21: lambda r, b, a: a.playing == b.queue[0],
    22: lambda r, b, a: bool(b.tracks and b.following) and a.tracks == [] and a.following == [],
    23: lambda r, b, a: a.volume == 20 != b.volume,
    24: lambda r, b, a: a.volume == 80 and a.playing == b.queue[0],
    25: _follows("Jay Chou"),
    26: _made("BIGBANG", 1, "BIGBANG"),
    27: lambda r, b, a: b.playlist(r)[2] and not a.playlist(r)[2] and r == b.playlists[0][0],
    28: lambda r, b, a: a.queue[0] == b.tracks[0] and a.repeat == "track",
    29: lambda r, b, a: b.is_playing and not a.is_playing,
}
