"""Spotify's operations on albums, artists and tracks: nothing here changes anything."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BeforeValidator

from agent.catalogue.ranking import Entry, rank
from agent.demo_api import spotify_objects as objects
from agent.demo_api import spotify_shapes as shapes
from agent.demo_api.account import Account
from agent.demo_api.failures import DemoFailure
from agent.demo_api.invented import number
from agent.demo_api.music import Album, Track, music

router = APIRouter()
Limit = Annotated[int, Query(ge=0, le=50, description="How many items to return, 50 at most.")]
Offset = Annotated[int, Query(ge=0, description="The first item to return, from 0.")]
Market = Annotated[str | None, Query(description="ISO 3166-1 code of a country. The catalogue is the same in all.")]
_MOST = 100


class SearchType(StrEnum):
    """What to look for; of the last three the catalogue has none."""

    ALBUM = "album"
    ARTIST = "artist"
    PLAYLIST = "playlist"
    TRACK = "track"
    SHOW = "show"
    EPISODE = "episode"
    AUDIOBOOK = "audiobook"


def _split(given: object) -> object:
    """`album,track` as two; FastAPI itself knows repeated names only."""
    return [part for text in given for part in str(text).split(",")] if isinstance(given, list) else given


SearchTypes = Annotated[
    list[SearchType], BeforeValidator(_split), Query(min_length=1, description="What to look for, with commas.")
]


def account_of(request: Request) -> Account:
    """The state of this server."""
    found: Account = request.app.state.account
    return found


@router.get("/albums/{id}", summary="An album")
def get_album(id: str, market: Market = None) -> shapes.Album:
    """An album with its artists and tracks."""
    return objects.album_object(objects.album_of(id))


@router.get("/albums/{id}/tracks", summary="Tracks of an album")
def get_album_tracks(id: str, market: Market = None, limit: Limit = 20, offset: Offset = 0) -> shapes.SimplifiedTracks:
    """The tracks in their order; the catalogue has the track lists of some albums only."""
    tracks = music().tracks_of[objects.album_of(id).id]
    page: shapes.SimplifiedTracks = objects.paging(
        shapes.SimplifiedTracks, f"/albums/{id}/tracks", tracks, limit, offset, objects.simplified_track
    )
    return page


@router.get("/artists/{id}", summary="An artist")
def get_artist(id: str) -> shapes.Artist:
    """An artist with genres."""
    return objects.artist_object(objects.artist_of(id))


@router.get("/artists/{id}/albums", summary="Albums of an artist")
def get_artist_albums(
    id: str,
    include_groups: Annotated[
        str | None, Query(description="Kinds of albums, with commas: album, single, compilation.")
    ] = None,
    market: Market = None,
    limit: Limit = 20,
    offset: Offset = 0,
) -> shapes.SimplifiedAlbums:
    """The albums, the newest first."""
    albums = sorted(music().albums_of[objects.artist_of(id).id], key=lambda a: (a.release_date, a.number), reverse=True)
    if include_groups:
        wanted = set(include_groups.split(","))
        albums = [album for album in albums if objects.simplified_album(album).album_group in wanted]
    return _albums(f"/artists/{id}/albums", albums, limit, offset)


@router.get("/artists/{id}/top-tracks", summary="An artist's most played tracks")
def get_artist_top_tracks(id: str, market: Market = None) -> shapes.TrackList:
    """Up to ten tracks. The numbers of plays are invented."""
    tracks = music().by_artist(objects.artist_of(id))[:10]
    return shapes.TrackList(tracks=[objects.track_object(track) for track in tracks])


@router.get("/artists/{id}/related-artists", summary="Artists like an artist")
def get_related_artists(id: str) -> shapes.ArtistList:
    """Up to twenty artists that share genres with it."""
    related = music().related(objects.artist_of(id))
    return shapes.ArtistList(artists=[objects.artist_object(artist) for artist in related])


@router.get("/tracks/{id}", summary="A track")
def get_track(id: str, market: Market = None) -> shapes.Track:
    """A track with its album and artists."""
    return objects.track_object(objects.track_of(id))


@router.get("/browse/new-releases", summary="The newest albums")
def get_new_releases(
    country: Annotated[str | None, Query(description="ISO 3166-1 code. The catalogue is the same in all.")] = None,
    limit: Limit = 20,
    offset: Offset = 0,
) -> shapes.AlbumPages:
    """Albums, the newest first."""
    albums = sorted(music().albums.values(), key=lambda a: (a.release_date, a.number), reverse=True)[:_MOST]
    return shapes.AlbumPages(albums=_albums("/browse/new-releases", albums, limit, offset))


@router.get("/search", summary="Search tracks, artists, albums and playlists")
def search(
    request: Request,
    q: Annotated[str, Query(description="Words of a name, also `artist:`, `album:`, `track:` or `genre:` with them.")],
    type: SearchTypes,
    market: Market = None,
    limit: Limit = 20,
    offset: Offset = 0,
    include_external: Annotated[str | None, Query(description="Has no effect.")] = None,
) -> shapes.Found:
    """What matches, the best match first. Names, artists and genres are searched."""
    wanted = {each.value for each in type}
    if not q.strip():
        raise DemoFailure(400, "No search query")
    text, filters = _filters(q)
    found = shapes.Found()
    if "track" in wanted:
        found.tracks = objects.paging(
            shapes.Tracks, "/search", _tracks(text, filters), limit, offset, objects.track_object, q=q, type="track"
        )
    if "artist" in wanted:
        artists = [music().artist_numbered(int(r["id"])) for r in music().source.search_artists(text or q)]
        if genre := filters.get("genre"):
            artists = [a for a in music().artists.values() if genre.casefold() in a.genres]
        found.artists = objects.paging(
            shapes.Artists, "/search", artists, limit, offset, objects.artist_object, q=q, type="artist"
        )
    if "album" in wanted:
        found.albums = _albums("/search", _found_albums(text, filters), limit, offset, q=q, type="album")
    if "playlist" in wanted:
        playlists = account_of(request).playlists
        entries = [Entry(n, p.name, None, (n,)) for n, p in enumerate(playlists.values())]
        ranked = [list(playlists.values())[n] for n in rank(text or q, entries, _MOST)]
        found.playlists = objects.paging(
            shapes.Playlists, "/search", ranked, limit, offset, objects.simplified_playlist, q=q, type="playlist"
        )
    for kind in ("show", "episode", "audiobook"):
        if kind in wanted:
            nothing = objects.paging(shapes.NoItems, "/search", [], limit, offset, str, q=q, type=kind)
            setattr(found, f"{kind}s", nothing)
    return found


@router.get("/recommendations", summary="Tracks that fit seeds")
def get_recommendations(
    seed_artists: Annotated[str, Query(description="Ids of artists, with commas.")] = "",
    seed_genres: Annotated[str, Query(description="Genres, with commas.")] = "",
    seed_tracks: Annotated[str, Query(description="Ids of tracks, with commas.")] = "",
    limit: Annotated[int, Query(ge=1, le=100, description="How many tracks to return.")] = 20,
    market: Market = None,
) -> shapes.Recommendations:
    """Tracks of artists whose genres the seeds have, up to five seeds."""
    artists = [objects.artist_of(i) for i in seed_artists.split(",") if i]
    tracks = [objects.track_of(i) for i in seed_tracks.split(",") if i]
    genres = [genre for genre in seed_genres.split(",") if genre]
    if not 1 <= len(artists) + len(tracks) + len(genres) <= 5:
        raise DemoFailure(400, "Between 1 and 5 seeds are needed, in seed_artists, seed_genres and seed_tracks")
    words = {*genres, *(g for a in artists for g in a.genres), *(g for t in tracks for g in t.album.artist.genres)}
    pool = {t.id: t for genre in sorted(words) for t in music().with_genre(genre) if t not in tracks}
    chosen = sorted(pool.values(), key=lambda t: (number(10_000, "recommended", t.id, *sorted(words)), t.id))[:limit]
    seeds = [
        *(("artist", a.id, f"{objects.API}/artists/{a.id}") for a in artists),
        *(("track", t.id, f"{objects.API}/tracks/{t.id}") for t in tracks),
        *(("genre", g, None) for g in genres),
    ]
    return shapes.Recommendations(
        seeds=[
            shapes.Seed(
                id=i,
                type=kind.upper(),
                href=href,
                initialPoolSize=len(pool),
                afterFilteringSize=len(pool),
                afterRelinkingSize=len(pool),
            )
            for kind, i, href in seeds
        ],
        tracks=[objects.track_object(track) for track in chosen],
    )


def _albums(path: str, albums: list[Album], limit: int, offset: int, **query: str) -> shapes.SimplifiedAlbums:
    page: shapes.SimplifiedAlbums = objects.paging(
        shapes.SimplifiedAlbums, path, albums, limit, offset, objects.simplified_album, **query
    )
    return page


def _filters(q: str) -> tuple[str, dict[str, str]]:
    """`love artist:"mariah carey"` is `love` and {artist: mariah carey}."""
    filters = {}
    for name, quoted, word in re.findall(r'\b(artist|album|track|genre|year):\s*(?:"([^"]*)"|(\S+))', q):
        filters[name] = quoted or word
    return " ".join(re.sub(r'\b(artist|album|track|genre|year):\s*("[^"]*"|\S+)', " ", q).split()), filters


def _tracks(text: str, filters: dict[str, str]) -> list[Track]:
    """By title first; then tracks of artists, albums and genres of that name."""
    text = " ".join(part for part in (filters.get("track", ""), text) if part)
    found: dict[str, Track] = {}
    if text:
        titled = [music().track_numbered(int(r["id"])) for r in music().source.search_tracks(text)]
        artists = [music().artist_numbered(int(r["id"])) for r in music().source.search_artists(text)[:1]]
        by_artist = [t for a in artists for t in music().by_artist(a)]
        found = {t.id: t for t in (*titled, *by_artist, *music().with_genre(text), *_mixed(text))}
    else:
        found = {t.id: t for t in music().tracks.values()}
    found = {i: t for i, t in found.items() if _passes(t, filters)}
    if not text:
        found = dict(sorted(found.items(), key=lambda item: (-item[1].plays, item[0])))
    return list(found.values())[:_MOST]


def _passes(track: Track, filters: dict[str, str]) -> bool:
    artist = track.album.artist
    return (
        filters.get("artist", "").casefold() in artist.name.casefold()
        and filters.get("album", "").casefold() in track.album.title.casefold()
        and ("genre" not in filters or filters["genre"].casefold() in (g.casefold() for g in artist.genres))
        and ("year" not in filters or track.album.release_date[:4] in _years(filters["year"]))
    )


def _mixed(text: str) -> list[Track]:
    """`Summertime Sadness Lana Del Rey`: tracks whose title and artist together hold all the words."""
    words = set(text.casefold().replace(" by ", " ").split())
    return [t for t in music().tracks.values() if words <= set(f"{t.title} {t.album.artist.name}".casefold().split())]


def _found_albums(text: str, filters: dict[str, str]) -> list[Album]:
    text = " ".join(part for part in (filters.get("album", ""), text) if part)
    if text:
        titled = [music().album_numbered(int(r["id"])) for r in music().source.search_albums(text)]
        artists = [music().artist_numbered(int(r["id"])) for r in music().source.search_artists(text)[:1]]
        albums = list({a.id: a for a in (*titled, *(b for r in artists for b in music().albums_of[r.id]))}.values())
    else:
        albums = list(music().albums.values())
    if artist := filters.get("artist", "").casefold():
        albums = [a for a in albums if artist in a.artist.name.casefold()]
    if year := filters.get("year"):
        albums = [a for a in albums if a.release_date[:4] in _years(year)]
    return albums[:_MOST]


def _years(text: str) -> set[str]:
    first, _, last = text.partition("-")
    try:
        return {str(year) for year in range(int(first), int(last or first) + 1)}
    except ValueError:
        return set()
