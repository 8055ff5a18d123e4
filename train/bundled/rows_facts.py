"""Rows of single facts about films, people and series, and all facts together."""

# ruff: noqa: E501 - phrases are easier to read and compare on one line

from __future__ import annotations

from train.bundled.direct import Row, fact
from train.bundled.rows_music_facts import MUSIC_FACTS

_FILM = "film = search_films(film_title)[0]"
_PERSON = "person = search_people(person_name)[0]"
_SERIES = "series = search_series(series_title)[0]"


SCREEN_FACTS = (
    fact("film_release_date", "film", "str", "Find the release date of a film.", _FILM, 'film["release_date"]',
          "when did {e} come out?|when was {e} released?|what is the release date of {e}?|release date of {e}"
          "|on what date was {e} released?|when did {e} premiere?|on which day did {e} come out?|when was {e} first shown?"
          "|what's {e}'s release date?|give me the release date of {e}|when did {e} hit the cinemas?|date of release of {e}"
          "|when was the premiere of {e}?|when did {e} first come out?"
          "|what day was {e} released?|what date did {e} come out on?|exact release date of {e}"
          "|what is the exact release date of {e}?|which day did {e} come out?|when exactly did {e} come out?"
          "|release date for {e}|tell me when {e} was released|when did {e} open in cinemas?"
          "|on what day was {e} released?|i need the release date of {e}|what was the release date of {e}?"
          "|{e} release date", 1.6),
    fact("film_year", "film", "int", "Find the release year of a film.", _FILM, 'film["year"]',
          "in what year did {e} come out?|what year was {e} released?|in which year was {e} released?|release year of {e}"
          "|what is the year of {e}?|what year is {e} from?|which year is {e} from?|what year did {e} come out?"
          "|what's the release year of {e}?|in which year did {e} come out?|the year {e} came out|what year was {e} made?"
          "|which year was {e} made in?|from what year is {e}?"
          "|year of {e}|tell me what year {e} came out|what year did they release {e}?"
          "|which year did {e} come out?|which year was {e} released?|what was the release year of {e}?"
          "|{e} is from which year?|in what year was {e} released?|what year was {e} out?"
          "|the release year of {e}|of which year is {e}?|{e} came out in what year?", 1.6),
    fact("film_runtime", "film", "int", "Find the runtime of a film.", _FILM, 'film["runtime_min"]',
          "how long is {e}?|what is the runtime of {e}?|how many minutes is {e}?|runtime of {e}|how long does {e} last?"
          "|how many minutes long is {e}?|what's the length of {e}?|how many minutes does {e} run?|length of {e} in minutes"
          "|what is the running time of {e}?|how long does {e} run?|what is {e}'s runtime?|tell me how long {e} is"
          "|how many minutes does it take to watch {e}?"
          "|what's the runtime of {e}?|how many minutes does {e} last?|what is the length of {e}?"
          "|how long was {e}?|what is the duration of {e}?|how much time does {e} take?"
          "|in minutes, how long is {e}?|{e} is how long?|{e} runtime|running time of {e}"
          "|how many minutes are there in {e}?|how long would it take to watch {e}?|the length of {e}"
          "|duration of {e}", 1.6),
    fact("film_genres", "film", "list", "List the genres of a film.", _FILM, 'film["genres"]',
          "what genre is {e}?|what genres does {e} have?|which genres does {e} belong to?|genres of {e}|what are the genres of {e}?"
          "|what kind of film is {e}?|what kind of movie is {e}?|list the genres of {e}|which genre is {e}?|what type of film is {e}?"
          "|which genres is {e} filed under?|in which genres is {e}?|what sort of movie is {e}?|to which genre does {e} belong?"
          "|which genres does {e} have?|what are {e}'s genres?|what is the genre of {e}?"
          "|what's the genre of {e}?|genre of {e}|which genres is {e}?|tell me the genres of {e}"
          "|what genres is {e} in?|which genres fit {e}?|what sort of film is {e}?"
          "|how is {e} classified by genre?|which genres is {e} listed under?"),
    fact("film_rating", "film", "float", "Find the rating of a film.", _FILM, 'film["demo_rating"]',
          "what is the rating of {e}?|how is {e} rated?|what rating does {e} have?|rating of {e}|what's the demo rating of {e}?"
          "|how well is {e} rated?|what is {e} rated?|what score does {e} have?|tell me the rating of {e}|how good is the rating of {e}?"
          "|what's {e}'s rating?|give me the demo rating of {e}"
          "|what's the rating of {e}?|rating for {e}|how good is {e} according to its rating?"
          "|how highly is {e} rated?|what rating did {e} get?|the rating of {e}|which rating does {e} have?"
          "|what score did {e} get?|score of {e}|how does {e} score?|how is {e} rated here?"
          "|what is {e}'s score?"),
    fact("directors_of_film", "film", "list", "List who directed a film.", _FILM,
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
    fact("count_directors", "film", "int", "Count the directors of a film.", _FILM, 'len(film_directors(film["id"]))',
          "how many directors does {e} have?|how many people directed {e}?|number of directors of {e}|count the directors of {e}"
          "|how many directors did {e} have?|how many directors worked on {e}?|by how many people was {e} directed?"
          "|how many people were the directors of {e}?|was {e} directed by one or more people, how many?"
          "|how many directors are there for {e}?|tell me how many directors {e} has", 0.4),
    fact("lead_actor_of_film", "film", "str", "Find the lead actor of a film.", _FILM, 'film_cast(film["id"])[0]["name"]',
          "who plays the lead in {e}?|who is the lead actor of {e}?|who has the leading role in {e}?|lead actor of {e}"
          "|who is the star of {e}?|who plays the main role in {e}?|who is the main actor in {e}?|who has the lead role in {e}?"
          "|who gets top billing in {e}?|lead actor in {e}|who played the lead in {e}?|who is first billed in {e}?|who is top billed in {e}?|name the lead actor of {e}"
          "|who stars in the lead of {e}?|who plays the leading part in {e}?|who is the leading actor in {e}?"
          "|who leads the cast of {e}?|who is the first name in the cast of {e}?"
          "|what's the name of the lead actor in {e}?|who had the main part in {e}?|main actor of {e}"
          "|who is billed first in {e}?|star of {e}|who is the top name in the credits of {e}?"
          "|who comes first in the cast of {e}?", 0.8),
    fact("lead_character_of_film", "film", "str", "Find the main character of a film.", _FILM,
          'film_cast(film["id"])[0]["character"]',
          "who is the main character of {e}?|what is the main character of {e} called?|name of the main character in {e}"
          "|what's the name of the lead character in {e}?|main character of {e}|who is the lead character in {e}?"
          "|what is the lead character of {e} called?|tell me the main character of {e}"
          "|what's the main character's name in {e}?|who is {e}'s main character?", 0.5),
    fact("characters_of_film", "film", "list", "List the characters of a film.", _FILM,
          '[role["character"] for role in film_cast(film["id"])]',
          "which characters are in {e}?|list the characters of {e}|what are the characters of {e}?|who are the characters in {e}?"
          "|name the characters in {e}|characters of {e}|what characters appear in {e}?|show me the characters in {e}", 0.6),
    fact("characters_of_series", "show", "list", "List the characters of a series.", _SERIES,
          '[role["character"] for role in series_cast(series["id"])]',
          "which characters are in {e}?|list the characters of {e}|what are the characters of {e}?|who are the characters in {e}?"
          "|name the characters in {e}|characters of {e}|what characters appear in {e}?|show me the characters in {e}", 0.5),
    fact("birthday_of", "person", "str", "Find the birthday of a person.", _PERSON, 'person["birthday"]',
          "when was {e} born?|what is the birthday of {e}?|when is {e}'s birthday?|birthday of {e}|date of birth of {e}"
          "|on what date was {e} born?|what's {e}'s birthday?|what is the date of birth of {e}?|on which day was {e} born?"
          "|tell me when {e} was born|what is {e}'s date of birth?|{e}'s birth date|what day was {e} born?"
          "|when did {e} come into the world?|when is the birthday of {e}?|which day was {e} born on?"
          "|what date is {e}'s birthday?|{e} birthday|{e}'s birthday|on what day was {e} born?"
          "|exact birth date of {e}|what is the birth date of {e}?|when exactly was {e} born?"
          "|give me {e}'s date of birth|{e} was born when?", 1.6),
    fact("birth_year", "person", "int", "Find the year a person was born.", _PERSON, 'int(person["birthday"][:4])',
          "in what year was {e} born?|in which year was {e} born?|what year was {e} born?|birth year of {e}|what year was {e} born in?"
          "|what is {e}'s year of birth?|year of birth of {e}|which year was {e} born?"
          "|{e} was born in what year?|birth year for {e}|which year was {e} born in?"
          "|tell me the year {e} was born|the year of {e}'s birth|what's the birth year of {e}?"
          "|what is {e}'s birth year?|from what birth year is {e}?", 0.7),
    fact("birthplace_of", "person", "str", "Find the birthplace of a person.", _PERSON, 'person["birthplace"]',
          "where was {e} born?|what is the birthplace of {e}?|birthplace of {e}|in which city was {e} born?|where is {e} from?"
          "|in what place was {e} born?|what's {e}'s birthplace?|which place was {e} born in?|tell me where {e} was born"
          "|what is {e}'s place of birth?|where does {e} come from?|{e} was born where?"
          "|{e}'s birthplace|what city was {e} born in?|which city is {e} from?"
          "|what town was {e} born in?|in which town was {e} born?|where did {e} come into the world?"
          "|which city was {e} born in?|the birthplace of {e}|birthplace for {e}|place of birth of {e}"
          "|where exactly was {e} born?|where was {e} born, which place?|what place does {e} come from?"
          "|what place was {e} born in?|give me the birthplace of {e}|what is the place of birth of {e}?", 1.6),
    fact("network_of_series", "series", "str", "Find the network of a series.", _SERIES, 'series["network"]',
          "which network aired {e}?|what network is {e} on?|on which network did {e} run?|network of {e}|who aired {e}?"
          "|what channel was {e} on?|on what network is {e}?|which channel shows {e}?|which network is {e} on?|what is the network of {e}?"
          "|where did {e} air?|on which channel did {e} air?|what network broadcast {e}?"
          "|which network broadcast {e}?|which network made {e} available?|on what channel did {e} run?"
          "|what channel aired {e}?|which channel was {e} on?|{e} was on which network?"
          "|which network showed {e}?|what network aired {e}?|network for {e}|what network did {e} air on?"
          "|which network did {e} run on?|{e}'s network", 1.2),
    fact("series_first_year", "series", "int", "Find the year a series began.", _SERIES, 'series["first_year"]',
          "when did {e} start?|in which year did {e} begin?|what year did {e} start?|when did {e} first air?|first year of {e}"
          "|when was {e} first aired?|in what year did {e} premiere?|when did {e} begin?|since when does {e} run?"
          "|what year did {e} begin?|when was the first season of {e}?|in what year was {e} first on tv?"
          "|which year did {e} start?|when did {e} go on air?|in which year did {e} start?|start year of {e}"
          "|what was the first year of {e}?|when did {e} premiere?|since what year has {e} been on?"
          "|{e} started in what year?|in what year did {e} start?|when did they start {e}?"
          "|what year was {e} first aired?", 1.1),
    fact("series_last_year", "series", "int", "Find the year a series ended.", _SERIES, 'series["last_year"]',
          "when did {e} end?|in which year did {e} end?|what year did {e} finish?|last year of {e}|when did {e} stop?|when was {e} last aired?"
          "|in what year did {e} end?|when did {e} go off the air?|until when did {e} run?|what year did {e} end?"
          "|which year did {e} end?|what was the last year of {e}?|in what year did {e} finish?"
          "|when did {e} finish?|end year of {e}|when did {e} conclude?|when was {e} over?"
          "|until what year was {e} on?|in which year did {e} stop?|{e} ended in what year?", 0.9),
    fact("series_is_running", "series", "bool", "Say whether a series still runs.", _SERIES, 'series["last_year"] is None',
          "is {e} still running?|is {e} still on air?|does {e} still run?|has {e} not ended yet?|is {e} still going?|is {e} still on?"
          "|is {e} still being made?|are there still new episodes of {e}?|does {e} continue?"
          "|is {e} still airing?|is {e} still running today?|is {e} over or still on?|is {e} ongoing?"
          "|has {e} not finished yet?|is {e} still in production?|are they still making {e}?", 0.6),
    fact("series_n_seasons", "series", "int", "Count the seasons of a series.", _SERIES, 'series["n_seasons"]',
          "how many seasons does {e} have?|how many seasons of {e} are there?|number of seasons of {e}|how many seasons did {e} run for?"
          "|how many seasons did {e} have?|count the seasons of {e}|what is the number of seasons of {e}?|how many seasons are there of {e}?"
          "|how many series of {e} exist?|for how many seasons did {e} run?|how many seasons has {e}?|{e} has how many seasons?"
          "|tell me how many seasons {e} has|how many seasons are in {e}?|how many seasons were made of {e}?"
          "|how many seasons are there in {e}?|how many seasons did they make of {e}?"
          "|{e} ran for how many seasons?|how many seasons has {e} had?|how many seasons does {e} run for?"
          "|season count of {e}|what's the number of seasons of {e}?|how many seasons long is {e}?"
          "|total seasons of {e}|how many seasons in total does {e} have?|{e} number of seasons", 1.6),
    fact("series_n_episodes", "series", "int", "Count the episodes of a series.", _SERIES, 'series["n_episodes"]',
          "how many episodes does {e} have?|how many episodes of {e} are there?|number of episodes of {e}|how many episodes did {e} have?"
          "|what is the total number of episodes of {e}?|count the episodes of {e}|how many episodes are there in {e}?"
          "|how many episodes were made of {e}?|how many episodes has {e}?|total episodes of {e}|tell me how many episodes {e} has"
          "|how many episodes are there of {e} in total?"
          "|{e} has how many episodes?|how many episodes did they make of {e}?"
          "|how many episodes in total does {e} have?|how many episodes has {e} had?|episode count of {e}"
          "|what's the number of episodes of {e}?|how many episodes are in {e}?"
          "|how many episodes were there of {e}?|how many episodes all together does {e} have?"
          "|overall, how many episodes does {e} have?", 1.6),
    fact("series_genres", "show", "list", "List the genres of a series.", _SERIES, 'series["genres"]',
          "what genre is {e}?|what genres does {e} have?|which genres does {e} belong to?|genres of {e}|what are the genres of {e}?"
          "|list the genres of {e}|what kind of show is {e}?|which genre is {e}?|what type of series is {e}?"
          "|genre of {e}|what's the genre of {e}?|what is the genre of {e}?|tell me the genres of {e}"
          "|what sort of series is {e}?|which genres does {e} have?", 0.6),
    fact("series_rating", "show", "float", "Find the rating of a series.", _SERIES, 'series["demo_rating"]',
          "what is the rating of {e}?|how is {e} rated?|what rating does {e} have?|rating of {e}|what's the demo rating of {e}?"
          "|how well is {e} rated?|what is {e} rated?|give me the rating of {e}"
          "|what's the rating of {e}?|rating for {e}|how highly is {e} rated?|what rating did {e} get?"
          "|what score does {e} have?|tell me the rating of {e}", 0.6),
    fact("lead_actor_of_series", "show", "str", "Find the lead actor of a series.", _SERIES,
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
)  # fmt: skip
FACTS = (*SCREEN_FACTS, *MUSIC_FACTS)
