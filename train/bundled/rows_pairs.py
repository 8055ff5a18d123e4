"""Rows about two entities or more hops: membership, roles, comparisons, what is shared, facts of a fact."""

# ruff: noqa: E501 - phrases are easier to read and compare on one line

from __future__ import annotations

from train.bundled.direct import Row
from train.bundled.sources import SOURCES

_DIFFERENT = "Compare them.|Return the name of the one."


def _contains() -> tuple[Row, ...]:
    rows = []
    film = ("wanted = search_films(film_title)[0]", 'return any(film["id"] == wanted["id"] for film in films)')
    for key, slots, body in (
        ("directed", ("director", "film"), ("@directed films director_name", *film)),
        ("acted", ("actor", "film"), ("@acted films actor_name", *film)),
        ("series_cast", ("show", "actor"), ("@series_cast roles series_title", "person = search_people(actor_name)[0]",
                                            'return any(role["person_id"] == person["id"] for role in roles)')),
        ("albums", ("artist", "album"), ("@albums albums artist_name",
                                         'return any(album_title.lower() in album["title"].lower() for album in albums)')),
        ("tracks", ("the_album", "track"), ("@tracks tracks album_title",
                                            'return any(track_title.lower() in track["title"].lower() for track in tracks)')),
        ("playlist", ("playlist", "track"), ("@playlist tracks playlist_name",
                                             'return any(track_title.lower() in track["title"].lower() for track in tracks)')),
    ):  # fmt: skip
        source = SOURCES[key]
        steps = "|".join((*source.steps, "Say whether the other is among them."))
        rows.append(Row(f"is_among_{key}", slots, "bool", f"Say whether one is among the {source.doc}.", steps, body,
                        source.contains.replace("{x}", "{f}"), 1.3))  # fmt: skip
    return tuple(rows)


def _compare(
    key: str, slot: str, find: str, value: str, how: str, what: str, steps: str, phrases: str, weight: float = 1.0
) -> Row:
    """Which of two has the higher (`>`) or lower (`<`) value; answers with its name as the records spell it."""
    label = "name" if "people" in find or "artists" in find else "title"
    return Row(
        key, (slot, slot), "str", f"Find which of two {what}.", f"Find both.|{steps}",
        (f"first = {find.replace('{p}', 'first')}[0]", f"second = {find.replace('{p}', 'second')}[0]",
         f"a = {value.replace('{r}', 'first')}", f"b = {value.replace('{r}', 'second')}",
         f'return first["{label}"] if a {how} b else second["{label}"]'),
        phrases, weight,
    )  # fmt: skip


_PEOPLE, _FILMS, _SHOWS = (
    "search_people({p}_person_name)",
    "search_films({p}_film_title)",
    "search_series({p}_series_title)",
)
_ARTISTS, _ALBUMS, _TRACKS = (
    "search_artists({p}_artist_name)",
    "search_albums({p}_album_title)",
    "search_tracks({p}_track_title)",
)

COMPARISONS = (
    _compare("who_directed_more", "director", "search_people({p}_director_name)", 'len(films_directed_by({r}["id"]))', ">",
             "people directed more films", "Count the films each directed.|" + _DIFFERENT,
             "who directed more films, {e} or {f}?|who has directed more movies: {e} or {f}?|did {e} or {f} direct more films?"
             "|has {e} or {f} made more films?|which of {e} and {f} directed more films?|who made more movies, {e} or {f}?"
             "|between {e} and {f}, who directed more films?|who has more films as a director, {e} or {f}?"
             "|{e} or {f}: who directed more?|which director made more films, {e} or {f}?", 1.2),
    _compare("who_acted_more", "actor", "search_people({p}_actor_name)", 'len(films_with_actor({r}["id"]))', ">",
             "people acted in more films", "Count the films each acts in.|" + _DIFFERENT,
             "who acted in more films, {e} or {f}?|who was in more movies: {e} or {f}?|did {e} or {f} act in more films?"
             "|has {e} or {f} appeared in more films?|which of {e} and {f} starred in more films?|who played in more movies, {e} or {f}?"
             "|between {e} and {f}, who acted in more films?|which actor was in more films, {e} or {f}?"),
    _compare("who_is_older", "person", _PEOPLE, '{r}["birthday"]', "<", "people is older", "Take their birthdays.|" + _DIFFERENT,
             "who is older, {e} or {f}?|who was born first, {e} or {f}?|is {e} or {f} older?|which of {e} and {f} is older?"
             "|who was born earlier: {e} or {f}?|between {e} and {f}, who is older?|was {e} or {f} born first?|{e} or {f}: who is the older one?"
             "|who's the older one, {e} or {f}?", 1.2),
    _compare("who_is_younger", "person", _PEOPLE, '{r}["birthday"]', ">", "people is younger", "Take their birthdays.|" + _DIFFERENT,
             "who is younger, {e} or {f}?|who was born later, {e} or {f}?|is {e} or {f} younger?|which of {e} and {f} is younger?"
             "|who was born more recently: {e} or {f}?|between {e} and {f}, who is younger?|{e} or {f}: who is the younger one?"),
    _compare("longer_film", "film", _FILMS, '{r}["runtime_min"]', ">", "films is longer", "Take their runtimes.|" + _DIFFERENT,
             "which film is longer, {e} or {f}?|which is longer, {e} or {f}?|is {e} or {f} longer?|what is longer: {e} or {f}?"
             "|which of {e} and {f} is longer?|which of {e} and {f} has the longer runtime?|which movie runs longer, {e} or {f}?"
             "|between {e} and {f}, which is longer?|which one lasts longer, {e} or {f}?|{e} vs {f}: which is longer?|{e} or {f}, which is the longer one?", 1.2),
    _compare("shorter_film", "film", _FILMS, '{r}["runtime_min"]', "<", "films is shorter", "Take their runtimes.|" + _DIFFERENT,
             "which film is shorter, {e} or {f}?|which is shorter, {e} or {f}?|is {e} or {f} shorter?|what is shorter: {e} or {f}?"
             "|which of {e} and {f} is shorter?|which of {e} and {f} has the shorter runtime?|which movie is shorter, {e} or {f}?", 0.7),
    _compare("older_film", "film", _FILMS, '{r}["release_date"]', "<", "films came out first", "Take their release dates.|" + _DIFFERENT,
             "which film came out first, {e} or {f}?|which is older, {e} or {f}?|what came out first: {e} or {f}?"
             "|which of {e} and {f} was released first?|was {e} or {f} released first?|did {e} or {f} come out first?"
             "|which movie is older, {e} or {f}?|between {e} and {f}, which came out earlier?|which one was released earlier, {e} or {f}?", 1.1),
    _compare("newer_film", "film", _FILMS, '{r}["release_date"]', ">", "films is newer", "Take their release dates.|" + _DIFFERENT,
             "which film is newer, {e} or {f}?|which is newer, {e} or {f}?|which came out later, {e} or {f}?|is {e} or {f} newer?"
             "|which of {e} and {f} is more recent?|which of {e} and {f} was released later?|did {e} or {f} come out later?"
             "|which movie is more recent, {e} or {f}?", 0.8),
    _compare("better_film", "film", _FILMS, '{r}["demo_rating"]', ">", "films is rated better", "Take their ratings.|" + _DIFFERENT,
             "which film is rated higher, {e} or {f}?|which is rated better, {e} or {f}?|is {e} or {f} rated higher?"
             "|which of {e} and {f} has the better rating?|which of {e} and {f} is better rated?|what has a higher rating, {e} or {f}?"
             "|which movie has the higher rating, {e} or {f}?", 0.9),
    _compare("more_seasons", "series", _SHOWS, '{r}["n_seasons"]', ">", "series has more seasons", "Take their numbers of seasons.|" + _DIFFERENT,
             "which has more seasons, {e} or {f}?|which series has more seasons, {e} or {f}?|does {e} or {f} have more seasons?"
             "|which of {e} and {f} has more seasons?|which show ran for more seasons, {e} or {f}?|did {e} or {f} have more seasons?"
             "|what has more seasons: {e} or {f}?"),
    _compare("more_episodes", "series", _SHOWS, '{r}["n_episodes"]', ">", "series has more episodes", "Take their numbers of episodes.|" + _DIFFERENT,
             "which has more episodes, {e} or {f}?|which series has more episodes, {e} or {f}?|does {e} or {f} have more episodes?"
             "|which of {e} and {f} has more episodes?|which show has more episodes, {e} or {f}?|what has more episodes: {e} or {f}?"
             "|are there more episodes of {e} or {f}?"),
    _compare("older_series", "show", _SHOWS, '{r}["first_year"]', "<", "series started first", "Take their first years.|" + _DIFFERENT,
             "which started first, {e} or {f}?|which series is older, {e} or {f}?|did {e} or {f} start first?|which of {e} and {f} began first?"
             "|which show aired first, {e} or {f}?|what came first, {e} or {f}?", 0.7),
    _compare("more_albums", "artist", _ARTISTS, 'len(artist_albums({r}["id"]))', ">", "artists has more albums", "Count the albums of each.|" + _DIFFERENT,
             "who released more albums, {e} or {f}?|who has more albums, {e} or {f}?|did {e} or {f} release more albums?"
             "|which of {e} and {f} made more albums?|which band has more albums, {e} or {f}?|has {e} or {f} recorded more albums?"
             "|does {e} or {f} have more albums?|which artist put out more records, {e} or {f}?", 1.1),
    _compare("older_artist", "artist", _ARTISTS, '{r}["formed_year"]', "<", "artists was formed first", "Take their years.|" + _DIFFERENT,
             "which band was formed first, {e} or {f}?|who started earlier, {e} or {f}?|which of {e} and {f} was formed first?"
             "|which band is older, {e} or {f}?|was {e} or {f} formed first?|which group was founded earlier, {e} or {f}?", 0.8),
    _compare("more_tracks", "the_album", _ALBUMS, 'len(album_tracks({r}["id"]))', ">", "albums has more tracks", "Count the tracks of each.|" + _DIFFERENT,
             "which has more tracks, {e} or {f}?|which album has more songs, {e} or {f}?|does {e} or {f} have more tracks?"
             "|which of {e} and {f} has more tracks?|are there more tracks on {e} or {f}?|which record has more songs on it, {e} or {f}?", 0.9),
    _compare("older_album", "the_album", _ALBUMS, '{r}["year"]', "<", "albums came out first", "Take their years.|" + _DIFFERENT,
             "which came out first, {e} or {f}?|which album is older, {e} or {f}?|did {e} or {f} come out first?"
             "|which of {e} and {f} was released first?|was {e} or {f} released first?|which record came out earlier, {e} or {f}?", 0.9),
    _compare("longer_track", "the_track", _TRACKS, '{r}["duration_s"]', ">", "tracks is longer", "Take their durations.|" + _DIFFERENT,
             "which song is longer, {e} or {f}?|which track is longer, {e} or {f}?|is {e} or {f} longer?|which of {e} and {f} is longer?"
             "|which of the songs {e} and {f} is longer?|what lasts longer, {e} or {f}?", 0.7),
    _compare("more_plays", "the_track", _TRACKS, '{r}["demo_plays"]', ">", "tracks was played more", "Take their plays.|" + _DIFFERENT,
             "which song has more plays, {e} or {f}?|which was played more often, {e} or {f}?|does {e} or {f} have more plays?"
             "|which of {e} and {f} is more popular?|which track was played more, {e} or {f}?|is {e} or {f} more popular?", 0.6),
)  # fmt: skip


def _is(
    key: str, slot: str, find: str, value: str, how: str, what: str, steps: str, phrases: str, weight: float = 0.6
) -> Row:
    """Whether the first of two has the higher (`>`) or lower (`<`) value."""
    return Row(
        key, (slot, slot), "bool", f"Say whether the first of two {what}.", f"Find both.|{steps}|Compare them.",
        (f"first = {find.replace('{p}', 'first')}[0]", f"second = {find.replace('{p}', 'second')}[0]",
         f"return {value.replace('{r}', 'first')} {how} {value.replace('{r}', 'second')}"),
        phrases, weight,
    )  # fmt: skip


QUESTIONS_OF_TWO = (
    _is("is_longer_film", "film", _FILMS, '{r}["runtime_min"]', ">", "films is longer", "Take their runtimes.",
        "is {e} longer than {f}?|does {e} run longer than {f}?|is the runtime of {e} longer than that of {f}?|was {e} longer than {f}?|is {e} the longer film compared to {f}?|does {e} last longer than {f}?"),
    _is("is_shorter_film", "film", _FILMS, '{r}["runtime_min"]', "<", "films is shorter", "Take their runtimes.",
        "is {e} shorter than {f}?|does {e} run shorter than {f}?|is the runtime of {e} shorter than that of {f}?|was {e} shorter than {f}?|has {e} a shorter runtime than {f}?|is {e} a shorter film than {f}?", 0.4),
    _is("is_older_film", "film", _FILMS, '{r}["release_date"]', "<", "films is older", "Take their release dates.",
        "is {e} older than {f}?|did {e} come out before {f}?|was {e} released before {f}?|did {e} come out earlier than {f}?|was {e} made before {f}?|is {e} from before {f}?|was {e} released earlier than {f}?"),
    _is("is_newer_film", "film", _FILMS, '{r}["release_date"]', ">", "films is newer", "Take their release dates.",
        "is {e} newer than {f}?|did {e} come out after {f}?|was {e} released after {f}?|did {e} come out later than {f}?|was {e} made after {f}?|is {e} more recent than {f}?"),
    _is("is_better_film", "film", _FILMS, '{r}["demo_rating"]', ">", "films is rated better", "Take their ratings.",
        "is {e} rated higher than {f}?|is {e} better rated than {f}?|does {e} have a better rating than {f}?|has {e} a higher rating than {f}?|is the rating of {e} higher than that of {f}?|is {e} rated better than {f}?", 0.5),
    _is("is_older_person", "person", _PEOPLE, '{r}["birthday"]', "<", "people is older", "Take their birthdays.",
        "is {e} older than {f}?|was {e} born before {f}?|was {e} born earlier than {f}?|is {e} the older one compared to {f}?|did {e} come into the world before {f}?|is it true that {e} is older than {f}?"),
    _is("is_younger_person", "person", _PEOPLE, '{r}["birthday"]', ">", "people is younger", "Take their birthdays.",
        "is {e} younger than {f}?|was {e} born after {f}?|was {e} born later than {f}?|is it true that {e} is younger than {f}?|is {e} the younger one compared to {f}?|was {e} born more recently than {f}?"),
    _is("is_longer_track", "the_track", _TRACKS, '{r}["duration_s"]', ">", "tracks is longer", "Take their durations.",
        "is {e} longer than {f}?|does {e} last longer than {f}?|is {e} a longer song than {f}?|does {e} run longer than {f}?|is the duration of {e} longer than that of {f}?|is {e} the longer song compared to {f}?", 0.5),
    _is("has_more_seasons", "series", _SHOWS, '{r}["n_seasons"]', ">", "series has more seasons", "Take their numbers of seasons.",
        "does {e} have more seasons than {f}?|did {e} have more seasons than {f}?|are there more seasons of {e} than of {f}?|has {e} more seasons than {f}?|did {e} run for more seasons than {f}?|is it true that {e} has more seasons than {f}?", 0.5),
    _is("has_more_albums", "artist", _ARTISTS, 'len(artist_albums({r}["id"]))', ">", "artists has more albums", "Count the albums of each.",
        "does {e} have more albums than {f}?|did {e} release more albums than {f}?|has {e} released more albums than {f}?|did {e} make more records than {f}?|are there more albums by {e} than by {f}?|has {e} made more albums than {f}?", 0.5),
)  # fmt: skip

_TWO_FILMS = ("first = search_films(first_film_title)[0]", "second = search_films(second_film_title)[0]")
_SHARED = (
    "who acts in both {e} and {f}?|which actors are in both {e} and {f}?|which actors appear in {e} and {f}?|who is in {e} and {f}?"
    "|which actors do {e} and {f} share?|actors that {e} and {f} have in common|which actors do {e} and {f} have in common?"
    "|list the actors who are in both {e} and {f}|who plays in {e} as well as in {f}?|name the actors in both {e} and {f}"
    "|who appears in both {e} and {f}?|shared cast of {e} and {f}|which cast members of {e} are also in {f}?"
)
PAIRS = (
    *_contains(),
    *COMPARISONS,
    *QUESTIONS_OF_TWO,
    Row("shared_actors", ("film", "film"), "list", "List the actors in both of two films.",
        "Find both films.|List their casts.|Keep the actors of the first that are in the second.",
        (*_TWO_FILMS, 'ids = [role["person_id"] for role in film_cast(second["id"])]',
         'return [role["name"] for role in film_cast(first["id"]) if role["person_id"] in ids]'), _SHARED, 1.2),
    Row("count_shared_actors", ("film", "film"), "int", "Count the actors in both of two films.",
        "Find both films.|List their casts.|Count the actors of the first that are in the second.",
        (*_TWO_FILMS, 'ids = [role["person_id"] for role in film_cast(second["id"])]',
         'return len([role for role in film_cast(first["id"]) if role["person_id"] in ids])'),
        "how many actors are in both {e} and {f}?|how many actors do {e} and {f} share?|count the actors in both {e} and {f}"
        "|how many actors do {e} and {f} have in common?|how many cast members are in {e} and also in {f}?|number of actors shared by {e} and {f}", 0.6),
    Row("shared_actors_series", ("show", "film"), "list", "List the actors in both a series and a film.",
        "Find the series and the film.|List their casts.|Keep the actors of the series that are in the film.",
        ("series = search_series(series_title)[0]", "film = search_films(film_title)[0]",
         'ids = [role["person_id"] for role in film_cast(film["id"])]',
         'return [role["name"] for role in series_cast(series["id"]) if role["person_id"] in ids]'), _SHARED, 0.6),
    Row("same_director_of_both", ("film", "film"), "bool", "Say whether two films share a director.",
        "Find both films.|List their directors.|Say whether one directed both.",
        (*_TWO_FILMS, 'ids = [person["id"] for person in film_directors(second["id"])]',
         'return any(person["id"] in ids for person in film_directors(first["id"]))'),
        "do {e} and {f} have the same director?|were {e} and {f} directed by the same person?|is the director of {e} also the director of {f}?"
        "|did the same person direct {e} and {f}?|are {e} and {f} by the same director?|do {e} and {f} share a director?"
        "|were {e} and {f} made by the same director?", 0.8),
    Row("years_between_films", ("film", "film"), "int", "Find the years between two films.",
        "Find both films.|Subtract their years.", (*_TWO_FILMS, 'return abs(first["year"] - second["year"])'),
        "how many years are between {e} and {f}?|how many years passed between {e} and {f}?|how many years lie between {e} and {f}?"
        "|years between {e} and {f}|how many years apart are {e} and {f}?|what is the difference in years between {e} and {f}?"
        "|how far apart in years are {e} and {f}?", 0.8),
    Row("minutes_between_films", ("film", "film"), "int", "Find the difference of two films in minutes.",
        "Find both films.|Subtract their runtimes.", (*_TWO_FILMS, 'return abs(first["runtime_min"] - second["runtime_min"])'),
        "how many minutes longer is {e} than {f}?|by how many minutes is {e} longer than {f}?|what is the difference in runtime between {e} and {f}?"
        "|{e} vs {f}, how many minutes difference?|{e} and {f}: difference in minutes|how many minutes shorter is {e} than {f}?|difference in length between {e} and {f}|how much longer is {e} than {f}?", 0.8),
    Row("total_runtime_of_two", ("film", "film"), "int", "Add up the runtimes of two films.",
        "Find both films.|Add up their runtimes.", (*_TWO_FILMS, 'return first["runtime_min"] + second["runtime_min"]'),
        "how long are {e} and {f} together?|how many minutes are {e} and {f} in total?|total runtime of {e} and {f}"
        "|if i watch {e} and then {f}, how many minutes is that?|how many minutes would it take to watch {e} and {f}?|what is the combined runtime of {e} and {f}?|how long do {e} and {f} take together?", 0.6),
    Row("character_of_actor", ("actor", "film"), "str", "Find which character an actor plays in a film.",
        "Find the film and the actor.|List the cast.|Return the actor's character.",
        ("film = search_films(film_title)[0]", "person = search_people(actor_name)[0]",
         'return [role["character"] for role in film_cast(film["id"]) if role["person_id"] == person["id"]][0]'),
        "who does {e} play in {f}?|which character does {e} play in {f}?|what is the name of {e}'s character in {f}?"
        "|what role does {e} have in {f}?|which role does {e} play in {f}?|whom does {e} play in {f}?|{e}'s role in {f}"
        "|what character did {e} play in {f}?|in {f}, who does {e} play?|who did {e} play in {f}?", 1.2),
    Row("character_in_series", ("actor", "show"), "str", "Find which character an actor plays in a series.",
        "Find the series and the actor.|List the cast.|Return the actor's character.",
        ("series = search_series(series_title)[0]", "person = search_people(actor_name)[0]",
         'return [role["character"] for role in series_cast(series["id"]) if role["person_id"] == person["id"]][0]'),
        "who does {e} play in {f}?|which character does {e} play in {f}?|what is the name of {e}'s character in {f}?"
        "|what role does {e} have in {f}?|which role does {e} play in {f}?|who did {e} play in {f}?", 0.7),
    Row("actor_of_character", ("character", "film"), "str", "Find who plays a character in a film.",
        "Find the film.|List its cast.|Return the actor of the character.",
        ("film = search_films(film_title)[0]",
         'return [role["name"] for role in film_cast(film["id"]) if character_name.lower() in role["character"].lower()][0]'),
        "who plays {e} in {f}?|who played {e} in {f}?|which actor plays {e} in {f}?|who is {e} in {f}?|who portrays {e} in {f}?"
        "|which actor played {e} in {f}?|in {f}, who plays {e}?|the actor of {e} in {f}|by whom is {e} played in {f}?"
        "|what actor plays the character {e} in {f}?|who plays the role of {e} in {f}?", 1.2),
    Row("actor_of_character_series", ("character", "show"), "str", "Find who plays a character in a series.",
        "Find the series.|List its cast.|Return the actor of the character.",
        ("series = search_series(series_title)[0]",
         'return [role["name"] for role in series_cast(series["id"]) if character_name.lower() in role["character"].lower()][0]'),
        "who plays {e} in {f}?|who played {e} in {f}?|which actor plays {e} in {f}?|who is {e} in {f}?|who portrays {e} in {f}?"
        "|in {f}, who plays {e}?|who plays the role of {e} in {f}?", 0.8),
    Row("director_birthplace", ("film",), "str", "Find the birthplace of the director of a film.",
        "Find the film.|Find its director.|Return their birthplace.",
        ("film = search_films(film_title)[0]", 'director = film_directors(film["id"])[0]', 'return director["birthplace"]'),
        "where was the director of {e} born?|birthplace of the director of {e}|in which city was the director of {e} born?"
        "|where is the director of {e} from?|what is the birthplace of the director of {e}?|where was the person who directed {e} born?"
        "|where does the director of {e} come from?|where was whoever directed {e} born?", 1.2),
    Row("director_birthday", ("film",), "str", "Find the birthday of the director of a film.",
        "Find the film.|Find its director.|Return their birthday.",
        ("film = search_films(film_title)[0]", 'director = film_directors(film["id"])[0]', 'return director["birthday"]'),
        "when was the director of {e} born?|birthday of the director of {e}|on what date was the director of {e} born?"
        "|what is the birthday of the director of {e}?|when was the person who directed {e} born?|date of birth of the director of {e}", 1.0),
    Row("lead_birthday", ("film",), "str", "Find the birthday of the lead actor of a film.",
        "Find the film.|Find its lead actor.|Return their birthday.",
        ("film = search_films(film_title)[0]", 'lead = film_cast(film["id"])[0]', 'return search_people(lead["name"])[0]["birthday"]'),
        "when was the lead actor of {e} born?|birthday of the lead actor of {e}|when was the star of {e} born?"
        "|what is the birthday of the main actor of {e}?|when was the leading actor of {e} born?|date of birth of the lead of {e}", 0.6),
    Row("lead_birthplace", ("film",), "str", "Find the birthplace of the lead actor of a film.",
        "Find the film.|Find its lead actor.|Return their birthplace.",
        ("film = search_films(film_title)[0]", 'lead = film_cast(film["id"])[0]', 'return search_people(lead["name"])[0]["birthplace"]'),
        "where was the lead actor of {e} born?|birthplace of the lead actor of {e}|where was the star of {e} born?"
        "|what is the birthplace of the main actor of {e}?|where does the lead of {e} come from?|where was the leading actor of {e} born?", 0.6),
    Row("director_acts_in_film", ("film",), "bool", "Say whether the director of a film acts in it.",
        "Find the film.|List its directors and its cast.|Say whether one is in both.",
        ("film = search_films(film_title)[0]", 'ids = [role["person_id"] for role in film_cast(film["id"])]',
         'return any(person["id"] in ids for person in film_directors(film["id"]))'),
        "does the director of {e} act in it?|did the director of {e} also act in it?|is the director of {e} in the cast?"
        "|does the director of {e} appear in the film?|does the director of {e} also play in it?|is the director of {e} also an actor in it?", 0.6),
    Row("other_films_of_director", ("film",), "list", "List the other films by the director of a film.",
        "Find the film.|Find its director.|List their films but this one.",
        ("film = search_films(film_title)[0]", 'director = film_directors(film["id"])[0]',
         'return [f["title"] for f in films_directed_by(director["id"]) if f["id"] != film["id"]]'),
        "what other films did the director of {e} make?|which other films did the director of {e} direct?|other films by the director of {e}"
        "|what else did the director of {e} direct?|list the other movies of the director of {e}|which other movies has the director of {e} made?"
        "|what else has the person who directed {e} made?|show me other films from the director of {e}", 1.0),
    Row("career_span", ("director",), "int", "Find the years between the first and the last film of a director.",
        "Find the person.|List the films they directed.|Subtract the first year from the last.",
        ("@directed films director_name", 'return films[-1]["year"] - films[0]["year"]'),
        "how many years are between the first and the last film of {e}?|how many years passed between {e}'s first and latest film?"
        "|years between the first and the latest film by {e}|how many years lie between {e}'s first and last film?"
        "|how long is the time between the first and the last film directed by {e}?|what is the span in years of the films by {e}?", 0.6),
    Row("directors_of_actor", ("actor",), "list", "List the directors an actor has worked with.",
        "Find the actor.|List the films they act in.|Collect the directors of these films.",
        ("@acted films actor_name",
         'return sorted({person["name"] for film in films for person in film_directors(film["id"])})'),
        "which directors has {e} worked with?|list the directors {e} has worked with|what directors did {e} work with?|who has directed {e}?"
        "|with which directors did {e} work?|directors who directed {e}|name the directors of films with {e}|which directors worked with {e}?", 0.8),
    Row("actors_of_director", ("director",), "list", "List the actors a director has worked with.",
        "Find the person.|List the films they directed.|Collect the actors of these films.",
        ("@directed films director_name",
         'return sorted({role["name"] for film in films for role in film_cast(film["id"])})'),
        "which actors has {e} worked with?|list the actors {e} has directed|what actors did {e} direct?|who has acted in {e}'s films?"
        "|which actors appear in the films of {e}?|actors in films by {e}|name the actors in films directed by {e}|who acted for {e}?", 0.8),
    Row("most_frequent_actor", ("director",), "str", "Find the actor who is in most films of a director.",
        "Find the person.|List the films they directed.|Collect their actors.|Take the most frequent.",
        ("@directed films director_name", 'names = [role["name"] for film in films for role in film_cast(film["id"])]',
         "return max(names, key=names.count)"),
        "which actor has {e} worked with most often?|who appears most often in {e}'s films?|which actor is in most of {e}'s films?"
        "|which actor did {e} direct most often?|who is the most frequent actor in the films of {e}?|with which actor has {e} made the most films?", 0.6),
    Row("artist_first_album_year", ("artist",), "int", "Find the year of the first album of an artist.",
        "Find the artist.|List their albums.|Return the year of the first.",
        ("@albums albums artist_name", 'return albums[0]["year"]'),
        "when did {e} release their first album?|when did {e} debut?|in what year did {e} release a first album?|when was {e}'s debut album released?"
        "|what year did {e} put out their debut?|when did {e}'s first record come out?", 0.7),
    Row("albums_per_artist_of_album", ("the_album",), "list", "List the albums of the artist of an album.",
        "Find the album.|Find its artist.|List their albums.",
        ("album = search_albums(album_title)[0]", 'artist = search_artists(album["artist"])[0]',
         'return [a["title"] for a in artist_albums(artist["id"])]'),
        "which albums did the artist of {e} release?|list the albums by the artist of {e}|what albums has the band behind {e} made?"
        "|what else did the artist of {e} release?|albums by the artist who made {e}|other albums by the band that recorded {e}", 0.6),
    Row("albums_of_track_artist", ("the_track",), "list", "List the albums of the artist of a track.",
        "Find the track.|Find its artist.|List their albums.",
        ("track = search_tracks(track_title)[0]", 'artist = search_artists(track["artist"])[0]',
         'return [album["title"] for album in artist_albums(artist["id"])]'),
        "which albums did the artist of {e} release?|list the albums by the artist of {e}|what albums has the band behind {e} made?"
        "|albums by whoever sings {e}|what albums has the singer of {e} released?|albums by the artist who recorded {e}", 0.5),
)  # fmt: skip
