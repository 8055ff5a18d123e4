"""TMDB's lists, searches and trends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, TypeVar

from fastapi import APIRouter, Query

from agent.catalogue.ranking import Entry, rank
from agent.demo_api import tmdb_objects as objects
from agent.demo_api import tmdb_shapes as shapes
from agent.demo_api.invented import image_path, number
from agent.demo_api.titles import Film, Series, titles

router = APIRouter()
Title = TypeVar("Title", Film, Series)
Page = Annotated[int, Query(description="Which page of results, from 1.")]
Text = Annotated[str, Query(description="What to search for.")]
Region = Annotated[str | None, Query(description="ISO 3166-1 code of a country. The catalogue is the same in all.")]
Adult = Annotated[bool, Query(description="Has no effect: the catalogue has no adult titles.")]


class MediaType(StrEnum):
    """What to look for among the trends."""

    ALL = "all"
    MOVIE = "movie"
    TV = "tv"
    PERSON = "person"


class TimeWindow(StrEnum):
    """Since when."""

    DAY = "day"
    WEEK = "week"


def movie_page(films: Sequence[Film], page: int) -> shapes.MoviePage:
    """A page of films."""
    shown, n_pages, n = objects.page_of(films, page)
    results = [objects.movie_item(film) for film in shown]
    return shapes.MoviePage(results=results, page=page, total_pages=n_pages, total_results=n)


def tv_page(series: Sequence[Series], page: int) -> shapes.TvPage:
    """A page of series."""
    shown, n_pages, n = objects.page_of(series, page)
    return shapes.TvPage(results=[objects.tv_item(s) for s in shown], page=page, total_pages=n_pages, total_results=n)


@router.get("/search/movie", summary="Search films by title")
def search_movie(
    query: Text,
    page: Page = 1,
    include_adult: Adult = False,
    region: Region = None,
    year: Annotated[int | None, Query(description="Year of the release.")] = None,
    primary_release_year: Annotated[int | None, Query(description="Year of the first release.")] = None,
) -> shapes.MoviePage:
    """Films whose titles match, the best match first. Misspelt titles are found too."""
    films = [titles().films[int(row["id"])] for row in titles().source.search_films(query)]
    wanted = primary_release_year or year
    return movie_page([f for f in films if wanted is None or f.release_date.startswith(str(wanted))], page)


@router.get("/search/tv", summary="Search series by title")
def search_tv(
    query: Text,
    page: Page = 1,
    include_adult: Adult = False,
    first_air_date_year: Annotated[int | None, Query(description="Year of the first episode.")] = None,
) -> shapes.TvPage:
    """Series whose titles match, the best match first."""
    found = [titles().series[int(row["id"])] for row in titles().source.search_series(query)]
    year = first_air_date_year
    return tv_page([s for s in found if year is None or s.first_air_date.startswith(str(year))], page)


@router.get("/search/person", summary="Search people by name")
def search_person(
    query: Text, page: Page = 1, include_adult: Adult = False, region: Region = None
) -> shapes.PersonPage:
    """People whose names match, the best match first."""
    found = [titles().people[int(row["id"])] for row in titles().source.search_people(query)]
    shown, n_pages, n = objects.page_of(found, page)
    results = [objects.person_item(person) for person in shown]
    return shapes.PersonPage(results=results, page=page, total_pages=n_pages, total_results=n)


@router.get("/search/company", summary="Search production companies by name")
def search_company(query: Text, page: Page = 1) -> shapes.CompanyPage:
    """Companies whose names match, the best match first."""
    found = _ranked(query, titles().companies)
    shown, n_pages, n = objects.page_of(found, page)
    results = [shapes.CompanyItem(id=i, name=name, logo_path=image_path("company", name, 0)) for i, name in shown]
    return shapes.CompanyPage(results=results, page=page, total_pages=n_pages, total_results=n)


@router.get("/search/collection", summary="Search collections of films by name")
def search_collection(query: Text, page: Page = 1) -> shapes.CollectionPage:
    """Collections whose names match, the best match first."""
    from agent.demo_api.tmdb_movies import objects_collection

    found = _ranked(query.removesuffix(" Collection").removesuffix(" collection"), titles().collections)
    shown, n_pages, n = objects.page_of(found, page)
    results = [objects_collection(name) for _, name in shown]
    return shapes.CollectionPage(results=results, page=page, total_pages=n_pages, total_results=n)


def _ranked(query: str, names: dict[int, str]) -> list[tuple[int, str]]:
    entries = [Entry(i, name, None, (name, i)) for i, name in names.items()]
    return [(i, names[i]) for i in rank(query, entries, objects.PAGE_SIZE)]


@router.get("/movie/popular", summary="Popular films")
def movie_popular(page: Page = 1, region: Region = None) -> shapes.MoviePage:
    """All films, the most popular first. Popularity is invented."""
    return movie_page(_sorted(titles().films.values(), lambda f: -f.popularity), page)


@router.get("/movie/top_rated", summary="Films with the best rating")
def movie_top_rated(page: Page = 1, region: Region = None) -> shapes.MoviePage:
    """All films, the best rated first. Ratings are invented."""
    return movie_page(_sorted(titles().films.values(), lambda f: -f.rating), page)


@router.get("/movie/now_playing", summary="Films in theatres")
def movie_now_playing(page: Page = 1, region: Region = None) -> shapes.DatedMoviePage:
    """The newest films that are out on the demo's day, the most popular first."""
    today = date.fromisoformat(titles().today)
    low, high = (today - timedelta(days=240)).isoformat(), today.isoformat()
    return _dated(low, high, page)


@router.get("/movie/upcoming", summary="Films that are coming to theatres")
def movie_upcoming(page: Page = 1, region: Region = None) -> shapes.DatedMoviePage:
    """Films with a release date after the demo's day, the most popular first."""
    today = date.fromisoformat(titles().today)
    return _dated((today + timedelta(days=1)).isoformat(), (today + timedelta(days=500)).isoformat(), page)


def _dated(low: str, high: str, page: int) -> shapes.DatedMoviePage:
    films = [f for f in titles().films.values() if low <= f.release_date <= high]
    whole = movie_page(_sorted(films, lambda f: -f.popularity), page)
    return shapes.DatedMoviePage(**whole.model_dump(), dates=shapes.Dates(minimum=low, maximum=high))


@router.get("/tv/popular", summary="Popular series")
def tv_popular(page: Page = 1) -> shapes.TvPage:
    """All series, the most popular first. Popularity is invented."""
    return tv_page(_sorted(titles().series.values(), lambda s: -s.popularity), page)


@router.get("/tv/top_rated", summary="Series with the best rating")
def tv_top_rated(page: Page = 1) -> shapes.TvPage:
    """All series, the best rated first. Ratings are invented."""
    return tv_page(_sorted(titles().series.values(), lambda s: -s.rating), page)


@router.get("/tv/on_the_air", summary="Series on the air")
def tv_on_the_air(page: Page = 1) -> shapes.TvPage:
    """Series that have not ended, the most popular first."""
    return tv_page(_sorted((s for s in titles().series.values() if s.is_running), lambda s: -s.popularity), page)


@router.get("/tv/airing_today", summary="Series with an episode today")
def tv_airing_today(page: Page = 1) -> shapes.TvPage:
    """Every second series of those on the air; which ones is invented."""
    running = [s for s in titles().series.values() if s.is_running and number(2, "today", s.id)]
    return tv_page(_sorted(running, lambda s: -s.popularity), page)


@router.get("/person/popular", summary="Popular people")
def person_popular(page: Page = 1) -> shapes.PersonPage:
    """All people, the most popular first. Popularity is invented."""
    people = sorted(titles().people.values(), key=lambda p: (-p.popularity, p.id))
    shown, n_pages, n = objects.page_of(people, page)
    results = [objects.person_item(person) for person in shown]
    return shapes.PersonPage(results=results, page=page, total_pages=n_pages, total_results=n)


@router.get("/trending/{media_type}/{time_window}", summary="What is watched most")
def trending(media_type: MediaType, time_window: TimeWindow, page: Page = 1) -> shapes.TrendingPage:
    """Titles and people by trend, which is invented and differs between day and week."""
    kinds = ("movie", "tv", "person") if media_type is MediaType.ALL else (media_type.value,)
    keys = [(kind, i) for kind in kinds for i in _ids(kind)]
    keys.sort(key=lambda key: (-number(10_000, "trend", time_window.value, *key), key))
    shown, n_pages, n = objects.page_of(keys, page)
    results = [_trend(kind, i) for kind, i in shown]
    return shapes.TrendingPage(results=results, page=page, total_pages=n_pages, total_results=n)


def _ids(kind: str) -> Iterable[int]:
    return titles().films if kind == "movie" else titles().series if kind == "tv" else titles().people


def _trend(kind: str, identifier: int) -> shapes.MovieWithType | shapes.TvWithType | shapes.PersonWithType:
    if kind == "person":
        return shapes.PersonWithType(**objects.person_item(titles().people[identifier]).model_dump())
    return objects.typed_item(kind, identifier)


def _sorted(items: Iterable[Title], key: Callable[[Title], float]) -> list[Title]:
    return sorted(items, key=lambda item: (key(item), item.id))
