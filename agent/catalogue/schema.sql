CREATE TABLE film (
    id INTEGER PRIMARY KEY, title TEXT NOT NULL, release_date TEXT NOT NULL, runtime_min INTEGER NOT NULL,
    genres TEXT NOT NULL, company TEXT, collection TEXT, demo_rating REAL NOT NULL);
CREATE TABLE person (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, birthday TEXT, birthplace TEXT, directed_complete_to TEXT);
CREATE TABLE film_director (
    film_id INTEGER NOT NULL REFERENCES film, position INTEGER NOT NULL, person_id INTEGER NOT NULL REFERENCES person,
    PRIMARY KEY (film_id, position)) WITHOUT ROWID;
CREATE TABLE film_cast (
    film_id INTEGER NOT NULL REFERENCES film, position INTEGER NOT NULL, person_id INTEGER NOT NULL REFERENCES person,
    character TEXT NOT NULL, PRIMARY KEY (film_id, position)) WITHOUT ROWID;
CREATE TABLE series (
    id INTEGER PRIMARY KEY, title TEXT NOT NULL, first_air_date TEXT NOT NULL, last_air_date TEXT,
    network TEXT NOT NULL, genres TEXT NOT NULL, company TEXT, demo_rating REAL NOT NULL);
CREATE TABLE series_creator (
    series_id INTEGER NOT NULL REFERENCES series, position INTEGER NOT NULL,
    person_id INTEGER NOT NULL REFERENCES person, PRIMARY KEY (series_id, position)) WITHOUT ROWID;
CREATE TABLE series_cast (
    series_id INTEGER NOT NULL REFERENCES series, position INTEGER NOT NULL,
    person_id INTEGER NOT NULL REFERENCES person, character TEXT NOT NULL,
    PRIMARY KEY (series_id, position)) WITHOUT ROWID;
CREATE TABLE season (
    series_id INTEGER NOT NULL REFERENCES series, number INTEGER NOT NULL, n_episodes INTEGER NOT NULL,
    year INTEGER NOT NULL, PRIMARY KEY (series_id, number)) WITHOUT ROWID;
CREATE TABLE episode (
    id INTEGER PRIMARY KEY, series_id INTEGER NOT NULL REFERENCES series, season INTEGER NOT NULL,
    number INTEGER NOT NULL, title TEXT NOT NULL, air_date TEXT,
    UNIQUE (series_id, season, number));
CREATE TABLE episode_director (
    episode_id INTEGER NOT NULL REFERENCES episode, position INTEGER NOT NULL,
    person_id INTEGER NOT NULL REFERENCES person, PRIMARY KEY (episode_id, position)) WITHOUT ROWID;
CREATE TABLE episode_guest (
    episode_id INTEGER NOT NULL REFERENCES episode, position INTEGER NOT NULL,
    person_id INTEGER NOT NULL REFERENCES person, character TEXT NOT NULL,
    PRIMARY KEY (episode_id, position)) WITHOUT ROWID;
CREATE TABLE artist (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, country TEXT NOT NULL, formed_year INTEGER NOT NULL,
    genres TEXT NOT NULL, albums_complete_to TEXT);
CREATE TABLE album (
    id INTEGER PRIMARY KEY, artist_id INTEGER NOT NULL REFERENCES artist, title TEXT NOT NULL,
    release_date TEXT NOT NULL, kind TEXT NOT NULL, UNIQUE (artist_id, title));
CREATE TABLE track (
    id INTEGER PRIMARY KEY, album_id INTEGER NOT NULL REFERENCES album, number INTEGER NOT NULL,
    title TEXT NOT NULL, duration_s INTEGER NOT NULL, demo_plays INTEGER NOT NULL, UNIQUE (album_id, number));
CREATE TABLE seed_playlist (position INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE seed_track (
    playlist INTEGER NOT NULL REFERENCES seed_playlist, position INTEGER NOT NULL,
    track_id INTEGER NOT NULL REFERENCES track, PRIMARY KEY (playlist, position)) WITHOUT ROWID;
CREATE INDEX film_director_person ON film_director (person_id);
CREATE INDEX film_cast_person ON film_cast (person_id);
CREATE INDEX album_artist ON album (artist_id);
