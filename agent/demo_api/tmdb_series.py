"""TMDB's operations on one series, its seasons and episodes."""

from __future__ import annotations

from fastapi import APIRouter

from agent.demo_api import tmdb_objects as objects
from agent.demo_api import tmdb_shapes as shapes
from agent.demo_api.alike import alike_series
from agent.demo_api.failures import tmdb_not_found
from agent.demo_api.invented import hex_id, image_path, number
from agent.demo_api.places import HOMEPAGES, language_of
from agent.demo_api.titles import Episode, Part, Season, Series, id_of, titles
from agent.demo_api.tmdb_lists import Page, tv_page
from agent.demo_api.tmdb_movies import review_page

router = APIRouter()


@router.get("/tv/{tv_id}", summary="Details of a series")
def tv_details(tv_id: int) -> shapes.Tv:
    """First and last air date, networks, creators, companies, seasons and number of episodes of a series."""
    return details(objects.series_of(tv_id))


def details(series: Series) -> shapes.Tv:
    """A series with everything about it."""
    item = objects.tv_item(series).model_dump(exclude={"genre_ids"})
    episodes = [e for (owner, _, _), e in sorted(titles().episodes.items()) if owner == series.id and e.title]
    creators = [
        shapes.Creator(
            id=member.id, name=member.name, credit_id=member.credit_id, gender=0, profile_path=member.profile_path
        )
        for member in objects.crew_of("tv", series.id, series.creators, "Creator")
    ]
    return shapes.Tv(
        **item,
        last_air_date=series.last_air_date or titles().today,
        in_production=series.is_running,
        status="Returning Series" if series.is_running else "Ended",
        type="Miniseries" if len(series.seasons) == 1 and not series.is_running else "Scripted",
        created_by=creators,
        genres=objects.genres_of(series.genres),
        networks=[objects.made_by("network", name) for name in series.networks],
        production_companies=[objects.made_by("company", series.company)] if series.company else [],
        number_of_seasons=len(series.seasons),
        number_of_episodes=sum(season.n_episodes for season in series.seasons),
        seasons=[season_item(season) for season in series.seasons],
        last_episode_to_air=episode_item(episodes[-1]) if episodes else None,
        episode_run_time=[],
        languages=[language_of(series.company)],
        homepage=HOMEPAGES.get(series.networks[0], ""),
    )


def season_item(season: Season) -> shapes.SeasonItem:
    """A season as a series' details show it. The catalogue knows its year only."""
    return shapes.SeasonItem(
        id=season.id,
        name=f"Season {season.number}",
        season_number=season.number,
        episode_count=season.n_episodes,
        air_date=_season_date(season),
        overview=f"Season {season.number} of {titles().series[season.series_id].title}, {season.n_episodes} episodes.",
        poster_path=image_path("season", season.id, "poster", 0),
    )


def _season_date(season: Season) -> str:
    first = titles().episodes.get((season.series_id, season.number, 1))
    return (first.air_date if first else "") or f"{season.year}-01-01"


def episode_item(episode: Episode) -> shapes.EpisodeItem:
    """An episode in short."""
    return shapes.EpisodeItem(
        id=episode.id,
        show_id=episode.series_id,
        name=episode.title or f"Episode {episode.number}",
        season_number=episode.season,
        episode_number=episode.number,
        air_date=episode.air_date,
        overview=objects.episode_overview(episode),
        production_code="",
        still_path=image_path("episode", episode.id, "still", 0),
        vote_average=_rating(episode),
        vote_count=objects.vote_count("episode", episode.id),
    )


def _rating(episode: Episode) -> float:
    return round(5 + number(48, "rating", episode.id) / 10, 1)


@router.get("/tv/{tv_id}/credits", summary="Cast and crew of a series")
def tv_credits(tv_id: int) -> shapes.TvCredits:
    """Who plays whom, in the order of the credits, and who created it."""
    series = objects.series_of(tv_id)
    return shapes.TvCredits(
        id=series.id,
        cast=objects.cast_of("tv", series.id, series.cast),
        crew=objects.crew_of("tv", series.id, series.creators, "Creator"),
    )


@router.get("/tv/{tv_id}/images", summary="Images of a series")
def tv_images(tv_id: int) -> shapes.Images:
    """Posters and backdrops. The paths are invented."""
    series = objects.series_of(tv_id)
    return shapes.Images(
        id=series.id,
        backdrops=objects.images("tv", series.id, "backdrop", 3, 1920, 1080),
        posters=objects.images("tv", series.id, "poster", 3, 1000, 1500),
    )


@router.get("/tv/{tv_id}/keywords", summary="Keywords of a series")
def tv_keywords(tv_id: int) -> shapes.TvKeywords:
    """Words that describe a series: its genres, decade and network."""
    series = objects.series_of(tv_id)
    words = [genre.lower() for genre in series.genres] + [f"{series.first_air_date[:3]}0s", series.networks[0].lower()]
    return shapes.TvKeywords(
        id=series.id, results=[shapes.Named(id=id_of("keyword", word), name=word) for word in words]
    )


@router.get("/tv/{tv_id}/reviews", summary="Reviews of a series")
def tv_reviews(tv_id: int, page: Page = 1) -> shapes.ReviewPage:
    """What viewers wrote. Invented."""
    series = objects.series_of(tv_id)
    return review_page("tv", series.id, series.title, page)


@router.get("/tv/{tv_id}/similar", summary="Series like a series")
def tv_similar(tv_id: int, page: Page = 1) -> shapes.TvPage:
    """Series that share genres or people with it, the nearest first."""
    return tv_page(alike_series(objects.series_of(tv_id), by="genres"), page)


@router.get("/tv/{tv_id}/recommendations", summary="Series for those who liked a series")
def tv_recommendations(tv_id: int, page: Page = 1) -> shapes.TvPage:
    """Series that share people with it before those that share genres."""
    return tv_page(alike_series(objects.series_of(tv_id), by="people"), page)


@router.get("/tv/{tv_id}/season/{season_number}", summary="A season and its episodes")
def tv_season(tv_id: int, season_number: int) -> shapes.TvSeason:
    """All episodes of a season with their directors and guest stars."""
    season = season_of(tv_id, season_number)
    item = season_item(season)
    return shapes.TvSeason(
        code=hex_id("season", season.id),
        **item.model_dump(exclude={"episode_count"}),
        episodes=[episode_details(episode) for episode in titles().season_episodes(tv_id, season_number)],
    )


def season_of(tv_id: int, season_number: int) -> Season:
    """
    Raises:
        DemoFailure: 404.
    """
    found = [season for season in objects.series_of(tv_id).seasons if season.number == season_number]
    if not found:
        raise tmdb_not_found()
    return found[0]


def episode_of(tv_id: int, season_number: int, episode_number: int) -> Episode:
    """
    Raises:
        DemoFailure: 404.
    """
    season_of(tv_id, season_number)
    episode = titles().episodes.get((tv_id, season_number, episode_number))
    if episode is None:
        raise tmdb_not_found()
    return episode


def episode_details(episode: Episode) -> shapes.Episode:
    """An episode with its people."""
    return shapes.Episode(
        **episode_item(episode).model_dump(exclude={"show_id", "production_code"}),
        production_code=None,
        crew=objects.crew_of("episode", episode.id, episode.directors, "Director"),
        guest_stars=objects.cast_of("episode", episode.id, episode.guests),
    )


@router.get("/tv/{tv_id}/season/{season_number}/credits", summary="Cast and crew of a season")
def tv_season_credits(tv_id: int, season_number: int) -> shapes.TvCredits:
    """The series' cast, and the directors of the season's episodes (`job` is `Director`)."""
    season = season_of(tv_id, season_number)
    series = objects.series_of(tv_id)
    directors = dict.fromkeys(
        part.person_id for episode in titles().season_episodes(tv_id, season_number) for part in episode.directors
    )
    return shapes.TvCredits(
        id=season.id,
        cast=objects.cast_of("tv", series.id, series.cast),
        crew=objects.crew_of("season", season.id, map(Part, directors), "Director"),
    )


@router.get("/tv/{tv_id}/season/{season_number}/images", summary="Posters of a season")
def tv_season_images(tv_id: int, season_number: int) -> shapes.Posters:
    """The paths are invented."""
    season = season_of(tv_id, season_number)
    return shapes.Posters(id=season.id, posters=objects.images("season", season.id, "poster", 2, 1000, 1500))


@router.get("/tv/{tv_id}/season/{season_number}/episode/{episode_number}", summary="Details of an episode")
def tv_episode(tv_id: int, season_number: int, episode_number: int) -> shapes.Episode:
    """Title, air date, directors and guest stars of an episode."""
    return episode_details(episode_of(tv_id, season_number, episode_number))


@router.get(
    "/tv/{tv_id}/season/{season_number}/episode/{episode_number}/credits", summary="Cast and crew of an episode"
)
def tv_episode_credits(tv_id: int, season_number: int, episode_number: int) -> shapes.EpisodeCredits:
    """The series' cast, the episode's directors and guest stars."""
    episode = episode_of(tv_id, season_number, episode_number)
    return shapes.EpisodeCredits(
        id=episode.id,
        cast=objects.cast_of("tv", tv_id, objects.series_of(tv_id).cast),
        crew=objects.crew_of("episode", episode.id, episode.directors, "Director"),
        guest_stars=objects.cast_of("episode", episode.id, episode.guests),
    )


@router.get("/tv/{tv_id}/season/{season_number}/episode/{episode_number}/images", summary="Stills of an episode")
def tv_episode_images(tv_id: int, season_number: int, episode_number: int) -> shapes.Stills:
    """The paths are invented."""
    episode = episode_of(tv_id, season_number, episode_number)
    return shapes.Stills(id=episode.id, stills=objects.images("episode", episode.id, "still", 2, 1920, 1080))
