"""Answers to TMDB's queries, without any tool: facts by SQL, invented figures from the functions that invent them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

from agent.catalogue.store import CATALOGUE_FILE
from agent.demo_api.invented import image_path, n_reviews, number, popularity, review
from agent.demo_api.places import HEADQUARTERS, HOMEPAGES

_connection = sqlite3.connect(f"file:{CATALOGUE_FILE}?mode=ro&immutable=1", uri=True, check_same_thread=False)


def rows(query: str, *values: object) -> list[tuple[Any, ...]]:
    return _connection.execute(query, values).fetchall()


def column(query: str, *values: object) -> list[Any]:
    return [row[0] for row in rows(query, *values)]


def film(title: str) -> int:
    (found,) = column("SELECT id FROM film WHERE title = ?", title)
    return int(found)


def series(title: str) -> int:
    (found,) = column("SELECT id FROM series WHERE title = ?", title)
    return int(found)


_DIRECTORS = """SELECT name FROM person JOIN film_director ON person_id = person.id WHERE film_id = ?
    ORDER BY position"""
_DIRECTED = """SELECT film.id, title, release_date FROM film JOIN film_director ON film_id = film.id
    JOIN person ON person.id = person_id WHERE name = ? ORDER BY release_date, film.id"""
_ACTED = _DIRECTED.replace("film_director", "film_cast")


def directors(film_id: int) -> list[str]:
    return column(_DIRECTORS, film_id)


def best_film() -> int:
    return int(column("SELECT id FROM film ORDER BY demo_rating DESC, id LIMIT 1")[0])


def by_popularity(kind: str, query: str) -> list[int]:
    """Ids, the most popular first, of a query for id and rating."""
    return [i for _, i in sorted((-popularity(kind, i, rating), i) for i, rating in rows(query))]


def popular_film() -> int:
    return by_popularity("movie", "SELECT id, demo_rating FROM film")[0]


def popular_series() -> int:
    return by_popularity("tv", "SELECT id, demo_rating FROM series")[0]


def running_series() -> int:
    return by_popularity("tv", "SELECT id, demo_rating FROM series WHERE last_air_date IS NULL")[0]


def popular_person() -> str:
    scored = [
        (-popularity("person", i, number(60, "weight", i) / 10), i, name)
        for i, name in rows("SELECT id, name FROM person")
    ]
    return min(scored)[2]


def trending_series() -> int:
    return min((-number(10_000, "trend", "day", "tv", i), i) for i in column("SELECT id FROM series"))[1]


def playing_film() -> int:
    """The most popular of the films of the last 240 days before the demo's day, which the sixth newest film sets."""
    (today,) = column("SELECT release_date FROM film ORDER BY release_date DESC LIMIT 1 OFFSET 5")
    query = f"""SELECT id, demo_rating FROM film
        WHERE release_date BETWEEN date('{today}', '-240 days') AND '{today}'"""
    return by_popularity("movie", query)[0]


def lead_of(series_id: int) -> tuple[int, str, str | None]:
    query = """SELECT person.id, name, birthday FROM series_cast JOIN person ON person.id = person_id
        WHERE series_id = ? ORDER BY position LIMIT 1"""
    (found,) = rows(query, series_id)
    return found[0], found[1], found[2]


def reviews(kind: str, identifier: int, title: str) -> list[str]:
    return [review(kind, identifier, title, n)[2] for n in range(n_reviews(kind, identifier))]


def title_of(table: str, identifier: int) -> str:
    return str(column(f"SELECT title FROM {table} WHERE id = ?", identifier)[0])


def keywords(film_id: int) -> list[str]:
    genres, released, collection = rows("SELECT genres, release_date, collection FROM film WHERE id = ?", film_id)[0]
    words = [genre.lower() for genre in genres.split(", ")] + [f"{released[:3]}0s"]
    return words + ([collection.lower()] if collection else []) + [f"directed by {directors(film_id)[0].lower()}"]


def near_films(film_id: int) -> list[tuple[int, int]]:
    """(id, points) of other films: 3 per shared genre, 1 per shared person, 4 for the same collection."""

    def people(identifier: int) -> set[int]:
        query = """SELECT person_id FROM film_director WHERE film_id = :f
            UNION SELECT person_id FROM film_cast WHERE film_id = :f"""
        return {row[0] for row in _connection.execute(query, {"f": identifier})}

    def facts(identifier: int) -> tuple[set[str], Any]:
        genres, collection = rows("SELECT genres, collection FROM film WHERE id = ?", identifier)[0]
        return set(genres.split(", ")), collection

    own, (genres, collection) = people(film_id), facts(film_id)
    points = []
    for other in column("SELECT id FROM film WHERE id <> ?", film_id):
        others, same = facts(other)
        n = 3 * len(genres & others) + len(own & people(other))
        points.append((other, n + (4 if collection and collection == same else 0)))
    return points


def similar(film_id: int) -> list[int]:
    ratings = dict(rows("SELECT id, demo_rating FROM film"))
    scored = [(-n, -popularity("movie", i, ratings[i]), i) for i, n in near_films(film_id) if n]
    return [i for _, _, i in sorted(scored)][:20]


def recommended(series_id: int) -> set[str]:
    """At least all series with somebody of its people must be among the first."""
    query = """WITH own AS (SELECT person_id FROM series_cast WHERE series_id = :s
            UNION SELECT person_id FROM series_creator WHERE series_id = :s)
        SELECT DISTINCT title FROM series WHERE id <> :s AND (
            id IN (SELECT series_id FROM series_cast WHERE person_id IN own)
            OR id IN (SELECT series_id FROM series_creator WHERE person_id IN own))"""
    return {row[0] for row in _connection.execute(query, {"s": series_id})}


def latest(query: str, name: str) -> int:
    return int(max(rows(query, name), key=lambda row: (row[2], row[0]))[0])


def released(film_id: int) -> str:
    return str(column("SELECT release_date FROM film WHERE id = ?", film_id)[0])


def logo(company: str) -> str:
    return image_path("company", company, 0)


def _collection(name: str) -> list[tuple[int, str, str]]:
    query = "SELECT id, title, release_date FROM film WHERE collection = ? ORDER BY release_date, id"
    return rows(query, name)


def _eastwood() -> str:
    return max(row[2] for query in (_DIRECTED, _ACTED) for row in rows(query, "Clint Eastwood"))


_EPISODE_PEOPLE = """SELECT person.{column} FROM person JOIN {table} ON person_id = person.id
    JOIN episode ON episode.id = episode_id WHERE series_id = ? AND season = ? {and_number} ORDER BY number, position"""


def episode_people(table: str, title: str, season: int, number: int | None, what: str = "name") -> list[Any]:
    condition = f"AND number = {number}" if number else ""
    query = _EPISODE_PEOPLE.format(column=what, table=table, and_number=condition)
    return list(dict.fromkeys(column(query, series(title), season)))


def episode_id(title: str, season: int, number: int) -> int:
    query = "SELECT id FROM episode WHERE series_id = ? AND season = ? AND number = ?"
    return int(column(query, series(title), season, number)[0])


ANSWERS: dict[int, Callable[[], Any]] = {
    1: lambda: len(rows(_DIRECTED, "Sofia Coppola")),
    2: lambda: directors(best_film()),
    3: lambda: logo("Walt Disney Pictures"),
    4: lambda: reviews("movie", (first := similar(film("Titanic"))[0]), title_of("film", first)),
    5: lambda: title_of("film", latest(_DIRECTED, "Christopher Nolan")),
    6: lambda: directors(latest(_ACTED, "Leonardo DiCaprio")),
    8: lambda: directors(film("Twilight")),
    9: lambda: title_of("film", best_film()),
    10: popular_person,
    11: lambda: keywords(film("Titanic")),
    12: _eastwood,
    13: lambda: [title_of("film", i) for i in similar(rows(_DIRECTED, "Francis Ford Coppola")[0][0])],
    14: lambda: image_path("movie", playing_film(), "poster", 0),
    15: lambda: keywords(popular_film()),
    16: lambda: logo("Paramount Pictures"),
    17: lambda: released(film("Titanic")),
    18: lambda: image_path("movie", _collection("Harry Potter")[0][0], "poster", 0),
    19: lambda: {title: date for _, title, date in _collection("The Hobbit")},
    20: lambda: reviews("movie", (first := _collection("The Fast and the Furious")[0])[0], first[1])[0],
    21: lambda: episode_people("episode_director", "House of Cards", 1, None),
    22: lambda: column("SELECT first_air_date FROM series WHERE id = ?", running_series())[0],
    23: lambda: column(
        "SELECT name FROM person JOIN series_cast ON person_id = id WHERE series_id = ? ORDER BY position",
        running_series(),
    ),
    25: lambda: episode_people("episode_guest", "Friends", 3, 24),
    26: lambda: column("SELECT genres FROM series ORDER BY demo_rating DESC, id LIMIT 1")[0].split(", ")[0].lower(),  # noqa: PLW0108  the query must wait
    27: lambda: column("SELECT sum(n_episodes) FROM season WHERE series_id = ?", series("2 Broke Girls"))[0],
    28: lambda: column("SELECT first_air_date FROM series WHERE title = 'The Big Bang Theory'")[0],
    29: lambda: (
        "Episode 3 of season 2 of Westworld, 'Virtù e Fortuna'"
        + (
            f", directed by {' and '.join(names)}"
            if (names := episode_people("episode_director", "Westworld", 2, 3))
            else ""
        )
        + "."
    ),
    30: lambda: image_path("episode", episode_id("Band of Brothers", 1, 3), "still", 0),
    31: lambda: HOMEPAGES[column("SELECT network FROM series WHERE title = 'Game of Thrones'")[0]],
    32: lambda: HEADQUARTERS[column("SELECT company FROM series WHERE id = ?", popular_series())[0]],
    33: lambda: lead_of(trending_series())[2],
    34: lambda: reviews("tv", trending_series(), title_of("series", trending_series()))[0],
    35: lambda: image_path("tv", trending_series(), "poster", 0),
    36: lambda: image_path("person", episode_people("episode_guest", "Black Mirror", 2, 1, what="id")[0], "profile", 0),
    37: lambda: lead_of(popular_series())[1],
    38: lambda: reviews("tv", series("Disclaimer"), "Disclaimer"),
    39: lambda: episode_people("episode_director", "Black Mirror", 2, 3),
    40: lambda: column("SELECT title FROM film WHERE title LIKE 'Avatar%' ORDER BY demo_rating DESC LIMIT 1")[0],
    41: lambda: column("SELECT genres FROM film WHERE title = ?", "The Lord of the Rings: The Fellowship of the Ring")[
        0
    ].split(", "),
    42: lambda: image_path("season", series("The Big Bang Theory") * 100 + 2, "poster", 0),
    43: lambda: column("SELECT birthday FROM person WHERE name = 'Tim Robbins'")[0],
    44: lambda: HEADQUARTERS[column("SELECT company FROM film WHERE title = 'The Shawshank Redemption'")[0]],
    45: lambda: column(
        "SELECT title FROM film WHERE title IN ('The Double Life of Veronique', 'Mulholland Drive')"
        " ORDER BY release_date"
    )[0],
    46: lambda: column("SELECT birthplace FROM person WHERE name = 'David Lynch'")[0],
    47: lambda: max(("Akira Kurosawa", "Steven Spielberg"), key=lambda name: len(rows(_DIRECTED, name))).removeprefix(
        "Steven "
    ),
    48: lambda: column("SELECT birthday FROM person WHERE name = 'Scarlett Johansson'")[0],
    49: lambda: (
        set(
            column(
                "SELECT name FROM person JOIN series_cast ON person_id = id WHERE series_id = ?",
                series("We Married as a Job"),
            )
        )
        >= {"Yui Aragaki", "Gen Hoshino"}
    ),
    50: lambda: title_of("film", latest(_ACTED, "Katherine LaNasa")) if rows(_ACTED, "Katherine LaNasa") else None,
}
"""By number of the query; 7 and 24 ask for recommendations, which `recommended` bounds."""
