"""Spotify's operations on playlists."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from agent.demo_api import spotify_objects as objects
from agent.demo_api import spotify_shapes as shapes
from agent.demo_api.account import USER_ID, Entry, Playlist
from agent.demo_api.failures import DemoFailure, spotify_not_found
from agent.demo_api.spotify_music import Limit, Market, Offset, account_of

router = APIRouter()
AdditionalTypes = Annotated[str | None, Query(description="Has no effect: the catalogue has tracks only.")]
Fields = Annotated[str | None, Query(description="Fields of the result to return, with commas; all if left out.")]


class NewPlaylist(BaseModel):
    name: str = Field(min_length=1, description="The playlist's name; it need not be unique.")
    public: bool = Field(default=True, description="False: only its owner sees it.")
    collaborative: bool = Field(default=False, description="True: others may change it; only if it is not public.")
    description: str = Field(default="", description="What is in it.")


class PlaylistChange(BaseModel):
    """What is left out stays as it is."""

    name: str | None = Field(default=None, min_length=1, description="The new name.")
    public: bool | None = Field(default=None, description="False makes it private.")
    collaborative: bool | None = Field(default=None, description="True: others may change it.")
    description: str | None = Field(default=None, description="What is in it.")


class Additions(BaseModel):
    uris: list[str] = Field(default_factory=list, description="spotify:track:... of the tracks, 100 at most.")
    position: int | None = Field(default=None, ge=0, description="Where to put them, from 0; at the end if left out.")


class TrackUri(BaseModel):
    uri: str = Field(description="spotify:track:...")


class Removals(BaseModel):
    tracks: list[TrackUri] = Field(description="The tracks to remove, 100 at most; each wherever it stands.")
    snapshot_id: str | None = Field(default=None, description="The state of the playlist that is meant.")


@router.get("/me/playlists", summary="The user's playlists")
def get_my_playlists(request: Request, limit: Limit = 20, offset: Offset = 0) -> shapes.Playlists:
    """All playlists, in the order in which they were made."""
    playlists = list(account_of(request).playlists.values())
    page: shapes.Playlists = objects.paging(
        shapes.Playlists, "/me/playlists", playlists, limit, offset, objects.simplified_playlist
    )
    return page


@router.post("/users/{user_id}/playlists", summary="Make a playlist", status_code=201)
def create_playlist(request: Request, user_id: str, body: NewPlaylist) -> shapes.Playlist:
    """An empty playlist of the user, whose id `GET /me` tells."""
    if user_id != USER_ID:
        raise DemoFailure(403, "You cannot create a playlist for another user")
    if body.collaborative and body.public:
        raise DemoFailure(400, "Collaborative playlists can only be private.")
    made = account_of(request).make_playlist(body.name, body.description, body.public, body.collaborative)
    return objects.playlist_object(made)


@router.get("/playlists/{playlist_id}", summary="A playlist", response_model=shapes.Playlist)
def get_playlist(
    request: Request,
    playlist_id: str,
    market: Market = None,
    fields: Fields = None,
    additional_types: AdditionalTypes = None,
) -> shapes.Playlist | Response:
    """A playlist with its first hundred tracks."""
    whole = objects.playlist_object(playlist_of(request, playlist_id))
    return _chosen(whole, fields) if fields else whole


@router.put("/playlists/{playlist_id}", summary="Change a playlist's details")
def change_playlist(request: Request, playlist_id: str, body: PlaylistChange) -> Response:
    """Rename it, describe it, make it private or public."""
    playlist = playlist_of(request, playlist_id)
    public = playlist.public if body.public is None else body.public
    if body.collaborative and public:
        raise DemoFailure(400, "Collaborative playlists can only be private.")
    playlist.public = public
    playlist.name = body.name or playlist.name
    playlist.description = playlist.description if body.description is None else body.description
    playlist.collaborative = playlist.collaborative if body.collaborative is None else body.collaborative
    playlist.n_changes += 1
    return Response(status_code=200)


@router.get("/playlists/{playlist_id}/tracks", summary="Tracks of a playlist", response_model=shapes.PlaylistTracks)
def get_playlist_tracks(
    request: Request,
    playlist_id: str,
    market: Market = None,
    fields: Fields = None,
    limit: Limit = 20,
    offset: Offset = 0,
    additional_types: AdditionalTypes = None,
) -> shapes.PlaylistTracks | Response:
    """The tracks in their order."""
    page = objects.playlist_tracks(playlist_of(request, playlist_id), limit, offset)
    return _chosen(page, fields) if fields else page


@router.post("/playlists/{playlist_id}/tracks", summary="Add tracks to a playlist", status_code=201)
def add_tracks(
    request: Request,
    playlist_id: str,
    position: Annotated[int | None, Query(ge=0, description="Where to put them, from 0.")] = None,
    uris: Annotated[str | None, Query(description="spotify:track:... with commas, 100 at most.")] = None,
    body: Additions | None = None,
) -> shapes.Snapshot:
    """Put tracks into a playlist, at the end or at a position; in the query or in the body."""
    playlist = playlist_of(request, playlist_id)
    given = uris.split(",") if uris else (body.uris if body else [])
    if not 1 <= len(given) <= 100:
        raise DemoFailure(400, "Between 1 and 100 uris are needed")
    added_at = account_of(request).now()
    entries = [Entry(objects.track_of_uri(uri.strip()).id, added_at) for uri in given]
    at = position if position is not None else body.position if body else None
    at = len(playlist.entries) if at is None else at
    if at > len(playlist.entries):
        raise DemoFailure(400, "Index out of bounds.")
    playlist.entries[at:at] = entries
    playlist.n_changes += 1
    return shapes.Snapshot(snapshot_id=playlist.snapshot_id)


@router.delete("/playlists/{playlist_id}/tracks", summary="Remove tracks from a playlist")
def remove_playlist_tracks(request: Request, playlist_id: str, body: Removals) -> shapes.Snapshot:
    """Take tracks out of a playlist, wherever in it they are."""
    playlist = playlist_of(request, playlist_id)
    if not 1 <= len(body.tracks) <= 100:
        raise DemoFailure(400, "Between 1 and 100 tracks are needed")
    if body.snapshot_id not in {None, playlist.snapshot_id}:
        raise DemoFailure(400, "Invalid snapshot id")
    gone = {objects.track_of_uri(track.uri).id for track in body.tracks}
    playlist.entries = [entry for entry in playlist.entries if entry.id not in gone]
    playlist.n_changes += 1
    return shapes.Snapshot(snapshot_id=playlist.snapshot_id)


def playlist_of(request: Request, playlist_id: str) -> Playlist:
    """
    Raises:
        DemoFailure: 404.
    """
    found = account_of(request).playlists.get(playlist_id)
    if found is None:
        raise spotify_not_found(playlist_id)
    return found


def _chosen(whole: BaseModel, fields: str) -> Response:
    """The named fields at the top, and of `items(...)` as Spotify writes it those of the list."""
    data = whole.model_dump(mode="json")
    names = {part.partition("(")[0].partition(".")[0].strip(" )!") for part in fields.split(",")}
    kept = {name: value for name, value in data.items() if name in names}
    return Response(json.dumps(kept), media_type="application/json")
