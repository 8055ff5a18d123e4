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
          "|when was the premiere of {e}?|when did {e} first come out?"
          "|what day was {e} released?|what date did {e} come out on?|exact release date of {e}"
          "|what is the exact release date of {e}?|which day did {e} come out?|when exactly did {e} come out?"
          "|release date for {e}|tell me when {e} was released|when did {e} open in cinemas?"
          "|on what day was {e} released?|i need the release date of {e}|what was the release date of {e}?"
          "|{e} release date", 1.6),
    _fact("film_year", "film", "int", "Find the release year of a film.", _FILM, 'film["year"]',
          "in what year did {e} come out?|what year was {e} released?|in which year was {e} released?|release year of {e}"
          "|what is the year of {e}?|what year is {e} from?|which year is {e} from?|what year did {e} come out?"
          "|what's the release year of {e}?|in which year did {e} come out?|the year {e} came out|what year was {e} made?"
          "|which year was {e} made in?|from what year is {e}?"
          "|year of {e}|tell me what year {e} came out|what year did they release {e}?"
          "|which year did {e} come out?|which year was {e} released?|what was the release year of {e}?"
          "|{e} is from which year?|in what year was {e} released?|what year was {e} out?"
          "|the release year of {e}|of which year is {e}?|{e} came out in what year?", 1.6),
    _fact("film_runtime", "film", "int", "Find the runtime of a film.", _FILM, 'film["runtime_min"]',
          "how long is {e}?|what is the runtime of {e}?|how many minutes is {e}?|runtime of {e}|how long does {e} last?"
          "|how many minutes long is {e}?|what's the length of {e}?|how many minutes does {e} run?|length of {e} in minutes"
          "|what is the running time of {e}?|how long does {e} run?|what is {e}'s runtime?|tell me how long {e} is"
          "|how many minutes does it take to watch {e}?"
          "|what's the runtime of {e}?|how many minutes does {e} last?|what is the length of {e}?"
          "|how long was {e}?|what is the duration of {e}?|how much time does {e} take?"
          "|in minutes, how long is {e}?|{e} is how long?|{e} runtime|running time of {e}"
          "|how many minutes are there in {e}?|how long would it take to watch {e}?|the length of {e}"
          "|duration of {e}", 1.6),
    _fact("film_genres", "film", "list", "List the genres of a film.", _FILM, 'film["genres"]',
          "what genre is {e}?|what genres does {e} have?|which genres does {e} belong to?|genres of {e}|what are the genres of {e}?"
          "|what kind of film is {e}?|what kind of movie is {e}?|list the genres of {e}|which genre is {e}?|what type of film is {e}?"
          "|which genres is {e} filed under?|in which genres is {e}?|what sort of movie is {e}?|to which genre does {e} belong?"
          "|which genres does {e} have?|what are {e}'s genres?|what is the genre of {e}?"
          "|what's the genre of {e}?|genre of {e}|which genres is {e}?|tell me the genres of {e}"
          "|what genres is {e} in?|which genres fit {e}?|what sort of film is {e}?"
          "|how is {e} classified by genre?|which genres is {e} listed under?"),
    _fact("film_rating", "film", "float", "Find the rating of a film.", _FILM, 'film["demo_rating"]',
          "what is the rating of {e}?|how is {e} rated?|what rating does {e} have?|rating of {e}|what's the demo rating of {e}?"
          "|how well is {e} rated?|what is {e} rated?|what score does {e} have?|tell me the rating of {e}|how good is the rating of {e}?"
          "|what's {e}'s rating?|give me the demo rating of {e}"
          "|what's the rating of {e}?|rating for {e}|how good is {e} according to its rating?"
          "|how highly is {e} rated?|what rating did {e} get?|the rating of {e}|which rating does {e} have?"
          "|what score did {e} get?|score of {e}|how does {e} score?|how is {e} rated here?"
          "|what is {e}'s score?"),
    _fact("directors_of_film", "film", "list", "List who directed a film.", _FILM,
          '[person["name"] for person in film_directors(film["id"])]',
          "who directed {e}?|who is the director of {e}?|director of {e}|who made {e}?|who was {e} directed by?|{e} was directed by whom?"
          "|who are the directors of {e}?|name the director of {e}|by whom was {e} directed?|who was the director of {e}?"
          "|tell me who directed {e}|who's the director of {e}?|who is behind {e}?|what is the name of the director of {e}?"
          "|who made {e}, i mean the director?|who directed the film {e}?|who helmed {e}?|which director made {e}?|who was in the director's chair for {e}?"
          "|who has directed {e}?|who's behind {e} as director?|{e} is by which director?|who was {e} made by?"
          "|who is {e} by?|what director made {e}?|whose film is {e}?|which director is behind {e}?"
          "|who was responsible for directing {e}?|give me the director of {e}|find the director of {e}"
          "|who made {e}, who was the director?|what is the director of {e} called?|{e} director"
          "|name of the director of {e}|which person directed {e}?|what's the name of whoever directed {e}?"
          "|directed by whom is {e}?", 2.2),
    _fact("count_directors", "film", "int", "Count the directors of a film.", _FILM, 'len(film_directors(film["id"]))',
          "how many directors does {e} have?|how many people directed {e}?|number of directors of {e}|count the directors of {e}"
          "|how many directors did {e} have?|how many directors worked on {e}?|by how many people was {e} directed?"
          "|how many people were the directors of {e}?|was {e} directed by one or more people, how many?"
          "|how many directors are there for {e}?|tell me how many directors {e} has", 0.4),
    _fact("lead_actor_of_film", "film", "str", "Find the lead actor of a film.", _FILM, 'film_cast(film["id"])[0]["name"]',
          "who plays the lead in {e}?|who is the lead actor of {e}?|who has the leading role in {e}?|lead actor of {e}"
          "|who is the star of {e}?|who plays the main role in {e}?|who is the main actor in {e}?|who has the lead role in {e}?"
          "|who gets top billing in {e}?|lead actor in {e}|who played the lead in {e}?|who is first billed in {e}?|who is top billed in {e}?|name the lead actor of {e}"
          "|who stars in the lead of {e}?|who plays the leading part in {e}?|who is the leading actor in {e}?"
          "|who leads the cast of {e}?|who is the first name in the cast of {e}?"
          "|what's the name of the lead actor in {e}?|who had the main part in {e}?|main actor of {e}"
          "|who is billed first in {e}?|star of {e}|who is the top name in the credits of {e}?"
          "|who comes first in the cast of {e}?", 0.8),
    _fact("lead_character_of_film", "film", "str", "Find the main character of a film.", _FILM,
          'film_cast(film["id"])[0]["character"]',
          "who is the main character of {e}?|what is the main character of {e} called?|name of the main character in {e}"
          "|what's the name of the lead character in {e}?|main character of {e}|who is the lead character in {e}?"
          "|what is the lead character of {e} called?|tell me the main character of {e}"
          "|what's the main character's name in {e}?|who is {e}'s main character?", 0.5),
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
          "|tell me when {e} was born|what is {e}'s date of birth?|{e}'s birth date|what day was {e} born?"
          "|when did {e} come into the world?|when is the birthday of {e}?|which day was {e} born on?"
          "|what date is {e}'s birthday?|{e} birthday|{e}'s birthday|on what day was {e} born?"
          "|exact birth date of {e}|what is the birth date of {e}?|when exactly was {e} born?"
          "|give me {e}'s date of birth|{e} was born when?", 1.6),
    _fact("birth_year", "person", "int", "Find the year a person was born.", _PERSON, 'int(person["birthday"][:4])',
          "in what year was {e} born?|in which year was {e} born?|what year was {e} born?|birth year of {e}|what year was {e} born in?"
          "|what is {e}'s year of birth?|year of birth of {e}|which year was {e} born?"
          "|{e} was born in what year?|birth year for {e}|which year was {e} born in?"
          "|tell me the year {e} was born|the year of {e}'s birth|what's the birth year of {e}?"
          "|what is {e}'s birth year?|from what birth year is {e}?", 0.7),
    _fact("birthplace_of", "person", "str", "Find the birthplace of a person.", _PERSON, 'person["birthplace"]',
          "where was {e} born?|what is the birthplace of {e}?|birthplace of {e}|in which city was {e} born?|where is {e} from?"
          "|in what place was {e} born?|what's {e}'s birthplace?|which place was {e} born in?|tell me where {e} was born"
          "|what is {e}'s place of birth?|where does {e} come from?|{e} was born where?"
          "|{e}'s birthplace|what city was {e} born in?|which city is {e} from?"
          "|what town was {e} born in?|in which town was {e} born?|where did {e} come into the world?"
          "|which city was {e} born in?|the birthplace of {e}|birthplace for {e}|place of birth of {e}"
          "|where exactly was {e} born?|where was {e} born, which place?|what place does {e} come from?"
          "|what place was {e} born in?|give me the birthplace of {e}|what is the place of birth of {e}?", 1.6),
    _fact("network_of_series", "series", "str", "Find the network of a series.", _SERIES, 'series["network"]',
          "which network aired {e}?|what network is {e} on?|on which network did {e} run?|network of {e}|who aired {e}?"
          "|what channel was {e} on?|on what network is {e}?|which channel shows {e}?|which network is {e} on?|what is the network of {e}?"
          "|where did {e} air?|on which channel did {e} air?|what network broadcast {e}?"
          "|which network broadcast {e}?|which network made {e} available?|on what channel did {e} run?"
          "|what channel aired {e}?|which channel was {e} on?|{e} was on which network?"
          "|which network showed {e}?|what network aired {e}?|network for {e}|what network did {e} air on?"
          "|which network did {e} run on?|{e}'s network", 1.2),
    _fact("series_first_year", "series", "int", "Find the year a series began.", _SERIES, 'series["first_year"]',
          "when did {e} start?|in which year did {e} begin?|what year did {e} start?|when did {e} first air?|first year of {e}"
          "|when was {e} first aired?|in what year did {e} premiere?|when did {e} begin?|since when does {e} run?"
          "|what year did {e} begin?|when was the first season of {e}?|in what year was {e} first on tv?"
          "|which year did {e} start?|when did {e} go on air?|in which year did {e} start?|start year of {e}"
          "|what was the first year of {e}?|when did {e} premiere?|since what year has {e} been on?"
          "|{e} started in what year?|in what year did {e} start?|when did they start {e}?"
          "|what year was {e} first aired?", 1.1),
    _fact("series_last_year", "series", "int", "Find the year a series ended.", _SERIES, 'series["last_year"]',
          "when did {e} end?|in which year did {e} end?|what year did {e} finish?|last year of {e}|when did {e} stop?|when was {e} last aired?"
          "|in what year did {e} end?|when did {e} go off the air?|until when did {e} run?|what year did {e} end?"
          "|which year did {e} end?|what was the last year of {e}?|in what year did {e} finish?"
          "|when did {e} finish?|end year of {e}|when did {e} conclude?|when was {e} over?"
          "|until what year was {e} on?|in which year did {e} stop?|{e} ended in what year?", 0.9),
    _fact("series_is_running", "series", "bool", "Say whether a series still runs.", _SERIES, 'series["last_year"] is None',
          "is {e} still running?|is {e} still on air?|does {e} still run?|has {e} not ended yet?|is {e} still going?|is {e} still on?"
          "|is {e} still being made?|are there still new episodes of {e}?|does {e} continue?"
          "|is {e} still airing?|is {e} still running today?|is {e} over or still on?|is {e} ongoing?"
          "|has {e} not finished yet?|is {e} still in production?|are they still making {e}?", 0.6),
    _fact("series_n_seasons", "series", "int", "Count the seasons of a series.", _SERIES, 'series["n_seasons"]',
          "how many seasons does {e} have?|how many seasons of {e} are there?|number of seasons of {e}|how many seasons did {e} run for?"
          "|how many seasons did {e} have?|count the seasons of {e}|what is the number of seasons of {e}?|how many seasons are there of {e}?"
          "|how many series of {e} exist?|for how many seasons did {e} run?|how many seasons has {e}?|{e} has how many seasons?"
          "|tell me how many seasons {e} has|how many seasons are in {e}?|how many seasons were made of {e}?"
          "|how many seasons are there in {e}?|how many seasons did they make of {e}?"
          "|{e} ran for how many seasons?|how many seasons has {e} had?|how many seasons does {e} run for?"
          "|season count of {e}|what's the number of seasons of {e}?|how many seasons long is {e}?"
          "|total seasons of {e}|how many seasons in total does {e} have?|{e} number of seasons", 1.6),
    _fact("series_n_episodes", "series", "int", "Count the episodes of a series.", _SERIES, 'series["n_episodes"]',
          "how many episodes does {e} have?|how many episodes of {e} are there?|number of episodes of {e}|how many episodes did {e} have?"
          "|what is the total number of episodes of {e}?|count the episodes of {e}|how many episodes are there in {e}?"
          "|how many episodes were made of {e}?|how many episodes has {e}?|total episodes of {e}|tell me how many episodes {e} has"
          "|how many episodes are there of {e} in total?"
          "|{e} has how many episodes?|how many episodes did they make of {e}?"
          "|how many episodes in total does {e} have?|how many episodes has {e} had?|episode count of {e}"
          "|what's the number of episodes of {e}?|how many episodes are in {e}?"
          "|how many episodes were there of {e}?|how many episodes all together does {e} have?"
          "|overall, how many episodes does {e} have?", 1.6),
    _fact("series_genres", "show", "list", "List the genres of a series.", _SERIES, 'series["genres"]',
          "what genre is {e}?|what genres does {e} have?|which genres does {e} belong to?|genres of {e}|what are the genres of {e}?"
          "|list the genres of {e}|what kind of show is {e}?|which genre is {e}?|what type of series is {e}?"
          "|genre of {e}|what's the genre of {e}?|what is the genre of {e}?|tell me the genres of {e}"
          "|what sort of series is {e}?|which genres does {e} have?", 0.6),
    _fact("series_rating", "show", "float", "Find the rating of a series.", _SERIES, 'series["demo_rating"]',
          "what is the rating of {e}?|how is {e} rated?|what rating does {e} have?|rating of {e}|what's the demo rating of {e}?"
          "|how well is {e} rated?|what is {e} rated?|give me the rating of {e}"
          "|what's the rating of {e}?|rating for {e}|how highly is {e} rated?|what rating did {e} get?"
          "|what score does {e} have?|tell me the rating of {e}", 0.6),
    _fact("lead_actor_of_series", "show", "str", "Find the lead actor of a series.", _SERIES,
          'series_cast(series["id"])[0]["name"]',
          "who plays the lead in {e}?|who is the lead actor of {e}?|who has the leading role in {e}?|lead actor of {e}"
          "|who is the star of {e}?|who plays the main role in {e}?|who is the main actor in {e}?|who is first billed in {e}?"
          "|who is the leading actor in {e}?|who leads the cast of {e}?|who is billed first in {e}?"
          "|main actor of {e}|star of {e}|who gets top billing in {e}?", 0.5),
    Row("season_episodes", ("series", "season"), "int", "Count the episodes of a season of a series.",
        "Find the series.|List its seasons.|Take the one with the number.|Return its number of episodes.",
        (_SERIES, 'seasons = series_seasons(series["id"])', 'season = [s for s in seasons if s["number"] == number][0]',
         'return season["n_episodes"]'),
        "how many episodes does {f} of {e} have?|how many episodes are in {f} of {e}?|number of episodes in {f} of {e}"
        "|how many episodes did {f} of {e} have?|how many episodes are there in {f} of {e}?|count the episodes of {f} of {e}"
        "|in {e}, how many episodes does {f} have?|{e} {f}: how many episodes?|how long is {f} of {e} in episodes?"
          "|how many episodes has {f} of {e}?|how many episodes were there in {f} of {e}?"
          "|episodes in {f} of {e}|{e}, {f}, how many episodes?|tell me how many episodes {f} of {e} has"
          "|how many episodes make up {f} of {e}?|how many episodes are there in {e}, {f}?"
          "|number of episodes of {f} of {e}|how many episodes long is {f} of {e}?"
          "|how many episodes does {e} have in {f}?", 1.2),
    Row("season_year", ("series", "season"), "int", "Find the year of a season of a series.",
        "Find the series.|List its seasons.|Take the one with the number.|Return its year.",
        (_SERIES, 'seasons = series_seasons(series["id"])', 'season = [s for s in seasons if s["number"] == number][0]',
         'return season["year"]'),
        "when did {f} of {e} air?|in which year was {f} of {e}?|when did {f} of {e} start?|what year is {f} of {e} from?"
        "|when was {f} of {e} first aired?|in what year did {f} of {e} come out?|year of {f} of {e}|when did {f} of {e} come out?"
          "|what year did {f} of {e} air?|what year was {f} of {e}?|in what year was {f} of {e}?"
          "|which year did {f} of {e} come out?|which year was {f} of {e}?|what year did {f} of {e} come out?"
          "|in which year did {f} of {e} air?|what year did {f} of {e} start?"),
    _fact("country_of_artist", "artist", "str", "Find the country of an artist.", _ARTIST, 'artist["country"]',
          "which country is {e} from?|what country does {e} come from?|country of {e}|in which country was {e} formed?"
          "|from which country are {e}?|what is the home country of {e}?|what country are {e} from?|from what country does {e} come?"
          "|what country is {e} from?|which country do {e} come from?|what nationality are {e}?|where do {e} come from?"
          "|where are {e} from?|where is {e} from?|which country are {e} from?|what's the country of {e}?"
          "|what is {e}'s country?|{e} is from which country?|tell me where {e} come from"
          "|what country was {e} formed in?|home country of {e}|where does {e} come from?"
          "|{e} comes from which country?|in what country was {e} founded?", 1.2),
    _fact("artist_formed", "artist", "int", "Find the year an artist was formed.", _ARTIST, 'artist["formed_year"]',
          "when was {e} formed?|in which year was {e} founded?|when did {e} form?|what year was {e} formed?|formation year of {e}"
          "|when were {e} formed?|in what year did {e} get together?|when was the band {e} founded?|since when has {e} existed?"
          "|what year did {e} form?|when did {e} start?|in what year were {e} founded?"
          "|when was {e} founded?|when were {e} founded?|in what year was {e} formed?"
          "|in which year was {e} formed?|founding year of {e}|what year was {e} founded?"
          "|when did {e} get together?|when did {e} get going?|which year did {e} form?"
          "|year of formation of {e}|since what year do {e} exist?|{e} was formed in what year?", 1.2),
    _fact("artist_genres", "artist", "list", "List the genres of an artist.", _ARTIST, 'artist["genres"]',
          "what genres does {e} play?|what kind of music does {e} make?|what genre is {e}?|genres of {e}|which genres does {e} play?"
          "|what type of music do {e} play?|what style of music is {e}?|list the genres of {e}|which genre are {e}?"
          "|what music does {e} make?|what sort of music do {e} make?"
          "|what genres are {e}?|what genre do {e} play?|what music do {e} play?"
          "|which genres does {e}'s music belong to?|what kind of music do {e} play?|what kind of music is {e}?"
          "|genre of {e}|what style do {e} play?|which kinds of music does {e} make?"
          "|what are the genres of {e}?|how would you classify the music of {e}?|what genres is {e} known for?", 1.0),
    _fact("album_year", "the_album", "int", "Find the release year of an album.", _ALBUM, 'album["year"]',
          "when did {e} come out?|when was {e} released?|in what year did {e} come out?|what year was {e} released?|release year of {e}"
          "|what year is {e} from?|in which year was {e} released?|when was {e} recorded?|what is the year of {e}?|from which year is {e}?"
          "|what year did {e} come out?|tell me when {e} was released"
          "|when was {e} out?|year of {e}|which year is {e} from?|which year did {e} come out?"
          "|which year was {e} released?|what was the release year of {e}?|{e} came out in what year?"
          "|in what year was {e} released?|when did they release {e}?|from what year is {e}?", 1.4),
    _fact("artist_of_album", "the_album", "str", "Find the artist of an album.", _ALBUM, 'album["artist"]',
          "who made {e}?|who recorded {e}?|which artist released {e}?|whose album is {e}?|who is {e} by?|artist of {e}|which band made {e}?"
          "|who released {e}?|by whom is {e}?|which band recorded {e}?|who is the artist of {e}?|what band is {e} by?"
          "|whose record is {e}?|who put out {e}?|which band released {e}?|which artist made {e}?"
          "|who is behind {e}?|which artist is {e} by?|what artist made {e}?|{e} is by whom?"
          "|which group made {e}?|by which artist is {e}?|name the artist of {e}|which artist recorded {e}?", 1.1),
    _fact("track_length", "the_track", "int", "Find the length of a track in seconds.", _TRACK, 'track["duration_s"]',
          "how long is {e}?|how many seconds is {e}?|duration of {e}|what is the length of {e}?|how long does {e} last?"
          "|what's the duration of {e}?|how many seconds long is {e}?|length of {e} in seconds|tell me how long {e} is"
          "|how many seconds does {e} last?|what is the playing time of {e}?"
          "|what is the duration of {e}?|{e} is how long?|how long does {e} go on?|length of {e}"
          "|how many seconds is {e} long?|in seconds, how long is {e}?|how long does {e} run?|how long was {e}?"
          "|what's the length of {e}?|duration of {e} in seconds", 1.2),
    _fact("artist_of_track", "track", "str", "Find the artist of a track.", _TRACK, 'track["artist"]',
          "who sings {e}?|which artist recorded {e}?|whose song is {e}?|who is {e} by?|who performs {e}?|which band plays {e}?"
          "|who sang {e}?|artist of the song {e}|which artist sings {e}?|what band plays {e}?|who recorded the song {e}?"
          "|by whom is the song {e}?|which singer sings {e}?"
          "|who made the song {e}?|who is the song {e} by?|what artist sings {e}?"
          "|which band recorded the song {e}?|whose track is {e}?|which artist plays {e}?|who did the song {e}?"
          "|who is the artist of the song {e}?|what band is the song {e} by?|which band does the song {e}?"
          "|who plays the song {e}?|who is the singer of the song {e}?", 1.1),
    _fact("album_of_track", "track", "str", "Find the album of a track.", _TRACK, 'track["album"]',
          "which album is {e} on?|what album is {e} from?|on which album is {e}?|album of the song {e}|from which album is {e}?"
          "|on which record does {e} appear?|what album does {e} appear on?|which album contains {e}?|which album has {e} on it?"
          "|on what album can i find {e}?|what record is {e} on?|which album does {e} come from?"
          "|on which album can i find {e}?|what album has {e} on it?|which album is {e} from?"
          "|{e} is on which album?|which record is {e} on?|what album contains {e}?|what album is {e} on?"
          "|the album with {e} on it|which album features {e}?|where does {e} appear, on which album?"
          "|name the album of {e}|from what album is {e}?", 1.2),
    _fact("plays_of_track", "track", "int", "Find the plays of a track.", _TRACK, 'track["demo_plays"]',
          "how many plays does {e} have?|how often was {e} played?|number of plays of {e}|how many times was {e} played?"
          "|what is the play count of {e}?|play count of {e}|how many times has {e} been played?|how many demo plays does {e} have?"
          "|how often has {e} been played?|plays of {e}|how many plays did {e} get?|how many plays has {e}?"
          "|what's the number of plays of {e}?|how many times did people play {e}?"
          "|how many listens does {e} have?", 0.8),
    _fact("number_of_track", "track", "int", "Find the place of a track on its album.", _TRACK, 'track["number"]',
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
    _fact("artist_country_of_album", "the_album", "str", "Find the country of the artist of an album.", _ALBUM,
          'search_artists(album["artist"])[0]["country"]',
          "which country is the artist of {e} from?|from which country is the band that made {e}?|what country does the artist behind {e} come from?"
          "|where does the artist of {e} come from?|what is the home country of the artist who recorded {e}?|country of the artist of {e}"
          "|what country is the artist of {e} from?|what country is the band behind {e} from?"
          "|where is the band that recorded {e} from?|from which country is the artist behind {e}?"
          "|which country are the makers of {e} from?", 0.5),
)  # fmt: skip
