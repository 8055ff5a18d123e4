"""Rows of single facts: attributes of a film, person, series, artist, album, track or playlist."""

# ruff: noqa: E501 - phrases are easier to read and compare on one line

from __future__ import annotations

from train.bundled.direct import Row

_FILM = "film = search_films(film_title)[0]"
_PERSON = "person = search_people(person_name)[0]"
_SERIES = "series = search_series(series_title)[0]"
_ARTIST = "artist = search_artists(artist_name)[0]"
_ALBUM = "album = search_albums(album_title)[0]"
_TRACK = "track = search_tracks(track_title)[0]"


def _fact(key: str, slot: str, returns: str, doc: str, find: str, value: str, phrases: str, weight: float = 1.0) -> Row:
    what = find.split(" = ", maxsplit=1)[0]
    return Row(
        key,
        (slot,),
        returns,
        doc,
        f"Find the {what}.|Return what is asked.",
        (find, f"return {value}"),
        phrases,
        weight,
    )


FACTS = (
    _fact("film_release_date", "film", "str", "Find the release date of a film.", _FILM, 'film["release_date"]',
          "when did {e} come out?|when was {e} released?|what is the release date of {e}?|release date of {e}"
          "|on what date was {e} released?|when did {e} premiere?|on which day did {e} come out?|when was {e} first shown?"
          "|what's {e}'s release date?|give me the release date of {e}|when did {e} hit the cinemas?|date of release of {e}"
          "|when was the premiere of {e}?|when did {e} first come out?", 1.6),
    _fact("film_year", "film", "int", "Find the release year of a film.", _FILM, 'film["year"]',
          "in what year did {e} come out?|what year was {e} released?|in which year was {e} released?|release year of {e}"
          "|what is the year of {e}?|what year is {e} from?|which year is {e} from?|what year did {e} come out?"
          "|what's the release year of {e}?|in which year did {e} come out?|the year {e} came out|what year was {e} made?"
          "|which year was {e} made in?|from what year is {e}?", 1.6),
    _fact("film_runtime", "film", "int", "Find the runtime of a film.", _FILM, 'film["runtime_min"]',
          "how long is {e}?|what is the runtime of {e}?|how many minutes is {e}?|runtime of {e}|how long does {e} last?"
          "|how many minutes long is {e}?|what's the length of {e}?|how many minutes does {e} run?|length of {e} in minutes"
          "|what is the running time of {e}?|how long does {e} run?|what is {e}'s runtime?|tell me how long {e} is"
          "|how many minutes does it take to watch {e}?", 1.6),
    _fact("film_genres", "film", "list", "List the genres of a film.", _FILM, 'film["genres"]',
          "what genre is {e}?|what genres does {e} have?|which genres does {e} belong to?|genres of {e}|what are the genres of {e}?"
          "|what kind of film is {e}?|what kind of movie is {e}?|list the genres of {e}|which genre is {e}?|what type of film is {e}?"
          "|which genres is {e} filed under?|in which genres is {e}?|what sort of movie is {e}?|to which genre does {e} belong?"),
    _fact("film_rating", "film", "float", "Find the rating of a film.", _FILM, 'film["demo_rating"]',
          "what is the rating of {e}?|how is {e} rated?|what rating does {e} have?|rating of {e}|what's the demo rating of {e}?"
          "|how well is {e} rated?|what is {e} rated?|what score does {e} have?|tell me the rating of {e}|how good is the rating of {e}?"
          "|what's {e}'s rating?|give me the demo rating of {e}"),
    _fact("directors_of_film", "film", "list", "List who directed a film.", _FILM,
          '[person["name"] for person in film_directors(film["id"])]',
          "who directed {e}?|who is the director of {e}?|director of {e}|who made {e}?|who was {e} directed by?|{e} was directed by whom?"
          "|who are the directors of {e}?|name the director of {e}|by whom was {e} directed?|who was the director of {e}?"
          "|tell me who directed {e}|who's the director of {e}?|who is behind {e}?|what is the name of the director of {e}?"
          "|who made {e}, i mean the director?|who directed the film {e}?|who helmed {e}?|which director made {e}?|who was in the director's chair for {e}?", 2.2),
    _fact("count_directors", "film", "int", "Count the directors of a film.", _FILM, 'len(film_directors(film["id"]))',
          "how many directors does {e} have?|how many people directed {e}?|number of directors of {e}|count the directors of {e}"
          "|how many directors did {e} have?|how many directors worked on {e}?|by how many people was {e} directed?", 0.4),
    _fact("lead_actor_of_film", "film", "str", "Find the lead actor of a film.", _FILM, 'film_cast(film["id"])[0]["name"]',
          "who plays the lead in {e}?|who is the lead actor of {e}?|who has the leading role in {e}?|lead actor of {e}"
          "|who is the star of {e}?|who plays the main role in {e}?|who is the main actor in {e}?|who has the lead role in {e}?"
          "|who gets top billing in {e}?|lead actor in {e}|who played the lead in {e}?|who is first billed in {e}?|who is top billed in {e}?|name the lead actor of {e}", 0.8),
    _fact("lead_character_of_film", "film", "str", "Find the main character of a film.", _FILM,
          'film_cast(film["id"])[0]["character"]',
          "who is the main character of {e}?|what is the main character of {e} called?|name of the main character in {e}"
          "|what's the name of the lead character in {e}?|main character of {e}|who is the lead character in {e}?", 0.5),
    _fact("characters_of_film", "film", "list", "List the characters of a film.", _FILM,
          '[role["character"] for role in film_cast(film["id"])]',
          "which characters are in {e}?|list the characters of {e}|what are the characters of {e}?|who are the characters in {e}?"
          "|name the characters in {e}|characters of {e}|what characters appear in {e}?|show me the characters in {e}", 0.6),
    _fact("characters_of_series", "show", "list", "List the characters of a series.", _SERIES,
          '[role["character"] for role in series_cast(series["id"])]',
          "which characters are in {e}?|list the characters of {e}|what are the characters of {e}?|who are the characters in {e}?"
          "|name the characters in {e}|characters of {e}|what characters appear in {e}?|show me the characters in {e}", 0.5),
    _fact("birthday_of", "person", "str", "Find the birthday of a person.", _PERSON, 'person["birthday"]',
          "when was {e} born?|what is the birthday of {e}?|when is {e}'s birthday?|birthday of {e}|date of birth of {e}"
          "|on what date was {e} born?|what's {e}'s birthday?|what is the date of birth of {e}?|on which day was {e} born?"
          "|tell me when {e} was born|what is {e}'s date of birth?|{e}'s birth date|what day was {e} born?", 1.6),
    _fact("birth_year", "person", "int", "Find the year a person was born.", _PERSON, 'int(person["birthday"][:4])',
          "in what year was {e} born?|in which year was {e} born?|what year was {e} born?|birth year of {e}|what year was {e} born in?"
          "|what is {e}'s year of birth?|year of birth of {e}|which year was {e} born?", 0.7),
    _fact("birthplace_of", "person", "str", "Find the birthplace of a person.", _PERSON, 'person["birthplace"]',
          "where was {e} born?|what is the birthplace of {e}?|birthplace of {e}|in which city was {e} born?|where is {e} from?"
          "|in what place was {e} born?|what's {e}'s birthplace?|which place was {e} born in?|tell me where {e} was born"
          "|what is {e}'s place of birth?|where does {e} come from?|{e} was born where?"
          "|{e}'s birthplace|what city was {e} born in?|which city is {e} from?", 1.6),
    _fact("network_of_series", "series", "str", "Find the network of a series.", _SERIES, 'series["network"]',
          "which network aired {e}?|what network is {e} on?|on which network did {e} run?|network of {e}|who aired {e}?"
          "|what channel was {e} on?|on what network is {e}?|which channel shows {e}?|which network is {e} on?|what is the network of {e}?"
          "|where did {e} air?|on which channel did {e} air?|what network broadcast {e}?", 1.2),
    _fact("series_first_year", "series", "int", "Find the year a series began.", _SERIES, 'series["first_year"]',
          "when did {e} start?|in which year did {e} begin?|what year did {e} start?|when did {e} first air?|first year of {e}"
          "|when was {e} first aired?|in what year did {e} premiere?|when did {e} begin?|since when does {e} run?"
          "|what year did {e} begin?|when was the first season of {e}?|in what year was {e} first on tv?", 1.1),
    _fact("series_last_year", "series", "int", "Find the year a series ended.", _SERIES, 'series["last_year"]',
          "when did {e} end?|in which year did {e} end?|what year did {e} finish?|last year of {e}|when did {e} stop?|when was {e} last aired?"
          "|in what year did {e} end?|when did {e} go off the air?|until when did {e} run?|what year did {e} end?", 0.9),
    _fact("series_is_running", "series", "bool", "Say whether a series still runs.", _SERIES, 'series["last_year"] is None',
          "is {e} still running?|is {e} still on air?|does {e} still run?|has {e} not ended yet?|is {e} still going?|is {e} still on?"
          "|is {e} still being made?|are there still new episodes of {e}?|does {e} continue?", 0.6),
    _fact("series_n_seasons", "series", "int", "Count the seasons of a series.", _SERIES, 'series["n_seasons"]',
          "how many seasons does {e} have?|how many seasons of {e} are there?|number of seasons of {e}|how many seasons did {e} run for?"
          "|how many seasons did {e} have?|count the seasons of {e}|what is the number of seasons of {e}?|how many seasons are there of {e}?"
          "|how many series of {e} exist?|for how many seasons did {e} run?|how many seasons has {e}?|{e} has how many seasons?"
          "|tell me how many seasons {e} has|how many seasons are in {e}?|how many seasons were made of {e}?", 1.6),
    _fact("series_n_episodes", "series", "int", "Count the episodes of a series.", _SERIES, 'series["n_episodes"]',
          "how many episodes does {e} have?|how many episodes of {e} are there?|number of episodes of {e}|how many episodes did {e} have?"
          "|what is the total number of episodes of {e}?|count the episodes of {e}|how many episodes are there in {e}?"
          "|how many episodes were made of {e}?|how many episodes has {e}?|total episodes of {e}|tell me how many episodes {e} has"
          "|how many episodes are there of {e} in total?", 1.6),
    _fact("series_genres", "show", "list", "List the genres of a series.", _SERIES, 'series["genres"]',
          "what genre is {e}?|what genres does {e} have?|which genres does {e} belong to?|genres of {e}|what are the genres of {e}?"
          "|list the genres of {e}|what kind of show is {e}?|which genre is {e}?|what type of series is {e}?", 0.6),
    _fact("series_rating", "show", "float", "Find the rating of a series.", _SERIES, 'series["demo_rating"]',
          "what is the rating of {e}?|how is {e} rated?|what rating does {e} have?|rating of {e}|what's the demo rating of {e}?"
          "|how well is {e} rated?|what is {e} rated?|give me the rating of {e}", 0.6),
    _fact("lead_actor_of_series", "show", "str", "Find the lead actor of a series.", _SERIES,
          'series_cast(series["id"])[0]["name"]',
          "who plays the lead in {e}?|who is the lead actor of {e}?|who has the leading role in {e}?|lead actor of {e}"
          "|who is the star of {e}?|who plays the main role in {e}?|who is the main actor in {e}?|who is first billed in {e}?", 0.5),
    Row("season_episodes", ("series", "season"), "int", "Count the episodes of a season of a series.",
        "Find the series.|List its seasons.|Take the one with the number.|Return its number of episodes.",
        (_SERIES, 'seasons = series_seasons(series["id"])', 'season = [s for s in seasons if s["number"] == number][0]',
         'return season["n_episodes"]'),
        "how many episodes does {f} of {e} have?|how many episodes are in {f} of {e}?|number of episodes in {f} of {e}"
        "|how many episodes did {f} of {e} have?|how many episodes are there in {f} of {e}?|count the episodes of {f} of {e}"
        "|in {e}, how many episodes does {f} have?|{e} {f}: how many episodes?|how long is {f} of {e} in episodes?", 1.2),
    Row("season_year", ("series", "season"), "int", "Find the year of a season of a series.",
        "Find the series.|List its seasons.|Take the one with the number.|Return its year.",
        (_SERIES, 'seasons = series_seasons(series["id"])', 'season = [s for s in seasons if s["number"] == number][0]',
         'return season["year"]'),
        "when did {f} of {e} air?|in which year was {f} of {e}?|when did {f} of {e} start?|what year is {f} of {e} from?"
        "|when was {f} of {e} first aired?|in what year did {f} of {e} come out?|year of {f} of {e}|when did {f} of {e} come out?"),
    _fact("country_of_artist", "artist", "str", "Find the country of an artist.", _ARTIST, 'artist["country"]',
          "which country is {e} from?|what country does {e} come from?|country of {e}|in which country was {e} formed?"
          "|from which country are {e}?|what is the home country of {e}?|what country are {e} from?|from what country does {e} come?"
          "|what country is {e} from?|which country do {e} come from?|what nationality are {e}?|where do {e} come from?", 1.2),
    _fact("artist_formed", "artist", "int", "Find the year an artist was formed.", _ARTIST, 'artist["formed_year"]',
          "when was {e} formed?|in which year was {e} founded?|when did {e} form?|what year was {e} formed?|formation year of {e}"
          "|when were {e} formed?|in what year did {e} get together?|when was the band {e} founded?|since when has {e} existed?"
          "|what year did {e} form?|when did {e} start?|in what year were {e} founded?", 1.2),
    _fact("artist_genres", "artist", "list", "List the genres of an artist.", _ARTIST, 'artist["genres"]',
          "what genres does {e} play?|what kind of music does {e} make?|what genre is {e}?|genres of {e}|which genres does {e} play?"
          "|what type of music do {e} play?|what style of music is {e}?|list the genres of {e}|which genre are {e}?"
          "|what music does {e} make?|what sort of music do {e} make?", 1.0),
    _fact("album_year", "the_album", "int", "Find the release year of an album.", _ALBUM, 'album["year"]',
          "when did {e} come out?|when was {e} released?|in what year did {e} come out?|what year was {e} released?|release year of {e}"
          "|what year is {e} from?|in which year was {e} released?|when was {e} recorded?|what is the year of {e}?|from which year is {e}?"
          "|what year did {e} come out?|tell me when {e} was released", 1.4),
    _fact("artist_of_album", "the_album", "str", "Find the artist of an album.", _ALBUM, 'album["artist"]',
          "who made {e}?|who recorded {e}?|which artist released {e}?|whose album is {e}?|who is {e} by?|artist of {e}|which band made {e}?"
          "|who released {e}?|by whom is {e}?|which band recorded {e}?|who is the artist of {e}?|what band is {e} by?", 1.1),
    _fact("track_length", "the_track", "int", "Find the length of a track in seconds.", _TRACK, 'track["duration_s"]',
          "how long is {e}?|how many seconds is {e}?|duration of {e}|what is the length of {e}?|how long does {e} last?"
          "|what's the duration of {e}?|how many seconds long is {e}?|length of {e} in seconds|tell me how long {e} is"
          "|how many seconds does {e} last?|what is the playing time of {e}?", 1.2),
    _fact("artist_of_track", "track", "str", "Find the artist of a track.", _TRACK, 'track["artist"]',
          "who sings {e}?|which artist recorded {e}?|whose song is {e}?|who is {e} by?|who performs {e}?|which band plays {e}?"
          "|who sang {e}?|artist of the song {e}|which artist sings {e}?|what band plays {e}?|who recorded the song {e}?"
          "|by whom is the song {e}?|which singer sings {e}?", 1.1),
    _fact("album_of_track", "track", "str", "Find the album of a track.", _TRACK, 'track["album"]',
          "which album is {e} on?|what album is {e} from?|on which album is {e}?|album of the song {e}|from which album is {e}?"
          "|on which record does {e} appear?|what album does {e} appear on?|which album contains {e}?|which album has {e} on it?"
          "|on what album can i find {e}?|what record is {e} on?|which album does {e} come from?", 1.2),
    _fact("plays_of_track", "track", "int", "Find the plays of a track.", _TRACK, 'track["demo_plays"]',
          "how many plays does {e} have?|how often was {e} played?|number of plays of {e}|how many times was {e} played?"
          "|what is the play count of {e}?|play count of {e}|how many times has {e} been played?|how many demo plays does {e} have?", 0.8),
    _fact("number_of_track", "track", "int", "Find the place of a track on its album.", _TRACK, 'track["number"]',
          "what track number is {e}?|which number is {e} on its album?|track number of {e}|at which place on the album is {e}?"
          "|what position does {e} have on its album?|where on its album is {e}?|which track number does {e} have?", 0.5),
    Row("track_at", ("the_album", "position"), "str", "Find the track with a number on an album.",
        "Find the album.|List its tracks.|Take the one with the number.",
        ("@tracks tracks album_title", 'return tracks[position - 1]["title"]'),
        "what is track {f} on {e}?|which song is track {f} on {e}?|track {f} of {e}|what's track number {f} on {e}?|what is number {f} on {e}?"
        "|track number {f} of {e}|which song is number {f} on {e}?|what's track {f} on {e}?|name track {f} of {e}", 0.7),
    Row("artists_on_playlist", ("playlist",), "list", "List the artists in a playlist.",
        "List the playlists.|Pick the one with the name.|Collect the artists of its tracks.",
        ("@playlist tracks playlist_name", 'return sorted({track["artist"] for track in tracks})'),
        "which artists are on {e}?|which artists are in {e}?|what bands are in {e}?|list the artists on {e}|whose songs are in {e}?"
        "|which bands are on {e}?|artists in {e}|who is on {e}?", 0.5),
    *(Row(key, ("ordinal",), returns, doc, f"List the playlists.|Take the one at the position.|{step}",
          ("playlist = list_playlists()[position - 1]", f"return {value}"), phrases, 0.3)
      for key, returns, doc, step, value, phrases in (
        ("name_of_playlist_at", "str", "Find the name of the playlist at a position.", "Return its name.", 'playlist["name"]',
         "what is my {e} playlist called?|name of my {e} playlist|what's the name of my {e} playlist?|what is the {e} of my playlists called?"),
        ("n_tracks_of_playlist_at", "int", "Count the tracks of the playlist at a position.", "Return its number of tracks.",
         'playlist["n_tracks"]', "how many songs are in my {e} playlist?|how many tracks does my {e} playlist have?|number of songs on my {e} playlist|how many tracks are on my {e} playlist?"),
        ("tracks_of_playlist_at", "list", "List the tracks of the playlist at a position.", "Return the titles of its tracks.",
         '[track["title"] for track in playlist_tracks(playlist["id"])]', "what is in my {e} playlist?|which songs are on my {e} playlist?|list the tracks of my {e} playlist|show me my {e} playlist|what's on my {e} playlist?"),
        ("artists_of_playlist_at", "list", "List the artists of the playlist at a position.", "Collect the artists of its tracks.",
         'sorted({track["artist"] for track in playlist_tracks(playlist["id"])})', "which artists are on my {e} playlist?|which bands are in my {e} playlist?|list the artists of my {e} playlist|whose songs are on my {e} playlist?"),
      )),
    Row("average_episodes_per_season", ("series",), "float", "Find the average episodes of the seasons of a series.",
        "Find the series.|List its seasons.|Average their episodes.",
        ("@seasons seasons series_title", 'return round(sum(season["n_episodes"] for season in seasons) / len(seasons), 2)'),
        "how many episodes per season does {e} have on average?|average number of episodes per season of {e}|what is the average number of episodes per season in {e}?"
        "|on average, how many episodes does a season of {e} have?|mean number of episodes per season of {e}|episodes per season of {e} on average", 0.8),
    Row("album_length", ("the_album",), "float", "Find the length of an album in minutes.",
        "Find the album.|List its tracks.|Add up their minutes.",
        ("@tracks tracks album_title", 'return round(sum(track["duration_s"] for track in tracks) / 60, 1)'),
        "how long is {e}?|how many minutes is {e}?|what is the total length of {e}?|running time of {e}|how long does {e} last?"
        "|what's the duration of {e}?|total playing time of {e}|how many minutes long is {e}?|what is the length of {e}?"
        "|how long is {e} in minutes?|how many minutes does {e} run?", 1.2),
    Row("playlist_n_tracks", ("playlist",), "int", "Count the tracks in a playlist.",
        "List the playlists.|Pick the one with the name.|Return its number of tracks.",
        ('playlist = [p for p in list_playlists() if playlist_name.lower() in p["name"].lower()][0]',
         'return playlist["n_tracks"]'),
        "how big is {e}?|what is the size of {e}?|how long is {e} in tracks?|how large is {e}?|size of {e}|what size does {e} have?", 0.4),
    _fact("artist_country_of_album", "the_album", "str", "Find the country of the artist of an album.", _ALBUM,
          'search_artists(album["artist"])[0]["country"]',
          "which country is the artist of {e} from?|from which country is the band that made {e}?|what country does the artist behind {e} come from?"
          "|where does the artist of {e} come from?|what is the home country of the artist who recorded {e}?|country of the artist of {e}", 0.5),
)  # fmt: skip
