"""The bundled tools: films, television and music of the demo catalogue, and the user's playlists.

What the agent offers to a model when no other tools are named; ``__all__`` and ``TOOLS`` list them. They run in the
agent's process, never in the sandbox. ``notice_for`` is no tool: it says where a result may be incomplete.
"""

from agent.catalogue import notices
from agent.catalogue.effect import effect
from agent.catalogue.playlists import Playlists, state_folder
from agent.catalogue.records import Album, Artist, Film, Person, Playlist, Role, Season, Series, Track
from agent.catalogue.store import catalogue

__all__ = [
    "add_to_playlist",
    "album_tracks",
    "artist_albums",
    "create_playlist",
    "film_cast",
    "film_directors",
    "films_directed_by",
    "films_with_actor",
    "list_playlists",
    "playlist_tracks",
    "remove_from_playlist",
    "search_albums",
    "search_artists",
    "search_films",
    "search_people",
    "search_series",
    "search_tracks",
    "series_cast",
    "series_seasons",
]


def _playlists() -> Playlists:
    return Playlists(state_folder() / "playlists.sqlite", catalogue())


def search_films(title: str) -> list[Film]:
    """Find feature films by title.

    Args:
        title: A title or a part of one; case, accents and small typos do not matter.

    Returns:
        Films, best match first, empty when nothing matches. Each has id, title, year, release_date (YYYY-MM-DD),
        runtime_min (minutes), genres (list of names) and demo_rating (invented, 1.0 to 9.9).
    """
    return catalogue().search_films(title)


def search_people(name: str) -> list[Person]:
    """Find directors, actors and creators by name.

    Args:
        name: A name or a part of one; case, accents and small typos do not matter.

    Returns:
        People, best match first, empty when nothing matches. Each has id, name, birthday (YYYY-MM-DD or None) and
        birthplace ("City, Country" or None).
    """
    return catalogue().search_people(name)


def search_series(title: str) -> list[Series]:
    """Find television series by title.

    Args:
        title: A title or a part of one; case, accents and small typos do not matter.

    Returns:
        Series, best match first, empty when nothing matches. Each has id, title, first_year, last_year (None while it
        runs), n_seasons, n_episodes, network, genres (list of names) and demo_rating (invented, 1.0 to 9.9).
    """
    return catalogue().search_series(title)


def search_artists(name: str) -> list[Artist]:
    """Find bands and solo artists by name.

    Args:
        name: A name or a part of one; case, accents and small typos do not matter.

    Returns:
        Artists, best match first, empty when nothing matches. Each has id, name, country, formed_year and genres (list
        of names).
    """
    return catalogue().search_artists(name)


def search_albums(title: str) -> list[Album]:
    """Find albums by title.

    Args:
        title: A title or a part of one; case, accents and small typos do not matter.

    Returns:
        Albums, best match first, empty when nothing matches. Each has id, title, artist (name) and year.
    """
    return catalogue().search_albums(title)


def search_tracks(title: str) -> list[Track]:
    """Find tracks (songs) by title.

    Args:
        title: A title or a part of one; case, accents and small typos do not matter.

    Returns:
        Tracks, best match first, empty when nothing matches. Each has id, title, artist (name), album (title), number
        (place on the album), duration_s (seconds) and demo_plays (invented number of plays).
    """
    return catalogue().search_tracks(title)


def film_directors(film_id: int) -> list[Person]:
    """List who directed a film.

    Args:
        film_id: Id of a film, from search_films.

    Returns:
        People with id, name, birthday (YYYY-MM-DD or None) and birthplace ("City, Country" or None).
    """
    return catalogue().film_directors(film_id)


def film_cast(film_id: int) -> list[Role]:
    """List the main cast of a film in billing order.

    Args:
        film_id: Id of a film, from search_films.

    Returns:
        Roles with person_id, name (of the actor) and character.
    """
    return catalogue().film_cast(film_id)


def films_directed_by(person_id: int) -> list[Film]:
    """List the feature films that a person directed, by release date.

    Args:
        person_id: Id of a person, from search_people.

    Returns:
        Films with id, title, year, release_date (YYYY-MM-DD), runtime_min (minutes), genres (list of names) and
        demo_rating (invented, 1.0 to 9.9); empty when the person directed none.
    """
    return catalogue().films_directed_by(person_id)


def films_with_actor(person_id: int) -> list[Film]:
    """List the films in which a person acts, by release date.

    Args:
        person_id: Id of a person, from search_people.

    Returns:
        Films with id, title, year, release_date (YYYY-MM-DD), runtime_min (minutes), genres (list of names) and
        demo_rating (invented, 1.0 to 9.9); empty when the person acts in none.
    """
    return catalogue().films_with_actor(person_id)


def series_cast(series_id: int) -> list[Role]:
    """List the main cast of a television series in billing order.

    Args:
        series_id: Id of a series, from search_series.

    Returns:
        Roles with person_id, name (of the actor) and character.
    """
    return catalogue().series_cast(series_id)


def series_seasons(series_id: int) -> list[Season]:
    """List the seasons of a television series in order.

    Args:
        series_id: Id of a series, from search_series.

    Returns:
        Seasons with number, year (of the first episode) and n_episodes.
    """
    return catalogue().series_seasons(series_id)


def artist_albums(artist_id: int) -> list[Album]:
    """List the studio albums of an artist, by release date.

    Args:
        artist_id: Id of an artist, from search_artists.

    Returns:
        Albums with id, title, artist (name) and year.
    """
    return catalogue().artist_albums(artist_id)


def album_tracks(album_id: int) -> list[Track]:
    """List the tracks of an album in order.

    Args:
        album_id: Id of an album, from search_albums or artist_albums.

    Returns:
        Tracks with id, title, artist (name), album (title), number (place on the album), duration_s (seconds) and
        demo_plays (invented number of plays). Raises LookupError where the track list is not known.
    """
    return catalogue().album_tracks(album_id)


def list_playlists() -> list[Playlist]:
    """List the user's playlists in the order of creation.

    Returns:
        Playlists with id, name and n_tracks.
    """
    return _playlists().listed()


def playlist_tracks(playlist_id: int) -> list[Track]:
    """List the tracks of a playlist in the order in which they were added.

    Args:
        playlist_id: Id of a playlist, from list_playlists.

    Returns:
        Tracks with id, title, artist (name), album (title), number (place on the album), duration_s (seconds) and
        demo_plays (invented number of plays).
    """
    return _playlists().tracks(playlist_id)


@effect("write")
def create_playlist(name: str) -> Playlist:
    """Create a new, empty playlist.

    Args:
        name: Its name; a name that is taken raises ValueError.

    Returns:
        The playlist with id, name and n_tracks (0).
    """
    return _playlists().create(name)


@effect("write")
def add_to_playlist(playlist_id: int, track_id: int) -> Playlist:
    """Add a track to the end of a playlist; a track that is in it already stays where it is.

    Args:
        playlist_id: Id of a playlist, from list_playlists or create_playlist.
        track_id: Id of a track, from search_tracks or album_tracks.

    Returns:
        The playlist with id, name and its new n_tracks.
    """
    return _playlists().add(playlist_id, track_id)


@effect("write")
def remove_from_playlist(playlist_id: int, track_id: int) -> Playlist:
    """Remove a track from a playlist.

    Args:
        playlist_id: Id of a playlist, from list_playlists.
        track_id: Id of a track in it, from playlist_tracks.

    Returns:
        The playlist with id, name and its new n_tracks.
    """
    return _playlists().remove(playlist_id, track_id)


TOOLS = tuple(globals()[name] for name in __all__)
"""The tool functions, by name in alphabetical order."""

notice_for = notices.notice_for
