"""The demo's one user: library, followed artists, playlists and player. Changes are kept until a reset."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Literal

from agent.demo_api.invented import base62_id, number
from agent.demo_api.music import Artist, Track, music

USER_ID = "demo_listener"
Repeat = Literal["off", "track", "context"]
_BEGUN = "2024-01-01T12:00:00Z"


@dataclass
class Entry:
    """A track in a playlist or a saved thing, with the time when it was put there."""

    id: str
    added_at: str = _BEGUN


@dataclass
class Playlist:
    """`entries` hold ids of tracks, in order; one may be there twice."""

    id: str
    name: str
    entries: list[Entry] = field(default_factory=list)
    description: str = ""
    public: bool = True
    collaborative: bool = False
    n_changes: int = 0

    @property
    def snapshot_id(self) -> str:
        return base62_id("snapshot", self.id, self.n_changes)


@dataclass
class Device:
    id: str
    name: str
    kind: str
    volume_percent: int


@dataclass
class Player:
    """`waiting` is the person's queue; after it the context's tracks go on from `position`."""

    device: Device
    context_uri: str
    tracks: list[str]
    position: int = 0
    is_playing: bool = True
    progress_ms: int = 42_000
    repeat: Repeat = "off"
    shuffle: bool = False
    waiting: deque[str] = field(default_factory=deque)
    current: str | None = None

    @property
    def track_id(self) -> str | None:
        """What is on: a track from the queue, else the context's."""
        if self.current is not None:
            return self.current
        return self.tracks[self.position] if 0 <= self.position < len(self.tracks) else None


class Account:
    """Built from the catalogue's seeds; `reset` is building it anew. Methods of the routes change it."""

    def __init__(self) -> None:
        self._n_made = 0
        self._clock = 0
        self.playlists: dict[str, Playlist] = {}
        for row in music().source.rows("SELECT position, name FROM seed_playlist ORDER BY position"):
            seeds = music().source.rows(
                "SELECT track_id FROM seed_track WHERE playlist = ? ORDER BY position", row["position"]
            )
            ids = [music().track_numbered(int(str(seed["track_id"]))).id for seed in seeds]
            playlist = Playlist(base62_id("playlist", row["name"]), str(row["name"]), [Entry(i) for i in ids])
            self.playlists[playlist.id] = playlist
        self.tracks = [Entry(track.id) for track in _some_tracks(6)]
        self.albums = [Entry(track.album.id) for track in _some_tracks(12)[6:]]
        self.artists = list(dict.fromkeys(track.album.artist.id for track in _some_tracks(20)[12:]))
        self.users: list[str] = []
        self.devices = [
            Device(base62_id("device", 1), "Living Room Speaker", "Speaker", 55),
            Device(base62_id("device", 2), "My PC", "Computer", 70),
        ]
        first = next(iter(self.playlists.values()))
        self.player = Player(self.devices[0], f"spotify:playlist:{first.id}", [e.id for e in first.entries])
        self.played = deque([(t.id, f"2024-09-0{n + 1}T20:00:00Z") for n, t in enumerate(_some_tracks(25)[20:])], 50)

    def now(self) -> str:
        """A time that goes on by a second at each change: the same at every run."""
        self._clock += 1
        hours, rest = divmod(self._clock, 3600)
        return f"2024-10-01T{12 + hours:02d}:{rest // 60:02d}:{rest % 60:02d}Z"

    def make_playlist(self, name: str, description: str, public: bool, collaborative: bool) -> Playlist:
        """A new, empty playlist, the newest first as Spotify lists them."""
        self._n_made += 1
        made = Playlist(base62_id("made", self._n_made), name, [], description, public, collaborative)
        self.playlists = {**self.playlists, made.id: made}
        return made

    def advance(self, step: int) -> None:
        """On to the next track, or back to the one before."""
        player = self.player
        if player.track_id is not None:
            self.played.appendleft((player.track_id, self.now()))
        player.progress_ms = 0
        if step > 0 and player.waiting:
            player.current = player.waiting.popleft()
            return
        player.current = None
        if player.tracks:
            player.position = (player.position + step) % len(player.tracks)
        player.is_playing = True

    def upcoming(self) -> list[str]:
        """What will be played: the queue, then the rest of the context."""
        return [*self.player.waiting, *self.player.tracks[self.player.position + 1 :]]

    def top_tracks(self) -> list[Track]:
        """What the person listens to most. Invented."""
        return sorted(music().tracks.values(), key=lambda t: (-number(10_000, "mine", t.id), t.id))[:50]

    def top_artists(self) -> list[Artist]:
        """The artists of those tracks, in the same order."""
        return list({track.album.artist.id: track.album.artist for track in self.top_tracks()}.values())


def _some_tracks(n: int) -> list[Track]:
    """Well-played tracks of different artists."""
    found: dict[str, Track] = {}
    for track in sorted(music().tracks.values(), key=lambda t: (-t.plays, t.number)):
        found.setdefault(track.album.artist.id, track)
    return list(found.values())[:n]
