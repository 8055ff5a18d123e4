"""Rows of single facts about artists, albums, tracks and playlists (and seasons on average)."""

# ruff: noqa: E501 - phrases are easier to read and compare on one line

from __future__ import annotations

from train.bundled.direct import Row, fact

_SERIES = "series = search_series(series_title)[0]"
_ARTIST = "artist = search_artists(artist_name)[0]"
_ALBUM = "album = search_albums(album_title)[0]"
_TRACK = "track = search_tracks(track_title)[0]"
MUSIC_FACTS = (
    fact("country_of_artist", "artist", "str", "Find the country of an artist.", _ARTIST, 'artist["country"]',
          "which country is {e} from?|what country does {e} come from?|country of {e}|in which country was {e} formed?"
          "|from which country are {e}?|what is the home country of {e}?|what country are {e} from?|from what country does {e} come?"
          "|what country is {e} from?|which country do {e} come from?|what nationality are {e}?|where do {e} come from?"
          "|where are {e} from?|where is {e} from?|which country are {e} from?|what's the country of {e}?"
          "|what is {e}'s country?|{e} is from which country?|tell me where {e} come from"
          "|what country was {e} formed in?|home country of {e}|where does {e} come from?"
          "|{e} comes from which country?|in what country was {e} founded?", 1.2),
    fact("artist_formed", "artist", "int", "Find the year an artist was formed.", _ARTIST, 'artist["formed_year"]',
          "when was {e} formed?|in which year was {e} founded?|when did {e} form?|what year was {e} formed?|formation year of {e}"
          "|when were {e} formed?|in what year did {e} get together?|when was the band {e} founded?|since when has {e} existed?"
          "|what year did {e} form?|when did {e} start?|in what year were {e} founded?"
          "|when was {e} founded?|when were {e} founded?|in what year was {e} formed?"
          "|in which year was {e} formed?|founding year of {e}|what year was {e} founded?"
          "|when did {e} get together?|when did {e} get going?|which year did {e} form?"
          "|year of formation of {e}|since what year do {e} exist?|{e} was formed in what year?", 1.2),
    fact("artist_genres", "artist", "list", "List the genres of an artist.", _ARTIST, 'artist["genres"]',
          "what genres does {e} play?|what kind of music does {e} make?|what genre is {e}?|genres of {e}|which genres does {e} play?"
          "|what type of music do {e} play?|what style of music is {e}?|list the genres of {e}|which genre are {e}?"
          "|what music does {e} make?|what sort of music do {e} make?"
          "|what genres are {e}?|what genre do {e} play?|what music do {e} play?"
          "|which genres does {e}'s music belong to?|what kind of music do {e} play?|what kind of music is {e}?"
          "|genre of {e}|what style do {e} play?|which kinds of music does {e} make?"
          "|what are the genres of {e}?|how would you classify the music of {e}?|what genres is {e} known for?", 1.0),
    fact("album_year", "the_album", "int", "Find the release year of an album.", _ALBUM, 'album["year"]',
          "when did {e} come out?|when was {e} released?|in what year did {e} come out?|what year was {e} released?|release year of {e}"
          "|what year is {e} from?|in which year was {e} released?|when was {e} recorded?|what is the year of {e}?|from which year is {e}?"
          "|what year did {e} come out?|tell me when {e} was released"
          "|when was {e} out?|year of {e}|which year is {e} from?|which year did {e} come out?"
          "|which year was {e} released?|what was the release year of {e}?|{e} came out in what year?"
          "|in what year was {e} released?|when did they release {e}?|from what year is {e}?", 1.4),
    fact("artist_of_album", "the_album", "str", "Find the artist of an album.", _ALBUM, 'album["artist"]',
          "who made {e}?|who recorded {e}?|which artist released {e}?|whose album is {e}?|who is {e} by?|artist of {e}|which band made {e}?"
          "|who released {e}?|by whom is {e}?|which band recorded {e}?|who is the artist of {e}?|what band is {e} by?"
          "|whose record is {e}?|who put out {e}?|which band released {e}?|which artist made {e}?"
          "|who is behind {e}?|which artist is {e} by?|what artist made {e}?|{e} is by whom?"
          "|which group made {e}?|by which artist is {e}?|name the artist of {e}|which artist recorded {e}?", 1.1),
    fact("track_length", "the_track", "int", "Find the length of a track in seconds.", _TRACK, 'track["duration_s"]',
          "how long is {e}?|how many seconds is {e}?|duration of {e}|what is the length of {e}?|how long does {e} last?"
          "|what's the duration of {e}?|how many seconds long is {e}?|length of {e} in seconds|tell me how long {e} is"
          "|how many seconds does {e} last?|what is the playing time of {e}?"
          "|what is the duration of {e}?|{e} is how long?|how long does {e} go on?|length of {e}"
          "|how many seconds is {e} long?|in seconds, how long is {e}?|how long does {e} run?|how long was {e}?"
          "|what's the length of {e}?|duration of {e} in seconds", 1.2),
    fact("artist_of_track", "track", "str", "Find the artist of a track.", _TRACK, 'track["artist"]',
          "who sings {e}?|which artist recorded {e}?|whose song is {e}?|who is {e} by?|who performs {e}?|which band plays {e}?"
          "|who sang {e}?|artist of the song {e}|which artist sings {e}?|what band plays {e}?|who recorded the song {e}?"
          "|by whom is the song {e}?|which singer sings {e}?"
          "|who made the song {e}?|who is the song {e} by?|what artist sings {e}?"
          "|which band recorded the song {e}?|whose track is {e}?|which artist plays {e}?|who did the song {e}?"
          "|who is the artist of the song {e}?|what band is the song {e} by?|which band does the song {e}?"
          "|who plays the song {e}?|who is the singer of the song {e}?", 1.1),
    fact("album_of_track", "track", "str", "Find the album of a track.", _TRACK, 'track["album"]',
          "which album is {e} on?|what album is {e} from?|on which album is {e}?|album of the song {e}|from which album is {e}?"
          "|on which record does {e} appear?|what album does {e} appear on?|which album contains {e}?|which album has {e} on it?"
          "|on what album can i find {e}?|what record is {e} on?|which album does {e} come from?"
          "|on which album can i find {e}?|what album has {e} on it?|which album is {e} from?"
          "|{e} is on which album?|which record is {e} on?|what album contains {e}?|what album is {e} on?"
          "|the album with {e} on it|which album features {e}?|where does {e} appear, on which album?"
          "|name the album of {e}|from what album is {e}?", 1.2),
    fact("plays_of_track", "track", "int", "Find the plays of a track.", _TRACK, 'track["demo_plays"]',
          "how many plays does {e} have?|how often was {e} played?|number of plays of {e}|how many times was {e} played?"
          "|what is the play count of {e}?|play count of {e}|how many times has {e} been played?|how many demo plays does {e} have?"
          "|how often has {e} been played?|plays of {e}|how many plays did {e} get?|how many plays has {e}?"
          "|what's the number of plays of {e}?|how many times did people play {e}?"
          "|how many listens does {e} have?", 0.8),
    fact("number_of_track", "track", "int", "Find the place of a track on its album.", _TRACK, 'track["number"]',
          "what track number is {e}?|which number is {e} on its album?|track number of {e}|at which place on the album is {e}?"
          "|what position does {e} have on its album?|where on its album is {e}?|which track number does {e} have?"
          "|what number is {e} on its album?|what place does {e} have on its album?"
          "|which position is {e} on its album?|what track is {e} on its album, by number?"
          "|number of {e} on its album", 0.5),
    Row("track_at", ("the_album", "position"), "str", "Find the track with a number on an album.",
        "Find the album.|List its tracks.|Take the one with the number.",
        ("@tracks tracks album_title", 'return tracks[position - 1]["title"]'),
        "what is track {f} on {e}?|which song is track {f} on {e}?|track {f} of {e}|what's track number {f} on {e}?|what is number {f} on {e}?"
        "|track number {f} of {e}|which song is number {f} on {e}?|what's track {f} on {e}?|name track {f} of {e}"
          "|which track is number {f} on {e}?|what is track number {f} of {e}?|what song is track {f} of {e}?"
          "|track no. {f} on {e}|what song is number {f} on {e}?|which song comes at number {f} on {e}?"
          "|track {f} on {e}|on {e}, what is track {f}?", 0.7),
    Row("artists_on_playlist", ("playlist",), "list", "List the artists in a playlist.",
        "List the playlists.|Pick the one with the name.|Collect the artists of its tracks.",
        ("@playlist tracks playlist_name", 'return sorted({track["artist"] for track in tracks})'),
        "which artists are on {e}?|which artists are in {e}?|what bands are in {e}?|list the artists on {e}|whose songs are in {e}?"
        "|which bands are on {e}?|artists in {e}|who is on {e}?"
          "|which artists do i have on {e}?|what artists are on {e}?|what artists are in {e}?|artists on {e}"
          "|by whom are the songs in {e}?|whose music is on {e}?|name the artists on {e}"
          "|who are the artists on {e}?", 0.5),
    *(Row(key, ("ordinal",), returns, doc, f"List the playlists.|Take the one at the position.|{step}",
          ("playlist = list_playlists()[position - 1]", f"return {value}"), phrases, 0.3)
      for key, returns, doc, step, value, phrases in (
        ("name_of_playlist_at", "str", "Find the name of the playlist at a position.", "Return its name.", 'playlist["name"]',
         "what is my {e} playlist called?|name of my {e} playlist|what's the name of my {e} playlist?|what is the {e} of my playlists called?|how is my {e} playlist called?|tell me the name of my {e} playlist|what name does my {e} playlist have?"),
        ("n_tracks_of_playlist_at", "int", "Count the tracks of the playlist at a position.", "Return its number of tracks.",
         'playlist["n_tracks"]', "how many songs are in my {e} playlist?|how many tracks does my {e} playlist have?|number of songs on my {e} playlist|how many tracks are on my {e} playlist?|how many songs do i have on my {e} playlist?|count the songs in my {e} playlist|how many tracks has my {e} playlist?|how big is my {e} playlist?|number of tracks in my {e} playlist"),
        ("tracks_of_playlist_at", "list", "List the tracks of the playlist at a position.", "Return the titles of its tracks.",
         '[track["title"] for track in playlist_tracks(playlist["id"])]', "what is in my {e} playlist?|which songs are on my {e} playlist?|list the tracks of my {e} playlist|show me my {e} playlist|what's on my {e} playlist?|what songs are in my {e} playlist?|which tracks are in my {e} playlist?|songs on my {e} playlist|what tracks do i have on my {e} playlist?|list my {e} playlist|name the songs on my {e} playlist"),
        ("artists_of_playlist_at", "list", "List the artists of the playlist at a position.", "Collect the artists of its tracks.",
         'sorted({track["artist"] for track in playlist_tracks(playlist["id"])})', "which artists are on my {e} playlist?|which bands are in my {e} playlist?|list the artists of my {e} playlist|whose songs are on my {e} playlist?|what artists are in my {e} playlist?|which artists do i have on my {e} playlist?|artists on my {e} playlist|who is on my {e} playlist?|whose music is in my {e} playlist?"),
        ("seconds_of_playlist_at", "int", "Add up the seconds of the playlist at a position.", "Add up the seconds of its tracks.",
         'sum(track["duration_s"] for track in playlist_tracks(playlist["id"]))', "how many seconds is my {e} playlist?|how long is my {e} playlist in seconds?|how many seconds of music are in my {e} playlist?|total length of my {e} playlist in seconds|how long is my {e} playlist in total, in seconds?|length of my {e} playlist in seconds|how many seconds does my {e} playlist last?|duration of my {e} playlist in seconds"),
        ("minutes_of_playlist_at", "float", "Add up the minutes of the playlist at a position.", "Add up the minutes of its tracks.",
         'round(sum(track["duration_s"] for track in playlist_tracks(playlist["id"])) / 60, 1)', "how many minutes is my {e} playlist?|how long is my {e} playlist?|how many minutes of music are in my {e} playlist?|total length of my {e} playlist|how long is my {e} playlist in minutes?|how long does my {e} playlist last?|what is the running time of my {e} playlist?"),
      )),
    Row("average_episodes_per_season", ("series",), "float", "Find the average episodes of the seasons of a series.",
        "Find the series.|List its seasons.|Average their episodes.",
        ("@seasons seasons series_title", 'return round(sum(season["n_episodes"] for season in seasons) / len(seasons), 2)'),
        "how many episodes per season does {e} have on average?|average number of episodes per season of {e}|what is the average number of episodes per season in {e}?"
        "|on average, how many episodes does a season of {e} have?|mean number of episodes per season of {e}|episodes per season of {e} on average"
          "|how many episodes does a season of {e} have on average?"
          "|what's the average number of episodes per season of {e}?|average episodes per season of {e}"
          "|on average, how many episodes per season does {e} have?"
          "|how many episodes are there per season of {e} on average?"
          "|average number of episodes in a season of {e}"
          "|how many episodes did {e} have per season, on average?", 0.8),
    Row("album_length", ("the_album",), "float", "Find the length of an album in minutes.",
        "Find the album.|List its tracks.|Add up their minutes.",
        ("@tracks tracks album_title", 'return round(sum(track["duration_s"] for track in tracks) / 60, 1)'),
        "how long is {e}?|how many minutes is {e}?|what is the total length of {e}?|running time of {e}|how long does {e} last?"
        "|what's the duration of {e}?|total playing time of {e}|how many minutes long is {e}?|what is the length of {e}?"
        "|how long is {e} in minutes?|how many minutes does {e} run?"
          "|what's the length of {e}?|how many minutes of music are on {e}?|how many minutes does {e} last?"
          "|total length of {e}|total running time of {e}|length of {e} in minutes"
          "|what is the running time of {e}?|what is the total duration of {e}?|duration of {e}"
          "|in minutes, how long is {e}?|how long does {e} run?", 1.2),
    Row("playlist_n_tracks", ("playlist",), "int", "Count the tracks in a playlist.",
        "List the playlists.|Pick the one with the name.|Return its number of tracks.",
        ('playlist = [p for p in list_playlists() if playlist_name.lower() in p["name"].lower()][0]',
         'return playlist["n_tracks"]'),
        "how big is {e}?|what is the size of {e}?|how long is {e} in tracks?|how large is {e}?|size of {e}|what size does {e} have?"
          "|number of tracks in {e}|how big is {e} by now?|what is the number of tracks in {e}?"
          "|track count of {e}|how big is {e}, in tracks?", 0.4),
    fact("artist_country_of_album", "the_album", "str", "Find the country of the artist of an album.", _ALBUM,
          'search_artists(album["artist"])[0]["country"]',
          "which country is the artist of {e} from?|from which country is the band that made {e}?|what country does the artist behind {e} come from?"
          "|where does the artist of {e} come from?|what is the home country of the artist who recorded {e}?|country of the artist of {e}"
          "|what country is the artist of {e} from?|what country is the band behind {e} from?"
          "|where is the band that recorded {e} from?|from which country is the artist behind {e}?"
          "|which country are the makers of {e} from?", 0.5),
)  # fmt: skip
