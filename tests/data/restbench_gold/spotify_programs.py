"""Gold programs for Spotify's queries. The tools are globals that the test puts in; results are plain JSON."""
# ruff: noqa: F821
# mypy: ignore-errors

from __future__ import annotations


def _uris(tracks):
    return [track["uri"] for track in tracks]


def _playing():
    return get_currently_playing()["item"]


def _first_playlist():
    return get_my_playlists()["items"][0]


def _named(name):
    return next(p for p in get_my_playlists()["items"] if p["name"] == name)


def _artist(name):
    return search(q=name, type=["artist"])["artists"]["items"][0]


def _new_playlist(name, tracks=()):
    playlist = create_playlist(user_id=get_profile()["id"], name=name)
    if tracks:
        add_tracks(playlist_id=playlist["id"], body_uris=_uris(tracks))
    return playlist["id"]


def q1():
    songs = search(q='artist:"Mariah Carey"', type=["track"])["tracks"]["items"][:3]
    return _new_playlist("Love Mariah", songs)


def q2():
    song = search(q='track:"Summertime Sadness" artist:"Lana Del Rey"', type=["track"])["tracks"]["items"][0]
    playlist = _first_playlist()
    add_tracks(playlist_id=playlist["id"], body_uris=[song["uri"]])
    return playlist["id"]


def q3():
    song = _playing()
    save_tracks(ids=song["id"])
    return song["id"]


def q4():
    track = get_track(id=_playing()["id"])
    follow(type="artist", ids=track["artists"][0]["id"])
    return track["artists"][0]["id"]


def q5():
    songs = search(q='genre:"soft rock"', type=["track"])["tracks"]["items"]
    play(uris=_uris(songs))
    return len(songs)


def q6():
    skip_to_next()
    set_repeat(state="track")


def q7():
    playlist = _first_playlist()
    change_playlist(playlist_id=playlist["id"], name="My First")
    return playlist["id"]


def q8():
    pause()
    set_volume(volume_percent=20)
    play()


def q9():
    return _playing()["name"]


def q10():
    return [saved["album"]["name"] for saved in get_saved_albums()["items"]]


def q11():
    genre = _playing()["artists"][0]["genres"][0]
    found = search(q=f'genre:"{genre}"', type=["track"])["tracks"]["items"]
    return [track["name"] for track in found]


def q12():
    tracks = get_artist_top_tracks(id=_artist("Taylor Swift")["id"])["tracks"]
    return _new_playlist("Love Taylor", tracks)


def q13():
    favourite = get_artist(id=get_top(type="artists")["items"][0]["id"])
    return get_artist_top_tracks(id=favourite["id"])["tracks"][0]["name"]


def q14():
    return get_track(id=_playing()["id"])["album"]["name"]


def q15():
    pause()
    device = next(d for d in get_devices()["devices"] if d["name"] == "My PC")
    play(device_id=device["id"])


def q16():
    first = get_followed_artists(type="artist")["artists"]["items"][0]
    return [artist["name"] for artist in get_related_artists(id=first["id"])["artists"]]


def q17():
    artist = _artist("Taylor Swift")
    follow(type="artist", ids=artist["id"])
    return artist["id"]


def q18():
    playlist = _named("My Rock")
    first = get_playlist_tracks(playlist_id=playlist["id"])["items"][0]["track"]
    remove_playlist_tracks(playlist_id=playlist["id"], tracks=[{"uri": first["uri"]}])
    return playlist["id"]


def q19():
    get_profile()
    entries = get_playlist(playlist_id=_named("My R&B")["id"])["tracks"]["items"]
    ids = [artist["id"] for entry in entries for artist in entry["track"]["artists"]]
    follow(type="artist", ids=",".join(dict.fromkeys(ids)))


def q20():
    third = get_saved_tracks()["items"][2]["track"]
    remove_tracks(ids=third["id"])


def q21():
    skip_to_next()


def q22():
    while saved := get_saved_tracks(limit=50)["items"]:
        remove_tracks(ids=",".join(each["track"]["id"] for each in saved))
    while followed := get_followed_artists(type="artist", limit=50)["artists"]["items"]:
        unfollow(type="artist", ids=",".join(artist["id"] for artist in followed))


def q23():
    set_volume(volume_percent=20)


def q24():
    pause()
    set_volume(volume_percent=80)
    skip_to_next()


def q25():
    found = search(q="Mojito", type=["album"])["albums"]["items"][0]
    artist = get_album(id=found["id"])["artists"][0]
    follow(type="artist", ids=artist["id"])
    return artist["id"]


def q26():
    playlist = _new_playlist("BIGBANG")
    song = search(q='artist:"BIGBANG"', type=["track"])["tracks"]["items"][0]
    add_tracks(playlist_id=playlist, body_uris=[song["uri"]])
    return playlist


def q27():
    first = get_playlist(playlist_id=_first_playlist()["id"])
    change_playlist(playlist_id=first["id"], public=False)
    return first["id"]


def q28():
    first = get_saved_tracks(limit=1)["items"][0]["track"]
    add_to_queue(uri=first["uri"])
    set_repeat(state="track")


def q29():
    pause()
