"""Rows about two entities or more hops: membership, roles, comparisons, what is shared, facts of a fact."""

# ruff: noqa: E501 - phrases are easier to read and compare on one line

from __future__ import annotations

from train.bundled.direct import Row
from train.bundled.rows_comparisons import COMPARISONS, QUESTIONS_OF_TWO
from train.bundled.sources import SOURCES


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


_TWO_FILMS = ("first = search_films(first_film_title)[0]", "second = search_films(second_film_title)[0]")
_SHARED = (
    "who acts in both {e} and {f}?|which actors are in both {e} and {f}?|which actors appear in {e} and {f}?|who is in {e} and {f}?"
    "|which actors do {e} and {f} share?|actors that {e} and {f} have in common|which actors do {e} and {f} have in common?"
    "|list the actors who are in both {e} and {f}|who plays in {e} as well as in {f}?|name the actors in both {e} and {f}"
    "|who appears in both {e} and {f}?|shared cast of {e} and {f}|which cast members of {e} are also in {f}?"
    "|who is in {e} and also in {f}?|is anyone in both {e} and {f}?|anyone who is in both {e} and {f}?"
    "|who plays in both {e} and {f}?|actors in both {e} and {f}|common actors of {e} and {f}"
    "|who was in {e} and in {f}?|who are the actors in both {e} and {f}?"
    "|which actors did both {e} and {f} have?|whom do {e} and {f} share in their casts?"
    "|which people act in {e} and {f} both?|who can be seen in both {e} and {f}?"
    "|what actors are in {e} and {f}?"
)
_BOTH = (
    "first = search_people(first_name)[0]", "second = search_people(second_name)[0]",
    'found = films_directed_by(first["id"]) + films_with_actor(first["id"])',
    'titles = {film["id"]: film["title"] for film in found}', "ids = set(titles)",
    'others = {film["id"] for film in films_directed_by(second["id"]) + films_with_actor(second["id"])}',
)  # fmt: skip
_ROLE = 'role = [r for r in film_cast(film["id"]) if character_name.lower() in r["character"].lower()][0]'
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
        "|how many actors do {e} and {f} have in common?|how many cast members are in {e} and also in {f}?|number of actors shared by {e} and {f}"
        "|how many people are in both {e} and {f}?|how many of the actors in {e} are also in {f}?"
        "|number of actors in both {e} and {f}|how many actors appear in both {e} and {f}?"
        "|how many actors play in {e} as well as in {f}?", 0.6),
    Row("shared_actors_series", ("show", "film"), "list", "List the actors in both a series and a film.",
        "Find the series and the film.|List their casts.|Keep the actors of the series that are in the film.",
        ("series = search_series(series_title)[0]", "film = search_films(film_title)[0]",
         'ids = [role["person_id"] for role in film_cast(film["id"])]',
         'return [role["name"] for role in series_cast(series["id"]) if role["person_id"] in ids]'), _SHARED, 0.6),
    Row("shared_actors_of_shows", ("show", "show"), "list", "List the actors in both of two series.",
        "Find both series.|List their casts.|Keep the actors of the first that are in the second.",
        ("first = search_series(first_series_title)[0]", "second = search_series(second_series_title)[0]",
         'ids = [role["person_id"] for role in series_cast(second["id"])]',
         'return [role["name"] for role in series_cast(first["id"]) if role["person_id"] in ids]'), _SHARED, 0.6),
    Row("before_or_after", ("film", "film"), "str", "Say whether a film came out before or after another.",
        "Find both films.|Compare their release dates.",
        (*_TWO_FILMS, 'return "after" if first["release_date"] > second["release_date"] else "before"'),
        "did {e} come out before or after {f}?|was {e} released before or after {f}?|was {e} made before or after {f}?"
        "|does {e} come before or after {f}?|is {e} from before or after {f}?|did they make {e} before or after {f}?"
        "|before or after {f}: when did {e} come out?|{e}: was it before or after {f}?|was {e} shot before or after {f}?", 0.6),
    *(Row(key, ("film",), "str", f"Find the {word} film of the director of a film.",
          f"Find the film.|Find its director.|Take their {word} film.",
          ("film = search_films(film_title)[0]", 'director = film_directors(film["id"])[0]',
           'films = [f for f in films_directed_by(director["id"]) if f["release_date"] ' + how + ' film["release_date"]]',
           f'return films[{at}]["title"]'), phrases, 0.5)
      for key, word, how, at, phrases in (
        ("next_film", "next", ">", 0,
         ("what was the next film by the director of {e} after it?|what did the director of {e} make next?|which film did the director of {e} make after it?"
         "|what film came after {e} from the same director?|what film did the person who directed {e} make after that one?|the next film of {e}'s director"
         "|what was the director's next film after {e}?|after {e}, what did its director make next?|which film followed {e} from the same director?")),
        ("previous_film", "previous", "<", -1,
         ("what was the previous film by the director of {e}?|what did the director of {e} make before it?|which film did the director of {e} make before it?"
         "|what film came before {e} from the same director?|what film did the person who directed {e} make before that one?|the previous film of {e}'s director"
         "|what was the director's last film before {e}?|before {e}, what did its director make?|which film preceded {e} from the same director?")),
      )),
    Row("times_together", ("one", "other"), "int", "Count the films two people worked on together.",
        "Find both people.|List the films of each, directed or acted in.|Count those of both.", (*_BOTH, "return len(ids & others)"),
        "how many times did {e} work with {f}?|how often did {e} and {f} work together?|how often has {e} worked with {f}?"
        "|how many times have {e} and {f} worked together?|how many times did {e} and {f} team up?|how often did {e} work with {f}?"
        "|on how many films did {e} and {f} work together?|how often have {e} and {f} collaborated?|how many times has {e} collaborated with {f}?", 0.7),
    Row("ever_together", ("one", "other"), "list", "List the films two people worked on together.",
        "Find both people.|List the films of each, directed or acted in.|Return the titles of those of both.",
        (*_BOTH, 'return [title for key, title in titles.items() if key in ids & others]'),
        "did {e} and {f} ever work together? in what?|did {e} and {f} ever act together? in which films?|have {e} and {f} ever worked together? on what?"
        "|in what did {e} and {f} work together?|what have {e} and {f} done together?|what did {e} and {f} do together?|where did {e} and {f} work together?"
        "|in what films can i see both {e} and {f}?|what has {e} done with {f}?|what did {e} make with {f}?", 0.7),
    Row("films_of_character", ("character", "film"), "list", "List the films with the actor of a character in a film.",
        "Find the film.|Find the actor of the character.|List the films they act in.",
        ("film = search_films(film_title)[0]", _ROLE, 'return [f["title"] for f in films_with_actor(role["person_id"])]'),
        "which films do you have with the actor who plays {e} in {f}?|films with the actor who was {e} in {f}|list the films with the person who plays {e} in {f}"
        "|what other films is the actor of {e} in {f} in?|movies with whoever played {e} in {f}|what films was the one who plays {e} in {f} in?"
        "|what films do you have with the guy who plays {e} in {f}|what else has the actress who played {e} in {f} been in?", 0.5),
    Row("count_films_of_character", ("character", "film"), "int", "Count the films with the actor of a character in a film.",
        "Find the film.|Find the actor of the character.|Count the films they act in.",
        ("film = search_films(film_title)[0]", _ROLE, 'return len(films_with_actor(role["person_id"]))'),
        "how many films do you have with the actor who plays {e} in {f}?|how many films was the actor of {e} in {f} in?"
        "|how many movies are there with the person who plays {e} in {f}?|how many films has whoever played {e} in {f} been in?"
        "|how many films with the actress who was {e} in {f}?|count the films with the actor who plays {e} in {f}", 0.4),
    Row("films_of_character_series", ("character", "show"), "list", "List the films with the actor of a character in a series.",
        "Find the series.|Find the actor of the character.|List the films they act in.",
        ("series = search_series(series_title)[0]", _ROLE.replace("film_cast(film", "series_cast(series"),
         'return [f["title"] for f in films_with_actor(role["person_id"])]'),
        "which films do you have with the actor who plays {e} in {f}?|films with the actor who was {e} in {f}|list the films with the person who plays {e} in {f}"
        "|what films is the actor of {e} in {f} in?|movies with whoever played {e} in {f}|what films do you have with the guy who plays {e} in {f}", 0.4),
    Row("same_director_of_both", ("film", "film"), "bool", "Say whether two films share a director.",
        "Find both films.|List their directors.|Say whether one directed both.",
        (*_TWO_FILMS, 'ids = [person["id"] for person in film_directors(second["id"])]',
         'return any(person["id"] in ids for person in film_directors(first["id"]))'),
        "do {e} and {f} have the same director?|were {e} and {f} directed by the same person?|is the director of {e} also the director of {f}?"
        "|did the same person direct {e} and {f}?|are {e} and {f} by the same director?|do {e} and {f} share a director?"
        "|were {e} and {f} made by the same director?"
        "|is {e} by the same director as {f}?|was {e} directed by the director of {f}?"
        "|did one person direct both {e} and {f}?|have {e} and {f} got the same director?"
        "|same director for {e} and {f}?|did the director of {e} also direct {f}?"
        "|did {e} have the same director as {f}?", 0.8),
    Row("years_between_films", ("film", "film"), "int", "Find the years between two films.",
        "Find both films.|Subtract their years.", (*_TWO_FILMS, 'return abs(first["year"] - second["year"])'),
        "how many years are between {e} and {f}?|how many years passed between {e} and {f}?|how many years lie between {e} and {f}?"
        "|years between {e} and {f}|how many years apart are {e} and {f}?|what is the difference in years between {e} and {f}?"
        "|how far apart in years are {e} and {f}?"
        "|how many years between {e} and {f}?|how many years were there between {e} and {f}?"
        "|how many years separate {e} and {f}?|how many years apart were {e} and {f} made?"
        "|number of years between {e} and {f}|difference in years between {e} and {f}"
        "|how much time is between {e} and {f}, in years?", 0.8),
    Row("minutes_between_films", ("film", "film"), "int", "Find the difference of two films in minutes.",
        "Find both films.|Subtract their runtimes.", (*_TWO_FILMS, 'return abs(first["runtime_min"] - second["runtime_min"])'),
        "how many minutes longer is {e} than {f}?|by how many minutes is {e} longer than {f}?|what is the difference in runtime between {e} and {f}?"
        "|{e} vs {f}, how many minutes difference?|{e} and {f}: difference in minutes|how many minutes shorter is {e} than {f}?|difference in length between {e} and {f}|how much longer is {e} than {f}?"
        "|{e} or {f}: by how many minutes do they differ?|how much shorter is {e} than {f}?"
        "|how many minutes do {e} and {f} differ by?|how many minutes between {e} and {f}, by length?"
        "|what's the difference in length between {e} and {f}?|how much longer does {e} run than {f}?"
        "|runtime difference of {e} and {f}|by how many minutes is {e} shorter than {f}?", 0.8),
    Row("total_runtime_of_two", ("film", "film"), "int", "Add up the runtimes of two films.",
        "Find both films.|Add up their runtimes.", (*_TWO_FILMS, 'return first["runtime_min"] + second["runtime_min"]'),
        "how long are {e} and {f} together?|how many minutes are {e} and {f} in total?|total runtime of {e} and {f}"
        "|if i watch {e} and then {f}, how many minutes is that?|how many minutes would it take to watch {e} and {f}?|what is the combined runtime of {e} and {f}?|how long do {e} and {f} take together?"
        "|{e} and {f} back to back: how many minutes?|how long would {e} and {f} be back to back?"
        "|if i watch {e} and {f} back to back, how long does it take?"
        "|how many minutes do {e} and {f} run together?|add up the runtimes of {e} and {f}"
        "|how long does it take to watch both {e} and {f}?|combined length of {e} and {f}"
        "|what's the total runtime of {e} and {f}?", 0.6),
    Row("character_of_actor", ("actor", "film"), "str", "Find which character an actor plays in a film.",
        "Find the film and the actor.|List the cast.|Return the actor's character.",
        ("film = search_films(film_title)[0]", "person = search_people(actor_name)[0]",
         'return [role["character"] for role in film_cast(film["id"]) if role["person_id"] == person["id"]][0]'),
        "who does {e} play in {f}?|which character does {e} play in {f}?|what is the name of {e}'s character in {f}?"
        "|what role does {e} have in {f}?|which role does {e} play in {f}?|whom does {e} play in {f}?|{e}'s role in {f}"
        "|what character did {e} play in {f}?|in {f}, who does {e} play?|who did {e} play in {f}?"
        "|what character does {e} play in {f}?|which character did {e} play in {f}?|{e}'s character in {f}"
        "|what part does {e} have in {f}?|what was {e}'s role in {f}?"
        "|as whom does {e} appear in {f}?|which part did {e} play in {f}?|what role did {e} play in {f}?"
        "|which role did {e} have in {f}?|what is {e} called in {f}?|name of {e}'s character in {f}"
        "|whom did {e} play in {f}?|the role of {e} in {f}", 1.2),
    Row("character_in_series", ("actor", "show"), "str", "Find which character an actor plays in a series.",
        "Find the series and the actor.|List the cast.|Return the actor's character.",
        ("series = search_series(series_title)[0]", "person = search_people(actor_name)[0]",
         'return [role["character"] for role in series_cast(series["id"]) if role["person_id"] == person["id"]][0]'),
        "who does {e} play in {f}?|which character does {e} play in {f}?|what is the name of {e}'s character in {f}?"
        "|what role does {e} have in {f}?|which role does {e} play in {f}?|who did {e} play in {f}?"
        "|what character does {e} play in {f}?|which character did {e} play in {f}?|{e}'s character in {f}"
        "|what part does {e} have in {f}?|{e}'s role in {f}|what was {e}'s role in {f}?"
        "|what role did {e} play in {f}?|what character did {e} play in {f}?|which role did {e} have in {f}?"
        "|name of {e}'s character in {f}|in {f}, who does {e} play?", 0.7),
    Row("actor_of_character", ("character", "film"), "str", "Find who plays a character in a film.",
        "Find the film.|List its cast.|Return the actor of the character.",
        ("film = search_films(film_title)[0]",
         'return [role["name"] for role in film_cast(film["id"]) if character_name.lower() in role["character"].lower()][0]'),
        "who plays {e} in {f}?|who played {e} in {f}?|which actor plays {e} in {f}?|who is {e} in {f}?|who portrays {e} in {f}?"
        "|which actor played {e} in {f}?|in {f}, who plays {e}?|the actor of {e} in {f}|by whom is {e} played in {f}?"
        "|what actor plays the character {e} in {f}?|who plays the role of {e} in {f}?"
        "|who acted as {e} in {f}?|who was {e} in {f}?|who did they cast as {e} in {f}?"
        "|who had the role of {e} in {f}?|which actor is {e} in {f}?|who has the part of {e} in {f}?"
        "|who is the actor behind {e} in {f}?|what actor played {e} in {f}?|{e} in {f} was played by whom?"
        "|in {f}, who played {e}?|who portrayed {e} in {f}?|which actor was {e} in {f}?"
        "|name the actor who plays {e} in {f}|who played the part of {e} in {f}?", 1.2),
    Row("actor_of_character_series", ("character", "show"), "str", "Find who plays a character in a series.",
        "Find the series.|List its cast.|Return the actor of the character.",
        ("series = search_series(series_title)[0]",
         'return [role["name"] for role in series_cast(series["id"]) if character_name.lower() in role["character"].lower()][0]'),
        "who plays {e} in {f}?|who played {e} in {f}?|which actor plays {e} in {f}?|who is {e} in {f}?|who portrays {e} in {f}?"
        "|in {f}, who plays {e}?|who plays the role of {e} in {f}?"
        "|who acted as {e} in {f}?|who was {e} in {f}?|which actor played {e} in {f}?"
        "|which actor is {e} in {f}?|what actor plays {e} in {f}?|{e} in {f} is played by whom?"
        "|in {f}, who played {e}?|who portrayed {e} in {f}?|who had the role of {e} in {f}?"
        "|name the actor who plays {e} in {f}", 0.8),
    Row("director_birthplace", ("film",), "str", "Find the birthplace of the director of a film.",
        "Find the film.|Find its director.|Return their birthplace.",
        ("film = search_films(film_title)[0]", 'director = film_directors(film["id"])[0]', 'return director["birthplace"]'),
        "where was the director of {e} born?|birthplace of the director of {e}|in which city was the director of {e} born?"
        "|where is the director of {e} from?|what is the birthplace of the director of {e}?|where was the person who directed {e} born?"
        "|where does the director of {e} come from?|where was whoever directed {e} born?"
        "|where was {e}'s director born?|which city was the director of {e} born in?"
        "|what is the place of birth of the director of {e}?|the director of {e} was born where?"
        "|where is {e}'s director from?|where was the one who directed {e} born?"
        "|what's the birthplace of the director of {e}?|in what place was the director of {e} born?"
        "|birthplace of whoever directed {e}|birthplace of {e}'s director", 1.2),
    Row("director_birthday", ("film",), "str", "Find the birthday of the director of a film.",
        "Find the film.|Find its director.|Return their birthday.",
        ("film = search_films(film_title)[0]", 'director = film_directors(film["id"])[0]', 'return director["birthday"]'),
        "when was the director of {e} born?|birthday of the director of {e}|on what date was the director of {e} born?"
        "|what is the birthday of the director of {e}?|when was the person who directed {e} born?|date of birth of the director of {e}"
        "|when was {e}'s director born?|birthday of whoever directed {e}"
        "|when is the birthday of the director of {e}?|what day was the director of {e} born?"
        "|what is the date of birth of {e}'s director?|when was whoever directed {e} born?"
        "|birthday of the person who directed {e}|on which day was the director of {e} born?"
        "|the director of {e} was born when?", 1.0),
    Row("lead_birthday", ("film",), "str", "Find the birthday of the lead actor of a film.",
        "Find the film.|Find its lead actor.|Return their birthday.",
        ("film = search_films(film_title)[0]", 'lead = film_cast(film["id"])[0]', 'return search_people(lead["name"])[0]["birthday"]'),
        "when was the lead actor of {e} born?|birthday of the lead actor of {e}|when was the star of {e} born?"
        "|what is the birthday of the main actor of {e}?|when was the leading actor of {e} born?|date of birth of the lead of {e}"
        "|when was {e}'s lead actor born?|birthday of the star of {e}"
        "|what is the date of birth of the lead actor of {e}?"
        "|when was the one who plays the lead in {e} born?|when is the birthday of the lead actor of {e}?"
        "|when was the main actor of {e} born?", 0.6),
    Row("lead_birthplace", ("film",), "str", "Find the birthplace of the lead actor of a film.",
        "Find the film.|Find its lead actor.|Return their birthplace.",
        ("film = search_films(film_title)[0]", 'lead = film_cast(film["id"])[0]', 'return search_people(lead["name"])[0]["birthplace"]'),
        "where was the lead actor of {e} born?|birthplace of the lead actor of {e}|where was the star of {e} born?"
        "|what is the birthplace of the main actor of {e}?|where does the lead of {e} come from?|where was the leading actor of {e} born?"
        "|where was {e}'s lead actor born?|birthplace of the star of {e}"
        "|what is the place of birth of the lead actor of {e}?"
        "|where was the one who plays the lead in {e} born?|where is the lead actor of {e} from?"
        "|where was the main actor of {e} born?", 0.6),
    Row("director_acts_in_film", ("film",), "bool", "Say whether the director of a film acts in it.",
        "Find the film.|List its directors and its cast.|Say whether one is in both.",
        ("film = search_films(film_title)[0]", 'ids = [role["person_id"] for role in film_cast(film["id"])]',
         'return any(person["id"] in ids for person in film_directors(film["id"]))'),
        "does the director of {e} act in it?|did the director of {e} also act in it?|is the director of {e} in the cast?"
        "|does the director of {e} appear in the film?|does the director of {e} also play in it?|is the director of {e} also an actor in it?"
        "|does {e}'s director act in it?|is the director of {e} one of its actors?"
        "|did the director of {e} play a part in it?|is the director of {e} in the film too?"
        "|does whoever directed {e} act in it?|was the director of {e} in the cast?", 0.6),
    Row("other_films_of_director", ("film",), "list", "List the other films by the director of a film.",
        "Find the film.|Find its director.|List their films but this one.",
        ("film = search_films(film_title)[0]", 'director = film_directors(film["id"])[0]',
         'return [f["title"] for f in films_directed_by(director["id"]) if f["id"] != film["id"]]'),
        "what other films did the director of {e} make?|which other films did the director of {e} direct?|other films by the director of {e}"
        "|what else did the director of {e} direct?|list the other movies of the director of {e}|which other movies has the director of {e} made?"
        "|what else has the person who directed {e} made?|show me other films from the director of {e}"
        "|what else did {e}'s director make?|what other films are there by the director of {e}?"
        "|which other films are by the director of {e}?|other movies by the director of {e}"
        "|what other films has the director of {e} directed?|besides {e}, what did its director make?"
        "|what else is by the director of {e}?|what else did the director of {e} make?"
        "|name other films by the director of {e}", 1.0),
    Row("career_span", ("director",), "int", "Find the years between the first and the last film of a director.",
        "Find the person.|List the films they directed.|Subtract the first year from the last.",
        ("@directed films director_name", 'return films[-1]["year"] - films[0]["year"]'),
        "how many years are between the first and the last film of {e}?|how many years passed between {e}'s first and latest film?"
        "|years between the first and the latest film by {e}|how many years lie between {e}'s first and last film?"
        "|how long is the time between the first and the last film directed by {e}?|what is the span in years of the films by {e}?"
        "|how many years lie between the first and the latest film by {e}?"
        "|how many years between {e}'s first and last film?"
        "|how many years did {e}'s career span, from the first to the latest film?"
        "|years from {e}'s first film to the last one"
        "|from the first to the latest film of {e}, how many years?|over how many years did {e} direct films?", 0.6),
    Row("directors_of_actor", ("actor",), "list", "List the directors an actor has worked with.",
        "Find the actor.|List the films they act in.|Collect the directors of these films.",
        ("@acted films actor_name",
         'return sorted({person["name"] for film in films for person in film_directors(film["id"])})'),
        "which directors has {e} worked with?|list the directors {e} has worked with|what directors did {e} work with?|who has directed {e}?"
        "|with which directors did {e} work?|directors who directed {e}|name the directors of films with {e}|which directors worked with {e}?"
        "|who directed films with {e}?|which directors has {e} acted for?"
        "|who were the directors of {e}'s films?|which directors have directed {e}?|directors {e} worked with"
        "|by which directors was {e} directed?|what directors has {e} worked with?"
        "|which directors made films with {e}?", 0.8),
    Row("actors_of_director", ("director",), "list", "List the actors a director has worked with.",
        "Find the person.|List the films they directed.|Collect the actors of these films.",
        ("@directed films director_name",
         'return sorted({role["name"] for film in films for role in film_cast(film["id"])})'),
        "which actors has {e} worked with?|list the actors {e} has directed|what actors did {e} direct?|who has acted in {e}'s films?"
        "|which actors appear in the films of {e}?|actors in films by {e}|name the actors in films directed by {e}|who acted for {e}?"
        "|which actors did {e} direct?|who has acted for {e}?|which actors have been in {e}'s films?"
        "|actors {e} has worked with|what actors has {e} worked with?|who are the actors in the films of {e}?"
        "|which actors did {e} work with?|who appeared in films by {e}?", 0.8),
    Row("most_frequent_actor", ("director",), "str", "Find the actor who is in most films of a director.",
        "Find the person.|List the films they directed.|Collect their actors.|Take the most frequent.",
        ("@directed films director_name", 'names = [role["name"] for film in films for role in film_cast(film["id"])]',
         "return max(names, key=names.count)"),
        "which actor has {e} worked with most often?|who appears most often in {e}'s films?|which actor is in most of {e}'s films?"
        "|which actor did {e} direct most often?|who is the most frequent actor in the films of {e}?|with which actor has {e} made the most films?"
        "|who has {e} worked with most often?|which actor appears in most of the films by {e}?"
        "|who is in the most films by {e}?|who did {e} cast most often?"
        "|which actor shows up most in {e}'s films?|who acted most often for {e}?", 0.6),
    Row("artist_first_album_year", ("artist",), "int", "Find the year of the first album of an artist.",
        "Find the artist.|List their albums.|Return the year of the first.",
        ("@albums albums artist_name", 'return albums[0]["year"]'),
        "when did {e} release their first album?|when did {e} debut?|in what year did {e} release a first album?|when was {e}'s debut album released?"
        "|what year did {e} put out their debut?|when did {e}'s first record come out?"
        "|when did {e} put out their first album?|what year is {e}'s first album from?"
        "|in which year did {e} debut?|in what year was {e}'s first album released?"
        "|when did {e}'s debut album come out?|year of {e}'s first album"
        "|when was the first album of {e} released?|what year was the debut of {e}?", 0.7),
    Row("albums_per_artist_of_album", ("the_album",), "list", "List the albums of the artist of an album.",
        "Find the album.|Find its artist.|List their albums.",
        ("album = search_albums(album_title)[0]", 'artist = search_artists(album["artist"])[0]',
         'return [a["title"] for a in artist_albums(artist["id"])]'),
        "which albums did the artist of {e} release?|list the albums by the artist of {e}|what albums has the band behind {e} made?"
        "|what else did the artist of {e} release?|albums by the artist who made {e}|other albums by the band that recorded {e}"
        "|what are the albums by the artist of {e}?|which albums are by the artist who made {e}?"
        "|albums of the band that made {e}|list the albums of whoever recorded {e}"
        "|what albums are there by the band that made {e}?|which albums did the band that recorded {e} make?", 0.6),
    Row("albums_of_track_artist", ("the_track",), "list", "List the albums of the artist of a track.",
        "Find the track.|Find its artist.|List their albums.",
        ("track = search_tracks(track_title)[0]", 'artist = search_artists(track["artist"])[0]',
         'return [album["title"] for album in artist_albums(artist["id"])]'),
        "which albums did the artist of {e} release?|list the albums by the artist of {e}|what albums has the band behind {e} made?"
        "|albums by whoever sings {e}|what albums has the singer of {e} released?|albums by the artist who recorded {e}"
        "|what are the albums by the artist of {e}?|which albums are by the artist who sings {e}?"
        "|albums of the band that plays {e}|list the albums of whoever recorded {e}"
        "|which albums did the band behind {e} make?", 0.5),
)  # fmt: skip
