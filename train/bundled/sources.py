"""Sources: the collections that questions are about, each with its code and its ways to be named; all but films here.

In phrases `{n}` is the noun with its adjectives, `{e}` and `{f}` the mentions of the entities.
"""

# ruff: noqa: E501 - phrases are easier to read and compare on one line

from __future__ import annotations

from train.bundled.source import Source
from train.bundled.sources_films import FILMS

_PERSON = ("person_name", "person")
_FILM = ("film_title", "film")
_CAST_NP = (
    "{n} of {e}|{n} in {e}|{n} from {e}|{e} {n}|{n} who appear in {e}|{n} that act in {e}|{n} who play in {e}|{n} starring in {e}"
    "|{n} in the cast of {e}|{n} appearing in {e}"
    "|{n} you list for {e}|{n} that are in {e}|{n} playing in {e}|{n} that appear in {e}"
    "|{n} on the cast list of {e}|{n} who star in {e}|{n} who were in {e}|{n} who acted in {e}|{e}'s {n}"
)
_CAST_CLAUSE = (
    "are in {e}|act in {e}|appear in {e}|star in {e}|play in {e}|starred in {e}|are in the cast of {e}|acted in {e}"
    "|does {e} have|played in {e}|does the cast of {e} have|were in {e}|are listed for {e}|do you have for {e}"
    "|have a role in {e}|make up the cast of {e}|can be seen in {e}|have a part in {e}"
    "|are part of the cast of {e}|belong to the cast of {e}|have roles in {e}|appeared in {e}"
    "|were part of {e}"
)
_CAST_AFF = (
    "are in {e}|act in {e}|appear in {e}|star in {e}|played in {e}|are in the cast of {e}|starred in {e}"
    "|play in {e}|have a role in {e}|were in {e}|belong to the cast of {e}|acted in {e}|appeared in {e}"
    "|can be seen in {e}"
)
_CAST_HAS = (
    "is {x} in {e}|does {x} act in {e}|was {x} in {e}|does {x} appear in {e}|did {x} play in {e}|does {e} star {x}"
    "|is {x} part of the cast of {e}|is {x} one of the actors in {e}|did {x} act in {e}|does {e} feature {x}"
    "|is {x} among the cast of {e}"
)
_TRACK_NP = (
    "{n} on {e}|{n} of {e}|{n} from {e}|{n} that {e} contains|{n} in {e}|{n} included on {e}|{n} that are on {e}"
    "|{n} you find on {e}|{n} listed on {e}|{n} that appear on {e}|{e} {n}|{e}'s {n}|{n} making up {e}"
    "|{n} featured on {e}|{n} {e} has|{n} that {e} has|{n} to be found on {e}"
)
_TRACK_CLAUSE = (
    "are on {e}|does {e} have|does {e} contain|are there on {e}|are in {e}|appear on {e}|can be found on {e}|make up {e}"
    "|are included on {e}|do you find on {e}|does {e} include"
    "|are part of {e}|does {e} consist of|are listed on {e}|belong to {e}|did they put on {e}"
    "|is {e} made of|are featured on {e}|come from {e}|has {e} got|make {e} up|are contained in {e}"
    "|do you have on {e}"
)
_TRACK_AFF = (
    "are on {e}|{e} has|{e} contains|{e} includes|appear on {e}|make up {e}"
    "|belong to {e}|are in {e}|are part of {e}|are listed on {e}|{e} consists of|can be found on {e}"
)
_TRACK_HAS = (
    "is {x} on {e}|does {e} contain {x}|does {e} include {x}|is {x} part of {e}|does {e} have {x} on it|is {x} in {e}"
    "|is {x} one of the tracks on {e}|can i find {x} on {e}|does {x} appear on {e}"
)


def _hop(pools: str, hop: str) -> str:
    return "|".join(p.replace("{e}", variant) for p in pools.split("|") for variant in hop.split("|"))


def _cast_hop(key: str, index: int, words: str) -> Source:
    hop = "|".join(
        f"the {w} film by {{e}}|{{e}}'s {w} film|the {w} movie {{e}} directed|the {w} film of {{e}}|{{e}}'s {w} movie|the {w} film {{e}} made"
        for w in words.split("|")
    )
    return Source(
        f"cast_{key}", "role", (_PERSON,), f"cast_of_{key}_film", f"cast of the {key} film by a person",
        ("Find the person.", f"Take the {key} film they directed.", "List its cast."),
        ("person = search_people(person_name)[0]", f'film = films_directed_by(person["id"])[{index}]'),
        'film_cast(film["id"])',
        _hop("{n} of {e}|{n} in {e}|{n} who act in {e}", hop), _hop("are in {e}|act in {e}|star in {e}|does {e} have", hop),
        _hop("are in {e}|act in {e}", hop), weight=0.6,
    )  # fmt: skip


def _tracks_hop(key: str, index: int, words: str) -> Source:
    hop = "|".join(
        f"the {w} album by {{e}}|{{e}}'s {w} album|{{e}}'s {w} record|the {w} album of {{e}}|the {w} record by {{e}}|{{e}}'s {w} LP|the {w} album from {{e}}|the {w} album {{e}} released"
        for w in words.split("|")
    )
    return Source(
        f"tracks_{key}", "track", (("artist_name", "artist"),), f"tracks_on_{key}_album",
        f"tracks on the {key} album of an artist",
        ("Find the artist.", f"Take their {key} album.", "List its tracks."),
        ("artist = search_artists(artist_name)[0]", f'album = artist_albums(artist["id"])[{index}]'),
        'album_tracks(album["id"])',
        _hop("{n} on {e}|{n} of {e}|{n} from {e}|{n} that are on {e}", hop),
        _hop("are on {e}|does {e} have|does {e} contain|are there on {e}", hop), _hop("are on {e}|{e} has", hop), weight=0.7,
    )  # fmt: skip


_OTHERS = {
    "cast": Source(
        "cast", "role", (_FILM,), "cast_of_film", "cast of a film", ("Find the film.", "List its cast."),
        ("film = search_films(film_title)[0]",), 'film_cast(film["id"])',
        _CAST_NP, _CAST_CLAUSE, _CAST_AFF, weight=1.8,
    ),
    "series_cast": Source(
        "series_cast", "role", (("series_title", "show"),), "cast_of_series", "cast of a series",
        ("Find the series.", "List its cast."),
        ("series = search_series(series_title)[0]",), 'series_cast(series["id"])',
        _CAST_NP, _CAST_CLAUSE, _CAST_AFF, _CAST_HAS, weight=1.4,
    ),
    "seasons": Source(
        "seasons", "season", (("series_title", "series"),), "seasons_of", "seasons of a series",
        ("Find the series.", "List its seasons."),
        ("series = search_series(series_title)[0]",), 'series_seasons(series["id"])',
        "{n} of {e}|{n} in {e}|{e}'s {n}|{n} that {e} has|{n} {e} had|{n} from {e}"
        "|{n} {e} has|{e} {n}|{n} that {e} had|{n} you list for {e}|{n} there are of {e}",
        "does {e} have|did {e} have|of {e} are there|were made of {e}|has {e} had|of {e} exist"
        "|exist of {e}|has {e} got|did {e} run for|are in {e}|are there of {e}|were there of {e}"
        "|did they make of {e}|do you list for {e}",
        "{e} has|{e} had|there are of {e}"
        "|{e} has had|exist of {e}|were made of {e}", weight=1.2,
    ),
    "albums": Source(
        "albums", "album", (("artist_name", "artist"),), "albums_of_artist", "albums of an artist",
        ("Find the artist.", "List their albums."),
        ("artist = search_artists(artist_name)[0]",), 'artist_albums(artist["id"])',
        "{n} by {e}|{n} of {e}|{e}'s {n}|{n} that {e} released|{n} {e} has made|{n} from {e}|{n} {e} put out"
        "|{n} {e} recorded|{n} released by {e}|{n} in {e}'s discography|{n} {e} has released|{n} that {e} has put out"
        "|{n} {e} made|{n} recorded by {e}|{n} {e} has out"
        "|{n} {e} ever made|{n} that {e} recorded|{n} under {e}'s name|{n} put out by {e}|{n} made by {e}"
        "|{n} that {e} made|{n} {e} brought out|{n} that {e} has recorded|{n} you have by {e}"
        "|{n} you list for {e}|{e} {n}|{e} {n}|{n} that {e} released so far",
        "did {e} release|has {e} released|did {e} make|has {e} recorded|did {e} put out|are by {e}|has {e} made"
        "|did {e} record|have {e} released|does {e} have|were released by {e}|have {e} made|has {e} put out|do {e} have"
        "|are from {e}|has {e} brought out|did {e} bring out|have been released by {e}|do you have by {e}"
        "|do you list for {e}|has {e} recorded so far|were made by {e}|were recorded by {e}|came from {e}"
        "|has {e} got|did {e} ever make|are there by {e}|has {e} released so far",
        "{e} released|{e} has released|{e} made|{e} recorded|{e} put out|are by {e}|{e} have released|{e} has"
        "|{e} has recorded|{e} has put out|{e} brought out|were made by {e}|were released by {e}|{e} has made"
        "|are from {e}",
        "is {x} by {e}|is {x} an album by {e}|did {e} release {x}|did {e} make {x}|is {x} one of {e}'s albums"
        "|did {e} record {x}|was {x} released by {e}|does {e} have an album called {x}|is {x} one of the albums by {e}",
        weight=2.4,
    ),
    "tracks": Source(
        "tracks", "track", (("album_title", "album"),), "tracks_on_album", "tracks on an album",
        ("Find the album.", "List its tracks."),
        ("album = search_albums(album_title)[0]",), 'album_tracks(album["id"])',
        _TRACK_NP, _TRACK_CLAUSE, _TRACK_AFF, _TRACK_HAS, weight=2.6,
    ),
    "playlists": Source(
        "playlists", "playlist", (), "my_playlists", "playlists of the user", ("List the playlists.",), (),
        "list_playlists()",
        "my {n}|{n} i have|{n} of mine|{n} that i made|{n} in my library|{n} i created|{n} i own"
        "|{n} that i have|{n} in my account|{n} of my own|{n} i've got|{n} i have made|{n} that belong to me",
        "do i have|are there|have i made|did i create|have i got|do i own|are in my library|exist"
        "|have i|do i have in total|belong to me|do i have in my library|are mine|have i created"
        "|are there in my library",
        "i have|i made|i created|there are|are mine"
        "|i've got|belong to me|i own", weight=0.9,
    ),
    "playlist": Source(
        "playlist", "track", (("playlist_name", "playlist"),), "tracks_in_playlist", "tracks in a playlist",
        ("List the playlists.", "Pick the one with the name.", "List its tracks."),
        ('playlist = [p for p in list_playlists() if playlist_name.lower() in p["name"].lower()][0]',),
        'playlist_tracks(playlist["id"])',
        _TRACK_NP, _TRACK_CLAUSE + "|did i put in {e}|have i added to {e}", _TRACK_AFF, _TRACK_HAS, weight=1.8,
    ),
    "cast_latest": _cast_hop("latest", -1, "latest|newest|most recent|last"),
    "cast_first": _cast_hop("first", 0, "first|debut|earliest"),
    "tracks_latest": _tracks_hop("latest", -1, "latest|newest|most recent|last"),
    "tracks_first": _tracks_hop("first", 0, "first|debut|earliest"),
}  # fmt: skip
SOURCES: dict[str, Source] = FILMS | _OTHERS
