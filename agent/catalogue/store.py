"""Reading the catalogue's SQLite file; nothing here writes it.

The tools in ``tools.py`` are thin: they name what is asked, this class answers. One process has one open
catalogue, shared by its threads.
"""

import functools
import sqlite3
import threading
from pathlib import Path
from typing import cast
from urllib.parse import quote

from agent.catalogue.ranking import Entry, rank
from agent.catalogue.records import Album, Artist, Film, Person, Role, Season, Series, Track

CATALOGUE_FILE = Path(__file__).with_name("catalogue.sqlite")
MAX_RESULTS = 20

_FILM = """SELECT film.id, title, CAST(substr(release_date, 1, 4) AS INTEGER) AS year, release_date, runtime_min,
    genres, demo_rating FROM film"""
_PERSON = "SELECT person.id, name, birthday, birthplace FROM person"
_SERIES = """SELECT series.id, title, CAST(substr(first_air_date, 1, 4) AS INTEGER) AS first_year,
    CAST(substr(last_air_date, 1, 4) AS INTEGER) AS last_year,
    (SELECT count(*) FROM season WHERE series_id = series.id) AS n_seasons,
    (SELECT coalesce(sum(n_episodes), 0) FROM season WHERE series_id = series.id) AS n_episodes,
    network, genres, demo_rating FROM series"""
_ARTIST = "SELECT artist.id, name, country, formed_year, genres FROM artist"
_ALBUM = """SELECT album.id, title, artist.name AS artist, CAST(substr(release_date, 1, 4) AS INTEGER) AS year
    FROM album JOIN artist ON artist.id = artist_id"""
_TRACK = """SELECT track.id, track.title, artist.name AS artist, album.title AS album, number, duration_s, demo_plays
    FROM track JOIN album ON album.id = album_id JOIN artist ON artist.id = artist_id"""

# Of each kind: id, name, year, then what breaks ties between equally good matches.
_NAMES = {
    "film": "SELECT id, title, CAST(substr(release_date, 1, 4) AS INTEGER), release_date, id FROM film",
    "person": """SELECT id, name, CAST(substr(birthday, 1, 4) AS INTEGER),
        -(SELECT count(*) FROM film_director WHERE person_id = person.id)
        -(SELECT count(*) FROM film_cast WHERE person_id = person.id)
        -(SELECT count(*) FROM series_cast WHERE person_id = person.id), name FROM person""",
    "series": "SELECT id, title, CAST(substr(first_air_date, 1, 4) AS INTEGER), first_air_date, id FROM series",
    "artist": """SELECT id, name, formed_year,
        -(SELECT count(*) FROM album WHERE artist_id = artist.id), name FROM artist""",
    "album": """SELECT id, title, CAST(substr(release_date, 1, 4) AS INTEGER), kind <> 'studio', release_date
        FROM album""",
    "track": """SELECT track.id, track.title, CAST(substr(release_date, 1, 4) AS INTEGER), kind <> 'studio',
        release_date FROM track JOIN album ON album.id = album_id""",
}


class Catalogue:
    """A catalogue file, opened read-only.

    Raises:
        LookupError: from every method that takes an id which does not exist, with a message that names it.
        FileNotFoundError: from the constructor where there is no such file.
    """

    def __init__(self, path: Path = CATALOGUE_FILE) -> None:
        if not path.is_file():
            raise FileNotFoundError(f"no catalogue at {path}; run: python -m agent.catalogue.build")
        # immutable: the file ships with the package and may lie in a folder where no lock file can be made.
        uri = f"file:{quote(str(path.resolve()))}?mode=ro&immutable=1"
        self._connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        self._lock = threading.Lock()
        self._names: dict[str, list[Entry]] = {}

    def close(self) -> None:
        self._connection.close()

    def rows(self, query: str, *values: object) -> list[dict[str, object]]:
        """The rows of a query as dicts, with ``genres`` as a list."""
        with self._lock:
            found = self._connection.execute(query, values).fetchall()
        return [{key: _plain(key, row[key]) for key in row.keys()} for row in found]  # noqa: SIM118 - Row is no dict

    def _search(self, kind: str, query: str, select: str) -> list[dict[str, object]]:
        if kind not in self._names:
            with self._lock:
                listed = self._connection.execute(_NAMES[kind]).fetchall()
            self._names[kind] = [Entry(row[0], row[1], row[2], (row[3], row[4], row[0])) for row in listed]
        ids = rank(query, self._names[kind], MAX_RESULTS)
        marks = ", ".join("?" * len(ids))
        by_id = {row["id"]: row for row in self.rows(f"{select} WHERE {kind}.id IN ({marks})", *ids)}
        return [by_id[identifier] for identifier in ids]

    def name_of(self, kind: str, identifier: int) -> str:
        """The title or name of a film, person, series, artist, album or track. Raises LookupError."""
        column = "name" if kind in {"person", "artist"} else "title"
        found = self.rows(f"SELECT {column} AS name FROM {kind} WHERE id = ?", identifier)
        if not found:
            raise LookupError(f"no {kind} with id {identifier!r} in the demo catalogue")
        return str(found[0]["name"])

    def search_films(self, title: str) -> list[Film]:
        return cast("list[Film]", self._search("film", title, _FILM))

    def search_people(self, name: str) -> list[Person]:
        return cast("list[Person]", self._search("person", name, _PERSON))

    def search_series(self, title: str) -> list[Series]:
        return cast("list[Series]", self._search("series", title, _SERIES))

    def search_artists(self, name: str) -> list[Artist]:
        return cast("list[Artist]", self._search("artist", name, _ARTIST))

    def search_albums(self, title: str) -> list[Album]:
        return cast("list[Album]", self._search("album", title, _ALBUM))

    def search_tracks(self, title: str) -> list[Track]:
        return cast("list[Track]", self._search("track", title, _TRACK))

    def film_directors(self, film_id: int) -> list[Person]:
        self.name_of("film", film_id)
        query = f"{_PERSON} JOIN film_director ON person_id = person.id WHERE film_id = ? ORDER BY position"
        return cast("list[Person]", self.rows(query, film_id))

    def film_cast(self, film_id: int) -> list[Role]:
        self.name_of("film", film_id)
        query = """SELECT person_id, name, character FROM film_cast JOIN person ON person_id = person.id
            WHERE film_id = ? ORDER BY position"""
        return cast("list[Role]", self.rows(query, film_id))

    def films_directed_by(self, person_id: int) -> list[Film]:
        self.name_of("person", person_id)
        query = f"{_FILM} JOIN film_director ON film_id = film.id WHERE person_id = ? ORDER BY release_date, title"
        return cast("list[Film]", self.rows(query, person_id))

    def films_with_actor(self, person_id: int) -> list[Film]:
        self.name_of("person", person_id)
        query = f"""{_FILM} WHERE id IN (SELECT film_id FROM film_cast WHERE person_id = ?)
            ORDER BY release_date, title"""
        return cast("list[Film]", self.rows(query, person_id))

    def series_cast(self, series_id: int) -> list[Role]:
        self.name_of("series", series_id)
        query = """SELECT person_id, name, character FROM series_cast JOIN person ON person_id = person.id
            WHERE series_id = ? ORDER BY position"""
        return cast("list[Role]", self.rows(query, series_id))

    def series_seasons(self, series_id: int) -> list[Season]:
        self.name_of("series", series_id)
        query = "SELECT number, year, n_episodes FROM season WHERE series_id = ? ORDER BY number"
        return cast("list[Season]", self.rows(query, series_id))

    def artist_albums(self, artist_id: int) -> list[Album]:
        self.name_of("artist", artist_id)
        query = f"{_ALBUM} WHERE artist_id = ? AND kind = 'studio' ORDER BY release_date, title"
        return cast("list[Album]", self.rows(query, artist_id))

    def album_tracks(self, album_id: int) -> list[Track]:
        title = self.name_of("album", album_id)
        found = self.rows(f"{_TRACK} WHERE album_id = ? ORDER BY number", album_id)
        if not found:
            raise LookupError(f"the demo catalogue has no track list of the album {title!r} (id {album_id})")
        return cast("list[Track]", found)

    def tracks(self, track_ids: list[int]) -> list[Track]:
        """The tracks with these ids, in this order; ids that the catalogue does not know are left out."""
        by_id = {track: self.rows(f"{_TRACK} WHERE track.id = ?", track) for track in set(track_ids)}
        return cast("list[Track]", [by_id[track][0] for track in track_ids if by_id[track]])


def _plain(key: str, value: object) -> object:
    if key == "genres":
        return [genre for genre in str(value).split(", ") if genre]
    return value


@functools.cache
def catalogue() -> Catalogue:
    """The catalogue that ships with the package, opened once per process."""
    return Catalogue()
