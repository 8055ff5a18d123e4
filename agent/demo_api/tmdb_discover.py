"""TMDB's `discover`: films and series by what they are, sorted as one likes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Annotated, Any

from fastapi import APIRouter, Query

from agent.demo_api import tmdb_shapes as shapes
from agent.demo_api.failures import TMDB_BAD_PARAMETERS, DemoFailure
from agent.demo_api.places import language_of
from agent.demo_api.titles import Film, Series, id_of, titles
from agent.demo_api.tmdb_lists import Adult, Page, Region, movie_page, tv_page
from agent.demo_api.tmdb_movies import keywords, movie_release_dates
from agent.demo_api.tmdb_objects import vote_count
from agent.demo_api.tmdb_series import tv_keywords

router = APIRouter()
_FILM_KEYS: dict[str, Callable[[Film], Any]] = {
    "popularity": lambda f: f.popularity,
    "release_date": lambda f: f.release_date,
    "primary_release_date": lambda f: f.release_date,
    "original_title": lambda f: f.title,
    "vote_average": lambda f: f.rating,
    "vote_count": lambda f: vote_count("movie", f.id),
    "revenue": lambda f: 0,
}
_SERIES_KEYS: dict[str, Callable[[Series], Any]] = {
    "popularity": lambda s: s.popularity,
    "first_air_date": lambda s: s.first_air_date,
    "vote_average": lambda s: s.rating,
    "vote_count": lambda s: vote_count("tv", s.id),
    "name": lambda s: s.title,
}
_STATUSES = {"0": True, "3": False}
"""TMDB's numbers: 0 returning, 3 ended; the catalogue knows no others."""

_IDS = "Ids: with commas all of them, with | any of them."
_NO_EFFECT = "The demo's catalogue does not know this; it has no effect."


@router.get("/discover/movie", summary="Films by what they are")
def discover_movie(
    page: Page = 1,
    sort_by: Annotated[
        str, Query(description="popularity.desc, release_date.asc, vote_average.desc, ...")
    ] = "popularity.desc",
    region: Region = None,
    include_adult: Adult = False,
    include_video: Annotated[bool, Query(description=_NO_EFFECT)] = False,
    certification_country: Annotated[str | None, Query(description="With certification; US.")] = None,
    certification: Annotated[str | None, Query(description="PG, PG-13 or R (invented).")] = None,
    certification_lte: Annotated[str | None, Query(alias="certification.lte")] = None,
    certification_gte: Annotated[str | None, Query(alias="certification.gte")] = None,
    year: Annotated[int | None, Query(description="Year of a release.")] = None,
    primary_release_year: Annotated[int | None, Query(description="Year of the first release.")] = None,
    primary_release_date_gte: Annotated[str | None, Query(alias="primary_release_date.gte")] = None,
    primary_release_date_lte: Annotated[str | None, Query(alias="primary_release_date.lte")] = None,
    release_date_gte: Annotated[str | None, Query(alias="release_date.gte")] = None,
    release_date_lte: Annotated[str | None, Query(alias="release_date.lte")] = None,
    with_release_type: Annotated[int | None, Query(description="1 to 6; all films here are 3, in theatres.")] = None,
    vote_count_gte: Annotated[int | None, Query(alias="vote_count.gte")] = None,
    vote_count_lte: Annotated[int | None, Query(alias="vote_count.lte")] = None,
    vote_average_gte: Annotated[float | None, Query(alias="vote_average.gte")] = None,
    vote_average_lte: Annotated[float | None, Query(alias="vote_average.lte")] = None,
    with_cast: Annotated[str | None, Query(description=f"People who act. {_IDS}")] = None,
    with_crew: Annotated[str | None, Query(description=f"People who direct. {_IDS}")] = None,
    with_people: Annotated[str | None, Query(description=f"People who do either. {_IDS}")] = None,
    with_companies: Annotated[str | None, Query(description=_IDS)] = None,
    without_companies: Annotated[str | None, Query(description=_IDS)] = None,
    with_genres: Annotated[str | None, Query(description=_IDS)] = None,
    without_genres: Annotated[str | None, Query(description=_IDS)] = None,
    with_keywords: Annotated[str | None, Query(description=_IDS)] = None,
    without_keywords: Annotated[str | None, Query(description=_IDS)] = None,
    with_runtime_gte: Annotated[int | None, Query(alias="with_runtime.gte", description="Minutes.")] = None,
    with_runtime_lte: Annotated[int | None, Query(alias="with_runtime.lte", description="Minutes.")] = None,
    with_original_language: Annotated[str | None, Query(description="ISO 639-1 (guessed from the company).")] = None,
    with_watch_providers: Annotated[str | None, Query(description=_NO_EFFECT)] = None,
    watch_region: Annotated[str | None, Query(description=_NO_EFFECT)] = None,
    with_watch_monetization_types: Annotated[str | None, Query(description=_NO_EFFECT)] = None,
) -> shapes.MoviePage:
    """Films that fit all that is given."""

    def fits(film: Film) -> bool:
        cast = {part.person_id for part in film.cast}
        crew = {part.person_id for part in film.directors}
        companies = {id_of("company", film.company)} if film.company else set()
        years = {None, int(film.release_date[:4])}
        return (
            {year, primary_release_year} <= years
            and _between(film.release_date, release_date_gte, release_date_lte)
            and _between(film.release_date, primary_release_date_gte, primary_release_date_lte)
            and _between(vote_count("movie", film.id), vote_count_gte, vote_count_lte)
            and _between(film.rating, vote_average_gte, vote_average_lte)
            and _between(film.runtime_min, with_runtime_gte, with_runtime_lte)
            and with_release_type in {None, 3}
            and _has(cast, with_cast)
            and _has(crew, with_crew)
            and _has(cast | crew, with_people)
            and _has(companies, with_companies)
            and _lacks(companies, without_companies)
            and _has({id_of("genre", g) for g in film.genres}, with_genres)
            and _lacks({id_of("genre", g) for g in film.genres}, without_genres)
            and _has({k.id for k in keywords(film)}, with_keywords)
            and _lacks({k.id for k in keywords(film)}, without_keywords)
            and with_original_language in {None, language_of(film.company)}
            and _certified(film, certification, certification_lte, certification_gte)
        )

    films = _sorted(filter(fits, titles().films.values()), sort_by, _FILM_KEYS)
    return movie_page(films, page)


@router.get("/discover/tv", summary="Series by what they are")
def discover_tv(
    page: Page = 1,
    sort_by: Annotated[str, Query(description="popularity.desc, first_air_date.asc, ...")] = "popularity.desc",
    air_date_gte: Annotated[str | None, Query(alias="air_date.gte", description="On the air on or after.")] = None,
    air_date_lte: Annotated[str | None, Query(alias="air_date.lte", description="On the air on or before.")] = None,
    first_air_date_gte: Annotated[str | None, Query(alias="first_air_date.gte")] = None,
    first_air_date_lte: Annotated[str | None, Query(alias="first_air_date.lte")] = None,
    first_air_date_year: Annotated[int | None, Query()] = None,
    timezone: Annotated[str | None, Query(description=_NO_EFFECT)] = None,
    vote_average_gte: Annotated[float | None, Query(alias="vote_average.gte")] = None,
    vote_count_gte: Annotated[int | None, Query(alias="vote_count.gte")] = None,
    with_genres: Annotated[str | None, Query(description=_IDS)] = None,
    without_genres: Annotated[str | None, Query(description=_IDS)] = None,
    with_networks: Annotated[str | None, Query(description=_IDS)] = None,
    with_companies: Annotated[str | None, Query(description=_IDS)] = None,
    without_companies: Annotated[str | None, Query(description=_IDS)] = None,
    with_keywords: Annotated[str | None, Query(description=_IDS)] = None,
    without_keywords: Annotated[str | None, Query(description=_IDS)] = None,
    with_runtime_gte: Annotated[int | None, Query(alias="with_runtime.gte", description=_NO_EFFECT)] = None,
    with_runtime_lte: Annotated[int | None, Query(alias="with_runtime.lte", description=_NO_EFFECT)] = None,
    include_null_first_air_dates: Annotated[bool, Query(description=_NO_EFFECT)] = False,
    with_original_language: Annotated[str | None, Query(description="ISO 639-1 (guessed from the company).")] = None,
    screened_theatrically: Annotated[bool | None, Query(description=_NO_EFFECT)] = None,
    with_watch_providers: Annotated[str | None, Query(description=_NO_EFFECT)] = None,
    watch_region: Annotated[str | None, Query(description=_NO_EFFECT)] = None,
    with_watch_monetization_types: Annotated[str | None, Query(description=_NO_EFFECT)] = None,
    with_status: Annotated[str | None, Query(description="0 returning, 3 ended.")] = None,
    with_type: Annotated[str | None, Query(description=_NO_EFFECT)] = None,
) -> shapes.TvPage:
    """Series that fit all that is given."""

    def fits(series: Series) -> bool:
        genres = {id_of("genre", g) for g in series.genres}
        companies = {id_of("company", series.company)} if series.company else set()
        words = {k.id for k in tv_keywords(series.id).results}
        last = series.last_air_date or titles().today
        return (
            first_air_date_year in {None, int(series.first_air_date[:4])}
            and _between(series.first_air_date, first_air_date_gte, first_air_date_lte)
            and (air_date_gte is None or last >= air_date_gte)
            and (air_date_lte is None or series.first_air_date <= air_date_lte)
            and _between(series.rating, vote_average_gte, None)
            and _between(vote_count("tv", series.id), vote_count_gte, None)
            and _has(genres, with_genres)
            and _lacks(genres, without_genres)
            and _has({id_of("network", n) for n in series.networks}, with_networks)
            and _has(companies, with_companies)
            and _lacks(companies, without_companies)
            and _has(words, with_keywords)
            and _lacks(words, without_keywords)
            and with_original_language in {None, language_of(series.company)}
            and (with_status is None or series.is_running in {_STATUSES.get(s) for s in with_status.split("|")})
        )

    return tv_page(_sorted(filter(fits, titles().series.values()), sort_by, _SERIES_KEYS), page)


def _between(value: Any, low: Any, high: Any) -> bool:
    return (low is None or value >= low) and (high is None or value <= high)


def _has(there: set[int], wanted: str | None) -> bool:
    if not wanted:
        return True
    if "|" in wanted:
        return bool(there & _numbers(wanted.split("|")))
    return _numbers(wanted.split(",")) <= there


def _lacks(there: set[int], unwanted: str | None) -> bool:
    return not unwanted or not there & _numbers(unwanted.replace("|", ",").split(","))


def _numbers(texts: list[str]) -> set[int]:
    try:
        return {int(text) for text in texts}
    except ValueError:
        code, message = TMDB_BAD_PARAMETERS
        raise DemoFailure(422, message, code) from None


def _certified(film: Film, exact: str | None, most: str | None, least: str | None) -> bool:
    if not (exact or most or least):
        return True
    order = ("PG", "PG-13", "R")
    own = movie_release_dates(film.id).results[0].release_dates[0].certification
    rank = order.index(own)
    return (
        (not exact or own in exact.split("|"))
        and (most not in order or rank <= order.index(most))
        and (least not in order or rank >= order.index(least))
    )


def _sorted(items: Iterable[Any], sort_by: str, keys: dict[str, Callable[[Any], Any]]) -> list[Any]:
    name, _, direction = sort_by.partition(".")
    if name not in keys or direction not in {"asc", "desc"}:
        code, message = TMDB_BAD_PARAMETERS
        raise DemoFailure(422, message, code)
    by_id = sorted(items, key=lambda item: item.id)
    return sorted(by_id, key=keys[name], reverse=direction == "desc")
