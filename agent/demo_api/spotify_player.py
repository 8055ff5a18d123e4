"""Spotify's operations on the player."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from agent.demo_api import spotify_objects as objects
from agent.demo_api import spotify_shapes as shapes
from agent.demo_api.account import Account, Device
from agent.demo_api.failures import DemoFailure, spotify_not_found
from agent.demo_api.music import music
from agent.demo_api.spotify_music import Market, account_of

router = APIRouter()
Types = Annotated[str | None, Query(description="Has no effect: the catalogue has tracks only.")]
DeviceId = Annotated[str | None, Query(description="Which device; the active one if left out.")]
_EPOCH_MS = 1_727_784_000_000


class PlayOffset(BaseModel):
    """Where in the context to begin: a position from 0, or a track."""

    position: int | None = Field(default=None, ge=0)
    uri: str | None = None


class Play(BaseModel):
    """Nothing given: go on with what is on."""

    context_uri: str | None = Field(
        default=None, description="spotify:album:..., spotify:artist:..., spotify:playlist:..."
    )
    uris: list[str] | None = Field(default=None, description="spotify:track:... of the tracks to play.")
    offset: PlayOffset | None = Field(default=None, description="Where in the context or the tracks to begin.")
    position_ms: int | None = Field(default=None, ge=0, description="Where in the track to begin.")


@router.get("/me/player", summary="State of the player")
def get_player(request: Request, market: Market = None, additional_types: Types = None) -> shapes.Playback:
    """Device, track, repeat mode and whether it plays."""
    return playback(account_of(request))


@router.get("/me/player/currently-playing", summary="The track that is on")
def get_currently_playing(request: Request, market: Market = None, additional_types: Types = None) -> shapes.Playback:
    """The track that is on, its album and artists."""
    return playback(account_of(request))


def playback(account: Account) -> shapes.Playback:
    """The player's state."""
    player = account.player
    kind = player.context_uri.split(":")[1] if player.context_uri else ""
    context = None
    if kind:
        link = objects.links(kind, player.context_uri.rpartition(":")[2])
        context = shapes.Context(type=kind, href=link["href"], uri=link["uri"], external_urls=link["external_urls"])
    return shapes.Playback(
        device=objects.device_object(player.device, is_active=True),
        repeat_state=player.repeat,
        shuffle_state=player.shuffle,
        context=context,
        timestamp=_EPOCH_MS,
        progress_ms=player.progress_ms,
        is_playing=player.is_playing,
        item=objects.track_object(music().tracks[player.track_id]) if player.track_id else None,
        currently_playing_type="track",
        actions=shapes.Disallows(pausing=not player.is_playing, resuming=player.is_playing),
    )


@router.get("/me/player/devices", summary="Devices")
def get_devices(request: Request) -> shapes.Devices:
    """What music can be played on. Invented."""
    account = account_of(request)
    active = account.player.device
    return shapes.Devices(devices=[objects.device_object(d, is_active=d is active) for d in account.devices])


@router.get("/me/player/queue", summary="The queue")
def get_queue(request: Request) -> shapes.Queue:
    """What is on and what comes next."""
    account = account_of(request)
    current = account.player.track_id
    return shapes.Queue(
        currently_playing=objects.track_object(music().tracks[current]) if current else None,
        queue=[objects.track_object(music().tracks[i]) for i in account.upcoming()[:20]],
    )


@router.post("/me/player/queue", summary="Add to the queue", status_code=204, response_class=Response)
def add_to_queue(
    request: Request,
    uri: Annotated[str, Query(description="spotify:track:...")],
    device_id: DeviceId = None,
) -> None:
    """Play a track after the one that is on."""
    account = account_of(request)
    _device(account, device_id)
    account.player.waiting.append(objects.track_of_uri(uri).id)


@router.get("/me/player/recently-played", summary="Recently played tracks")
def get_recently_played(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=50, description="How many to return.")] = 20,
    after: Annotated[int | None, Query(description="Unix time in ms; only what was played after it.")] = None,
    before: Annotated[int | None, Query(description="Unix time in ms; only what was played before it.")] = None,
) -> shapes.PlayHistoryPage:
    """What was played, the latest first. The first entries are invented."""
    if after is not None and before is not None:
        raise DemoFailure(400, "Only one of after and before may be given")
    found = [
        (track, played_at)
        for track, played_at in account_of(request).played
        if (after is None or _ms(played_at) > after) and (before is None or _ms(played_at) < before)
    ]
    shown = found[:limit]
    items = [
        shapes.PlayHistory(track=objects.track_object(music().tracks[i]), played_at=at, context=None) for i, at in shown
    ]
    address = f"{objects.API}/me/player/recently-played?limit={limit}"
    more = str(_ms(shown[-1][1])) if len(found) > limit else None
    return shapes.PlayHistoryPage(
        href=address,
        limit=limit,
        next=f"{address}&before={more}" if more else None,
        total=len(found),
        cursors=shapes.Cursors(after=str(_ms(shown[0][1])) if shown else None, before=more),
        items=items,
    )


@router.put("/me/player/play", summary="Play or go on", status_code=204, response_class=Response)
def play(request: Request, device_id: DeviceId = None, body: Play | None = None) -> None:
    """Go on with what is on, or play tracks, an album, an artist or a playlist."""
    account = account_of(request)
    player = account.player
    given = body or Play()
    if given.context_uri and given.uris:
        raise DemoFailure(400, "Can't have both context_uri and uris.")
    tracks = _tracks(account, given)
    device = _device(account, device_id)
    if tracks is not None:
        position = _position(given.offset, tracks)
        player.context_uri = given.context_uri or ""
        player.tracks, player.position, player.current, player.progress_ms = tracks, position, None, 0
    player.device = device
    player.is_playing = True
    if given.position_ms is not None:
        player.progress_ms = given.position_ms


@router.put("/me/player/pause", summary="Pause", status_code=204, response_class=Response)
def pause(request: Request, device_id: DeviceId = None) -> None:
    """Stop playing, to go on later at the same place."""
    account = account_of(request)
    _device(account, device_id)
    account.player.is_playing = False


@router.post("/me/player/next", summary="Next track", status_code=204, response_class=Response)
def skip_to_next(request: Request, device_id: DeviceId = None) -> None:
    """On to the next track: of the queue, else of what is played."""
    account = account_of(request)
    _device(account, device_id)
    account.advance(1)


@router.post("/me/player/previous", summary="Previous track", status_code=204, response_class=Response)
def skip_to_previous(request: Request, device_id: DeviceId = None) -> None:
    """Back to the track before."""
    account = account_of(request)
    _device(account, device_id)
    account.advance(-1)


@router.put("/me/player/repeat", summary="Repeat mode", status_code=204, response_class=Response)
def set_repeat(
    request: Request,
    state: Annotated[
        Literal["track", "context", "off"], Query(description="Repeat the track, all of what is played, or nothing.")
    ],
    device_id: DeviceId = None,
) -> None:
    """Set what is repeated."""
    account = account_of(request)
    _device(account, device_id)
    account.player.repeat = state


@router.put("/me/player/volume", summary="Volume", status_code=204, response_class=Response)
def set_volume(
    request: Request,
    volume_percent: Annotated[int, Query(ge=0, le=100, description="0 to 100.")],
    device_id: DeviceId = None,
) -> None:
    """Set the device's volume."""
    account = account_of(request)
    _device(account, device_id).volume_percent = volume_percent


def _device(account: Account, device_id: str | None) -> Device:
    if device_id is None:
        return account.player.device
    found = [device for device in account.devices if device.id == device_id]
    if not found:
        raise DemoFailure(404, "Device not found")
    return found[0]


def _tracks(account: Account, given: Play) -> list[str] | None:
    """What to play; None for going on."""
    if given.uris:
        return [objects.track_of_uri(uri).id for uri in given.uris]
    if not given.context_uri:
        return None
    kind, _, identifier = given.context_uri.removeprefix("spotify:").partition(":")
    match kind:
        case "album":
            return [track.id for track in music().tracks_of[objects.album_of(identifier).id]]
        case "artist":
            return [track.id for track in music().by_artist(objects.artist_of(identifier))]
        case "playlist":
            if identifier not in account.playlists:
                raise spotify_not_found(identifier)
            return [entry.id for entry in account.playlists[identifier].entries]
    raise DemoFailure(400, f"Invalid context uri: {given.context_uri}")


def _position(offset: PlayOffset | None, tracks: list[str]) -> int:
    if offset is None:
        return 0
    if offset.uri is not None:
        identifier = offset.uri.rpartition(":")[2]
        if identifier not in tracks:
            raise DemoFailure(404, "The track is not in what is to be played")
        return tracks.index(identifier)
    if (offset.position or 0) >= max(1, len(tracks)):
        raise DemoFailure(400, "Offset out of bounds")
    return offset.position or 0


def _ms(moment: str) -> int:
    from datetime import datetime

    return int(datetime.fromisoformat(moment).timestamp() * 1000)
