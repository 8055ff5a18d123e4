"""Entities of one question: drawn from the world so that the question makes sense, and mentioned in varied ways."""

# ruff: noqa: E501 - phrases are easier to read and compare on one line

from __future__ import annotations

from random import Random

from agent.prompts.compact_pointers import quoted, strip_edges
from train.bundled import names
from train.bundled.picking import Picker
from train.bundled.source import Source
from train.bundled.world import World

_MENTIONS = {
    "person": "{e}",
    "director": "{e}|{e}|{e}|{e}|{e}|{e}|director {e}|the director {e}|filmmaker {e}",
    "actor": "{e}|{e}|{e}|{e}|{e}|{e}|{e}|actor {e}|the actor {e}|actress {e}|the actress {e}",
    "artist": "{e}|{e}|{e}|{e}|{e}|{e}|{e}|{e}|the band {e}|the artist {e}|the group {e}|band {e}|the singer {e}"
    "|the musician {e}|the act {e}",
    "film": "{e}|{e}|{e}|{e}|{e}|{e}|{e}|the film {e}|the movie {e}|the {e} movie|the film called {e}|the {e} film|movie {e}"
    "|the motion picture {e}|the picture {e}|the film titled {e}|the flick {e}",
    "series": "{e}|{e}|{e}|{e}|{e}|the series {e}|the show {e}|the tv show {e}|the tv series {e}|the programme {e}|the {e} series"
    "|the show called {e}|the {e} show",
    "show": "the series {e}|the show {e}|the tv show {e}|the TV series {e}|the television series {e}|the {e} series"
    "|the sitcom {e}|the series called {e}|the television show {e}|the {e} show|the {e} tv series|the tv drama {e}|series {e}"
    "|the show called {e}|the show named {e}",
    "album": "{e}|{e}|{e}|the album {e}|the album {e}|{e} by {a}|{a}'s {e}|the record {e}|{a}'s album {e}"
    "|the album {e} by {a}|the {e} album|the LP {e}|{e} from {a}|{a}'s record {e}|the {a} album {e}|{e} ({a})|{a}'s {e}"
    "|{e} of {a}|album {e}",
    "the_album": "the album {e}|the album {e} by {a}|{a}'s album {e}|the record {e}|the {e} album|the studio album {e}"
    "|the {a} album {e}|the LP {e}|{a}'s record {e}|album {e}|the album {e} from {a}|the record {e} by {a}|the album called {e}",
    "track": "{e}|{e}|{e}|the song {e}|the track {e}|{e} by {a}|the song {e} by {a}|{a}'s {e}|the track {e} by {a}|{e} from {a}"
    "|the {a} song {e}|{a}'s song {e}|{e} ({a})|song {e}",
    "the_track": "the song {e}|the track {e}|the song {e} by {a}|{a}'s song {e}|the track called {e}|the tune {e}"
    "|the {a} song {e}|the song called {e}|the track {e} by {a}|{a}'s track {e}|song {e}",
    "playlist": "my {e} playlist|the playlist {e}|my playlist {e}|the {e} playlist|my playlist called {e}"
    "|the playlist named {e}|the playlist called {e}|playlist {e}|my list {e}|my {e} list|the list {e}|my playlist named {e}"
    "|that {e} playlist|my own playlist {e}",
    "any_playlist": "my {e} playlist|the playlist {e}|my playlist {e}|the {e} playlist|my playlist called {e}|{e}|{e}|{e}|{e}"
    "|the playlist called {e}|playlist {e}|my list {e}|my {e} list|my playlist named {e}",
    "target": "my {e} playlist|the playlist {e}|my playlist {e}|{e}|{e}|{e}|the {e} playlist|playlist {e}|my list {e}",
    "new_playlist": "{e}",
}


class Cast:
    """Draws the entities of one task; `lower` writes them in lower case, as people type."""

    def __init__(self, world: World, rng: Random, lower: bool = False) -> None:
        self.world = world
        self.rng = rng
        self.lower = lower
        self._artist_of: dict[str, str] = {}

    def _spell(self, name: str) -> str:
        return name.lower() if self.lower else name

    def director(self) -> str:
        film = self.rng.choice(self.world.films)
        return str(self.rng.choice(self.world.directors[film["id"]])["name"])

    def actor(self) -> str:
        film = self.rng.choice(self.world.films)
        return str(self.rng.choice(self.world.cast[film["id"]])["name"])

    def draw(self, kind: str) -> str:
        """A name of a kind, spelled as the question will spell it."""
        world, rng = self.world, self.rng
        match kind:
            case "person":
                name = self.director() if rng.random() < 0.5 else self.actor()
            case "director":
                name = self.director()
            case "actor":
                name = self.actor()
            case "film":
                name = rng.choice(world.films)["title"]
            case "series" | "show":
                name = rng.choice(world.series)["title"]
            case "artist":
                name = rng.choice(world.artists)["name"]
            case "album" | "the_album":
                album = rng.choice(world.albums)
                name = album["title"]
                self._artist_of[self._spell(name)] = album["artist"]
            case "track" | "the_track":
                track = rng.choice(world.tracks)
                name = track["title"]
                self._artist_of[self._spell(name)] = track["artist"]
            case "playlist" | "any_playlist" | "target":
                name = rng.choice(world.playlists)["name"]
            case _:
                name = names.playlist(rng)
        if kind in ("person", "director", "actor") and rng.random() < 0.16:
            name = name.removesuffix(" Jr.").split()[-1]  # many people are known by their surname
        return self._spell(name)

    def pair(self, kind: str) -> tuple[str, str]:
        """Two different names of a kind, which share something for films and actors more often than by chance."""
        while True:
            first, second = self.draw(kind), self.draw(kind)
            if kind == "actor":
                roles = self.world.cast[self.rng.choice(self.world.films)["id"]]
                first, second = (self._spell(r["name"]) for r in self.rng.sample(roles, 2))
            if strip_edges(first) != strip_edges(second):
                return first, second

    def entities(self, source: Source) -> list[str]:
        """Names for the slots of a source."""
        film = self.rng.choice(self.world.films)
        directors = self.world.directors[film["id"]]
        actors = [r["name"] for r in self.world.cast[film["id"]]]
        match source.key:
            case "director_with_actor":
                others = [a for a in actors if a != directors[0]["name"]]
                return [self._spell(directors[0]["name"]), self._spell(self.rng.choice(others))]
            case "both_actors":
                return [self._spell(a) for a in self.rng.sample(actors, 2)]
            case "acted":
                return [self.draw("actor")]
            case "together":
                names_there = [d["name"] for d in directors] + actors[:3]
                return [self._spell(a) for a in self.rng.sample(sorted(set(names_there)), 2)]
            case "directed" | "own" | "cast_latest" | "cast_first":
                return [self.draw("director")]
            case _:
                return [self.draw(kind) for _, kind in source.slots]

    def mention(self, kind: str, name: str, pick: Picker) -> str:
        """The name in its company: "the album X by Y", "“X”", or just X."""
        text = pick(_MENTIONS.get(kind, "{e}"))
        if "{a}" in text and name not in self._artist_of:
            text = "{e}"
        quotes = ""
        people = kind in ("person", "director", "actor", "one", "other", "artist")
        if self.rng.random() < (0.05 if people else 0.14):
            quotes = self.rng.choice(('""', "''", "“”", '""'))
        shown = f"{quotes[0]}{name}{quotes[1]}" if quotes else name
        return text.format(e=shown, a=self._spell(self._artist_of.get(name, "")))

    @staticmethod
    def literal(name: str) -> str:
        """The literal that pointers at the mention stand for."""
        return quoted(strip_edges(name))
