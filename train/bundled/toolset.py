"""The bundled toolset as `ToolSpec`s, written from its published signatures; a test compares it with the real tools."""

from __future__ import annotations

from agent.calls.spec import Parameter, Record, ToolSpec

_RECORDS = """
Film id:int title:str year:int release_date:str runtime_min:int genres:list[str] demo_rating:float
Person id:int name:str birthday:str|None birthplace:str|None
Role person_id:int name:str character:str
Series id:int title:str first_year:int last_year:int|None n_seasons:int n_episodes:int network:str genres:list[str] demo_rating:float
Season number:int year:int n_episodes:int
Artist id:int name:str country:str formed_year:int genres:list[str]
Album id:int title:str artist:str year:int
Track id:int title:str artist:str album:str number:int duration_s:int demo_plays:int
Playlist id:int name:str n_tracks:int
"""  # noqa: E501
_TOOLS = """
add_to_playlist playlist_id:int track_id:int -> Playlist
album_tracks album_id:int -> list[Track]
artist_albums artist_id:int -> list[Album]
create_playlist name:str -> Playlist
film_cast film_id:int -> list[Role]
film_directors film_id:int -> list[Person]
films_directed_by person_id:int -> list[Film]
films_with_actor person_id:int -> list[Film]
list_playlists -> list[Playlist]
playlist_tracks playlist_id:int -> list[Track]
remove_from_playlist playlist_id:int track_id:int -> Playlist
search_albums title:str -> list[Album]
search_artists name:str -> list[Artist]
search_films title:str -> list[Film]
search_people name:str -> list[Person]
search_series title:str -> list[Series]
search_tracks title:str -> list[Track]
series_cast series_id:int -> list[Role]
series_seasons series_id:int -> list[Season]
"""
WRITING = frozenset({"add_to_playlist", "create_playlist", "remove_from_playlist"})


def _pairs(parts: list[str]) -> tuple[tuple[str, str], ...]:
    return tuple((name, kind.replace("|", " | ")) for name, kind in (part.split(":") for part in parts))


def _records() -> dict[str, Record]:
    lines = [line.split() for line in _RECORDS.strip().splitlines()]
    return {name: Record(name, _pairs(fields)) for name, *fields in lines}


def bundled_tools() -> tuple[ToolSpec, ...]:
    """The tools in alphabetical order, each with the record type that it returns."""
    records = _records()
    specs = []
    for line in _TOOLS.strip().splitlines():
        left, returns = line.split("->")
        name, *parameters = left.split()
        kind = returns.strip()
        specs.append(
            ToolSpec(
                name,
                purpose="",
                parameters=tuple(Parameter(n, a) for n, a in _pairs(parameters)),
                returns=kind,
                records=(records[kind.removeprefix("list[").removesuffix("]")],),
                effect="write" if name in WRITING else "read",
            )
        )
    return tuple(specs)
