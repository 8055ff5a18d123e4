"""What TMDB's operations return, field by field; the server's OpenAPI document is made of these."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class Named(BaseModel):
    id: int
    name: str


class MovieListItem(BaseModel):
    """A film as lists show it."""

    id: int
    title: str
    original_title: str
    release_date: str
    genre_ids: list[int]
    overview: str
    original_language: str
    popularity: float
    vote_average: float
    vote_count: int
    poster_path: str | None
    backdrop_path: str | None
    adult: bool = False
    video: bool = False


class TvListItem(BaseModel):
    """A series as lists show it."""

    id: int
    name: str
    original_name: str
    first_air_date: str
    genre_ids: list[int]
    origin_country: list[str]
    overview: str
    original_language: str
    popularity: float
    vote_average: float
    vote_count: int
    poster_path: str | None
    backdrop_path: str | None


class MovieWithType(MovieListItem):
    media_type: Literal["movie"] = "movie"


class TvWithType(TvListItem):
    media_type: Literal["tv"] = "tv"


class PersonListItem(BaseModel):
    id: int
    name: str
    popularity: float
    profile_path: str | None
    known_for: list[MovieWithType | TvWithType]
    adult: bool = False


class PersonWithType(PersonListItem):
    media_type: Literal["person"] = "person"


class Page(BaseModel):
    """`page` counts from 1; a page has up to 20 results."""

    page: int
    total_pages: int
    total_results: int


class MoviePage(Page):
    results: list[MovieListItem]


class Dates(BaseModel):
    minimum: str
    maximum: str


class DatedMoviePage(MoviePage):
    dates: Dates


class TvPage(Page):
    results: list[TvListItem]


class PersonPage(Page):
    results: list[PersonListItem]


class TrendingPage(Page):
    results: list[MovieWithType | TvWithType | PersonWithType]


class CompanyItem(BaseModel):
    id: int
    name: str
    logo_path: str | None


class CompanyPage(Page):
    results: list[CompanyItem]


class CollectionItem(BaseModel):
    id: int
    name: str
    poster_path: str | None
    backdrop_path: str | None


class CollectionPage(Page):
    results: list[CollectionItem]


class Company(CompanyItem):
    description: str
    headquarters: str
    homepage: str
    origin_country: str
    parent_company: Named | None = None


class MadeBy(CompanyItem):
    origin_country: str


class Country(BaseModel):
    iso_3166_1: str
    name: str


class Language(BaseModel):
    iso_639_1: str
    name: str


class Movie(BaseModel):
    id: int
    title: str
    original_title: str
    release_date: str
    runtime: int | None
    genres: list[Named]
    belongs_to_collection: CollectionItem | None
    production_companies: list[MadeBy]
    production_countries: list[Country]
    spoken_languages: list[Language]
    original_language: str
    overview: str | None
    tagline: str | None
    status: Literal["Rumored", "Planned", "In Production", "Post Production", "Released", "Canceled"]
    budget: int
    revenue: int
    homepage: str | None
    imdb_id: str | None
    popularity: float
    vote_average: float
    vote_count: int
    poster_path: str | None
    backdrop_path: str | None
    adult: bool = False
    video: bool = False


class CastMember(BaseModel):
    id: int
    name: str
    character: str
    credit_id: str
    order: int
    profile_path: str | None
    gender: int | None = 0


class MovieCastMember(CastMember):
    cast_id: int


class CrewMember(BaseModel):
    id: int
    name: str
    job: str
    department: str
    credit_id: str
    profile_path: str | None
    gender: int | None = 0


class MovieCredits(BaseModel):
    id: int
    cast: list[MovieCastMember]
    crew: list[CrewMember]


class TvCredits(BaseModel):
    id: int
    cast: list[CastMember]
    crew: list[CrewMember]


class EpisodeCredits(TvCredits):
    guest_stars: list[CastMember]


class Keywords(BaseModel):
    id: int
    keywords: list[Named]


class TvKeywords(BaseModel):
    id: int
    results: list[Named]


class Review(BaseModel):
    """Invented."""

    id: str
    author: str
    content: str
    url: str


class ReviewPage(Page):
    id: int
    results: list[Review]


class ReviewDetails(Review):
    iso_639_1: str = "en"
    media_id: int
    media_title: str
    media_type: Literal["movie", "tv"]


class ReleaseDate(BaseModel):
    certification: str
    iso_639_1: str
    release_date: str
    type: int
    note: str


class ReleaseDates(BaseModel):
    iso_3166_1: str
    release_dates: list[ReleaseDate]


class MovieReleaseDates(BaseModel):
    id: int
    results: list[ReleaseDates]


class Image(BaseModel):
    """The path is invented: no such file exists."""

    file_path: str
    width: int
    height: int
    aspect_ratio: float
    iso_639_1: str | None = None
    vote_average: float
    vote_count: int


class Logo(BaseModel):
    id: str
    file_path: str
    file_type: Literal[".svg", ".png"] = ".png"
    width: int
    height: int
    aspect_ratio: float
    vote_average: float
    vote_count: int


class Images(BaseModel):
    id: int
    backdrops: list[Image]
    posters: list[Image]


class Posters(BaseModel):
    id: int
    posters: list[Image]


class Stills(BaseModel):
    id: int
    stills: list[Image]


class Profiles(BaseModel):
    id: int
    profiles: list[Image]


class Logos(BaseModel):
    id: int
    logos: list[Logo]


class Genres(BaseModel):
    genres: list[Named]


class Network(BaseModel):
    id: int
    name: str
    headquarters: str
    homepage: str
    origin_country: str


class Creator(BaseModel):
    id: int
    name: str
    credit_id: str
    gender: int
    profile_path: str | None


class SeasonItem(BaseModel):
    id: int
    name: str
    season_number: int
    episode_count: int
    air_date: str
    overview: str
    poster_path: str | None


class EpisodeItem(BaseModel):
    id: int
    show_id: int
    name: str
    season_number: int
    episode_number: int
    air_date: str
    overview: str
    production_code: str
    still_path: str | None
    vote_average: float
    vote_count: int


class Tv(BaseModel):
    id: int
    name: str
    original_name: str
    first_air_date: str
    last_air_date: str
    in_production: bool
    status: str
    type: str
    created_by: list[Creator]
    genres: list[Named]
    networks: list[MadeBy]
    production_companies: list[MadeBy]
    number_of_seasons: int
    number_of_episodes: int
    seasons: list[SeasonItem]
    last_episode_to_air: EpisodeItem | None
    next_episode_to_air: EpisodeItem | None = None
    episode_run_time: list[int]
    languages: list[str]
    origin_country: list[str]
    original_language: str
    overview: str
    homepage: str
    popularity: float
    vote_average: float
    vote_count: int
    poster_path: str | None
    backdrop_path: str | None


class Episode(BaseModel):
    id: int
    name: str
    season_number: int
    episode_number: int
    air_date: str
    overview: str
    production_code: str | None
    still_path: str | None
    vote_average: float
    vote_count: int
    crew: list[CrewMember]
    guest_stars: list[CastMember]


class TvSeason(BaseModel):
    code: str = Field(serialization_alias="_id")
    id: int
    name: str
    season_number: int
    air_date: str
    overview: str
    poster_path: str | None
    episodes: list[Episode]


class Collection(CollectionItem):
    overview: str
    parts: list[MovieListItem]


class Person(BaseModel):
    id: int
    name: str
    birthday: str | None
    deathday: str | None
    place_of_birth: str | None
    known_for_department: str
    also_known_as: list[str]
    gender: int
    biography: str
    popularity: float
    profile_path: str | None
    imdb_id: str
    homepage: str | None
    adult: bool = False


class MovieRole(MovieListItem):
    character: str
    credit_id: str


class MovieJob(MovieListItem):
    department: str
    job: str
    credit_id: str


class PersonMovies(BaseModel):
    id: int
    cast: list[MovieRole]
    crew: list[MovieJob]


class TvRole(TvListItem):
    character: str
    credit_id: str
    episode_count: int


class TvJob(TvListItem):
    department: str
    job: str
    credit_id: str
    episode_count: int


class PersonTv(BaseModel):
    id: int
    cast: list[TvRole]
    crew: list[TvJob]


class CreditSeason(BaseModel):
    air_date: str
    poster_path: str | None
    season_number: int


class CreditMedia(BaseModel):
    id: int
    name: str
    original_name: str
    character: str
    episodes: list[EpisodeItem]
    seasons: list[CreditSeason]


class Credit(BaseModel):
    id: str
    credit_type: Literal["cast", "crew"]
    department: str
    job: str
    media: CreditMedia
    media_type: Literal["movie", "tv"]
    person: Named
