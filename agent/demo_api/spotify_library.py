"""Spotify's operations on the user's library: profile, saved tracks and albums, followed artists, favourites."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from agent.demo_api import spotify_objects as objects
from agent.demo_api import spotify_shapes as shapes
from agent.demo_api.account import USER_ID, Entry
from agent.demo_api.failures import DemoFailure
from agent.demo_api.music import music
from agent.demo_api.spotify_music import Limit, Market, Offset, account_of

router = APIRouter()
Ids = Annotated[str | None, Query(description="Ids with commas, 50 at most.")]


class IdsBody(BaseModel):
    """Ids in the body; those in the query win."""

    ids: list[str] = Field(default_factory=list, description="Ids, 50 at most.")


class FollowType(StrEnum):
    """Whom to follow."""

    ARTIST = "artist"
    USER = "user"


class TopType(StrEnum):
    """What to list."""

    ARTISTS = "artists"
    TRACKS = "tracks"


@router.get("/me", summary="The user's profile")
def get_profile() -> shapes.PrivateUser:
    """Name and id of the user whose account this is. Invented."""
    return shapes.PrivateUser(
        **objects.links("user", USER_ID),
        display_name="Demo",
        email="demo@example.org",
        country="US",
        product="premium",
        followers=shapes.Followers(total=3),
        images=[],
        explicit_content=shapes.ExplicitContent(filter_enabled=False, filter_locked=False),
    )


@router.get("/me/albums", summary="Saved albums")
def get_saved_albums(
    request: Request, limit: Limit = 20, offset: Offset = 0, market: Market = None
) -> shapes.SavedAlbums:
    """The albums in the user's library, the newest addition first."""

    def saved(entry: Entry) -> shapes.SavedAlbum:
        return shapes.SavedAlbum(added_at=entry.added_at, album=objects.album_object(music().albums[entry.id]))

    page: shapes.SavedAlbums = objects.paging(
        shapes.SavedAlbums, "/me/albums", account_of(request).albums, limit, offset, saved
    )
    return page


@router.put("/me/albums", summary="Save albums")
def save_albums(request: Request, ids: Ids = None, body: IdsBody | None = None) -> Response:
    """Put albums into the user's library; those already there stay where they are."""
    wanted = [objects.album_of(i).id for i in _ids(ids, body)]
    account_of(request).albums = _added(account_of(request).albums, wanted, account_of(request).now())
    return Response(status_code=200)


@router.delete("/me/albums", summary="Remove saved albums")
def remove_albums(request: Request, ids: Ids = None, body: IdsBody | None = None) -> Response:
    """Take albums out of the user's library."""
    unwanted = set(_ids(ids, body))
    account = account_of(request)
    account.albums = [entry for entry in account.albums if entry.id not in unwanted]
    return Response(status_code=200)


@router.get("/me/tracks", summary="Saved tracks")
def get_saved_tracks(
    request: Request, market: Market = None, limit: Limit = 20, offset: Offset = 0
) -> shapes.SavedTracks:
    """The tracks in the user's library (My Music), the newest addition first."""

    def saved(entry: Entry) -> shapes.SavedTrack:
        return shapes.SavedTrack(added_at=entry.added_at, track=objects.track_object(music().tracks[entry.id]))

    page: shapes.SavedTracks = objects.paging(
        shapes.SavedTracks, "/me/tracks", account_of(request).tracks, limit, offset, saved
    )
    return page


@router.put("/me/tracks", summary="Save tracks")
def save_tracks(request: Request, ids: Ids = None, body: IdsBody | None = None) -> Response:
    """Put tracks into the user's library; those already there stay where they are."""
    wanted = [objects.track_of(i).id for i in _ids(ids, body)]
    account_of(request).tracks = _added(account_of(request).tracks, wanted, account_of(request).now())
    return Response(status_code=200)


@router.delete("/me/tracks", summary="Remove saved tracks")
def remove_tracks(request: Request, ids: Ids = None, body: IdsBody | None = None) -> Response:
    """Take tracks out of the user's library."""
    unwanted = set(_ids(ids, body))
    account = account_of(request)
    account.tracks = [entry for entry in account.tracks if entry.id not in unwanted]
    return Response(status_code=200)


@router.get("/me/following", summary="Followed artists")
def get_followed_artists(
    request: Request,
    type: Annotated[FollowType, Query(description="Only artist.")],
    after: Annotated[str | None, Query(description="The last artist's id of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=50, description="How many artists to return.")] = 20,
) -> shapes.FollowedArtists:
    """The artists that the user follows."""
    if type is not FollowType.ARTIST:
        raise DemoFailure(400, "Invalid type: only artist is supported")
    ids = account_of(request).artists
    begin = ids.index(after) + 1 if after in ids else 0
    shown = ids[begin : begin + limit]
    last = shown[-1] if begin + limit < len(ids) else None
    address = f"{objects.API}/me/following?type=artist&limit={limit}"
    return shapes.FollowedArtists(
        artists=shapes.FollowedArtistsPage(
            href=address + (f"&after={after}" if after else ""),
            limit=limit,
            next=f"{address}&after={last}" if last else None,
            total=len(ids),
            cursors=shapes.Cursors(after=last),
            items=[objects.artist_object(music().artists[i]) for i in shown],
        )
    )


@router.put("/me/following", summary="Follow artists or users", status_code=204, response_class=Response)
def follow(
    request: Request,
    type: Annotated[FollowType, Query(description="Whom the ids stand for.")],
    ids: Ids = None,
    body: IdsBody | None = None,
) -> None:
    """Follow one or more artists or users."""
    account = account_of(request)
    wanted = _ids(ids, body)
    if type is FollowType.ARTIST:
        wanted = [objects.artist_of(i).id for i in wanted]
        account.artists = list(dict.fromkeys([*account.artists, *wanted]))
    else:
        account.users = list(dict.fromkeys([*account.users, *wanted]))


@router.delete("/me/following", summary="Unfollow artists or users")
def unfollow(
    request: Request,
    type: Annotated[FollowType, Query(description="Whom the ids stand for.")],
    ids: Ids = None,
    body: IdsBody | None = None,
) -> Response:
    """Stop following artists or users."""
    account = account_of(request)
    unwanted = set(_ids(ids, body))
    if type is FollowType.ARTIST:
        account.artists = [i for i in account.artists if i not in unwanted]
    else:
        account.users = [i for i in account.users if i not in unwanted]
    return Response(status_code=200)


@router.get("/me/top/{type}", summary="The user's favourites")
def get_top(
    request: Request,
    type: TopType,
    time_range: Annotated[str | None, Query(description="short_term, medium_term or long_term; all the same.")] = None,
    limit: Limit = 20,
    offset: Offset = 0,
) -> shapes.ArtistsOrTracks:
    """The artists or tracks that the user listens to most. Invented."""
    account = account_of(request)
    page: shapes.ArtistsOrTracks
    if type is TopType.ARTISTS:
        artists = account.top_artists()
        page = objects.paging(shapes.ArtistsOrTracks, "/me/top/artists", artists, limit, offset, objects.artist_object)
    else:
        tracks = account.top_tracks()
        page = objects.paging(shapes.ArtistsOrTracks, "/me/top/tracks", tracks, limit, offset, objects.track_object)
    return page


def _ids(ids: str | None, body: IdsBody | None) -> list[str]:
    found = [i.strip() for i in ids.split(",") if i.strip()] if ids else (body.ids if body else [])
    if not found:
        raise DemoFailure(400, "Missing required field: ids")
    if len(found) > 50:
        raise DemoFailure(400, "Too many ids requested")
    return found


def _added(there: list[Entry], ids: list[str], added_at: str) -> list[Entry]:
    known = {entry.id for entry in there}
    return [*(Entry(i, added_at) for i in dict.fromkeys(ids) if i not in known), *there]
