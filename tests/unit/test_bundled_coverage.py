"""Names made whole by the question's capitals and quotes, and numbers that a call leaves out, over real tokens."""

from __future__ import annotations

import pytest

from agent.models.bundled.constraints import Constraint
from agent.models.bundled.coverage import leaves_a_number, with_whole_names
from agent.models.bundled.model import WEIGHTS
from agent.prompts.compact_pointers import question_words, quoted_spans
from agent.prompts.compact_tokens import FIRST_POINTER, CompactTokenizer
from train.bundled.headers import canonical


@pytest.fixture(scope="module")
def tokenizer() -> CompactTokenizer:
    return CompactTokenizer(WEIGHTS / "tokenizer.json")


def _scaffold(tokenizer: CompactTokenizer, words: list[str], call: str) -> list[int]:
    return tokenizer.section("scaffold", f'def f(film_title: str) -> list:\n    """Do it."""\n{call}', words)


@pytest.mark.parametrize(
    ("question", "begun", "whole"),
    [
        ("Who directed Lost in Translation?", "Lost", "Lost in Translation"),
        ("What's the longest song on Off the Wall?", "Wall", "Off the Wall"),
        ("Who is in Harry Potter and the Goblet of Fire?", "Harry Potter", "Harry Potter and the Goblet of Fire"),
        ("What year did Toy of the Rings: The Two Towers come out?", "Toy", "Toy of the Rings: The Two Towers"),
        ("How many songs are on Thriller by Michael Jackson?", "Thriller", "Thriller"),
        ("How many songs are on Dune (Kip Vale)?", "Dune", "Dune"),
        ("How long is Howl's Moving Castle?", "Moving Castle", "Moving Castle"),
        ("Tell me the LP War", "War", "War"),
        ("who directed lost in translation", "lost", "lost"),
    ],
)  # fmt: skip
def test_the_one_name_goes_as_far_as_the_capitals(
    tokenizer: CompactTokenizer, question: str, begun: str, whole: str
) -> None:
    words = question_words(question)
    ids = with_whole_names(_scaffold(tokenizer, words, f'f("{begun}")'), words, tokenizer.piece)
    assert tokenizer.text(ids, words).splitlines()[-1] == f'f("{whole}")'


def test_of_several_names_none_is_touched(tokenizer: CompactTokenizer) -> None:
    words = question_words("Was Heat in Oslo longer than Lost in Translation?")
    ids = _scaffold(tokenizer, words, 'f("Heat", "Lost")')
    assert with_whole_names(ids, words, tokenizer.piece) == ids


@pytest.mark.parametrize(
    ("question", "call", "left"),
    [
        ("Make a playlist Tea with three songs by Abba", 'f("Tea")', True),
        ("Make a playlist Tea with three songs by Abba", 'f(3, "Abba", "Tea")', False),
        ("How long is Toy Story 3?", 'f("Toy Story 3")', False),
        ("Which one of the two films is longer, Heat or Jaws?", 'f("Heat", "Jaws")', False),
        ("the three best films by X with over 3 points", 'f("X", 3)', False),
    ],
)
def test_a_number_that_the_call_leaves_out_is_noticed(
    tokenizer: CompactTokenizer, question: str, call: str, left: bool
) -> None:
    words = question_words(question)
    assert leaves_a_number(_scaffold(tokenizer, words, call), words, tokenizer.piece) is left


def test_quotes_are_found_with_what_clings_to_them() -> None:
    assert quoted_spans('Is "A B C"\'s song on “D”, or "E F"?'.split()) == [(1, 3), (6, 6), (8, 9)]
    assert quoted_spans('a 5" nail and "one'.split()) == []


def test_a_span_takes_all_that_stands_between_quotes(tokenizer: CompactTokenizer) -> None:
    words = 'Who is in "War of the Worlds" twice?'.split()
    constraint = Constraint(tokenizer, "scaffold", canonical().text, words, "def f(film_title: str) -> list:")
    for token in tokenizer.plain('f("'):
        constraint.note(token)
    assert constraint.allows(FIRST_POINTER + 3)
    assert not constraint.allows(FIRST_POINTER + 6)
    constraint.note(FIRST_POINTER + 3)
    assert [constraint.allows(FIRST_POINTER + i) for i in range(3, 8)] == [False, False, False, True, False]
