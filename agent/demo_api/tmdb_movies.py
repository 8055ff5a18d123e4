"""TMDB's operations on one film."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse

from agent.demo_api import tmdb_objects as objects
from agent.demo_api import tmdb_shapes as shapes
from agent.demo_api.alike import alike_films
from agent.demo_api.invented import image_path, n_reviews, number, review
from agent.demo_api.places import country_of, language_of
from agent.demo_api.titles import Film, id_of, titles
from agent.demo_api.tmdb_lists import Page, movie_page

router = APIRouter()
_WORLD = ("US", "GB", "FR", "JP")
_CERTIFICATIONS = ("PG", "PG-13", "R")


@router.get("/movie/{movie_id}", summary="Details of a film", response_model=shapes.Movie)
def movie_details(
    movie_id: int,
    append_to_response: Annotated[
        str | None, Query(description="Further operations on the film in the same answer, with commas: credits,images.")
    ] = None,
) -> shapes.Movie | Response:
    """Title, release date, running time, genres, collection and production companies of a film."""
    found = details(objects.film_of(movie_id))
    names = [name for name in (append_to_response or "").split(",") if name in _APPENDED]
    if not names:
        return found
    more = {name: _APPENDED[name](movie_id).model_dump(mode="json") for name in names}
    return JSONResponse(found.model_dump(mode="json") | more)


def details(film: Film) -> shapes.Movie:
    """A film with everything about it."""
    item = objects.movie_item(film).model_dump()
    collection = objects_collection(film.collection) if film.collection else None
    return shapes.Movie(
        **{k: v for k, v in item.items() if k != "genre_ids"},
        runtime=film.runtime_min,
        genres=objects.genres_of(film.genres),
        belongs_to_collection=collection,
        production_companies=[objects.made_by("company", film.company)] if film.company else [],
        production_countries=[objects.country(country_of(film.company))],
        spoken_languages=[objects.language(language_of(film.company))],
        tagline=None,
        status="Released" if film.release_date <= titles().today else "Post Production",
        budget=0,
        revenue=0,
        homepage=None,
        imdb_id=None,
    )


def objects_collection(name: str) -> shapes.CollectionItem:
    """A collection as a film's details show it; TMDB calls them `... Collection`."""
    identifier = id_of("collection", name)
    return shapes.CollectionItem(
        id=identifier,
        name=f"{name} Collection",
        poster_path=image_path("collection", identifier, "poster", 0),
        backdrop_path=image_path("collection", identifier, "backdrop", 0),
    )


@router.get("/movie/{movie_id}/credits", summary="Cast and crew of a film")
def movie_credits(movie_id: int) -> shapes.MovieCredits:
    """Who plays whom, in the order of the credits, and who directed (`job` is `Director`)."""
    film = objects.film_of(movie_id)
    cast = [
        shapes.MovieCastMember(**member.model_dump(), cast_id=member.order + 1)
        for member in objects.cast_of("movie", film.id, film.cast)
    ]
    return shapes.MovieCredits(
        id=film.id, cast=cast, crew=objects.crew_of("movie", film.id, film.directors, "Director")
    )


@router.get("/movie/{movie_id}/keywords", summary="Keywords of a film")
def movie_keywords(movie_id: int) -> shapes.Keywords:
    """Words that describe a film: its genres, decade, collection and director."""
    film = objects.film_of(movie_id)
    return shapes.Keywords(id=film.id, keywords=keywords(film))


def keywords(film: Film) -> list[shapes.Named]:
    """From facts alone."""
    words = [genre.lower() for genre in film.genres] + [f"{film.release_date[:3]}0s"]
    words += [film.collection.lower()] if film.collection else []
    words += [f"directed by {titles().people[part.person_id].name.lower()}" for part in film.directors[:1]]
    return [shapes.Named(id=id_of("keyword", word), name=word) for word in words]


@router.get("/movie/{movie_id}/images", summary="Images of a film")
def movie_images(
    movie_id: int,
    include_image_language: Annotated[
        str | None, Query(description="Languages of posters, with commas; `null` for images without text.")
    ] = None,
) -> shapes.Images:
    """Posters and backdrops. The paths are invented."""
    film = objects.film_of(movie_id)
    wanted = include_image_language.split(",") if include_image_language else []
    posters = objects.images("movie", film.id, "poster", 3, 1000, 1500)
    backdrops = objects.images("movie", film.id, "backdrop", 3, 1920, 1080)
    if wanted:
        posters = [image for image in posters if (image.iso_639_1 or "null") in wanted]
        backdrops = [image for image in backdrops if (image.iso_639_1 or "null") in wanted]
    return shapes.Images(id=film.id, backdrops=backdrops, posters=posters)


@router.get("/movie/{movie_id}/release_dates", summary="Release dates of a film by country")
def movie_release_dates(movie_id: int) -> shapes.MovieReleaseDates:
    """The first release, repeated for some countries; certifications are invented."""
    film = objects.film_of(movie_id)
    home = country_of(film.company)
    certification = _CERTIFICATIONS[number(len(_CERTIFICATIONS), "certification", film.id)]
    date = shapes.ReleaseDate(
        certification=certification,
        iso_639_1=language_of(film.company),
        release_date=f"{film.release_date}T00:00:00.000Z",
        type=3,
        note="",
    )
    countries = [home, *(code for code in _WORLD if code != home)]
    return shapes.MovieReleaseDates(
        id=film.id, results=[shapes.ReleaseDates(iso_3166_1=code, release_dates=[date]) for code in countries]
    )


@router.get("/movie/{movie_id}/reviews", summary="Reviews of a film")
def movie_reviews(movie_id: int, page: Page = 1) -> shapes.ReviewPage:
    """What viewers wrote. Invented."""
    film = objects.film_of(movie_id)
    return review_page("movie", film.id, film.title, page)


def review_page(kind: str, identifier: int, title: str, page: int) -> shapes.ReviewPage:
    """A title's reviews."""
    found = [review(kind, identifier, title, n) for n in range(n_reviews(kind, identifier))]
    shown, n_pages, n = objects.page_of(found, page)
    results = [
        shapes.Review(id=i, author=author, content=content, url=f"https://www.themoviedb.org/review/{i}")
        for i, author, content in shown
    ]
    return shapes.ReviewPage(id=identifier, results=results, page=page, total_pages=n_pages, total_results=n)


@router.get("/movie/{movie_id}/similar", summary="Films like a film")
def movie_similar(movie_id: int, page: Page = 1) -> shapes.MoviePage:
    """Films that share genres, director or collection with it, the nearest first."""
    return movie_page(alike_films(objects.film_of(movie_id), by="genres"), page)


@router.get("/movie/{movie_id}/recommendations", summary="Films for those who liked a film")
def movie_recommendations(movie_id: int, page: Page = 1) -> shapes.MoviePage:
    """Films that share people with it before those that share genres."""
    return movie_page(alike_films(objects.film_of(movie_id), by="people"), page)


_APPENDED: dict[str, Any] = {
    "credits": movie_credits,
    "keywords": movie_keywords,
    "images": movie_images,
    "release_dates": movie_release_dates,
    "reviews": movie_reviews,
    "similar": movie_similar,
    "recommendations": movie_recommendations,
}
