"""TMDB's operations on people, companies, networks, collections, genres, reviews and credits."""

from __future__ import annotations

import functools
from typing import Literal

from fastapi import APIRouter

from agent.demo_api import tmdb_objects as objects
from agent.demo_api import tmdb_shapes as shapes
from agent.demo_api.failures import tmdb_not_found
from agent.demo_api.invented import image_path, n_reviews, review
from agent.demo_api.places import HEADQUARTERS, HOMEPAGES, country_of
from agent.demo_api.titles import Film, Part, Series, titles
from agent.demo_api.tmdb_movies import details as movie_details
from agent.demo_api.tmdb_movies import objects_collection
from agent.demo_api.tmdb_series import details as tv_details
from agent.demo_api.tmdb_series import episode_item, season_item

router = APIRouter()


@router.get("/person/{person_id}", summary="Details of a person")
def person_details(person_id: int) -> shapes.Person:
    """Birthday, birthplace and what somebody is known for."""
    person = objects.person_of(person_id)
    directs = any(part.person_id == person.id for film in titles().films.values() for part in film.directors)
    names = [_title(kind, i) for kind, i in titles().roles_of.get(person.id, [])[:3]]
    return shapes.Person(
        id=person.id,
        name=person.name,
        birthday=person.birthday,
        deathday=None,
        place_of_birth=person.birthplace,
        known_for_department="Directing" if directs else "Acting",
        also_known_as=[],
        gender=0,
        biography=f"{person.name} is known for {', '.join(names)}." if names else "",
        popularity=person.popularity,
        profile_path=image_path("person", person.id, "profile", 0),
        imdb_id="",
        homepage=None,
    )


def _title(kind: str, identifier: int) -> str:
    return titles().films[identifier].title if kind == "movie" else titles().series[identifier].title


@router.get("/person/{person_id}/movie_credits", summary="Films of a person")
def person_movie_credits(person_id: int) -> shapes.PersonMovies:
    """Films somebody acts in (`cast`) and films they directed (`crew` with the `job` `Director`), oldest first."""
    objects.person_of(person_id)
    films = sorted(titles().films.values(), key=lambda f: (f.release_date, f.id))
    cast = [
        shapes.MovieRole(
            **objects.movie_item(film).model_dump(),
            character=part.character,
            credit_id=objects.credit_id("movie", film.id, "cast", person_id),
        )
        for film in films
        for part in film.cast
        if part.person_id == person_id
    ]
    crew = [
        shapes.MovieJob(
            **objects.movie_item(film).model_dump(),
            department="Directing",
            job="Director",
            credit_id=objects.credit_id("movie", film.id, "Director", person_id),
        )
        for film in films
        if any(part.person_id == person_id for part in film.directors)
    ]
    return shapes.PersonMovies(id=person_id, cast=cast, crew=crew)


@router.get("/person/{person_id}/tv_credits", summary="Series of a person")
def person_tv_credits(person_id: int) -> shapes.PersonTv:
    """Series somebody acts in (`cast`) and series they created (`crew`), oldest first."""
    objects.person_of(person_id)
    found = sorted(titles().series.values(), key=lambda s: (s.first_air_date, s.id))
    cast = [
        shapes.TvRole(
            **objects.tv_item(series).model_dump(),
            character=part.character,
            credit_id=objects.credit_id("tv", series.id, "cast", person_id),
            episode_count=sum(season.n_episodes for season in series.seasons),
        )
        for series in found
        for part in series.cast
        if part.person_id == person_id
    ]
    crew = [
        shapes.TvJob(
            **objects.tv_item(series).model_dump(),
            department="Production",
            job="Creator",
            credit_id=objects.credit_id("tv", series.id, "Creator", person_id),
            episode_count=sum(season.n_episodes for season in series.seasons),
        )
        for series in found
        if any(part.person_id == person_id for part in series.creators)
    ]
    return shapes.PersonTv(id=person_id, cast=cast, crew=crew)


@router.get("/person/{person_id}/images", summary="Photographs of a person")
def person_images(person_id: int) -> shapes.Profiles:
    """The paths are invented."""
    person = objects.person_of(person_id)
    return shapes.Profiles(id=person.id, profiles=objects.images("person", person.id, "profile", 2, 1000, 1500))


@router.get("/company/{company_id}", summary="Details of a production company")
def company_details(company_id: int) -> shapes.Company:
    """Name, seat and homepage of a company; empty where they are not known."""
    return objects.company(_named(titles().companies, company_id))


@router.get("/company/{company_id}/images", summary="Logos of a production company")
def company_images(company_id: int) -> shapes.Logos:
    """The paths are invented."""
    return shapes.Logos(id=company_id, logos=objects.logos("company", _named(titles().companies, company_id)))


@router.get("/network/{network_id}", summary="Details of a television network")
def network_details(network_id: int) -> shapes.Network:
    """Name, seat and homepage of a network; empty where they are not known."""
    name = _named(titles().networks, network_id)
    return shapes.Network(
        id=network_id,
        name=name,
        headquarters=HEADQUARTERS.get(name, ""),
        homepage=HOMEPAGES.get(name, ""),
        origin_country=country_of(name),
    )


@router.get("/network/{network_id}/images", summary="Logos of a television network")
def network_images(network_id: int) -> shapes.Logos:
    """The paths are invented."""
    return shapes.Logos(id=network_id, logos=objects.logos("network", _named(titles().networks, network_id)))


@router.get("/collection/{collection_id}", summary="A collection and its films")
def collection_details(collection_id: int) -> shapes.Collection:
    """The films of a collection in the order of their release."""
    name = _named(titles().collections, collection_id)
    films = sorted((f for f in titles().films.values() if f.collection == name), key=lambda f: (f.release_date, f.id))
    return shapes.Collection(
        **objects_collection(name).model_dump(),
        overview=f"{len(films)} films, from {films[0].title} ({films[0].release_date[:4]}) on.",
        parts=[objects.movie_item(film) for film in films],
    )


@router.get("/collection/{collection_id}/images", summary="Images of a collection")
def collection_images(collection_id: int) -> shapes.Images:
    """The paths are invented."""
    _named(titles().collections, collection_id)
    return shapes.Images(
        id=collection_id,
        backdrops=objects.images("collection", collection_id, "backdrop", 2, 1920, 1080),
        posters=objects.images("collection", collection_id, "poster", 2, 1000, 1500),
    )


@router.get("/genre/movie/list", summary="Genres of films")
def genre_movie_list() -> shapes.Genres:
    """Names and ids of all genres that films have."""
    return shapes.Genres(genres=objects.genres_of(sorted(titles().film_genres.values())))


@router.get("/genre/tv/list", summary="Genres of series")
def genre_tv_list() -> shapes.Genres:
    """Names and ids of all genres that series have."""
    return shapes.Genres(genres=objects.genres_of(sorted(titles().series_genres.values())))


@router.get("/movie/latest", summary="The newest film")
def movie_latest() -> shapes.Movie:
    """The film with the latest release date."""
    return movie_details(max(titles().films.values(), key=lambda f: (f.release_date, f.id)))


@router.get("/tv/latest", summary="The newest series")
def tv_latest() -> shapes.Tv:
    """The series with the latest first episode."""
    return tv_details(max(titles().series.values(), key=lambda s: (s.first_air_date, s.id)))


@router.get("/review/{review_id}", summary="A review")
def review_details(review_id: str) -> shapes.ReviewDetails:
    """A review and the title that it is about. Invented."""
    if review_id not in _reviews():
        raise tmdb_not_found()
    kind, identifier, n = _reviews()[review_id]
    title = _title(kind, identifier)
    _, author, content = review(kind, identifier, title, n)
    return shapes.ReviewDetails(
        id=review_id,
        author=author,
        content=content,
        url=f"https://www.themoviedb.org/review/{review_id}",
        media_id=identifier,
        media_title=title,
        media_type=kind,
    )


@functools.cache
def _reviews() -> dict[str, tuple[Literal["movie", "tv"], int, int]]:
    found: dict[str, tuple[Literal["movie", "tv"], int, int]] = {}
    kinds: tuple[tuple[Literal["movie", "tv"], list[int]], ...] = (
        ("movie", list(titles().films)),
        ("tv", list(titles().series)),
    )
    for kind, identifiers in kinds:
        for identifier in identifiers:
            for n in range(n_reviews(kind, identifier)):
                found[review(kind, identifier, "", n)[0]] = (kind, identifier, n)
    return found


@router.get("/credit/{credit_id}", summary="Somebody's part in a title")
def credit_details(credit_id: str) -> shapes.Credit:
    """The person, the title, and the character or job."""
    if credit_id not in _credits():
        raise tmdb_not_found()
    title, part, job = _credits()[credit_id]
    person = titles().people[part.person_id]
    is_series = isinstance(title, Series)
    episodes = [
        episode_item(e)
        for (owner, _, _), e in sorted(titles().episodes.items())
        if is_series and owner == title.id and any(p.person_id == person.id for p in (*e.directors, *e.guests))
    ]
    seasons = [season_item(season) for season in title.seasons] if isinstance(title, Series) else []
    return shapes.Credit(
        id=credit_id,
        credit_type="cast" if job == "Actor" else "crew",
        department="Acting" if job == "Actor" else objects.department_of(job),
        job=job,
        media_type="tv" if is_series else "movie",
        person=shapes.Named(id=person.id, name=person.name),
        media=shapes.CreditMedia(
            id=title.id,
            name=title.title,
            original_name=title.title,
            character=part.character,
            episodes=episodes,
            seasons=[
                shapes.CreditSeason(air_date=s.air_date, poster_path=s.poster_path, season_number=s.season_number)
                for s in seasons
            ],
        ),
    )


@functools.cache
def _credits() -> dict[str, tuple[Film | Series, Part, str]]:
    """Every credit's id that some operation gives out."""
    known = titles()
    found: dict[str, tuple[Film | Series, Part, str]] = {}

    def add(kind: str, owner: int, title: Film | Series, parts: tuple[Part, ...], key: str, job: str) -> None:
        for part in parts:
            found[objects.credit_id(kind, owner, key, part.person_id)] = (title, part, job)

    for film in known.films.values():
        add("movie", film.id, film, film.cast, "cast", "Actor")
        add("movie", film.id, film, film.directors, "Director", "Director")
    for series in known.series.values():
        add("tv", series.id, series, series.cast, "cast", "Actor")
        add("tv", series.id, series, series.creators, "Creator", "Creator")
    for episode in known.episodes.values():
        series = known.series[episode.series_id]
        add("episode", episode.id, series, episode.guests, "cast", "Actor")
        add("episode", episode.id, series, episode.directors, "Director", "Director")
        add("season", series.id * 100 + episode.season, series, episode.directors, "Director", "Director")
    return found


def _named(names: dict[int, str], identifier: int) -> str:
    if identifier not in names:
        raise tmdb_not_found()
    return names[identifier]
