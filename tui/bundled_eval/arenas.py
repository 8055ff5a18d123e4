"""Where a task is asked and judged: the catalogue's own tools, or an invented world under the same signatures."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from agent.catalogue import tools as bundled
from agent.catalogue.store import catalogue
from agent.tools.base import Tool, ToolOutcome
from agent.tools.sources import load_tools
from train.bundled.headers import CANONICAL, Rendering
from train.bundled.world import World

Namespace = Mapping[str, Callable[..., Any]]


class Arena(Protocol):
    """Tools for the agent, the same as plain functions for the gold program, and the state that both may change."""

    tools: list[Tool]

    def functions(self) -> Namespace: ...

    def reset(self) -> None:
        """Undo every change."""
        ...

    def state(self) -> Any:
        """Everything that a program can change, as a comparable value."""
        ...


class CatalogueArena:
    """The bundled tools over the bundled catalogue, with playlists in a folder of their own."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="toolcoder-eval-")
        os.environ["TOOLCODER_HOME"] = self._folder.name
        self.tools = list(load_tools().tools)

    def functions(self) -> Namespace:
        return {name: getattr(bundled, name) for name in bundled.__all__ if name != "notice_for"}

    def reset(self) -> None:
        for path in Path(self._folder.name).glob("playlists.sqlite*"):
            path.unlink()

    def state(self) -> Any:
        # Ids of new playlists are compared by name only: two ways of making one are equally right.
        playlists = bundled.list_playlists()
        return [(p["name"], [t["id"] for t in bundled.playlist_tracks(p["id"])]) for p in playlists]


@dataclass
class _WorldTool:
    """A tool whose world can be exchanged between tasks."""

    arena: WorldArena
    spec: Any
    original: str
    source: str = "invented world"

    async def call(self, args: Mapping[str, Any]) -> ToolOutcome:
        return ToolOutcome(self.arena.outward(self.arena.world.namespace()[self.original](**args)))


class WorldArena:
    """An invented world; `rendering` may give its tools and fields other names."""

    def __init__(self, world: World, rendering: Rendering | None = None) -> None:
        self.world = world
        self._rendering = rendering or Rendering(CANONICAL)
        self._before = world.playlists_state()
        back = {new: old for old, new in self._rendering.tool_names.items()}
        self.tools: list[Tool] = [
            _WorldTool(self, spec, back.get(spec.name, spec.name)) for spec in self._rendering.tools
        ]

    def enter(self, world: World) -> None:
        """The next tasks are asked in this world."""
        self.world = world
        self._before = world.playlists_state()

    def functions(self) -> Namespace:
        return self.world.namespace()

    def reset(self) -> None:
        self.world.restore(self._before)

    def state(self) -> Any:
        return self.world.playlists_state()

    def outward(self, value: Any) -> Any:
        """A result with the fields named as the rendering names them."""
        names = self._rendering.field_names
        match value:
            case dict():
                return {names.get(key, key): self.outward(item) for key, item in value.items()}
            case list():
                return [self.outward(item) for item in value]
        return value


class CatalogueWorld(World):
    """The catalogue's records in the shape that the task generator draws from. Its names were never trained on."""

    def __init__(self, arena: CatalogueArena) -> None:
        self._reset = arena.reset
        call = self.namespace()

        def all_by(search: str, table: str, column: str) -> list[Any]:
            """Every record under its own name, as the search gives it first."""
            names = [str(row[column]) for row in catalogue().rows(f"SELECT DISTINCT {column} FROM {table}")]
            return [record for name in names for record in call[search](name)[:1]]

        self.people = catalogue().rows("SELECT id, name, birthday, birthplace FROM person")
        self.films = all_by("search_films", "film", "title")
        self.directors = {f["id"]: call["film_directors"](f["id"]) for f in self.films}
        self.cast = {f["id"]: call["film_cast"](f["id"]) for f in self.films}
        self.films = [f for f in self.films if self.directors[f["id"]] and len(self.cast[f["id"]]) >= 2]
        self.series = all_by("search_series", "series", "title")
        self.series_cast = {s["id"]: call["series_cast"](s["id"]) for s in self.series}
        self.seasons = {s["id"]: call["series_seasons"](s["id"]) for s in self.series}
        self.artists = all_by("search_artists", "artist", "name")
        self.tracks = [t for row in catalogue().rows("SELECT id FROM album") for t in _tracks(row["id"])]
        listed = {(t["artist"], t["album"]) for t in self.tracks}
        albums = [album for a in self.artists for album in call["artist_albums"](a["id"])]
        self.albums = [album for album in albums if (album["artist"], album["title"]) in listed]
        self._read_playlists()

    def _read_playlists(self) -> None:
        call = self.namespace()
        self.playlists = call["list_playlists"]()
        self.playlist_tracks = {p["id"]: [t["id"] for t in call["playlist_tracks"](p["id"])] for p in self.playlists}

    def playlists_state(self) -> tuple[list[dict[str, Any]], dict[int, list[int]]]:
        """As they are now, in the arena's folder."""
        self._read_playlists()
        return super().playlists_state()

    def restore(self, state: tuple[list[dict[str, Any]], dict[int, list[int]]]) -> None:
        """The seeded playlists again; a program is only ever checked against those."""
        self._reset()
        self._read_playlists()

    def namespace(self) -> dict[str, Callable[..., Any]]:
        """The real tools: the generator checks its programs against them."""
        return {name: getattr(bundled, name) for name in bundled.__all__ if name != "notice_for"}


def _tracks(album_id: Any) -> list[Any]:
    try:
        return list(bundled.album_tracks(album_id))
    except LookupError:  # the catalogue has no track list of this album
        return []
