"""Artists, albums and tracks of the catalogue in memory, with Spotify's ids. Read once; nothing here changes."""

from __future__ import annotations

import functools
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from agent.catalogue.store import Catalogue, catalogue
from agent.demo_api.invented import base62_id, number


@dataclass(frozen=True)
class Artist:
    id: str
    number: int
    name: str
    genres: tuple[str, ...]
    formed_year: int

    @property
    def popularity(self) -> int:
        return 40 + number(60, "artist", self.number)


@dataclass(frozen=True)
class Album:
    """`kind`: studio, live, compilation, ep or single."""

    id: str
    number: int
    artist: Artist
    title: str
    release_date: str
    kind: str


@dataclass(frozen=True)
class Track:
    id: str
    number: int
    album: Album
    position: int
    title: str
    duration_s: int
    plays: int

    @property
    def uri(self) -> str:
        return f"spotify:track:{self.id}"


class Music:
    """All of it, by Spotify's ids."""

    def __init__(self, source: Catalogue) -> None:
        self.source = source
        self.artists: dict[str, Artist] = {}
        self.albums: dict[str, Album] = {}
        self.tracks: dict[str, Track] = {}
        self.albums_of: dict[str, list[Album]] = defaultdict(list)
        self.tracks_of: dict[str, list[Track]] = defaultdict(list)
        self._by_number: dict[tuple[str, int], Any] = {}
        for row in _rows(source, "SELECT * FROM artist ORDER BY id"):
            artist = Artist(
                base62_id("artist", row["id"]), row["id"], row["name"], tuple(row["genres"]), row["formed_year"]
            )
            self.artists[artist.id] = self._by_number["artist", artist.number] = artist
        for row in _rows(source, "SELECT * FROM album ORDER BY release_date, id"):
            artist = self._by_number["artist", row["artist_id"]]
            album = Album(
                base62_id("album", row["id"]), row["id"], artist, row["title"], row["release_date"], row["kind"]
            )
            self.albums[album.id] = self._by_number["album", album.number] = album
            self.albums_of[artist.id].append(album)
        for row in _rows(source, "SELECT * FROM track ORDER BY album_id, number"):
            album = self._by_number["album", row["album_id"]]
            track = Track(
                base62_id("track", row["id"]),
                row["id"],
                album,
                row["number"],
                row["title"],
                row["duration_s"],
                row["demo_plays"],
            )
            self.tracks[track.id] = self._by_number["track", track.number] = track
            self.tracks_of[album.id].append(track)

    def artist_numbered(self, identifier: int) -> Artist:
        """By the catalogue's id."""
        found: Artist = self._by_number["artist", identifier]
        return found

    def album_numbered(self, identifier: int) -> Album:
        """By the catalogue's id."""
        found: Album = self._by_number["album", identifier]
        return found

    def track_numbered(self, identifier: int) -> Track:
        """By the catalogue's id."""
        found: Track = self._by_number["track", identifier]
        return found

    def by_artist(self, artist: Artist) -> list[Track]:
        """The tracks of all albums of an artist, the most played first."""
        found = [track for album in self.albums_of[artist.id] for track in self.tracks_of[album.id]]
        return sorted(found, key=lambda t: (-t.plays, t.number))

    def with_genre(self, genre: str) -> list[Track]:
        """Tracks of artists of a genre, the most played first."""
        wanted = genre.casefold()
        found = [t for t in self.tracks.values() if wanted in (g.casefold() for g in t.album.artist.genres)]
        return sorted(found, key=lambda t: (-t.plays, t.number))

    def related(self, artist: Artist) -> list[Artist]:
        """Up to twenty artists that share genres with it, the nearest first."""
        scored = [
            (len(set(artist.genres) & set(other.genres)), -abs(artist.formed_year - other.formed_year), other)
            for other in self.artists.values()
            if other.id != artist.id
        ]
        scored.sort(key=lambda s: (-s[0], -s[1], s[2].number))
        return [other for shared, _, other in scored if shared][:20]


def _rows(source: Catalogue, query: str) -> list[dict[str, Any]]:
    return source.rows(query)


@functools.cache
def music() -> Music:
    """The bundled catalogue's, read once per process."""
    return Music(catalogue())
