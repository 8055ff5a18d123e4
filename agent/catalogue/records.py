"""What the catalogue's tools return: plain JSON objects, one class per kind.

``demo_rating`` and ``demo_plays`` are invented by the build; every other field is a fact.
"""

from typing import TypedDict


class Film(TypedDict):
    """A feature film. ``release_date`` is YYYY-MM-DD; ``demo_rating`` (1.0 to 9.9) is invented."""

    id: int
    title: str
    year: int
    release_date: str
    runtime_min: int
    genres: list[str]
    demo_rating: float


class Person(TypedDict):
    """Somebody who directs, acts or creates. Unknown birthday (YYYY-MM-DD) and birthplace are None."""

    id: int
    name: str
    birthday: str | None
    birthplace: str | None


class Role(TypedDict):
    """Who plays whom in a film or series."""

    person_id: int
    name: str
    character: str


class Series(TypedDict):
    """A television series. ``last_year`` is None while it runs; ``demo_rating`` (1.0 to 9.9) is invented."""

    id: int
    title: str
    first_year: int
    last_year: int | None
    n_seasons: int
    n_episodes: int
    network: str
    genres: list[str]
    demo_rating: float


class Season(TypedDict):
    """One season of a series."""

    number: int
    year: int
    n_episodes: int


class Artist(TypedDict):
    """A band or solo artist."""

    id: int
    name: str
    country: str
    formed_year: int
    genres: list[str]


class Album(TypedDict):
    """An album of an artist."""

    id: int
    title: str
    artist: str
    year: int


class Track(TypedDict):
    """A track on an album. ``demo_plays`` is invented."""

    id: int
    title: str
    artist: str
    album: str
    number: int
    duration_s: int
    demo_plays: int


class Playlist(TypedDict):
    """A playlist of the user."""

    id: int
    name: str
    n_tracks: int
