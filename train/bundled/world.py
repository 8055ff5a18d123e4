"""A small invented world that reference programs run against: the bundled tools' semantics over random records.

Who calls it: the generator runs every program here, so that no reference is wrong by construction, and evaluation
compares results and side effects.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from random import Random
from typing import Any

from train.bundled import names

Json = dict[str, Any]
GENRES = tuple(
    "Action,Adventure,Animation,Comedy,Crime,Drama,Family,Fantasy,History,Horror,Music,Mystery,Romance,Science Fiction,"
    "Thriller,War,Western".split(",")
)
NETWORKS = ("HBO", "Netflix", "BBC One", "NBC", "AMC", "FX", "ABC", "Channel 4", "Fox", "CBS")
COUNTRIES = ("United Kingdom", "United States", "Sweden", "Iceland", "France", "Japan", "Canada", "Brazil", "Germany")
MUSIC = ("rock", "pop", "soul", "jazz", "folk", "electronic", "hip hop", "indie rock", "trip hop", "funk")


def _date(rng: Random, year: int) -> str:
    return f"{year}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"


def _find(rows: list[Json], field: str, text: str) -> list[Json]:
    wanted = text.casefold()
    exact = [row for row in rows if row[field].casefold() == wanted]
    return exact + [row for row in rows if row not in exact and wanted and wanted in row[field].casefold()]


class World:
    """Records and their relations; `namespace()` gives the tools, `playlists_state()` what a program may change."""

    def __init__(self, rng: Random) -> None:
        self.people = [self._person(rng, i) for i in range(1, 29)]
        self.films = [self._film(rng, i) for i in range(1, 35)]
        self.directors = {
            f["id"]: self._some(rng, self.people[:9], 1 if rng.random() < 0.85 else 2) for f in self.films
        }
        self.cast = {f["id"]: self._roles(rng, self.people[5:]) for f in self.films}
        self.series = [self._series(rng, i) for i in range(1, 9)]
        self.series_cast = {s["id"]: self._roles(rng, self.people[5:]) for s in self.series}
        self.seasons = {s["id"]: self._seasons(rng, s) for s in self.series}
        self.artists = [self._artist(rng, i) for i in range(1, 10)]
        self.albums: list[Json] = []
        self.tracks: list[Json] = []
        for artist in self.artists:
            self._discography(rng, artist)
        self.playlists: list[Json] = []
        self.playlist_tracks: dict[int, list[int]] = {}
        for i, name in enumerate(self._distinct(rng, names.playlist, 5), 1):
            tracks = [t["id"] for t in self._some(rng, self.tracks, rng.randint(2, 6))]
            self.playlists.append({"id": i, "name": name, "n_tracks": len(tracks)})
            self.playlist_tracks[i] = tracks

    @staticmethod
    def _distinct(rng: Random, make: Callable[[Random], str], n: int) -> list[str]:
        found: dict[str, None] = {}
        while len(found) < n:
            found[make(rng)] = None
        return list(found)

    @staticmethod
    def _some(rng: Random, rows: list[Json], n: int) -> list[Json]:
        return rng.sample(rows, n)

    def _person(self, rng: Random, i: int) -> Json:
        return {
            "id": i, "name": names.person(rng), "birthday": _date(rng, rng.randint(1930, 1999)),
            "birthplace": names.place(rng),
        }  # fmt: skip

    def _film(self, rng: Random, i: int) -> Json:
        year = rng.randint(1968, 2023)
        return {
            "id": i, "title": names.title(rng), "year": year, "release_date": _date(rng, year),
            "runtime_min": rng.randint(78, 195), "genres": rng.sample(GENRES, rng.randint(1, 3)),
            "demo_rating": rng.randint(10, 99) / 10,
        }  # fmt: skip

    def _roles(self, rng: Random, people: list[Json]) -> list[Json]:
        return [
            {"person_id": p["id"], "name": p["name"], "character": names.person(rng)}
            for p in rng.sample(people, rng.randint(4, 7))
        ]

    def _series(self, rng: Random, i: int) -> Json:
        first = rng.randint(1975, 2018)
        n = rng.randint(1, 6)
        return {
            "id": i, "title": names.title(rng), "first_year": first,
            "last_year": None if rng.random() < 0.3 else first + n,
            "n_seasons": n, "n_episodes": 0, "network": rng.choice(NETWORKS),
            "genres": rng.sample(GENRES, rng.randint(1, 3)), "demo_rating": rng.randint(10, 99) / 10,
        }  # fmt: skip

    @staticmethod
    def _seasons(rng: Random, series: Json) -> list[Json]:
        rows = [
            {"number": i + 1, "year": series["first_year"] + i, "n_episodes": rng.randint(6, 24)}
            for i in range(series["n_seasons"])
        ]
        series["n_episodes"] = sum(row["n_episodes"] for row in rows)
        return rows

    def _artist(self, rng: Random, i: int) -> Json:
        return {
            "id": i, "name": names.band(rng), "country": rng.choice(COUNTRIES), "formed_year": rng.randint(1960, 2010),
            "genres": rng.sample(MUSIC, rng.randint(1, 2)),
        }  # fmt: skip

    def _discography(self, rng: Random, artist: Json) -> None:
        year = artist["formed_year"]
        for _ in range(rng.randint(2, 5)):
            year += rng.randint(1, 5)
            album = {"id": len(self.albums) + 1, "title": names.title(rng), "artist": artist["name"], "year": year}
            self.albums.append(album)
            for number in range(1, rng.randint(6, 11)):
                self.tracks.append({
                    "id": len(self.tracks) + 1, "title": names.title(rng), "artist": artist["name"],
                    "album": album["title"], "number": number, "duration_s": rng.randint(95, 480),
                    "demo_plays": rng.randint(1000, 999999),
                })  # fmt: skip

    def _films_of(self, relation: dict[int, list[Json]], key: str, person_id: int) -> list[Json]:
        rows = [f for f in self.films if any(p[key] == person_id for p in relation[f["id"]])]
        return sorted(rows, key=lambda f: str(f["release_date"]))

    def _album_tracks(self, album_id: int) -> list[Json]:
        album = self._by_id(self.albums, album_id, "album")
        return [t for t in self.tracks if (t["album"], t["artist"]) == (album["title"], album["artist"])]

    def track(self, track_id: int) -> Json:
        """The track with this id."""
        return self._by_id(self.tracks, track_id, "track")

    def _artist_albums(self, artist_id: int) -> list[Json]:
        name = self._by_id(self.artists, artist_id, "artist")["name"]
        return [a for a in self.albums if a["artist"] == name]

    @staticmethod
    def _by_id(rows: list[Json], row_id: int, kind: str) -> Json:
        for row in rows:
            if row["id"] == row_id:
                return row
        raise LookupError(f"no {kind} with id {row_id}")

    def _playlist(self, playlist_id: int) -> Json:
        row = self._by_id(self.playlists, playlist_id, "playlist")
        row["n_tracks"] = len(self.playlist_tracks[playlist_id])
        return row

    def _create(self, name: str) -> Json:
        if any(p["name"].casefold() == name.casefold() for p in self.playlists):
            raise ValueError(f"there is already a playlist called {name!r}")
        self.playlists.append({"id": len(self.playlists) + 1, "name": name, "n_tracks": 0})
        self.playlist_tracks[len(self.playlists)] = []
        return self.playlists[-1]

    def _add(self, playlist_id: int, track_id: int) -> Json:
        self._by_id(self.tracks, track_id, "track")
        if track_id not in self.playlist_tracks.get(playlist_id, []):
            self.playlist_tracks.setdefault(playlist_id, []).append(track_id)
        return self._playlist(playlist_id)

    def _remove(self, playlist_id: int, track_id: int) -> Json:
        playlist = self._playlist(playlist_id)
        if track_id not in self.playlist_tracks[playlist_id]:
            raise LookupError(f"track {track_id} is not in the playlist")
        self.playlist_tracks[playlist_id].remove(track_id)
        return self._playlist(playlist["id"])

    def namespace(self) -> dict[str, Callable[..., Any]]:
        """The nineteen tools by name, over this world."""
        c = copy.deepcopy
        return {
            "search_films": lambda title: c(_find(self.films, "title", title)),
            "search_people": lambda name: c(_find(self.people, "name", name)),
            "search_series": lambda title: c(_find(self.series, "title", title)),
            "search_artists": lambda name: c(_find(self.artists, "name", name)),
            "search_albums": lambda title: c(_find(self.albums, "title", title)),
            "search_tracks": lambda title: c(_find(self.tracks, "title", title)),
            "film_directors": lambda film_id: c(self.directors[self._by_id(self.films, film_id, "film")["id"]]),
            "film_cast": lambda film_id: c(self.cast[self._by_id(self.films, film_id, "film")["id"]]),
            "films_directed_by": lambda person_id: c(self._films_of(self.directors, "id", person_id)),
            "films_with_actor": lambda person_id: c(self._films_of(self.cast, "person_id", person_id)),
            "series_cast": lambda series_id: c(self.series_cast[self._by_id(self.series, series_id, "series")["id"]]),
            "series_seasons": lambda series_id: c(self.seasons[self._by_id(self.series, series_id, "series")["id"]]),
            "artist_albums": lambda artist_id: c(self._artist_albums(artist_id)),
            "album_tracks": lambda album_id: c(self._album_tracks(album_id)),
            "list_playlists": lambda: [c(self._playlist(p["id"])) for p in self.playlists],
            "playlist_tracks": lambda playlist_id: [
                c(self._by_id(self.tracks, t, "track")) for t in self.playlist_tracks[self._playlist(playlist_id)["id"]]
            ],
            "create_playlist": lambda name: c(self._create(name)),
            "add_to_playlist": lambda playlist_id, track_id: c(self._add(playlist_id, track_id)),
            "remove_from_playlist": lambda playlist_id, track_id: c(self._remove(playlist_id, track_id)),
        }

    def playlists_state(self) -> tuple[list[Json], dict[int, list[int]]]:
        """A copy of everything that a program can change."""
        return copy.deepcopy(self.playlists), copy.deepcopy(self.playlist_tracks)

    def restore(self, state: tuple[list[Json], dict[int, list[int]]]) -> None:
        """Undo what a program changed."""
        self.playlists, self.playlist_tracks = copy.deepcopy(state[0]), copy.deepcopy(state[1])
