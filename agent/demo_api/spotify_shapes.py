"""What Spotify's operations return, field by field."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel


class ExternalUrls(BaseModel):
    spotify: str


class Followers(BaseModel):
    href: str | None = None
    total: int


class Image(BaseModel):
    """The address is invented."""

    url: str
    height: int | None
    width: int | None


class SimplifiedArtist(BaseModel):
    id: str
    name: str
    uri: str
    href: str
    type: Literal["artist"] = "artist"
    external_urls: ExternalUrls


class Artist(SimplifiedArtist):
    genres: list[str]
    followers: Followers
    images: list[Image]
    popularity: int


class Copyright(BaseModel):
    text: str
    type: str


class ExternalIds(BaseModel):
    isrc: str = ""
    ean: str = ""
    upc: str = ""


class Restrictions(BaseModel):
    reason: Literal["market", "product", "explicit"]


class SimplifiedAlbum(BaseModel):
    id: str
    name: str
    uri: str
    href: str
    type: Literal["album"] = "album"
    album_type: Literal["album", "single", "compilation"]
    album_group: Literal["album", "single", "compilation", "appears_on"]
    artists: list[SimplifiedArtist]
    release_date: str
    release_date_precision: Literal["year", "month", "day"] = "day"
    total_tracks: int
    genres: list[str]
    label: str
    popularity: int
    images: list[Image]
    available_markets: list[str]
    copyrights: list[Copyright]
    external_ids: ExternalIds
    external_urls: ExternalUrls
    restrictions: Restrictions | None = None


class LinkedTrack(BaseModel):
    id: str
    uri: str
    href: str
    type: str
    external_urls: ExternalUrls


class SimplifiedTrack(BaseModel):
    id: str
    name: str
    uri: str
    href: str
    type: Literal["track"] = "track"
    artists: list[SimplifiedArtist]
    track_number: int
    disc_number: int
    duration_ms: int
    explicit: bool
    is_local: bool
    is_playable: bool
    preview_url: str | None
    available_markets: list[str]
    external_urls: ExternalUrls
    linked_from: LinkedTrack | None = None
    restrictions: Restrictions | None = None


class Track(SimplifiedTrack):
    artists: list[Artist]  # type: ignore[assignment]  # Spotify gives more of them here
    album: SimplifiedAlbum
    external_ids: ExternalIds
    popularity: int


class Paging(BaseModel):
    """`next` is the address of the next page, None on the last."""

    href: str
    limit: int
    offset: int
    total: int
    next: str | None
    previous: str | None


class SimplifiedTracks(Paging):
    items: list[SimplifiedTrack]


class Tracks(Paging):
    items: list[Track]


class SimplifiedAlbums(Paging):
    items: list[SimplifiedAlbum]


class Artists(Paging):
    items: list[Artist]


class ArtistsOrTracks(Paging):
    items: list[Artist | Track]


class Album(SimplifiedAlbum):
    artists: list[Artist]  # type: ignore[assignment]  # more of them here too
    tracks: SimplifiedTracks


class ArtistList(BaseModel):
    artists: list[Artist]


class TrackList(BaseModel):
    tracks: list[Track]


class AlbumPages(BaseModel):
    albums: SimplifiedAlbums


class PlaylistUser(BaseModel):
    id: str
    uri: str
    href: str
    type: Literal["user"] = "user"
    external_urls: ExternalUrls
    followers: Followers


class PlaylistOwner(PlaylistUser):
    display_name: str | None


class TracksRef(BaseModel):
    href: str
    total: int


class SimplifiedPlaylist(BaseModel):
    id: str
    name: str
    uri: str
    href: str
    type: Literal["playlist"] = "playlist"
    description: str | None
    public: bool
    collaborative: bool
    owner: PlaylistOwner
    snapshot_id: str
    images: list[Image]
    external_urls: ExternalUrls
    tracks: TracksRef


class PlaylistTrack(BaseModel):
    added_at: str
    added_by: PlaylistUser
    is_local: bool
    track: Track


class PlaylistTracks(Paging):
    items: list[PlaylistTrack]


class Playlist(SimplifiedPlaylist):
    followers: Followers
    tracks: PlaylistTracks  # type: ignore[assignment]  # a page of them, not only their number


class Playlists(Paging):
    items: list[SimplifiedPlaylist]


class Snapshot(BaseModel):
    snapshot_id: str


class NoItems(Paging):
    """The catalogue has no shows, episodes or audiobooks."""

    items: list[str]


class Found(BaseModel):
    """What a search found, for the types that were asked for."""

    tracks: Tracks | None = None
    artists: Artists | None = None
    albums: SimplifiedAlbums | None = None
    playlists: Playlists | None = None
    shows: NoItems | None = None
    episodes: NoItems | None = None
    audiobooks: NoItems | None = None


class SavedAlbum(BaseModel):
    added_at: str
    album: Album


class SavedAlbums(Paging):
    items: list[SavedAlbum]


class SavedTrack(BaseModel):
    added_at: str
    track: Track


class SavedTracks(Paging):
    items: list[SavedTrack]


class Cursors(BaseModel):
    after: str | None
    before: str | None = None


class FollowedArtistsPage(BaseModel):
    """`cursors.after` is what to pass as `after` for the next page; None on the last."""

    href: str
    limit: int
    next: str | None
    total: int
    cursors: Cursors
    items: list[Artist]


class FollowedArtists(BaseModel):
    artists: FollowedArtistsPage


class Context(BaseModel):
    type: str
    href: str
    uri: str
    external_urls: ExternalUrls


class PlayHistory(BaseModel):
    track: Track
    played_at: str
    context: Context | None


class PlayHistoryPage(BaseModel):
    href: str
    limit: int
    next: str | None
    total: int
    cursors: Cursors
    items: list[PlayHistory]


class Device(BaseModel):
    id: str | None
    name: str
    type: str
    is_active: bool
    is_private_session: bool
    is_restricted: bool
    volume_percent: int | None


class Devices(BaseModel):
    devices: list[Device]


class Disallows(BaseModel):
    interrupting_playback: bool = False
    pausing: bool = False
    resuming: bool = False
    seeking: bool = False
    skipping_next: bool = False
    skipping_prev: bool = False
    toggling_repeat_context: bool = False
    toggling_repeat_track: bool = False
    toggling_shuffle: bool = False
    transferring_playback: bool = False


class Playback(BaseModel):
    device: Device
    repeat_state: Literal["off", "track", "context"]
    shuffle_state: bool
    context: Context | None
    timestamp: int
    progress_ms: int
    is_playing: bool
    item: Track | None
    currently_playing_type: str
    actions: Disallows


class Queue(BaseModel):
    currently_playing: Track | None
    queue: list[Track]


class ExplicitContent(BaseModel):
    filter_enabled: bool
    filter_locked: bool


class PrivateUser(BaseModel):
    id: str
    display_name: str
    email: str
    country: str
    product: str
    type: Literal["user"] = "user"
    uri: str
    href: str
    external_urls: ExternalUrls
    followers: Followers
    images: list[Image]
    explicit_content: ExplicitContent


class Seed(BaseModel):
    id: str
    type: str
    href: str | None
    initialPoolSize: int  # noqa: N815  Spotify's names
    afterFilteringSize: int  # noqa: N815
    afterRelinkingSize: int  # noqa: N815


class Recommendations(BaseModel):
    seeds: list[Seed]
    tracks: list[Track]
