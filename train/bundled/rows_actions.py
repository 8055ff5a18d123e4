"""Rows that change playlists. Each answers with the playlist's name or, where that is asked, its number or list of tracks."""

# ruff: noqa: E501 - phrases are easier to read and compare on one line

from __future__ import annotations

import dataclasses

from train.bundled.direct import Row

_PICK = 'playlist = [p for p in list_playlists() if playlist_name.lower() in p["name"].lower()][0]'
_NEW = "playlist = create_playlist(playlist_name)"
_SAY = 'return playlist["name"]'
_LOOP = ("for track in tracks:", '    playlist = add_to_playlist(playlist["id"], track["id"])')
_MAKE = "create a playlist|make a playlist|create a new playlist|make me a playlist|start a playlist|set up a playlist|i want a playlist|build a playlist"
_CALL_IT = (" and call it", " and name it", ", called", " called")
_CALLED = "called {N}|named {N}|with the name {N}|{N}"


def _making(contents: str, n: str = "{f}") -> str:
    """Every way to ask for a new playlist with these contents; the name is slot `n`."""
    found = [
        f"{make} {called.replace('{N}', n)} {content}"
        for make in _MAKE.split("|")
        for called in _CALLED.split("|")
        for content in contents.split("|")
    ]
    for content in contents.split("|"):
        found.append(f"put {content.removeprefix('with ')} in a new playlist called {n}")
        found.append(f"{content.removeprefix('with ')}: make that a playlist called {n}")
        found += [f"{make} {content}{call} {n}" for make in _MAKE.split("|") for call in _CALL_IT]
    return "|".join(found)


_ACTIONS = (
    Row("make_playlist", ("new_playlist",), "str", "Create a playlist.", "Create the playlist.|Return its name.", (_NEW, _SAY),
        "create a playlist called {e}|make a new playlist named {e}|create a new playlist called {e}|start a playlist called {e}"
        "|i want a new playlist called {e}|add a playlist named {e}|make me a playlist called {e}|set up a playlist named {e}"
        "|please make an empty playlist called {e}|create playlist {e}|new playlist {e}|create an empty playlist named {e}"
        "|i need a playlist called {e}|open a new playlist called {e}|can you create a playlist with the name {e}?"
        "|i'd like a new playlist called {e}|could you make a playlist named {e}?"
        "|let's make a playlist called {e}|make a playlist {e}|begin a new playlist called {e}"
        "|make me a new playlist called {e}|please create the playlist {e}"
        "|i want to have a playlist named {e}|set up a new playlist, name it {e}"
        "|new playlist please, called {e}", 1.4),
    Row("add_track", ("track", "any_playlist"), "str", "Add a track to a playlist.",
        "Find the track.|Pick the playlist with the name.|Add the track.|Return its name.",
        ("track = search_tracks(track_title)[0]", _PICK, 'playlist = add_to_playlist(playlist["id"], track["id"])', _SAY),
        "add {e} to {f}|put {e} on {f}|put {e} in {f}|add the song {e} to {f}|i want {e} in {f}|please add {e} to {f}|append {e} to {f}"
        "|can you add {e} to {f}?|include {e} in {f}|insert {e} into {f}|throw {e} into {f}|{f} should also have {e}"
        "|i'd like {e} on {f}|could you put {e} on {f}?|{e} should go on {f}|add {e} on {f}|place {e} in {f}"
        "|let's have {e} on {f}|stick {e} on {f}|{f} needs {e}|slip {e} into {f}", 1.8),
    Row("remove_track", ("track", "any_playlist"), "str", "Remove a track from a playlist.",
        "Pick the playlist with the name.|Find the track in it.|Remove the track.|Return its name.",
        (_PICK, 'tracks = playlist_tracks(playlist["id"])',
         'track = [t for t in tracks if track_title.lower() in t["title"].lower()][0]',
         'playlist = remove_from_playlist(playlist["id"], track["id"])', _SAY),
        "remove {e} from {f}|delete {e} from {f}|take {e} off {f}|take {e} out of {f}|drop {e} from {f}|please remove {e} from {f}"
        "|i don't want {e} in {f} anymore|can you remove the song {e} from {f}?|kick {e} out of {f}|get rid of {e} in {f}"
        "|remove {e} out of {f}|take {e} from {f}|{e} should go from {f}|erase {e} from {f}"
        "|throw {e} out of {f}|can you take {e} off {f}?|clear {e} from {f}|i want {e} off {f}"
        "|strike {e} from {f}", 1.5),
    Row("move_track", ("track", "any_playlist", "target"), "str", "Move a track from a playlist to another.",
        "Pick both playlists.|Find the track in the first.|Remove it there and add it to the other.|Return its name.",
        (_PICK.replace("playlist =", "source ="), _PICK.replace("playlist_name", "target_name"),
         'tracks = playlist_tracks(source["id"])',
         'track = [t for t in tracks if track_title.lower() in t["title"].lower()][0]',
         'remove_from_playlist(source["id"], track["id"])', 'playlist = add_to_playlist(playlist["id"], track["id"])', _SAY),
        "move {e} from {f} to {g}|move {e} from {f} over to {g}|shift {e} from {f} to {g}|take {e} from {f} and put it on {g}|take {e} out of {f} and add it to {g}"
        "|please move {e} out of {f} into {g}|move {e} out of {f} to {g}|transfer {e} from {f} to {g}|get {e} from {f} over into {g}", 0.7),
    Row("add_track_at", ("track", "ordinal"), "str", "Add a track to the playlist at a position.",
        "Find the track.|Take the playlist at the position.|Add the track.|Return its name.",
        ("track = search_tracks(track_title)[0]", "playlist = list_playlists()[position - 1]",
         'playlist = add_to_playlist(playlist["id"], track["id"])', _SAY),
        "add {e} to my {f} playlist|put {e} on my {f} playlist|put {e} in the {f} of my playlists|add the song {e} to my {f} playlist"
        "|i want {e} in my {f} playlist|append {e} to my {f} playlist"
        "|insert {e} into my {f} playlist|place {e} on my {f} playlist|put {e} into my {f} playlist"
        "|can you add {e} to my {f} playlist?|i'd like {e} on my {f} playlist", 0.5),
    Row("playlist_of_album", ("the_album", "new_playlist"), "str", "Create a playlist with the tracks of an album.",
        "Find the album.|List its tracks.|Create the playlist.|Add the tracks.|Return its name.",
        ("@tracks tracks album_title", _NEW, *_LOOP, _SAY),
        _making("with all tracks of {e}|with the songs from {e}|with all songs on {e}|with the tracks from {e}|from {e}|with every track of {e}"), 1.0),
    Row("playlist_of_first_n", ("number", "the_album", "new_playlist"), "str", "Create a playlist with the first tracks of an album.",
        "Find the album.|Take its first tracks.|Create the playlist.|Add the tracks.|Return its name.",
        ("@tracks tracks album_title", _NEW, "for track in tracks[:n]:", _LOOP[1], _SAY),
        _making("with the first {e} tracks of {f}|with the first {e} songs from {f}|with the first {e} tracks on {f}", "{g}"), 0.8),
    Row("playlist_of_longest_n", ("number", "the_album", "new_playlist"), "str", "Create a playlist with the longest tracks of an album.",
        "Find the album.|Take its longest tracks.|Create the playlist.|Add the tracks.|Return its name.",
        ("@tracks tracks album_title", 'tracks = sorted(tracks, key=lambda track: track["duration_s"], reverse=True)', _NEW,
         "for track in tracks[:n]:", _LOOP[1], _SAY),
        _making("with the {e} longest tracks of {f}|with the {e} longest songs from {f}|with the longest {e} tracks on {f}", "{g}"), 0.8),
    Row("playlist_of_most_played_n", ("number", "the_album", "new_playlist"), "str",
        "Create a playlist with the most played tracks of an album.",
        "Find the album.|Take its most played tracks.|Create the playlist.|Add the tracks.|Return its name.",
        ("@tracks tracks album_title", 'tracks = sorted(tracks, key=lambda track: track["demo_plays"], reverse=True)', _NEW,
         "for track in tracks[:n]:", _LOOP[1], _SAY),
        _making("with the {e} most played tracks of {f}|with the {e} most popular songs from {f}|with the top {e} tracks of {f}", "{g}"), 0.8),
    Row("playlist_of_artist", ("number", "artist", "new_playlist"), "str", "Create a playlist with a number of tracks of an artist.",
        "Find the artist.|Collect the tracks of their albums.|Stop where these are too few.|Create the playlist.|Add the tracks.|Return its name.",
        ("artist = search_artists(artist_name)[0]", "tracks = []", 'for album in artist_albums(artist["id"]):', "    try:",
         '        tracks += album_tracks(album["id"])', "    except Exception:", "        continue", "if len(tracks) < n:",
         '    return "fewer tracks than asked for"', _NEW, "for track in tracks[:n]:", _LOOP[1], _SAY),
        _making("with {e} songs by {f}|with {e} tracks by {f}|with {e} songs of {f}|with {e} {f} songs|with any {e} songs by {f}"
                "|with {e} tracks from {f}|of {e} songs by {f}|with {e} of {f}'s songs", "{g}"), 4.5),
    Row("playlist_of_latest_album", ("artist", "new_playlist"), "str", "Create a playlist with the latest album of an artist.",
        "Find the artist.|Take their latest album.|List its tracks.|Create the playlist.|Add the tracks.|Return its name.",
        ("@tracks_latest tracks artist_name", _NEW, *_LOOP, _SAY),
        _making("with the latest album by {e}|with all songs of {e}'s latest album|with the newest album of {e}|with the tracks of the latest album by {e}"), 0.7),
    Row("playlist_of_first_album", ("artist", "new_playlist"), "str", "Create a playlist with the first album of an artist.",
        "Find the artist.|Take their first album.|List its tracks.|Create the playlist.|Add the tracks.|Return its name.",
        ("@tracks_first tracks artist_name", _NEW, *_LOOP, _SAY),
        _making("with the first album by {e}|with all songs of {e}'s first album|with the debut album of {e}|with the tracks of the first album by {e}"), 0.6),
    Row("add_album", ("the_album", "any_playlist"), "str", "Add the tracks of an album to a playlist.",
        "Find the album.|List its tracks.|Pick the playlist with the name.|Add the tracks.|Return its name.",
        ("@tracks tracks album_title", _PICK, *_LOOP, _SAY),
        "add all tracks of {e} to {f}|add {e} to {f}|put all songs from {e} in {f}|add every song on {e} to {f}|put {e} on {f}"
        "|add the whole of {e} to {f}|i want all tracks of {e} in {f}|add all songs of {e} to {f}|please add the tracks of {e} to {f}", 0.9),
    Row("add_opening_track", ("the_album", "any_playlist"), "str", "Add the first track of an album to a playlist.",
        "Find the album.|Take its first track.|Pick the playlist with the name.|Add the track.|Return its name.",
        ("@tracks tracks album_title", _PICK, 'playlist = add_to_playlist(playlist["id"], tracks[0]["id"])', _SAY),
        "add the first track of {e} to {f}|put the first song on {e} in {f}|add the opening track of {e} to {f}|put the opener of {e} on {f}"
        "|add the first song from {e} to {f}|i want the first track of {e} in {f}", 0.6),
    Row("add_closing_track", ("the_album", "any_playlist"), "str", "Add the last track of an album to a playlist.",
        "Find the album.|Take its last track.|Pick the playlist with the name.|Add the track.|Return its name.",
        ("@tracks tracks album_title", _PICK, 'playlist = add_to_playlist(playlist["id"], tracks[-1]["id"])', _SAY),
        "add the last track of {e} to {f}|put the last song on {e} in {f}|add the closing track of {e} to {f}|put the closer of {e} on {f}"
        "|add the last song from {e} to {f}|i want the last track of {e} in {f}", 0.6),
    Row("add_longest_track", ("the_album", "any_playlist"), "str", "Add the longest track of an album to a playlist.",
        "Find the album.|Take its longest track.|Pick the playlist with the name.|Add the track.|Return its name.",
        ("@tracks tracks album_title", 'track = max(tracks, key=lambda track: track["duration_s"])', _PICK,
         'playlist = add_to_playlist(playlist["id"], track["id"])', _SAY),
        "add the longest track of {e} to {f}|put the longest song on {e} in {f}|add the longest song from {e} to {f}"
        "|i want the longest track of {e} in {f}|append the longest track on {e} to {f}|please add the longest song of {e} to {f}", 0.6),
)  # fmt: skip
_COUNTED = (
    ", how many songs are in it now?|. how many tracks does it have now?| and tell me how many songs it has then|. how many songs are in it then?"
    "|, how many tracks are on it now?| and count its tracks|. how many tracks is that now?|, how many are in it after that?"
)
_LEFT = "|, how many left?|. how many are left?| and tell me how many are left|, how many songs are left?|. how many tracks are left in it?"
_LISTED = (
    ", then list it| and list its tracks|. what is in it now?| and show me what is in it|, then show me the playlist|. which songs are in it now?"
    "| and then list all its songs|, then tell me its tracks"
)


def _variants(row: Row) -> tuple[Row, ...]:
    """The row, and the same with its number or its list of tracks asked for in the same breath."""
    asked = [phrase.rstrip("?") for phrase in row.phrases.split("|")]
    counted = _COUNTED + (_LEFT if row.key.startswith("remove") else "")
    return (
        row,
        dataclasses.replace(
            row, key=row.key + "_counted", returns="int", doc=row.doc[:-1] + " and count its tracks.",
            steps=row.steps.replace("Return its name.", "Return its number of tracks."),
            body=(*row.body[:-1], 'return playlist["n_tracks"]'), weight=0.25 * row.weight,
            phrases="|".join(phrase + tail for phrase in asked for tail in counted.split("|") if tail),
        ),
        dataclasses.replace(
            row, key=row.key + "_listed", returns="list", doc=row.doc[:-1] + " and list its tracks.",
            steps=row.steps.replace("Return its name.", "Return the titles of its tracks."),
            body=(*row.body[:-1], 'return [track["title"] for track in playlist_tracks(playlist["id"])]'),
            weight=0.2 * row.weight,
            phrases="|".join(phrase + tail for phrase in asked for tail in _LISTED.split("|")),
        ),
    )  # fmt: skip


ACTIONS = tuple(variant for row in _ACTIONS for variant in _variants(row))
