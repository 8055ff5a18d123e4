"""From films, series and people to TMDB's objects. Overviews are put together from facts; images are invented."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from agent.demo_api import tmdb_shapes as shapes
from agent.demo_api.failures import TMDB_BAD_PAGE, DemoFailure, tmdb_not_found
from agent.demo_api.invented import hex_id, image_path, number
from agent.demo_api.places import HEADQUARTERS, HOMEPAGES, country_of, language_of
from agent.demo_api.titles import Episode, Film, Part, Person, Series, id_of, titles

PAGE_SIZE = 20
_COUNTRY_NAMES = {
    "US": "United States of America",
    "JP": "Japan",
    "GB": "United Kingdom",
    "RU": "Russia",
    "KR": "South Korea",
    "FR": "France",
    "ES": "Spain",
}
_LANGUAGE_NAMES = {"en": "English", "ja": "Japanese", "ru": "Russian", "ko": "Korean", "fr": "French", "es": "Spanish"}
T = TypeVar("T")


def page_of(items: Sequence[T], page: int) -> tuple[list[T], int, int]:
    """The items of a page, the number of pages, the number of items.

    Raises:
        DemoFailure: 422, pages count from 1 to 500.
    """
    if not 1 <= page <= 500:
        code, message = TMDB_BAD_PAGE
        raise DemoFailure(422, message, code)
    return list(items[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]), max(1, -(-len(items) // PAGE_SIZE)), len(items)


def film_of(movie_id: int) -> Film:
    """
    Raises:
        DemoFailure: 404.
    """
    return _there(titles().films.get(movie_id))


def series_of(tv_id: int) -> Series:
    """
    Raises:
        DemoFailure: 404.
    """
    return _there(titles().series.get(tv_id))


def person_of(person_id: int) -> Person:
    """
    Raises:
        DemoFailure: 404.
    """
    return _there(titles().people.get(person_id))


def _there(found: T | None) -> T:
    if found is None:
        raise tmdb_not_found()
    return found


def movie_item(film: Film) -> shapes.MovieListItem:
    """A film in a list."""
    return shapes.MovieListItem(
        id=film.id,
        title=film.title,
        original_title=film.title,
        release_date=film.release_date,
        genre_ids=[id_of("genre", g) for g in film.genres],
        overview=film_overview(film),
        original_language=language_of(film.company),
        popularity=film.popularity,
        vote_average=film.rating,
        vote_count=vote_count("movie", film.id),
        poster_path=image_path("movie", film.id, "poster", 0),
        backdrop_path=image_path("movie", film.id, "backdrop", 0),
    )


def tv_item(series: Series) -> shapes.TvListItem:
    """A series in a list."""
    return shapes.TvListItem(
        id=series.id,
        name=series.title,
        original_name=series.title,
        first_air_date=series.first_air_date,
        genre_ids=[id_of("genre", g) for g in series.genres],
        origin_country=[country_of(series.company)],
        overview=tv_overview(series),
        original_language=language_of(series.company),
        popularity=series.popularity,
        vote_average=series.rating,
        vote_count=vote_count("tv", series.id),
        poster_path=image_path("tv", series.id, "poster", 0),
        backdrop_path=image_path("tv", series.id, "backdrop", 0),
    )


def person_item(person: Person) -> shapes.PersonListItem:
    """A person in a list, with up to three titles."""
    return shapes.PersonListItem(
        id=person.id,
        name=person.name,
        popularity=person.popularity,
        profile_path=image_path("person", person.id, "profile", 0),
        known_for=[typed_item(kind, i) for kind, i in titles().roles_of.get(person.id, [])[:3]],
    )


def typed_item(kind: str, identifier: int) -> shapes.MovieWithType | shapes.TvWithType:
    """A title with its `media_type`."""
    if kind == "movie":
        return shapes.MovieWithType(**movie_item(titles().films[identifier]).model_dump())
    return shapes.TvWithType(**tv_item(titles().series[identifier]).model_dump())


def vote_count(kind: str, identifier: int) -> int:
    """Invented: 100 to 20,000."""
    return 100 + number(19_900, "votes", kind, identifier)


def film_overview(film: Film) -> str:
    """`A 2003 drama directed by Sofia Coppola, with Scarlett Johansson and Bill Murray.`"""
    kind = film.genres[0].lower() if film.genres else "film"
    return f"A {film.release_date[:4]} {kind} film" + _by(film.directors, " directed by ") + _with(film.cast) + "."


def tv_overview(series: Series) -> str:
    """The same for a series."""
    kind = series.genres[0].lower() if series.genres else "television"
    return f"A {kind} series of {series.first_air_date[:4]}" + _by(series.creators, " created by ") + _with(
        series.cast
    ) + "."  # fmt: skip


def episode_overview(episode: Episode) -> str:
    """What is known of an episode, in a sentence."""
    series = titles().series[episode.series_id]
    where = f"Episode {episode.number} of season {episode.season} of {series.title}"
    return where + (f", {episode.title!r}" if episode.title else "") + _by(episode.directors, ", directed by ") + "."


def _by(parts: Iterable[Part], words: str) -> str:
    names = [titles().people[part.person_id].name for part in parts]
    return words + " and ".join(names) if names else ""


def _with(cast: Sequence[Part]) -> str:
    names = [titles().people[part.person_id].name for part in cast[:2]]
    return ", with " + " and ".join(names) if names else ""


def genres_of(names: Iterable[str]) -> list[shapes.Named]:
    """Genres with their ids."""
    return [shapes.Named(id=id_of("genre", name), name=name) for name in names]


def made_by(kind: str, name: str) -> shapes.MadeBy:
    """A company or network as titles show it."""
    return shapes.MadeBy(
        id=id_of(kind, name), name=name, logo_path=image_path(kind, name, 0), origin_country=country_of(name)
    )


def company(name: str) -> shapes.Company:
    """A company with its seat, where that is known."""
    return shapes.Company(
        **made_by("company", name).model_dump(),
        description="",
        headquarters=HEADQUARTERS.get(name, ""),
        homepage=HOMEPAGES.get(name, ""),
    )


def country(code: str) -> shapes.Country:
    """A country with its name."""
    return shapes.Country(iso_3166_1=code, name=_COUNTRY_NAMES[code])


def language(code: str) -> shapes.Language:
    """A language with its name."""
    return shapes.Language(iso_639_1=code, name=_LANGUAGE_NAMES[code])


def cast_of(kind: str, owner: int, parts: Sequence[Part]) -> list[shapes.CastMember]:
    """The cast in the order of the credits."""
    return [
        shapes.CastMember(
            id=part.person_id,
            name=titles().people[part.person_id].name,
            character=part.character,
            credit_id=credit_id(kind, owner, "cast", part.person_id),
            order=order,
            profile_path=image_path("person", part.person_id, "profile", 0),
        )
        for order, part in enumerate(parts)
    ]


def crew_of(kind: str, owner: int, parts: Iterable[Part], job: str) -> list[shapes.CrewMember]:
    """Directors or creators."""
    return [
        shapes.CrewMember(
            id=part.person_id,
            name=titles().people[part.person_id].name,
            job=job,
            department=department_of(job),
            credit_id=credit_id(kind, owner, job, part.person_id),
            profile_path=image_path("person", part.person_id, "profile", 0),
        )
        for part in parts
    ]


def department_of(job: str) -> str:
    """The department that a job belongs to."""
    return "Directing" if job == "Director" else "Production"


def credit_id(kind: str, owner: int, job: str, person_id: int) -> str:
    """The id of somebody's part in a title; `tmdb_credit` finds it again."""
    return hex_id("credit", kind, owner, job, person_id)


def images(kind: str, identifier: object, what: str, n: int, width: int, height: int) -> list[shapes.Image]:
    """Invented images."""
    return [
        shapes.Image(
            file_path=image_path(kind, identifier, what, i),
            width=width,
            height=height,
            aspect_ratio=round(width / height, 3),
            iso_639_1="en" if what == "poster" else None,
            vote_average=round(5 + number(40, kind, identifier, what, i) / 10, 1),
            vote_count=1 + number(60, "images", kind, identifier, what, i),
        )
        for i in range(n)
    ]


def logos(kind: str, name: str) -> list[shapes.Logo]:
    """Invented logos."""
    return [
        shapes.Logo(
            id=hex_id("logo", kind, name, i),
            file_path=image_path(kind, name, i),
            width=500,
            height=200,
            aspect_ratio=2.5,
            vote_average=round(5 + number(40, "logo", kind, name, i) / 10, 1),
            vote_count=1 + number(60, "logos", kind, name, i),
        )
        for i in range(2)
    ]
