"""The user's playlists: a small writable SQLite file in the state folder, seeded on first use.

Every change is one short ``BEGIN IMMEDIATE`` transaction with a busy time-out, so several processes may share the
file. No write-ahead log: home folders on network file systems cannot have one.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent.catalogue.records import Playlist, Track
from agent.catalogue.store import Catalogue

_BUSY_TIMEOUT_S = 10.0
_SCHEMA = """
CREATE TABLE playlist (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL);
CREATE TABLE entry (
    id INTEGER PRIMARY KEY AUTOINCREMENT, playlist_id INTEGER NOT NULL REFERENCES playlist, track_id INTEGER NOT NULL,
    UNIQUE (playlist_id, track_id));
"""


def state_folder() -> Path:
    """``TOOLCODER_HOME`` where it is set, else the platform's data folder of the user."""
    if home := os.environ.get("TOOLCODER_HOME"):
        return Path(home).expanduser()
    from platformdirs import user_data_path

    return user_data_path("toolcoder", appauthor=False)


class Playlists:
    """The playlists in one file, over the tracks of one catalogue.

    Raises:
        LookupError: where a playlist or track id does not exist, or a track to remove is not in the playlist.
        ValueError: where a name is empty or taken.
    """

    def __init__(self, path: Path, tracks: Catalogue) -> None:
        self._path = path
        self._tracks = tracks

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        connection = sqlite3.connect(self._path, timeout=_BUSY_TIMEOUT_S, isolation_level=None)
        try:
            connection.execute("BEGIN IMMEDIATE")
            try:
                self._seed(connection)
                yield connection
            except BaseException:  # also Ctrl-C: a half-made change must not stay
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
        finally:
            connection.close()

    def _seed(self, connection: sqlite3.Connection) -> None:
        if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'playlist'").fetchone():
            return
        for statement in _SCHEMA.strip().split(";\n"):
            connection.execute(statement)
        for row in self._tracks.rows("SELECT position, name FROM seed_playlist ORDER BY position"):
            playlist_id = connection.execute("INSERT INTO playlist (name) VALUES (?)", (row["name"],)).lastrowid
            seeds = self._tracks.rows(
                "SELECT track_id FROM seed_track WHERE playlist = ? ORDER BY position", row["position"]
            )
            for seed in seeds:
                connection.execute(
                    "INSERT INTO entry (playlist_id, track_id) VALUES (?, ?)", (playlist_id, seed["track_id"])
                )

    def listed(self) -> list[Playlist]:
        """All playlists in the order of creation."""
        with self._transaction() as connection:
            ids = [row[0] for row in connection.execute("SELECT id FROM playlist ORDER BY id")]
            return [self._record(connection, playlist_id) for playlist_id in ids]

    def tracks(self, playlist_id: int) -> list[Track]:
        """The tracks of a playlist in the order in which they were added."""
        with self._transaction() as connection:
            self._record(connection, playlist_id)
            return self._tracks.tracks(_track_ids(connection, playlist_id))

    def create(self, name: str) -> Playlist:
        """A new empty playlist."""
        name = name.strip()
        if not name:
            raise ValueError("a playlist needs a name")
        with self._transaction() as connection:
            if taken := connection.execute("SELECT id FROM playlist WHERE name = ?", (name,)).fetchone():
                raise ValueError(f"a playlist named {name!r} exists already (id {taken[0]})")
            playlist_id = connection.execute("INSERT INTO playlist (name) VALUES (?)", (name,)).lastrowid
            return Playlist(id=int(playlist_id or 0), name=name, n_tracks=0)

    def add(self, playlist_id: int, track_id: int) -> Playlist:
        """Put a track at the end; one that is in the playlist already stays where it is."""
        self._tracks.name_of("track", track_id)
        with self._transaction() as connection:
            self._record(connection, playlist_id)
            connection.execute(
                "INSERT OR IGNORE INTO entry (playlist_id, track_id) VALUES (?, ?)", (playlist_id, track_id)
            )
            return self._record(connection, playlist_id)

    def remove(self, playlist_id: int, track_id: int) -> Playlist:
        """Take a track out."""
        with self._transaction() as connection:
            playlist = self._record(connection, playlist_id)
            gone = connection.execute(
                "DELETE FROM entry WHERE playlist_id = ? AND track_id = ?", (playlist_id, track_id)
            )
            if not gone.rowcount:
                raise LookupError(f"no track with id {track_id!r} in the playlist {playlist['name']!r}")
            return self._record(connection, playlist_id)

    def _record(self, connection: sqlite3.Connection, playlist_id: int) -> Playlist:
        row = connection.execute("SELECT id, name FROM playlist WHERE id = ?", (playlist_id,)).fetchone()
        if row is None:
            raise LookupError(f"no playlist with id {playlist_id!r}")
        # Counted over the catalogue: a newer edition of it may lack a track.
        n_tracks = len(self._tracks.tracks(_track_ids(connection, playlist_id)))
        return Playlist(id=row[0], name=row[1], n_tracks=n_tracks)


def _track_ids(connection: sqlite3.Connection, playlist_id: int) -> list[int]:
    query = "SELECT track_id FROM entry WHERE playlist_id = ? ORDER BY id"
    return [row[0] for row in connection.execute(query, (playlist_id,))]
