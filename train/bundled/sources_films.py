"""Sources of films: by who directed them, who acts in them, and with whom.

In phrases `{n}` is the noun with its adjectives, `{e}` and `{f}` the mentions of the entities.
"""

# ruff: noqa: E501 - phrases are easier to read and compare on one line

from __future__ import annotations

from train.bundled.source import Source

_PERSON = ("person_name", "person")
_FILM = ("film_title", "film")
_BY = "director = search_people(director_name)[0]"
FILMS = {
    "directed": Source(
        "directed", "film", (_PERSON,), "films_of_director", "films directed by a person",
        ("Find the person.", "List the films they directed."),
        ("person = search_people(person_name)[0]",), 'films_directed_by(person["id"])',
        "{n} directed by {e}|{n} by {e}|{n} by director {e}|{n} by the director {e}|{n} that {e} directed|{n} {e} directed"
        "|{n} {e} has directed|{n} made by {e}|{n} from director {e}|{n} helmed by {e}|{n} of director {e}|director {e}'s {n}"
        "|{n} which {e} has directed|{n} {e} made as a director|{n} that were directed by {e}|{e}'s {n} as a director"
        "|{n} from {e}|{n} with {e} as director|{n} in {e}'s filmography as a director|{n} {e} has made"
        "|{n} you have by {e}|{n} in your list by {e}|{n} director {e} made|{n} under the direction of {e}"
        "|{n} that come from {e}|{n} where {e} was the director|{n} whose director is {e}"
        "|{n} that {e} has made|{n} {e} was the director of|{n} {e} shot|{n} that have {e} as their director"
        "|{n} for which {e} was the director|{n} {e} is the director of|{n} credited to {e} as director"
        "|{n} filmmaker {e} made|{n} the director {e} made|{n} that {e} has directed so far"
        "|{n} that {e} made as director|{n} {e} ever made|{n} by filmmaker {e}|{n} that were made by {e}",
        "did {e} direct|has {e} directed|did {e} make|were directed by {e}|has {e} made|did director {e} make"
        "|are directed by {e}|did {e} helm|are by {e}|has director {e} made|has {e} made as a director|have {e} directed"
        "|were made by {e}|did {e} shoot|has {e} helmed|does {e} have as a director|came from director {e}"
        "|do you have by {e}|do you know by {e}|do you list by {e}|has {e} done as a director|did {e} ever direct|did {e} put out"
        "|has {e} directed so far|has {e} made so far|was {e} the director of|is {e} the director of"
        "|did filmmaker {e} make|were directed by director {e}|have {e} as their director|has {e} shot"
        "|did {e} bring out|have been directed by {e}|have been made by {e}|were helmed by {e}"
        "|has {e} been the director of|came from {e}|do you have from {e}|did the director {e} make"
        "|has the director {e} made|did {e} make as a director|were by {e}",
        "{e} directed|{e} has directed|were directed by {e}|{e} made|{e} has made|director {e} made|are directed by {e}"
        "|have been directed by {e}|are by {e}|{e} helmed"
        "|{e} was the director of|{e} has directed so far|{e} is the director of|the director {e} made"
        "|were made by {e}|{e} shot|filmmaker {e} made|have {e} as director|come from {e}|{e} ever directed",
        "did {e} direct {x}|was {x} directed by {e}|is {x} directed by {e}|is {e} the director of {x}|is {x} by {e}"
        "|is {x} a film by {e}|has {e} directed {x}|is it true that {e} directed {x}|was {e} the director of {x}"
        "|was it {e} who directed {x}|did {e} make {x}|is {x} a {e} film|is {x} one of the films directed by {e}",
        3.0,
    ),
    "acted": Source(
        "acted", "film", (_PERSON,), "films_of_actor", "films with an actor",
        ("Find the actor.", "List the films they act in."),
        ("person = search_people(person_name)[0]",), 'films_with_actor(person["id"])',
        "{n} with {e}|{n} starring {e}|{n} featuring {e}|{n} that {e} acted in|{n} {e} was in|{n} {e} appeared in"
        "|{n} {e} has appeared in|{n} in which {e} acts|{n} {e} starred in|{n} with {e} in the cast|{n} that star {e}"
        "|{n} {e} played in|{e}'s {n} as an actor|{n} with the actor {e}|{n} {e} acts in|{n} that feature {e}"
        "|{n} with {e} in it|{n} where {e} plays|{n} having {e} in the cast|{n} {e} is in|{n} with actress {e}"
        "|{n} you have with {e}|{n} {e} had a part in|{n} with {e} in a role|{n} in your list with {e}"
        "|{n} that have {e} in them|{n} {e} has a role in|{n} that {e} plays in|{n} with {e} as an actor"
        "|{n} in which {e} plays|{n} in which {e} appears|{n} {e} stars in|{n} that {e} stars in"
        "|{n} {e} has played in|{n} that {e} has been in|{n} where {e} appears"
        "|{n} that include {e} in the cast|{n} {e} can be seen in|{n} actor {e} was in"
        "|{n} having {e} as an actor|{n} whose cast includes {e}|{n} {e} had a role in",
        "did {e} act in|has {e} acted in|was {e} in|has {e} appeared in|does {e} appear in|did {e} star in|is {e} in"
        "|has {e} starred in|did {e} play in|feature {e}|star {e}|does {e} act in|has {e} been in|does {e} star in"
        "|did actor {e} appear in|has {e} played in|have {e} in the cast|did {e} appear in|has {e} had a role in"
        "|do you have with {e}|do you list with {e}|do you know with {e}|are there with {e}|does the actor {e} appear in"
        "|has {e} a role in|did {e} have a role in|is {e} in the cast of|can {e} be seen in|was {e} cast in"
        "|does {e} play in|include {e} in the cast|has {e} done as an actor|did {e} make as an actor"
        "|have {e} in them|has actor {e} been in|did {e} get a part in|was actor {e} in"
        "|did the actor {e} star in|had {e} in them|had {e} in the cast",
        "{e} acted in|{e} has acted in|{e} was in|{e} appeared in|{e} starred in|{e} is in|{e} has been in|star {e}"
        "|feature {e}|{e} played in|have {e} in the cast|{e} acts in"
        "|{e} plays in|{e} stars in|{e} has a role in|{e} has played in|{e} can be seen in"
        "|include {e} in the cast|have {e} in them|{e} had a part in",
        "is {e} in {x}|does {e} act in {x}|did {e} act in {x}|was {e} in {x}|does {e} appear in {x}|does {e} play in {x}"
        "|is {e} part of the cast of {x}|does {x} star {e}|does {x} feature {e}|has {e} acted in {x}|did {e} star in {x}"
        "|did {e} play in {x}|is {e} one of the actors in {x}|was {e} part of the cast of {x}|did {e} appear in {x}",
        2.6,
    ),
    "of_person": Source(
        "of_person", "film", (_PERSON,), "films_of_person", "films of a person",
        ("Find the person.", "List the films they directed, or else act in."),
        ("person = search_people(person_name)[0]",),
        'films_directed_by(person["id"]) or films_with_actor(person["id"])',
        "{e} {n}|{e} {n}|{e}'s {n}|{e}'s {n}|{n} of {e}|{n} in {e}'s filmography|{n} {e} has",
        "of {e} are there|does {e} have|of {e} exist|are {e}'s|of {e} do you have|of {e} do you know|are in {e}'s filmography",
        "{e} has|there are of {e}|are {e}'s|you have of {e}",
        weight=1.6,
    ),
    "together": Source(
        "together", "film", (("first_name", "person"), ("second_name", "person")), "films_together",
        "films two people worked on together",
        ("Find both people.", "List the films of each, directed or acted in.", "Keep those of both."),
        (
            "first = search_people(first_name)[0]", "second = search_people(second_name)[0]",
            'ids = [film["id"] for film in films_directed_by(second["id"]) + films_with_actor(second["id"])]',
            'found = films_directed_by(first["id"]) + films_with_actor(first["id"])',
        ),
        'list({film["id"]: film for film in found if film["id"] in ids}.values())',
        "{n} {e} made with {f}|{n} that {e} and {f} made together|{n} {e} did with {f}|{n} {e} and {f} worked on together"
        "|{n} of {e} with {f}|{e} and {f} {n}|{n} {e} and {f} collaborated on|{n} that {e} worked on with {f}"
        "|{n} involving both {e} and {f}"
        "|{n} both {e} and {f} worked on|{n} {e} and {f} did together|joint {n} of {e} and {f}"
        "|{n} that {e} made together with {f}|{n} on which {e} and {f} worked together"
        "|{n} {e} has made with {f}|{n} where {e} worked with {f}",
        "did {e} make with {f}|has {e} made with {f}|did {e} and {f} make together|did {e} and {f} work on together"
        "|have {e} and {f} made together|did {e} do with {f}|did {e} and {f} collaborate on|do {e} and {f} have together"
        "|did {e} and {f} do together|have {e} and {f} worked on together|has {e} worked on with {f}"
        "|did {e} make together with {f}|has {e} done with {f}|did {e} work with {f} on"
        "|did {e} work on with {f}",
        "{e} made with {f}|{e} and {f} made together|{e} and {f} worked on together|{e} did with {f}"
        "|{e} has made with {f}|{e} and {f} did together|{e} worked on with {f}|both {e} and {f} worked on",
        weight=0.8,
    ),
    "same_director": Source(
        "same_director", "film", (_FILM,), "films_of_same_director", "films by the director of a film",
        ("Find the film.", "Find its director.", "List the films they directed."),
        ("film = search_films(film_title)[0]", 'director = film_directors(film["id"])[0]'),
        'films_directed_by(director["id"])',
        "{n} by the director of {e}|{n} directed by the director of {e}|{n} made by the director of {e}"
        "|{n} from the same director as {e}|{n} by the person who directed {e}|{n} the director of {e} has directed"
        "|{n} by whoever directed {e}|{n} that the director of {e} made|{n} by the same director as {e}"
        "|{n} by the one who directed {e}|{n} from the director of {e}"
        "|{n} the person who directed {e} has made|{n} of the director of {e}|{n} of the person who made {e}"
        "|{n} by the filmmaker behind {e}|{n} made by whoever directed {e}|{n} by {e}'s director"
        "|{n} {e}'s director made|{n} of whoever directed {e}|{n} by the guy who directed {e}"
        "|{n} by the woman who directed {e}",
        "did the director of {e} direct|has the director of {e} directed|has the director of {e} made"
        "|did the director of {e} make|were directed by the director of {e}|has the person who directed {e} directed"
        "|did the person behind {e} direct|were made by the director of {e}"
        "|did whoever directed {e} make|did {e}'s director make|has {e}'s director directed"
        "|did the filmmaker behind {e} make|has whoever directed {e} made|are by the director of {e}"
        "|does the director of {e} have|come from the director of {e}|are from the director of {e}"
        "|did the one who directed {e} make",
        "the director of {e} directed|the director of {e} has made|were directed by the director of {e}"
        "|the director of {e} made|the person who directed {e} also directed"
        "|{e}'s director made|whoever directed {e} has made|the filmmaker behind {e} directed"
        "|are by the director of {e}|come from the director of {e}",
    ),
    "lead_actor": Source(
        "lead_actor", "film", (_FILM,), "films_of_lead_actor", "films with the lead actor of a film",
        ("Find the film.", "Find its lead actor.", "List the films they act in."),
        ("film = search_films(film_title)[0]", 'lead = film_cast(film["id"])[0]'), 'films_with_actor(lead["person_id"])',
        "{n} with the lead actor of {e}|{n} starring the lead of {e}|{n} with the star of {e}|{n} that the lead of {e} was in"
        "|{n} featuring the main actor of {e}|{n} with the main actor of {e}|{n} with the leading actor of {e}"
        "|{n} with {e}'s lead actor|{n} with whoever plays the lead in {e}|{n} the star of {e} was in"
        "|{n} with the person who plays the lead in {e}|{n} in which the lead actor of {e} appears"
        "|{n} the main actor of {e} played in|{n} starring the lead actor of {e}",
        "did the lead actor of {e} act in|has the lead of {e} acted in|has the star of {e} appeared in"
        "|was the main actor of {e} in|did the star of {e} act in|has the leading actor of {e} been in"
        "|did {e}'s lead actor appear in|has the main actor of {e} been in|was the star of {e} in"
        "|did the lead actor of {e} play in|has the lead actor of {e} appeared in"
        "|does the star of {e} appear in|feature the lead actor of {e}",
        "the lead actor of {e} was in|the star of {e} acted in|the main actor of {e} appeared in|the lead of {e} is in"
        "|the leading actor of {e} played in|feature the star of {e}|{e}'s lead actor was in"
        "|the lead actor of {e} has been in",
        weight=0.6,
    ),
    "director_with_actor": Source(
        "director_with_actor", "film", (("director_name", "person"), ("actor_name", "person")), "films_of_pair",
        "films by a director with an actor",
        ("Find the director.", "Find the actor.", "Keep the director's films that have the actor."),
        (_BY, "actor = search_people(actor_name)[0]", 'ids = [film["id"] for film in films_with_actor(actor["id"])]'),
        '[film for film in films_directed_by(director["id"]) if film["id"] in ids]',
        "{n} by {e} with {f}|{n} directed by {e} with {f}|{n} by {e} starring {f}|{n} by director {e} with {f}"
        "|{n} directed by {e} that star {f}|{n} that {e} directed with {f}|{n} directed by {e} and starring {f}"
        "|{n} {e} directed with {f} in the cast|{n} by {e} featuring {f}|{n} by {e} with {f} in it|{n} by {e} that have {f}"
        "|{n} of {e} with {f}|{e} {n} with {f}|{n} {e} made with {f} as an actor"
        "|{n} that {e} directed and {f} acted in|{n} directed by {e} in which {f} plays"
        "|{n} by {e} in which {f} appears|{n} by {e} where {f} plays a part|{n} directed by {e} featuring {f}"
        "|{n} {e} directed starring {f}|{e} {n} starring {f}|{n} directed by {e} with {f} in the cast",
        "did {e} direct with {f}|has {e} directed with {f}|directed by {e} star {f}"
        "|by {e} feature {f}|did {e} direct starring {f}|were directed by {e} and star {f}"
        "|by {e} have {f} in the cast|did {e} direct with {f} in the cast"
        "|did {e} direct that star {f}|did {e} direct that feature {f}"
        "|has {e} directed that have {f} in the cast|did {e} make with {f} as an actor|of {e} star {f}"
        "|of {e} feature {f}|by {e} include {f} in the cast|directed by {e} feature {f}",
        "{e} directed with {f}|by {e} star {f}|{e} directed starring {f}"
        "|{e} directed that feature {f}|by {e} feature {f}|directed by {e} star {f}|by {e} have {f} in them",
        weight=1.0,
    ),
    "both_actors": Source(
        "both_actors", "film", (("actor_a", "person"), ("actor_b", "person")), "films_of_both", "films with two actors",
        ("Find both actors.", "Keep the films of the first that have the second."),
        (
            "first = search_people(actor_a)[0]", "second = search_people(actor_b)[0]",
            'ids = [film["id"] for film in films_with_actor(second["id"])]',
        ),
        '[film for film in films_with_actor(first["id"]) if film["id"] in ids]',
        "{n} with both {e} and {f}|{n} starring {e} and {f}|{n} with {e} and {f}|{n} featuring both {e} and {f}"
        "|{n} that {e} and {f} are both in|{n} in which {e} and {f} act together"
        "|{n} that star both {e} and {f}|{n} that {e} and {f} appear in together|{n} {e} shares with {f}"
        "|{n} with {e} alongside {f}"
        "|{n} with {e} and also {f}|{n} where both {e} and {f} play|{n} that have {e} and {f} in the cast"
        "|{n} featuring {e} and {f}|{n} with {e} and {f} both in the cast|{n} {e} and {f} are in together"
        "|{n} in which both {e} and {f} appear|{n} that feature {e} as well as {f}"
        "|{n} where {e} acts alongside {f}|{n} starring both {e} and {f}",
        "do {e} and {f} appear in together|did {e} and {f} both act in|have {e} and {f} acted in together"
        "|star both {e} and {f}|did {e} and {f} star in together|are {e} and {f} both in|feature both {e} and {f}"
        "|do {e} and {f} share|have both {e} and {f} in the cast|have {e} and {f} in common"
        "|have {e} and {f} both been in|were {e} and {f} both in|did {e} and {f} act in together"
        "|did {e} and {f} appear in together|feature {e} and {f}|star {e} as well as {f}"
        "|have {e} and {f} been in together|do both {e} and {f} appear in",
        "{e} and {f} are both in|{e} and {f} acted in together|{e} and {f} share|star both {e} and {f}"
        "|{e} and {f} both appear in"
        "|{e} and {f} were in together|both {e} and {f} are in|have both {e} and {f} in the cast"
        "|feature {e} and {f}|{e} and {f} starred in together",
        weight=1.0,
    ),
    "own": Source(
        "own", "film", (_PERSON,), "films_directed_and_acted", "films a person both directed and acts in",
        ("Find the person.", "Keep the films they directed that they act in."),
        ("person = search_people(person_name)[0]", 'ids = [film["id"] for film in films_with_actor(person["id"])]'),
        '[film for film in films_directed_by(person["id"]) if film["id"] in ids]',
        "{n} that {e} both directed and acted in|{n} {e} directed and starred in|{n} in which {e} directs and acts"
        "|{n} {e} directed and acted in|{n} directed by and starring {e}|{n} where {e} is both director and actor"
        "|{n} by {e} in which {e} also acts|{e}'s own {n} that {e} acts in"
        "|{n} that {e} made and also acted in|{n} in which {e} was director and actor"
        "|{n} {e} both made and starred in|{n} {e} directed and also played in",
        "did {e} both direct and act in|did {e} direct and star in|has {e} both directed and acted in"
        "|has {e} directed and starred in|did {e} act in and direct|were directed by {e} and also star {e}"
        "|did {e} direct and also act in|has {e} directed and acted in|did {e} both direct and star in"
        "|did {e} direct and appear in",
        "{e} both directed and acted in|{e} directed and starred in|{e} acted in and directed"
        "|{e} directed and also acted in|{e} directed and appeared in|{e} both directed and starred in",
        weight=0.5,
    ),
}  # fmt: skip
