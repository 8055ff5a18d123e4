"""A world made of given tools and entity names, such as the real ones of the bundled catalogue: for evaluation only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from train.bundled.world import Json, World

Tools = Mapping[str, Callable[..., Any]]


class GivenWorld(World):
    """Looks like `World` to the generator. `entities` maps film, person, series, artist and album to names.

    `reset` puts the playlists back to how they were when this was made. A name is left out where the search finds
    another record first: a question about it would be ambiguous.
    """

    def __init__(self, tools: Tools, entities: Mapping[str, Sequence[str]], reset: Callable[[], None]) -> None:
        self._tools = dict(tools)
        self._reset = reset
        self.films = self._found("search_films", "title", entities["film"])
        self.people = self._found("search_people", "name", entities["person"])
        self.series = self._found("search_series", "title", entities["series"])
        self.artists = self._found("search_artists", "name", entities["artist"])
        albums = self._found("search_albums", "title", entities["album"])
        self.directors = {f["id"]: tools["film_directors"](f["id"]) for f in self.films}
        self.cast = {f["id"]: tools["film_cast"](f["id"]) for f in self.films}
        self.films = [f for f in self.films if self.directors[f["id"]] and len(self.cast[f["id"]]) > 2]
        self.series_cast = {s["id"]: tools["series_cast"](s["id"]) for s in self.series}
        self.seasons = {s["id"]: tools["series_seasons"](s["id"]) for s in self.series}
        self.series = [s for s in self.series if self.seasons[s["id"]] and self.series_cast[s["id"]]]
        self.albums, self.tracks = [], []
        for album in albums:
            try:
                tracks = tools["album_tracks"](album["id"])
            except LookupError:
                continue
            self.albums.append(album)
            self.tracks += [t for t in tracks if tools["search_tracks"](t["title"])[0]["id"] == t["id"]]
        self.playlists = tools["list_playlists"]()
        self.playlist_tracks = {p["id"]: [t["id"] for t in tools["playlist_tracks"](p["id"])] for p in self.playlists}
        self._by_track_id = {t["id"]: t for p in self.playlists for t in tools["playlist_tracks"](p["id"])}

    def _found(self, search: str, label: str, wanted: Sequence[str]) -> list[Json]:
        rows = []
        for name in wanted:
            found = self._tools[search](name)
            if found and found[0][label] == name and sum(row[label] == name for row in found) == 1:
                rows.append(found[0])
        return rows

    def track(self, track_id: int) -> Json:
        """A track of one of the playlists."""
        return self._by_track_id[track_id]

    def namespace(self) -> dict[str, Callable[..., Any]]:
        return dict(self._tools)

    def playlists_state(self) -> tuple[list[Json], dict[int, list[int]]]:
        playlists = self._tools["list_playlists"]()
        return playlists, {p["id"]: [t["id"] for t in self._tools["playlist_tracks"](p["id"])] for p in playlists}

    def restore(self, state: tuple[list[Json], dict[int, list[int]]]) -> None:
        if self.playlists_state() != state:
            self._reset()
