"""From checked rows to the tables of the catalogue: names become ids, and what names nothing stops the build."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from agent.catalogue.identity import assign_ids, demo_plays, demo_rating
from agent.catalogue.source import Row, read

_ALBUM_KINDS = ("studio", "compilation", "live", "ep", "single")


@dataclass
class Tables:
    """The rows of the catalogue by table, in the column order of ``schema.sql``."""

    rows: dict[str, list[tuple[object, ...]]] = field(default_factory=dict)

    def add(self, table: str, *values: object) -> None:
        self.rows.setdefault(table, []).append(values)


class Linking:
    """Reads and links all sources. Raises SourceError at the first mistake."""

    def __init__(self, folder: Path) -> None:
        self.tables = Tables()
        self.films = read(folder, "films", ("title", "release_date"))
        self.directors = read(folder, "directors", ("name",))
        self.people = read(folder, "people", ("name",))
        self.series = read(folder, "series", ("title",))
        self.seasons = read(folder, "seasons", ("series", "season"))
        self.episodes = read(folder, "episodes", ("series", "season", "episode"))
        self.artists = read(folder, "artists", ("name",))
        self.albums = read(folder, "albums", ("artist", "title"))
        self.tracks = read(folder, "tracks", ("artist", "album", "number"))
        self.playlists = read(folder, "playlists", ("name",))
        self.person_ids = assign_ids("person", ((name,) for name in self._names()))

    def _names(self) -> set[str]:
        """Everybody who is named anywhere."""
        names = {row.text("name") for row in self.people}
        for row in self.films:
            names.update(row.listed("directors", ";", least=1))
            names.update(person for person, _ in row.roles("cast", 2, 8))
        for row in self.series:
            names.update(row.listed("creators", ";"))
            names.update(person for person, _ in row.roles("cast", 1, 20))
        for row in self.episodes:
            names.update(row.listed("directors", ";"))
            names.update(person for person, _ in row.roles("guest_stars", 0, 20, named=False))
        return names

    def run(self) -> Tables:
        self._people()
        self._films()
        self._series()
        self._music()
        return self.tables

    def _link(self, table: str, owner: int, people: Sequence[str]) -> None:
        for position, person in enumerate(people, start=1):
            self.tables.add(table, owner, position, self.person_ids[person,])

    def _cast(self, table: str, owner: int, roles: Sequence[tuple[str, str]]) -> None:
        for position, (person, character) in enumerate(roles, start=1):
            self.tables.add(table, owner, position, self.person_ids[person,], character)

    def _people(self) -> None:
        facts = {row.text("name"): row for row in self.people}
        directing = {name for row in self.films for name in row.listed("directors", ";", least=1)}
        complete: dict[str, str] = {}
        for row in self.directors:
            if row.text("name") not in directing:
                raise row.error(f"{row.text('name')} directs nothing in films.tsv")
            complete[row.text("name")] = row.date("complete_to")
        for (name,), identifier in self.person_ids.items():
            fact = facts.get(name)
            birthday, birthplace = (
                (fact.optional_date("birthday"), fact.optional("birthplace")) if fact else (None, None)
            )
            self.tables.add("person", identifier, name, birthday, birthplace, complete.get(name))

    def _films(self) -> None:
        ids = assign_ids("film", ((row.text("title"), row.text("release_date")) for row in self.films))
        for row in self.films:
            title, released = row.text("title"), row.date("release_date")
            identifier = ids[title, released]
            genres = ", ".join(row.listed("genres", ",", least=1))
            company, collection = row.optional("company"), row.optional("collection")
            rating = demo_rating("film", title, released)
            runtime_min = row.number("runtime_min", 40, 500)
            self.tables.add("film", identifier, title, released, runtime_min, genres, company, collection, rating)
            self._link("film_director", identifier, row.listed("directors", ";", least=1))
            self._cast("film_cast", identifier, row.roles("cast", 2, 8))

    def _series(self) -> None:
        ids = assign_ids("series", ((row.text("title"),) for row in self.series))
        for row in self.series:
            title, first, last = (row.text("title"), row.date("first_air_date"), row.optional_date("last_air_date"))
            if last and last < first:
                raise row.error(f"last_air_date {last} is before first_air_date {first}")
            genres = ", ".join(row.listed("genres", ",", least=1))
            rating = demo_rating("series", title)
            company = row.optional("company")
            self.tables.add("series", ids[title,], title, first, last, row.text("network"), genres, company, rating)
            self._link("series_creator", ids[title,], row.listed("creators", ";"))
            self._cast("series_cast", ids[title,], row.roles("cast", 1, 20))
        n_episodes: dict[tuple[str, int], int] = {}
        for row in self.seasons:
            owner, number = _owner(row, "series", ids), row.number("season", 1, 100)
            n_episodes[row.text("series"), number] = row.number("n_episodes", 1, 400)
            self.tables.add("season", owner, number, row.number("n_episodes", 1, 400), row.number("year", 1930, 2100))
        for row in self.series:
            if not any(name == row.text("title") for name, _ in n_episodes):
                raise row.error(f"{row.text('title')} has no season in seasons.tsv")
        self._episodes(ids, n_episodes)

    def _episodes(self, ids: dict[tuple[str, ...], int], n_episodes: dict[tuple[str, int], int]) -> None:
        episode_ids = assign_ids(
            "episode", ((r.text("series"), r.text("season"), r.text("episode")) for r in self.episodes)
        )
        for row in self.episodes:
            owner, season = _owner(row, "series", ids), row.number("season", 1, 100)
            number = row.number("episode", 1, n_episodes.get((row.text("series"), season), 0))
            identifier = episode_ids[row.text("series"), row.text("season"), row.text("episode")]
            title, air_date = row.text("title"), row.optional_date("air_date")
            self.tables.add("episode", identifier, owner, season, number, title, air_date)
            self._link("episode_director", identifier, row.listed("directors", ";"))
            self._cast("episode_guest", identifier, row.roles("guest_stars", 0, 20, named=False))

    def _music(self) -> None:
        artists = assign_ids("artist", ((row.text("name"),) for row in self.artists))
        for row in self.artists:
            name, country, formed = (row.text("name"), row.text("country"), row.number("formed_year", 1900, 2100))
            genres = ", ".join(row.listed("genres", ",", least=1))
            self.tables.add("artist", artists[name,], name, country, formed, genres, row.optional_date("complete_to"))
        albums = assign_ids("album", ((row.text("artist"), row.text("title")) for row in self.albums))
        for row in self.albums:
            artist, title, kind = (row.text("artist"), row.text("title"), row.text("kind"))
            if kind not in _ALBUM_KINDS:
                raise row.error(f"kind is none of {', '.join(_ALBUM_KINDS)}: {kind!r}")
            owner = _owner(row, "artist", artists)
            self.tables.add("album", albums[artist, title], owner, title, row.date("release_date"), kind)
        self._tracks(albums)

    def _tracks(self, albums: dict[tuple[str, ...], int]) -> None:
        keys = {
            row.line: (row.text("artist"), row.text("album"), row.text("number"), row.text("title"))
            for row in self.tracks
        }
        ids = assign_ids("track", keys.values())
        numbers: dict[tuple[str, ...], int] = {}
        of_title: dict[tuple[str, ...], int] = {}
        for row in self.tracks:
            artist, album, _, title = key = keys[row.line]
            if (artist, album) not in albums:
                raise row.error(f"no album {album!r} by {artist!r} in albums.tsv")
            number = row.number("number", 1, 200)
            if number != numbers.get((artist, album), 0) + 1:
                raise row.error(f"track {number} follows track {numbers.get((artist, album), 0)} of {album!r}")
            numbers[artist, album] = number
            of_title.setdefault((artist, title), ids[key])
            duration_s = row.number("duration_s", 1, 7_200)
            self.tables.add(
                "track", ids[key], albums[artist, album], number, title, duration_s, demo_plays(artist, title)
            )
        self._playlists(of_title)

    def _playlists(self, of_title: dict[tuple[str, ...], int]) -> None:
        for position, row in enumerate(self.playlists, start=1):
            self.tables.add("seed_playlist", position, row.text("name"))
            for place, entry in enumerate(row.listed("tracks", ";"), start=1):
                artist, dash, title = entry.partition(" - ")
                if not dash or (artist, title) not in of_title:
                    raise row.error(f"no track {title!r} by {artist!r} in tracks.tsv")
                self.tables.add("seed_track", position, place, of_title[artist, title])


def _owner(row: Row, table: str, ids: dict[tuple[str, ...], int]) -> int:
    name = row.text(table)
    if (name,) not in ids:
        raise row.error(f"no {table} {name!r}")
    return ids[name,]
