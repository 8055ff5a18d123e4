"""Which titles and artists are alike: by what they share, then by popularity."""

from __future__ import annotations

from typing import Literal

from agent.demo_api.titles import Film, Series, titles

MOST = 60


def alike_films(film: Film, by: Literal["genres", "people"]) -> list[Film]:
    """Films that share something with it, the nearest first; never itself."""
    people = {part.person_id for part in (*film.directors, *film.cast)}
    weight = 3 if by == "people" else 1

    def near(other: Film) -> float:
        shared = len(set(film.genres) & set(other.genres)) * (1 if by == "people" else 3)
        shared += weight * len(people & {part.person_id for part in (*other.directors, *other.cast)})
        return shared + (4 if film.collection and film.collection == other.collection else 0)

    scored = [(near(other), other) for other in titles().films.values() if other.id != film.id]
    return [other for _, other in sorted((s for s in scored if s[0] > 0), key=_order)][:MOST]


def alike_series(series: Series, by: Literal["genres", "people"]) -> list[Series]:
    """The same for series."""
    people = {part.person_id for part in (*series.creators, *series.cast)}

    def near(other: Series) -> float:
        shared = len(set(series.genres) & set(other.genres)) * (1 if by == "people" else 3)
        shared += (4 if by == "people" else 1) * len(people & {p.person_id for p in (*other.creators, *other.cast)})
        return shared + (1 if set(series.networks) & set(other.networks) else 0)

    scored = [(near(other), other) for other in titles().series.values() if other.id != series.id]
    return [other for _, other in sorted((s for s in scored if s[0] > 0), key=_order)][:MOST]


def _order(scored: tuple[float, Film | Series]) -> tuple[float, float, int]:
    near, title = scored
    return -near, -title.popularity, title.id
