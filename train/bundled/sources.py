"""Sources: the collections that questions are about, each with its code and its ways to be named.

In phrases `{n}` is the noun with its adjectives, `{e}` and `{f}` the mentions of the entities.
"""

# ruff: noqa: E501 - phrases are easier to read and compare on one line

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """A collection of records of one type.

    `slots` are (parameter, kind of entity); `lines` lead to `final`, an expression that is the list. `phrase` pools:
    `np` ("films by X"), `clause` ("did X direct", after "how many films"), `aff` ("X directed", after "which films").
    """

    key: str
    record: str
    slots: tuple[tuple[str, str], ...]
    helper: str
    doc: str
    steps: tuple[str, ...]
    lines: tuple[str, ...]
    final: str
    np: str
    clause: str
    aff: str
    contains: str = ""
    weight: float = 1.0


_PERSON = ("person_name", "person")
_FILM = ("film_title", "film")
_BY = "director = search_people(director_name)[0]"
_FILMS = {
    "directed": Source(
        "directed", "film", (_PERSON,), "films_of_director", "films directed by a person",
        ("Find the person.", "List the films they directed."),
        ("person = search_people(person_name)[0]",), 'films_directed_by(person["id"])',
        "{n} directed by {e}|{n} by {e}|{n} by director {e}|{n} by the director {e}|{n} that {e} directed|{n} {e} directed"
        "|{n} {e} has directed|{n} made by {e}|{n} from director {e}|{n} helmed by {e}|{n} of director {e}|director {e}'s {n}"
        "|{n} which {e} has directed|{n} {e} made as a director|{n} that were directed by {e}|{e}'s {n} as a director"
        "|{n} from {e}|{n} with {e} as director|{n} in {e}'s filmography as a director|{n} {e} has made"
        "|{n} you have by {e}|{n} in your list by {e}|{n} director {e} made|{n} under the direction of {e}",
        "did {e} direct|has {e} directed|did {e} make|were directed by {e}|has {e} made|did director {e} make"
        "|are directed by {e}|did {e} helm|are by {e}|has director {e} made|has {e} made as a director|have {e} directed"
        "|were made by {e}|did {e} shoot|has {e} helmed|does {e} have as a director|came from director {e}"
        "|do you have by {e}|do you know by {e}|do you list by {e}|has {e} done as a director|did {e} ever direct|did {e} put out",
        "{e} directed|{e} has directed|were directed by {e}|{e} made|{e} has made|director {e} made|are directed by {e}"
        "|have been directed by {e}|are by {e}|{e} helmed",
        "did {e} direct {x}|was {x} directed by {e}|is {x} directed by {e}|is {e} the director of {x}|is {x} by {e}"
        "|is {x} a film by {e}|has {e} directed {x}|is it true that {e} directed {x}|was {e} the director of {x}"
        "|was it {e} who directed {x}|did {e} make {x}|is {x} a {e} film|is {x} one of the films directed by {e}",
        3.0,
    ),
    "acted": Source(
        "acted", "film", (_PERSON,), "films_of_actor", "films with an actor",
        ("Find the actor.", "List the films they act in."),
        ("person = search_people(person_name)[0]",), 'films_with_actor(person["id"])',
        "{n} with {e}|{n} starring {e}|{n} featuring {e}|{n} that {e} acted in|{n} {e} was in|{n} {e} appeared in"
        "|{n} {e} has appeared in|{n} in which {e} acts|{n} {e} starred in|{n} with {e} in the cast|{n} that star {e}"
        "|{n} {e} played in|{e}'s {n} as an actor|{n} with the actor {e}|{n} {e} acts in|{n} that feature {e}"
        "|{n} with {e} in it|{n} where {e} plays|{n} having {e} in the cast|{n} {e} is in|{n} with actress {e}"
        "|{n} you have with {e}|{n} {e} had a part in|{n} with {e} in a role|{n} in your list with {e}",
        "did {e} act in|has {e} acted in|was {e} in|has {e} appeared in|does {e} appear in|did {e} star in|is {e} in"
        "|has {e} starred in|did {e} play in|feature {e}|star {e}|does {e} act in|has {e} been in|does {e} star in"
        "|did actor {e} appear in|has {e} played in|have {e} in the cast|did {e} appear in|has {e} had a role in"
        "|do you have with {e}|do you list with {e}|do you know with {e}|are there with {e}|does the actor {e} appear in",
        "{e} acted in|{e} has acted in|{e} was in|{e} appeared in|{e} starred in|{e} is in|{e} has been in|star {e}"
        "|feature {e}|{e} played in|have {e} in the cast|{e} acts in",
        "is {e} in {x}|does {e} act in {x}|did {e} act in {x}|was {e} in {x}|does {e} appear in {x}|does {e} play in {x}"
        "|is {e} part of the cast of {x}|does {x} star {e}|does {x} feature {e}|has {e} acted in {x}|did {e} star in {x}"
        "|did {e} play in {x}|is {e} one of the actors in {x}|was {e} part of the cast of {x}|did {e} appear in {x}",
        2.6,
    ),
    "of_person": Source(
        "of_person", "film", (_PERSON,), "films_of_person", "films of a person",
        ("Find the person.", "List the films they directed, or else act in."),
        ("person = search_people(person_name)[0]",),
        'films_directed_by(person["id"]) or films_with_actor(person["id"])',
        "{e} {n}|{e} {n}|{e}'s {n}|{e}'s {n}|{n} of {e}|{n} in {e}'s filmography|{n} {e} has",
        "of {e} are there|does {e} have|of {e} exist|are {e}'s|of {e} do you have|of {e} do you know|are in {e}'s filmography",
        "{e} has|there are of {e}|are {e}'s|you have of {e}",
        weight=1.6,
    ),
    "together": Source(
        "together", "film", (("first_name", "person"), ("second_name", "person")), "films_together",
        "films two people worked on together",
        ("Find both people.", "List the films of each, directed or acted in.", "Keep those of both."),
        (
            "first = search_people(first_name)[0]", "second = search_people(second_name)[0]",
            'ids = [film["id"] for film in films_directed_by(second["id"]) + films_with_actor(second["id"])]',
            'found = films_directed_by(first["id"]) + films_with_actor(first["id"])',
        ),
        'list({film["id"]: film for film in found if film["id"] in ids}.values())',
        "{n} {e} made with {f}|{n} that {e} and {f} made together|{n} {e} did with {f}|{n} {e} and {f} worked on together"
        "|{n} of {e} with {f}|{e} and {f} {n}|{n} {e} and {f} collaborated on|{n} that {e} worked on with {f}"
        "|{n} involving both {e} and {f}",
        "did {e} make with {f}|has {e} made with {f}|did {e} and {f} make together|did {e} and {f} work on together"
        "|have {e} and {f} made together|did {e} do with {f}|did {e} and {f} collaborate on|do {e} and {f} have together",
        "{e} made with {f}|{e} and {f} made together|{e} and {f} worked on together|{e} did with {f}",
        weight=0.8,
    ),
    "same_director": Source(
        "same_director", "film", (_FILM,), "films_of_same_director", "films by the director of a film",
        ("Find the film.", "Find its director.", "List the films they directed."),
        ("film = search_films(film_title)[0]", 'director = film_directors(film["id"])[0]'),
        'films_directed_by(director["id"])',
        "{n} by the director of {e}|{n} directed by the director of {e}|{n} made by the director of {e}"
        "|{n} from the same director as {e}|{n} by the person who directed {e}|{n} the director of {e} has directed"
        "|{n} by whoever directed {e}|{n} that the director of {e} made|{n} by the same director as {e}",
        "did the director of {e} direct|has the director of {e} directed|has the director of {e} made"
        "|did the director of {e} make|were directed by the director of {e}|has the person who directed {e} directed"
        "|did the person behind {e} direct|were made by the director of {e}",
        "the director of {e} directed|the director of {e} has made|were directed by the director of {e}"
        "|the director of {e} made|the person who directed {e} also directed",
    ),
    "lead_actor": Source(
        "lead_actor", "film", (_FILM,), "films_of_lead_actor", "films with the lead actor of a film",
        ("Find the film.", "Find its lead actor.", "List the films they act in."),
        ("film = search_films(film_title)[0]", 'lead = film_cast(film["id"])[0]'), 'films_with_actor(lead["person_id"])',
        "{n} with the lead actor of {e}|{n} starring the lead of {e}|{n} with the star of {e}|{n} that the lead of {e} was in"
        "|{n} featuring the main actor of {e}|{n} with the main actor of {e}|{n} with the leading actor of {e}",
        "did the lead actor of {e} act in|has the lead of {e} acted in|has the star of {e} appeared in"
        "|was the main actor of {e} in|did the star of {e} act in|has the leading actor of {e} been in",
        "the lead actor of {e} was in|the star of {e} acted in|the main actor of {e} appeared in|the lead of {e} is in",
        weight=0.6,
    ),
    "director_with_actor": Source(
        "director_with_actor", "film", (("director_name", "person"), ("actor_name", "person")), "films_of_pair",
        "films by a director with an actor",
        ("Find the director.", "Find the actor.", "Keep the director's films that have the actor."),
        (_BY, "actor = search_people(actor_name)[0]", 'ids = [film["id"] for film in films_with_actor(actor["id"])]'),
        '[film for film in films_directed_by(director["id"]) if film["id"] in ids]',
        "{n} by {e} with {f}|{n} directed by {e} with {f}|{n} by {e} starring {f}|{n} by director {e} with {f}"
        "|{n} directed by {e} that star {f}|{n} that {e} directed with {f}|{n} directed by {e} and starring {f}"
        "|{n} {e} directed with {f} in the cast|{n} by {e} featuring {f}|{n} by {e} with {f} in it|{n} by {e} that have {f}",
        "did {e} direct with {f}|has {e} directed with {f}|directed by {e} star {f}"
        "|by {e} feature {f}|did {e} direct starring {f}|were directed by {e} and star {f}"
        "|by {e} have {f} in the cast|did {e} direct with {f} in the cast",
        "{e} directed with {f}|by {e} star {f}|{e} directed starring {f}",
        weight=1.0,
    ),
    "both_actors": Source(
        "both_actors", "film", (("actor_a", "person"), ("actor_b", "person")), "films_of_both", "films with two actors",
        ("Find both actors.", "Keep the films of the first that have the second."),
        (
            "first = search_people(actor_a)[0]", "second = search_people(actor_b)[0]",
            'ids = [film["id"] for film in films_with_actor(second["id"])]',
        ),
        '[film for film in films_with_actor(first["id"]) if film["id"] in ids]',
        "{n} with both {e} and {f}|{n} starring {e} and {f}|{n} with {e} and {f}|{n} featuring both {e} and {f}"
        "|{n} that {e} and {f} are both in|{n} in which {e} and {f} act together|{n} {e} and {f} made together"
        "|{n} that star both {e} and {f}|{n} that {e} and {f} appear in together|{n} {e} shares with {f}"
        "|{n} with {e} alongside {f}",
        "do {e} and {f} appear in together|did {e} and {f} both act in|have {e} and {f} acted in together"
        "|star both {e} and {f}|did {e} and {f} star in together|are {e} and {f} both in|feature both {e} and {f}"
        "|do {e} and {f} share|have both {e} and {f} in the cast|have {e} and {f} in common",
        "{e} and {f} are both in|{e} and {f} acted in together|{e} and {f} share|star both {e} and {f}"
        "|{e} and {f} both appear in",
        weight=1.0,
    ),
    "own": Source(
        "own", "film", (_PERSON,), "films_directed_and_acted", "films a person both directed and acts in",
        ("Find the person.", "Keep the films they directed that they act in."),
        ("person = search_people(person_name)[0]", 'ids = [film["id"] for film in films_with_actor(person["id"])]'),
        '[film for film in films_directed_by(person["id"]) if film["id"] in ids]',
        "{n} that {e} both directed and acted in|{n} {e} directed and starred in|{n} in which {e} directs and acts"
        "|{n} {e} directed and acted in|{n} directed by and starring {e}|{n} where {e} is both director and actor"
        "|{n} by {e} in which {e} also acts|{e}'s own {n} that {e} acts in",
        "did {e} both direct and act in|did {e} direct and star in|has {e} both directed and acted in"
        "|has {e} directed and starred in|did {e} act in and direct|were directed by {e} and also star {e}",
        "{e} both directed and acted in|{e} directed and starred in|{e} acted in and directed",
        weight=0.5,
    ),
}  # fmt: skip
_CAST_NP = (
    "{n} of {e}|{n} in {e}|{n} from {e}|{e} {n}|{n} who appear in {e}|{n} that act in {e}|{n} who play in {e}|{n} starring in {e}"
    "|{n} in the cast of {e}|{n} appearing in {e}"
)
_CAST_CLAUSE = (
    "are in {e}|act in {e}|appear in {e}|star in {e}|play in {e}|starred in {e}|are in the cast of {e}|acted in {e}"
    "|does {e} have|played in {e}|does the cast of {e} have|were in {e}|are listed for {e}|do you have for {e}"
)
_CAST_AFF = "are in {e}|act in {e}|appear in {e}|star in {e}|played in {e}|are in the cast of {e}|starred in {e}"
_CAST_HAS = (
    "is {x} in {e}|does {x} act in {e}|was {x} in {e}|does {x} appear in {e}|did {x} play in {e}|does {e} star {x}"
    "|is {x} part of the cast of {e}|is {x} one of the actors in {e}|did {x} act in {e}|does {e} feature {x}"
    "|is {x} among the cast of {e}"
)
_TRACK_NP = (
    "{n} on {e}|{n} of {e}|{n} from {e}|{n} that {e} contains|{n} in {e}|{n} included on {e}|{n} that are on {e}"
)
_TRACK_CLAUSE = (
    "are on {e}|does {e} have|does {e} contain|are there on {e}|are in {e}|appear on {e}|can be found on {e}|make up {e}"
    "|are included on {e}|do you find on {e}|does {e} include"
)
_TRACK_AFF = "are on {e}|{e} has|{e} contains|{e} includes|appear on {e}|make up {e}"
_TRACK_HAS = (
    "is {x} on {e}|does {e} contain {x}|does {e} include {x}|is {x} part of {e}|does {e} have {x} on it|is {x} in {e}"
    "|is {x} one of the tracks on {e}|can i find {x} on {e}|does {x} appear on {e}"
)


def _hop(pools: str, hop: str) -> str:
    return "|".join(p.replace("{e}", variant) for p in pools.split("|") for variant in hop.split("|"))


def _cast_hop(key: str, index: int, words: str) -> Source:
    hop = "|".join(f"the {w} film by {{e}}|{{e}}'s {w} film|the {w} movie {{e}} directed" for w in words.split("|"))
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
        f"the {w} album by {{e}}|{{e}}'s {w} album|{{e}}'s {w} record|the {w} album of {{e}}" for w in words.split("|")
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
        "{n} of {e}|{n} in {e}|{e}'s {n}|{n} that {e} has|{n} {e} had|{n} from {e}",
        "does {e} have|did {e} have|of {e} are there|were made of {e}|has {e} had|of {e} exist",
        "{e} has|{e} had|there are of {e}", weight=1.2,
    ),
    "albums": Source(
        "albums", "album", (("artist_name", "artist"),), "albums_of_artist", "albums of an artist",
        ("Find the artist.", "List their albums."),
        ("artist = search_artists(artist_name)[0]",), 'artist_albums(artist["id"])',
        "{n} by {e}|{n} of {e}|{e}'s {n}|{n} that {e} released|{n} {e} has made|{n} from {e}|{n} {e} put out"
        "|{n} {e} recorded|{n} released by {e}|{n} in {e}'s discography|{n} {e} has released|{n} that {e} has put out"
        "|{n} {e} made|{n} recorded by {e}|{n} {e} has out",
        "did {e} release|has {e} released|did {e} make|has {e} recorded|did {e} put out|are by {e}|has {e} made"
        "|did {e} record|have {e} released|does {e} have|were released by {e}|have {e} made|has {e} put out|do {e} have",
        "{e} released|{e} has released|{e} made|{e} recorded|{e} put out|are by {e}|{e} have released|{e} has",
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
        "my {n}|{n} i have|{n} of mine|{n} that i made|{n} in my library|{n} i created|{n} i own",
        "do i have|are there|have i made|did i create|have i got|do i own|are in my library|exist",
        "i have|i made|i created|there are|are mine", weight=0.9,
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
SOURCES: dict[str, Source] = _FILMS | _OTHERS
