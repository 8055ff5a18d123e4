"""From artists, albums, tracks and playlists to Spotify's objects."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeVar
from urllib.parse import urlencode

from agent.demo_api import spotify_shapes as shapes
from agent.demo_api.account import USER_ID, Device, Entry, Playlist
from agent.demo_api.failures import DemoFailure, spotify_not_found
from agent.demo_api.invented import image_path, number
from agent.demo_api.music import Album, Artist, Track, music

API = "https://api.spotify.com/v1"
_WEB = "https://open.spotify.com"
_MARKETS = ["DE", "ES", "FR", "GB", "JP", "US"]
T = TypeVar("T")


def links(kind: str, identifier: str) -> dict[str, Any]:
    """The fields that every object has."""
    plural = f"users/{USER_ID}" if kind == "user" else f"{kind}s/{identifier}"
    return {
        "id": identifier,
        "uri": f"spotify:{kind}:{identifier}",
        "href": f"{API}/{plural}",
        "external_urls": shapes.ExternalUrls(spotify=f"{_WEB}/{kind}/{identifier}"),
    }


def images(kind: str, identifier: object) -> list[shapes.Image]:
    """Invented images in two sizes."""
    path = image_path(kind, identifier)
    return [shapes.Image(url=f"https://i.scdn.co/image{path}?{size}", height=size, width=size) for size in (640, 300)]


def simplified_artist(artist: Artist) -> shapes.SimplifiedArtist:
    """An artist in short."""
    return shapes.SimplifiedArtist(**links("artist", artist.id), name=artist.name)


def artist_object(artist: Artist) -> shapes.Artist:
    """An artist with genres; followers and popularity are invented."""
    return shapes.Artist(
        **links("artist", artist.id),
        name=artist.name,
        genres=list(artist.genres),
        followers=shapes.Followers(total=10_000 + number(9_000_000, "followers", artist.id)),
        images=images("artist", artist.id),
        popularity=artist.popularity,
    )


def simplified_album(album: Album) -> shapes.SimplifiedAlbum:
    """An album without its tracks."""
    kind: Literal["album", "single", "compilation"] = (
        "compilation" if album.kind == "compilation" else "single" if album.kind in {"single", "ep"} else "album"
    )
    return shapes.SimplifiedAlbum(
        **links("album", album.id),
        name=album.title,
        album_type=kind,
        album_group=kind,
        artists=[simplified_artist(album.artist)],
        release_date=album.release_date,
        total_tracks=len(music().tracks_of[album.id]),
        genres=list(album.artist.genres),
        label="",
        popularity=20 + number(80, "album", album.id),
        images=images("album", album.id),
        available_markets=_MARKETS,
        copyrights=[],
        external_ids=shapes.ExternalIds(),
    )


def album_object(album: Album) -> shapes.Album:
    """An album with its tracks; the catalogue has the track lists of some albums only."""
    tracks = [simplified_track(track) for track in music().tracks_of[album.id]]
    whole = simplified_album(album).model_dump(exclude={"artists"})
    return shapes.Album(
        **whole,
        artists=[artist_object(album.artist)],
        tracks=paging(shapes.SimplifiedTracks, f"/albums/{album.id}/tracks", tracks, 50, 0, lambda t: t),
    )


def simplified_track(track: Track) -> shapes.SimplifiedTrack:
    """A track as its album lists it."""
    return shapes.SimplifiedTrack(**_track(track), artists=[simplified_artist(track.album.artist)])


def track_object(track: Track) -> shapes.Track:
    """A track with its album."""
    return shapes.Track(
        **_track(track),
        artists=[artist_object(track.album.artist)],
        album=simplified_album(track.album),
        external_ids=shapes.ExternalIds(),
        popularity=min(100, track.plays // 50_000),
    )


def _track(track: Track) -> dict[str, Any]:
    return {
        **links("track", track.id),
        "name": track.title,
        "track_number": track.position,
        "disc_number": 1,
        "duration_ms": track.duration_s * 1000,
        "explicit": False,
        "is_local": False,
        "is_playable": True,
        "preview_url": None,
        "available_markets": _MARKETS,
    }


def owner() -> shapes.PlaylistOwner:
    """The demo's user, as the owner of playlists."""
    return shapes.PlaylistOwner(**links("user", USER_ID), followers=shapes.Followers(total=3), display_name="Demo")


def simplified_playlist(playlist: Playlist) -> shapes.SimplifiedPlaylist:
    """A playlist with the number of its tracks."""
    return shapes.SimplifiedPlaylist(
        **_playlist(playlist),
        tracks=shapes.TracksRef(href=f"{API}/playlists/{playlist.id}/tracks", total=len(playlist.entries)),
    )


def playlist_object(playlist: Playlist) -> shapes.Playlist:
    """A playlist with its first hundred tracks."""
    return shapes.Playlist(
        **_playlist(playlist),
        followers=shapes.Followers(total=0),
        tracks=playlist_tracks(playlist, 100, 0),
    )


def playlist_tracks(playlist: Playlist, limit: int, offset: int) -> shapes.PlaylistTracks:
    """A page of a playlist's tracks."""
    page: shapes.PlaylistTracks = paging(
        shapes.PlaylistTracks, f"/playlists/{playlist.id}/tracks", playlist.entries, limit, offset, _playlist_track
    )
    return page


def _playlist_track(entry: Entry) -> shapes.PlaylistTrack:
    user = shapes.PlaylistUser(**owner().model_dump(exclude={"display_name"}))
    track = track_object(music().tracks[entry.id])
    return shapes.PlaylistTrack(added_at=entry.added_at, added_by=user, is_local=False, track=track)


def _playlist(playlist: Playlist) -> dict[str, Any]:
    return {
        **links("playlist", playlist.id),
        "name": playlist.name,
        "description": playlist.description or None,
        "public": playlist.public,
        "collaborative": playlist.collaborative,
        "owner": owner(),
        "snapshot_id": playlist.snapshot_id,
        "images": images("playlist", playlist.id),
    }


def device_object(device: Device, is_active: bool) -> shapes.Device:
    """A device that music can be played on."""
    return shapes.Device(
        id=device.id,
        name=device.name,
        type=device.kind,
        is_active=is_active,
        is_private_session=False,
        is_restricted=False,
        volume_percent=device.volume_percent,
    )


def paging(
    shape: type[Any], path: str, items: Sequence[T], limit: int, offset: int, convert: Callable[[T], Any], **query: str
) -> Any:
    """A page of the class `shape`, with the addresses of its neighbours."""

    def address(at: int) -> str:
        return f"{API}{path}?{urlencode({**query, 'offset': at, 'limit': limit})}"

    return shape(
        href=address(offset),
        limit=limit,
        offset=offset,
        total=len(items),
        next=address(offset + limit) if offset + limit < len(items) else None,
        previous=address(max(0, offset - limit)) if offset > 0 else None,
        items=[convert(item) for item in items[offset : offset + limit]],
    )


def artist_of(identifier: str) -> Artist:
    """
    Raises:
        DemoFailure: 404.
    """
    return _there(music().artists.get(identifier), identifier)


def album_of(identifier: str) -> Album:
    """
    Raises:
        DemoFailure: 404.
    """
    return _there(music().albums.get(identifier), identifier)


def track_of(identifier: str) -> Track:
    """
    Raises:
        DemoFailure: 404.
    """
    return _there(music().tracks.get(identifier), identifier)


def track_of_uri(uri: str) -> Track:
    """
    Raises:
        DemoFailure: 400 where it is no track's URI, 404 where there is no such track.
    """
    if not uri.startswith("spotify:track:"):
        raise DemoFailure(400, f"Invalid track uri: {uri}")
    return track_of(uri.rpartition(":")[2])


def _there(found: T | None, identifier: str) -> T:
    if found is None:
        raise spotify_not_found(identifier)
    return found
