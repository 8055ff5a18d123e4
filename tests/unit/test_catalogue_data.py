"""The catalogue that ships: how much it has, that it hangs together, and facts that are known."""

import datetime
import json
import os
import sqlite3
from pathlib import Path

import pytest

from agent.catalogue import tools
from agent.catalogue.build import build
from agent.catalogue.store import CATALOGUE_FILE, catalogue

_REPOSITORY = Path(__file__).resolve().parents[2]
_ENTITIES = Path(os.environ.get("TOOLCODER_SHARED", _REPOSITORY.parent / "shared")) / "data/restbench/entities.json"


def _one(query: str, *values: object) -> object:
    return next(iter(catalogue().rows(query, *values)[0].values()))


@pytest.mark.parametrize(
    ("query", "least"),
    [
        ("SELECT count(*) FROM film", 330),
        ("SELECT count(*) FROM series", 30),
        ("SELECT count(*) FROM person", 500),
        ("SELECT count(*) FROM person WHERE birthday IS NOT NULL", 250),
        ("SELECT count(*) FROM person WHERE directed_complete_to IS NOT NULL", 28),
        ("SELECT count(DISTINCT artist_id) FROM album JOIN track ON album.id = album_id", 40),
        ("SELECT count(*) FROM artist WHERE albums_complete_to IS NOT NULL", 15),
    ],
)
def test_there_is_enough(query: str, least: int) -> None:
    counted = _one(query)
    assert isinstance(counted, int)
    assert counted >= least


@pytest.mark.skipif(not _ENTITIES.exists(), reason="the list of RestBench's entities is not beside this repository")
def test_it_knows_the_entities_of_restbench() -> None:
    entities = json.loads(_ENTITIES.read_text(encoding="utf-8"))
    missing = [
        *(t for t in entities["films"] if not _known("film", "title", t)),
        *(t for t in entities["tv"] if not _known("series", "title", t)),
        *(n for n in entities["people"] if not _known("person", "name", n)),
        *(n for n in entities["artists"] if not _known("artist", "name", n)),
        *(t for t in entities["albums"] if not _known("album", "title", t)),
        *(t for t in entities["tracks"] if not _known("track", "title", t)),
        *(t for t in entities["collections"] if not _known("film", "collection", t)),
        *(c for c in entities["companies"] if not _one("SELECT count(*) FROM film WHERE company LIKE ?", f"{c}%")),
    ]
    assert missing == []


def _known(table: str, column: str, name: str) -> bool:
    return bool(catalogue().rows(f"SELECT id FROM {table} WHERE {column} = ?", name))


@pytest.mark.parametrize(
    ("collection", "n_films"),
    [
        ("Star Wars", 9),
        ("Harry Potter", 8),
        ("The Hunger Games", 5),
        ("The Hobbit", 3),
        ("The Fast and the Furious", 10),
        ("The Lord of the Rings", 3),
    ],
)
def test_collections_are_whole(collection: str, n_films: int) -> None:
    assert _one("SELECT count(*) FROM film WHERE collection = ?", collection) == n_films


def test_nothing_dangles() -> None:
    with sqlite3.connect(f"file:{CATALOGUE_FILE}?mode=ro&immutable=1", uri=True) as connection:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()


def test_everybody_is_credited() -> None:
    credited = " UNION ".join(
        f"SELECT person_id FROM {table}"
        for table in (
            "film_director",
            "film_cast",
            "series_creator",
            "series_cast",
            "episode_director",
            "episode_guest",
        )
    )
    assert catalogue().rows(f"SELECT name FROM person WHERE id NOT IN ({credited})") == []


def test_nobody_works_before_the_age_of_two_or_after_a_hundred() -> None:
    """A misplaced digit in a birthday or a release date shows here."""
    found = catalogue().rows(
        """SELECT name, title, birthday, release_date FROM person
           JOIN (SELECT person_id, film_id FROM film_director UNION SELECT person_id, film_id FROM film_cast)
             ON person_id = person.id
           JOIN film ON film.id = film_id
           WHERE birthday IS NOT NULL
             AND substr(release_date, 1, 4) - substr(birthday, 1, 4) NOT BETWEEN 2 AND 100"""
    )
    assert found == []


def test_dates_are_dates_and_ratings_are_in_range() -> None:
    for row in catalogue().rows("SELECT release_date, demo_rating FROM film"):
        assert datetime.date.fromisoformat(str(row["release_date"])) <= datetime.date(2024, 12, 31)
        assert isinstance(row["demo_rating"], float)
        assert 1.0 <= row["demo_rating"] <= 9.9


def test_no_film_of_a_complete_director_is_later_than_the_stated_date() -> None:
    late = catalogue().rows(
        """SELECT name, title FROM person JOIN film_director ON person_id = person.id JOIN film ON film.id = film_id
           WHERE release_date > directed_complete_to"""
    )
    assert late == []


@pytest.mark.parametrize(
    ("director", "n_films", "first", "last"),
    [
        ("Sofia Coppola", 8, "The Virgin Suicides", "Priscilla"),
        ("Christopher Nolan", 12, "Following", "Oppenheimer"),
        ("Quentin Tarantino", 10, "Reservoir Dogs", "Once Upon a Time in Hollywood"),
        ("Akira Kurosawa", 30, "Sanshiro Sugata", "Madadayo"),
        ("Stanley Kubrick", 13, "Fear and Desire", "Eyes Wide Shut"),
        ("Hayao Miyazaki", 12, "The Castle of Cagliostro", "The Boy and the Heron"),
        ("Clint Eastwood", 40, "Play Misty for Me", "Juror #2"),
        ("Andrei Tarkovsky", 7, "Ivan's Childhood", "The Sacrifice"),
        ("Martin Scorsese", 26, "Who's That Knocking at My Door", "Killers of the Flower Moon"),
        ("David Lynch", 10, "Eraserhead", "Inland Empire"),
    ],
)
def test_known_filmographies(director: str, n_films: int, first: str, last: str) -> None:
    films = tools.films_directed_by(tools.search_people(director)[0]["id"])
    assert [len(films), films[0]["title"], films[-1]["title"]] == [n_films, first, last]


def test_known_facts() -> None:
    titanic = tools.search_films("Titanic")[0]
    assert (titanic["release_date"], titanic["year"], titanic["runtime_min"]) == ("1997-12-19", 1997, 194)
    assert [d["name"] for d in tools.film_directors(titanic["id"])] == ["James Cameron"]
    assert tools.film_cast(titanic["id"])[0] | {"person_id": 0} == {
        "person_id": 0,
        "name": "Leonardo DiCaprio",
        "character": "Jack Dawson",
    }
    friends = tools.search_series("Friends")[0]
    assert (friends["n_seasons"], friends["n_episodes"], friends["last_year"]) == (10, 236, 2004)
    assert len(tools.series_seasons(friends["id"])) == 10
    assert "David Schwimmer" in [role["name"] for role in tools.series_cast(friends["id"])]
    moon = tools.search_albums("Dark Side of the Moon")[0]
    assert (moon["artist"], moon["year"]) == ("Pink Floyd", 1973)
    assert [track["title"] for track in tools.album_tracks(moon["id"])][-2:] == ["Brain Damage", "Eclipse"]


def test_the_sources_build_the_file_that_ships(tmp_path: Path) -> None:
    build(CATALOGUE_FILE.with_name("data"), tmp_path / "fresh.sqlite")
    assert _dump(tmp_path / "fresh.sqlite") == _dump(CATALOGUE_FILE), "run: python -m agent.catalogue.build"


def _dump(file: Path) -> list[str]:
    connection = sqlite3.connect(file)
    try:
        return list(connection.iterdump())
    finally:
        connection.close()
