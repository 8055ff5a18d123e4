"""Films, series and people of the catalogue in memory, with what connects them. Read once; nothing here changes."""

from __future__ import annotations

import functools
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from agent.catalogue.store import Catalogue, catalogue
from agent.demo_api.invented import number, popularity


@dataclass(frozen=True)
class Part:
    """Somebody's part in a title: `character` for the cast, "" for directors and creators."""

    person_id: int
    character: str = ""


@dataclass(frozen=True)
class Film:
    id: int
    title: str
    release_date: str
    runtime_min: int
    genres: tuple[str, ...]
    company: str
    collection: str
    rating: float
    directors: tuple[Part, ...]
    cast: tuple[Part, ...]

    @property
    def popularity(self) -> float:
        return popularity("movie", self.id, self.rating)


@dataclass(frozen=True)
class Episode:
    """`title` is "" for an episode of which the catalogue knows the number only."""

    id: int
    series_id: int
    season: int
    number: int
    title: str
    air_date: str
    directors: tuple[Part, ...] = ()
    guests: tuple[Part, ...] = ()


@dataclass(frozen=True)
class Season:
    series_id: int
    number: int
    n_episodes: int
    year: int

    @property
    def id(self) -> int:
        return self.series_id * 100 + self.number


@dataclass(frozen=True)
class Series:
    id: int
    title: str
    first_air_date: str
    last_air_date: str
    networks: tuple[str, ...]
    genres: tuple[str, ...]
    company: str
    rating: float
    creators: tuple[Part, ...]
    cast: tuple[Part, ...]
    seasons: tuple[Season, ...]

    @property
    def popularity(self) -> float:
        return popularity("tv", self.id, self.rating)

    @property
    def is_running(self) -> bool:
        return not self.last_air_date


@dataclass(frozen=True)
class Person:
    id: int
    name: str
    birthday: str | None
    birthplace: str | None

    @property
    def popularity(self) -> float:
        return popularity("person", self.id, number(60, "weight", self.id) / 10)


class Titles:
    """All of it, by id. The ids of companies, networks, genres and collections are hashes of their names."""

    def __init__(self, source: Catalogue) -> None:
        self.source = source
        directors = _parts(source, "film_director", "film_id")
        cast = _parts(source, "film_cast", "film_id")
        self.films = {
            int(row["id"]): Film(
                int(row["id"]),
                row["title"],
                row["release_date"],
                row["runtime_min"],
                tuple(row["genres"]),
                row["company"] or "",
                row["collection"] or "",
                row["demo_rating"],
                directors[row["id"]],
                cast[row["id"]],
            )
            for row in _rows(source, "SELECT * FROM film ORDER BY id")
        }
        self.people = {
            row["id"]: Person(row["id"], row["name"], row["birthday"], row["birthplace"])
            for row in _rows(source, "SELECT * FROM person ORDER BY id")
        }
        self.series = self._series(source)
        self.episodes = self._episodes(source)
        films, series = list(self.films.values()), list(self.series.values())
        self.companies = _by_id("company", {f.company for f in films} | {s.company for s in series})
        self.networks = _by_id("network", {name for s in series for name in s.networks})
        self.collections = _by_id("collection", {f.collection for f in films if f.collection})
        self.film_genres = _by_id("genre", {g for f in films for g in f.genres})
        self.series_genres = _by_id("genre", {g for s in series for g in s.genres})

    def _series(self, source: Catalogue) -> dict[int, Series]:
        creators = _parts(source, "series_creator", "series_id")
        cast = _parts(source, "series_cast", "series_id")
        seasons: dict[int, list[Season]] = defaultdict(list)
        for row in _rows(source, "SELECT * FROM season ORDER BY series_id, number"):
            seasons[row["series_id"]].append(Season(row["series_id"], row["number"], row["n_episodes"], row["year"]))
        return {
            int(row["id"]): Series(
                int(row["id"]),
                row["title"],
                row["first_air_date"],
                row["last_air_date"] or "",
                tuple(row["network"].split(" / ")),
                tuple(row["genres"]),
                row["company"] or "",
                row["demo_rating"],
                creators[row["id"]],
                cast[row["id"]],
                tuple(seasons[row["id"]]),
            )
            for row in _rows(source, "SELECT * FROM series ORDER BY id")
        }

    def _episodes(self, source: Catalogue) -> dict[tuple[int, int, int], Episode]:
        directors = _parts(source, "episode_director", "episode_id")
        guests = _parts(source, "episode_guest", "episode_id")
        found = {
            (series.id, season.number, n): Episode(season.id * 1000 + n, series.id, season.number, n, "", "")
            for series in self.series.values()
            for season in series.seasons
            for n in range(1, season.n_episodes + 1)
        }
        for row in _rows(source, "SELECT * FROM episode"):
            key = (row["series_id"], row["season"], row["number"])
            found[key] = Episode(
                row["id"], *key, row["title"], row["air_date"] or "", directors[row["id"]], guests[row["id"]]
            )
        return found

    def season_episodes(self, series_id: int, season: int) -> list[Episode]:
        """In order; empty where there is no such season."""
        return [e for (s, n, _), e in sorted(self.episodes.items()) if (s, n) == (series_id, season)]

    @functools.cached_property
    def today(self) -> str:
        """The demo's day: the sixth newest film is out, the five after it are still to come."""
        return sorted((f.release_date for f in self.films.values()), reverse=True)[5]

    @functools.cached_property
    def roles_of(self) -> dict[int, list[tuple[str, int]]]:
        """Titles by person, as (`movie` or `tv`, id), the most popular first."""
        found: dict[int, dict[tuple[str, int], float]] = defaultdict(dict)
        for film in self.films.values():
            for part in (*film.directors, *film.cast):
                found[part.person_id]["movie", film.id] = film.popularity
        for series in self.series.values():
            for part in (*series.creators, *series.cast):
                found[part.person_id]["tv", series.id] = series.popularity
        return {person: sorted(t, key=lambda key: -t[key]) for person, t in found.items()}


def id_of(kind: str, name: str) -> int:
    """The id of a company, network, collection or genre."""
    return 10 + number(90_000, kind, name.casefold())


def _by_id(kind: str, names: set[str]) -> dict[int, str]:
    return {id_of(kind, name): name for name in sorted(names) if name}


def _rows(source: Catalogue, query: str) -> list[dict[str, Any]]:
    return source.rows(query)


def _parts(source: Catalogue, table: str, owner: str) -> defaultdict[int, tuple[Part, ...]]:
    character = ", character" if not table.endswith(("director", "creator")) else ", '' AS character"
    found: dict[int, list[Part]] = defaultdict(list)
    for row in _rows(source, f"SELECT {owner} AS owner, person_id{character} FROM {table} ORDER BY {owner}, position"):
        found[row["owner"]].append(Part(row["person_id"], row["character"]))
    return defaultdict(tuple, {owner_id: tuple(parts) for owner_id, parts in found.items()})


@functools.cache
def titles() -> Titles:
    """The bundled catalogue's, read once per process."""
    return Titles(catalogue())
