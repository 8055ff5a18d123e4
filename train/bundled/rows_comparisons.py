"""Rows about which of two things is more of something: the answer is the one's name, or yes or no."""

# ruff: noqa: E501 - phrases are easier to read and compare on one line

from __future__ import annotations

from train.bundled.direct import Row

_DIFFERENT = "Compare them.|Return the name of the one."
_SAYS = {
    "who_directed_more": "directed more films|has directed more movies|made more films as a director",
    "who_acted_more": "acted in more films|was in more movies|appeared in more films",
    "who_is_older": "is older|was born first|was born earlier", "who_is_younger": "is younger|was born later|was born last",
    "longer_film": "is longer|runs longer|has the longer runtime|takes longer to watch",
    "shorter_film": "is shorter|has the shorter runtime|takes less time|runs shorter",
    "older_film": "came out first|is older|was released first|came out earlier|was made first",
    "newer_film": "is newer|came out later|is more recent|was released later|came out last",
    "better_film": "is rated higher|is better rated|has the better rating|has the higher score",
    "more_seasons": "has more seasons|ran for more seasons", "more_episodes": "has more episodes|had more episodes",
    "older_series": "started first|began first|is older|started earlier", "more_albums": "released more albums|has more albums|made more records",
    "older_artist": "was formed first|got together first|was founded earlier|was formed earlier",
    "more_tracks": "has more tracks|has more songs|contains more songs",
    "older_album": "came out first|is older|was released first|came out earlier",
    "longer_track": "is longer|lasts longer|runs longer", "more_plays": "has more plays|was played more often|is more popular",
    "is_longer_film": "{e} is longer than {f}|{e} runs longer than {f}", "is_shorter_film": "{e} is shorter than {f}|{e} runs shorter than {f}",
    "is_older_film": "{e} is older than {f}|{e} came out before {f}", "is_newer_film": "{e} is newer than {f}|{e} came out after {f}",
    "is_better_film": "{e} is rated higher than {f}|{e} is rated better than {f}",
    "is_older_person": "{e} is older than {f}|{e} was born before {f}", "is_younger_person": "{e} is younger than {f}|{e} was born after {f}",
    "is_longer_track": "{e} is longer than {f}|{e} lasts longer than {f}", "has_more_seasons": "{e} has more seasons than {f}|{e} had more seasons than {f}",
    "has_more_albums": "{e} has more albums than {f}|{e} released more albums than {f}",
}  # fmt: skip
"""What a comparison says of its answer; the same frames go around each, so that the words are what tells them apart."""


def _asked(key: str, who: str) -> str:
    frames = (
        "{w} {s}, {e} or {f}?|{e} or {f}, {w} {s}?|{e} vs {f}: {w} {s}?|{w} of the two {s}, {e} or {f}?|tell me {w} {s}: {e} or {f}"
        "|of {e} and {f}, {w} {s}?|between {e} and {f}, {w} {s}?|out of {e} and {f}, {w} {s}?|i want to know {w} {s}, {e} or {f}"
        "|{w} {s}: {e} or {f}?|is it {e} or {f} that {s}?|{w} of {e} and {f} {s}?|do you know {w} {s}, {e} or {f}?|{e} or {f}: {w} {s}?"
    )
    return "".join("|" + frames.replace("{w}", who).replace("{s}", says) for says in _SAYS[key].split("|"))


def _asked_whether(key: str) -> str:
    frames = (
        "is it true that {s}?|is it correct that {s}?|tell me whether {s}|do you know if {s}?|i'd like to know if {s}|{s}, right?"
        "|{s}, is that true?|would you say that {s}?|can you check whether {s}?|am i right that {s}?"
    )
    return "".join("|" + frames.replace("{s}", says) for says in _SAYS[key].split("|"))


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
        phrases + _asked(key, "who" if "people" in find else "which"), weight,
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
        phrases + _asked_whether(key), weight,
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
