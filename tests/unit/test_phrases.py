"""Words in which a function was asked for: what is kept of them, and when they bind it again."""

from __future__ import annotations

import pytest

from agent.functions.phrases import N_PHRASES, bound_call, phrase_of
from agent.functions.wording import covers

COUNT = ("how many films did {name} direct", "count_films()")
HEAD = ("count_films", "Count the films that a person directed.")


def test_the_arguments_become_slots() -> None:
    call = "count_films(name='Sofia Coppola')"
    assert phrase_of(" How many films did  Sofia Coppola direct?? ", call, alone=True) == COUNT
    assert phrase_of("Which films by Nolan came out after 2010?", "after(who='Nolan', year=2010)", alone=True) == (
        "which films by {who} came out after {year#}",
        "after()",
    )
    assert phrase_of("How many comedies has Ada made?", "count(genre='Comedy', who='Ada')", alone=True) == (
        "how many comedies has {who} made",
        "count(genre='Comedy')",
    )


@pytest.mark.parametrize(
    ("question", "call", "alone"),
    [
        ("How many films did he direct?", "count_films(name='Ada')", False),
        ("And Sofia Coppola?", "count_films(name='Sofia Coppola')", False),
        ("Which of his films came out this year?", "films(year=2026)", True),
        ("How many films did Nolan direct?", "count_films(name='Sofia Coppola')", True),
        ("How many films did {x} direct?", "count_films(name='x')", True),
        ("How many?", "count_films(*args)", True),
        ("How many?", "count_films('positional')", True),
        ("How many?", "not a call(", True),
        ("How many films are from 1999?", "count(result_1, year=1999)", True),
        ("How many films are from 1999?", "count(films=result_1, year=1999)", True),
    ],
)
def test_what_may_not_hold_for_another_question_is_not_kept(question: str, call: str, alone: bool) -> None:
    assert phrase_of(question, call, alone=alone) is None


def test_a_name_that_stands_there_twice_is_no_slot() -> None:
    found = phrase_of("Is Heat the Heat of 1995?", "film(title='Heat', year=1995)", alone=True)
    assert found == ("is heat the heat of {year#}", "film(title='Heat')")


@pytest.mark.parametrize(
    "name", ["Bong Joon-ho", "Lars von Trier", "O'Hara", "Bill S. Preston", "Ang Lee", "The Lord of the Rings"]
)
def test_the_same_words_bind_another_name(name: str) -> None:
    assert bound_call(COUNT, f"how many films did {name} DIRECT?") == f"count_films(name={name!r})"


@pytest.mark.parametrize(
    "question",
    [
        "How many films did Joel and Ethan Coen direct?",
        "How many films did he direct?",
        "How many films did He direct?",
        "How many films did Nolan After 2010 direct?",
        "How many films did Nolan produce, and Spielberg direct?",
        "How many films did Nolan's brother direct?",
        "How many films did nolan direct?",
        "How many films did Nolan 2010 direct?",
        "How many films did the director of Heat direct?",
        "How many series did Nolan direct?",
        "How many films did Nolan direct before 2000?",
        "How many films did  direct?",
        "How many films did A B C D E F G direct?",
    ],
)
def test_what_is_more_than_another_name_is_left_to_the_model(question: str) -> None:
    assert bound_call(COUNT, question) is None


def test_quotes_hold_any_name_and_numbers_are_numbers() -> None:
    phrase = ("add '{track}' by {artist} to my playlist {n#}", "add()")
    bound = "add(track='And he was there', artist='Ada', n=3)"
    assert bound_call(phrase, "Add 'And he was there' by Ada to my playlist 3") == bound
    assert bound_call(phrase, "Add 'And he was there' by Ada to my playlist Three") is None


def test_names_that_could_be_split_in_two_ways_bind_nothing() -> None:
    assert bound_call(("films of {a} by {b}", "f()"), "films of Ada by Bob") == "f(a='Ada', b='Bob')"
    assert bound_call(("films of {a} by {b}", "f()"), "films of Ada by Bob by Cyd") is None
    assert bound_call(("films {a} {b}", "f()"), "films Ada Bob Cyd") is None


def test_code_in_a_name_stays_a_text() -> None:
    bound = bound_call(("films of '{a}'", "f()"), "films of 'X\\'); import os; (\\''")
    assert bound is None or bound.startswith("f(a=")


@pytest.mark.parametrize(
    ("question", "is_covered"),
    [
        ("How many movies were directed by Ada?", True),
        ("Remind me: how many films, on your list, has Ada directed?", True),
        ("Could you count the films that Ada directed", True),
        ("How many comedies has Ada directed?", False),
        ("List the films that Ada directed", False),
        ("please list the films that Ada directed", False),
        ("How many films has Ada directed before the others?", False),
        ("How many films has Ada directed in 1999?", False),
        ("How many films has Ada directed with Bob?", False),
        ("How many films has Ada not directed?", False),
        ("What was the last film that Ada directed?", False),
    ],
)
def test_every_telling_word_is_accounted_for_or_the_model_plans(question: str, is_covered: bool) -> None:
    assert covers(question, "count_films('Ada')", HEAD, ()) is is_covered


def test_words_that_it_was_asked_in_account_for_words() -> None:
    assert not covers("How many second films has Ada?", "count_films('Ada')", HEAD, ())
    assert covers("How many second films has Ada?", "count_films('Ada')", HEAD, ["the second films of {name}"])
    assert covers("How many comedies has Ada?", "count('Ada', 'Comedy')", ("count", "Count films of a genre."), ())
    assert not covers("How many?", "not a call(", HEAD, ())


def test_an_entry_keeps_a_limited_number_of_phrases() -> None:
    from agent.functions.entries import with_phrases

    many = [(f"{i} {{name}}", "f()") for i in range(N_PHRASES + 5)]
    kept = with_phrases(many, [many[7], ("new", "f()")])
    assert len(kept) == N_PHRASES and kept[-2:] == (many[7], ("new", "f()")) and many[5] not in kept
